/* SPDX-License-Identifier: MIT */
/*
 * What a broker is offered, and what is lowered for one that offers less: retained messages, a QoS,
 * a will, the keepalive. One for each URL. Pure: events in, what to offer out.
 *
 * An MQTT 5 broker says in its CONNACK what it does not have. One of MQTT 3.1.1 only closes the
 * connection, which it may do for many reasons. So nothing is lowered before it has done so three
 * times in a row, each time directly behind a packet that may be the reason; and then one property
 * at a time, until the connection holds. What a broker has taken once is never lowered for it. An
 * hour later all is offered again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What is lowered. */
enum {
	BROKER_OFFER_NO_RETAIN = 1 << 0, /* of messages and of the will */
	BROKER_OFFER_QOS_1 = 1 << 1,     /* at most; of messages and of the will */
	BROKER_OFFER_QOS_0 = 1 << 2,
	BROKER_OFFER_NO_WILL = 1 << 3,
	BROKER_OFFER_WILL_NO_RETAIN = 1 << 4, /* of the will alone */
	BROKER_OFFER_WILL_QOS_1 = 1 << 5,
	BROKER_OFFER_WILL_QOS_0 = 1 << 6,
	BROKER_OFFER_ALL = (1 << 7) - 1,
};

#define BROKER_OFFER_FULL_US (3600 * UINT64_C(1000000)) /* until all is offered again */

/* A CONNECT with its will, or a PUBLISH, as it would be with nothing lowered. */
struct broker_packet {
	bool is_connect;
	bool has_will; /* of a CONNECT: the next two are the will's */
	bool retain;
	unsigned qos;
};

/* All zero: nothing is known, and all is offered. */
struct broker_offer {
	unsigned said;       /* BROKER_OFFER_...: by an MQTT 5 broker */
	unsigned found;      /* by trying: with this the connection held */
	unsigned remembered; /* what was found before all was offered again */
	uint64_t said_us, found_us;
	unsigned keepalive_s; /* the most that the broker wants; 0: no limit */

	/* The search. */
	unsigned step;    /* what is tried beside what was found, see broker_offer.c; 0: nothing */
	unsigned suspect; /* what may be the reason, of the packet that it was closed behind */
	bool at_connect;  /* it was a CONNECT */
	unsigned closes;  /* in a row */
	uint64_t given_up_us;                      /* nothing helped; 0: never */
	unsigned took_in_connect, took_in_publish; /* never to be lowered */
};

/* What is lowered now: BROKER_OFFER_... */
unsigned broker_offer_lowered(const struct broker_offer *offer);

/* What of that is known, and not only tried. */
unsigned broker_offer_known(const struct broker_offer *offer);

/* The same as limits. */
bool broker_offer_retain(unsigned lowered);
unsigned broker_offer_qos(unsigned lowered, unsigned qos);
bool broker_offer_will_retain(unsigned lowered);
unsigned broker_offer_will_qos(unsigned lowered, unsigned qos);

/*
 * The keepalive to ask for: the wanted one, or less, in s; 0: none. And what an MQTT 5 broker wants
 * instead (Server Keep Alive). Returns whether that is less than what was asked for: it has to be
 * obeyed, and is asked for from now on.
 */
unsigned broker_offer_keepalive_s(const struct broker_offer *offer, unsigned wanted_s);
bool broker_offer_server_keepalive(struct broker_offer *offer, unsigned asked_s, unsigned server_s);

/* Before each attempt to connect. */
void broker_offer_begin(struct broker_offer *offer, uint64_t now_us);

/*
 * MQTT 5: the CONNECT with that will, or that message, as it was sent, was refused with that reason
 * code. Returns whether something is lowered for it, so that it is worth to try again.
 */
bool broker_offer_refused(
	struct broker_offer *offer, int code, const struct broker_packet *sent, uint64_t now_us);

/* MQTT 3.1.1: the broker took it: answered the CONNECT, acknowledged the message, or went on. */
void broker_offer_took(
	struct broker_offer *offer, const struct broker_packet *packet, uint64_t now_us);

/*
 * MQTT 3.1.1: the broker closed the connection directly behind it. Returns whether that packet may
 * be the reason.
 */
bool broker_offer_closed(
	struct broker_offer *offer, const struct broker_packet *packet, uint64_t now_us);

/* The connection ended otherwise, or none was made. */
void broker_offer_failed(struct broker_offer *offer);
