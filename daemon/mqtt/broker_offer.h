/* SPDX-License-Identifier: MIT */
/*
 * Decides what a broker is offered, and what is lowered for a broker that supports less: retained
 * messages, a QoS, a will, the keepalive. There is one for each URL. Pure: it takes events and
 * returns what to offer.
 *
 * An MQTT 5 broker says in its CONNACK what it does not support. A broker of MQTT 3.1.1 just closes
 * the connection, for which it may have many reasons. So nothing is lowered until it has done so
 * three times in a row, each time directly after a packet that may be the reason. Then one property
 * is lowered at a time, until the connection holds. A property that a broker has taken once is
 * never lowered for it. An hour later everything is offered again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Properties that are lowered. */
enum {
	BROKER_OFFER_NO_RETAIN = 1 << 0, /* of messages and of the will */
	BROKER_OFFER_QOS_1 = 1 << 1,     /* at most; of messages and of the will */
	BROKER_OFFER_QOS_0 = 1 << 2,
	BROKER_OFFER_NO_WILL = 1 << 3,
	BROKER_OFFER_WILL_NO_RETAIN = 1 << 4, /* of the will alone */
	BROKER_OFFER_WILL_QOS_1 = 1 << 5,
	BROKER_OFFER_WILL_QOS_0 = 1 << 6,
	BROKER_OFFER_ALL = (1 << 7) - 1,     /* that may be found by trying */
	BROKER_OFFER_NO_WILL_DELAY = 1 << 7, /* of MQTT 3.1.1 */
};

#define BROKER_OFFER_FULL_US (3600 * UINT64_C(1000000)) /* until everything is offered again */

/* A CONNECT with its will, or a PUBLISH, as it would be if nothing were lowered. */
struct broker_packet {
	bool is_connect;
	bool has_will; /* of a CONNECT: the next two are the will's */
	bool retain;
	unsigned qos;
};

/* All zero: nothing is known, and everything is offered. */
struct broker_offer {
	unsigned said;       /* BROKER_OFFER_...: lowered because an MQTT 5 broker said so */
	unsigned found;      /* lowered because trying showed that the connection then holds */
	unsigned remembered; /* found before everything was offered again */
	uint64_t said_us, found_us;
	unsigned keepalive_s; /* the longest that the broker accepts; 0: no limit */

	/* The search. */
	unsigned step;    /* tried in addition to what was found, see broker_offer.c; 0: nothing */
	unsigned suspect; /* properties of the last packet before the close: possible reasons */
	bool at_connect;  /* that packet was a CONNECT */
	unsigned closes;  /* in a row */
	uint64_t given_up_us;                      /* nothing helped; 0: never */
	unsigned took_in_connect, took_in_publish; /* properties never to be lowered */
};

/* The properties lowered now: BROKER_OFFER_... */
unsigned broker_offer_lowered(const struct broker_offer *offer);

/* Those of them that are known to be needed, and not just tried. */
unsigned broker_offer_known(const struct broker_offer *offer);

/* The limits that follow from it. */
bool broker_offer_retain(unsigned lowered);
unsigned broker_offer_qos(unsigned lowered, unsigned qos);
bool broker_offer_will_retain(unsigned lowered);
unsigned broker_offer_will_qos(unsigned lowered, unsigned qos);

/*
 * The keepalive to ask for, in s: wanted_s or less; 0: none. broker_offer_server_keepalive() takes
 * the one that an MQTT 5 broker wants instead (Server Keep Alive). It returns true if that is less
 * than what was asked for: it has to be obeyed, and is asked for from now on.
 */
unsigned broker_offer_keepalive_s(const struct broker_offer *offer, unsigned wanted_s);
bool broker_offer_server_keepalive(struct broker_offer *offer, unsigned asked_s, unsigned server_s);

/* Call this before each attempt to connect. */
void broker_offer_begin(struct broker_offer *offer, uint64_t now_us);

/*
 * MQTT 5: the broker refused the CONNECT with that will, or that message, with that reason code, in
 * the form in which it was sent. Returns true if something is lowered for it, so that it is worth
 * trying again.
 */
bool broker_offer_refused(
	struct broker_offer *offer, int code, const struct broker_packet *sent, uint64_t now_us);

/* MQTT 3.1.1: the broker took it: it answered the CONNECT, acknowledged the message, or went on. */
void broker_offer_took(
	struct broker_offer *offer, const struct broker_packet *packet, uint64_t now_us);

/*
 * MQTT 3.1.1: the broker closed the connection directly after the packet. Returns true if the
 * packet may be the reason.
 */
bool broker_offer_closed(
	struct broker_offer *offer, const struct broker_packet *packet, uint64_t now_us);

/* The connection ended in another way, or was never made. */
void broker_offer_failed(struct broker_offer *offer);
