/* SPDX-License-Identifier: MIT */
#include "broker_offer.h"

enum {
	CLOSES = 3,
	/* MQTT 5, section 3.2.2.2. */
	RETAIN_NOT_SUPPORTED = 0x9a,
	QOS_NOT_SUPPORTED = 0x9b,
};

/*
 * One property at a time, then two: a broker may lack both. The will comes last, since even a
 * lowered will still tells that the gateway died.
 */
static const unsigned STEPS[] = {
	0,
	BROKER_OFFER_NO_RETAIN,
	BROKER_OFFER_QOS_1,
	BROKER_OFFER_QOS_0,
	BROKER_OFFER_NO_RETAIN | BROKER_OFFER_QOS_1,
	BROKER_OFFER_NO_RETAIN | BROKER_OFFER_QOS_0,
	BROKER_OFFER_NO_WILL,
};
enum { N_STEPS = sizeof(STEPS) / sizeof(*STEPS) };

unsigned broker_offer_lowered(const struct broker_offer *offer)
{
	return offer->said | offer->found | STEPS[offer->step];
}

unsigned broker_offer_known(const struct broker_offer *offer)
{
	return offer->said | offer->found;
}

bool broker_offer_retain(unsigned lowered)
{
	return (lowered & BROKER_OFFER_NO_RETAIN) == 0;
}

unsigned broker_offer_qos(unsigned lowered, unsigned qos)
{
	unsigned most = lowered & BROKER_OFFER_QOS_0 ? 0 : lowered & BROKER_OFFER_QOS_1 ? 1 : 2;

	return qos < most ? qos : most;
}

bool broker_offer_will_retain(unsigned lowered)
{
	return (lowered & (BROKER_OFFER_NO_RETAIN | BROKER_OFFER_WILL_NO_RETAIN)) == 0;
}

unsigned broker_offer_will_qos(unsigned lowered, unsigned qos)
{
	if (lowered & BROKER_OFFER_WILL_QOS_0)
		return 0;
	if ((lowered & BROKER_OFFER_WILL_QOS_1) && qos > 1)
		qos = 1;
	return broker_offer_qos(lowered, qos);
}

/* 0 means no limit, and so the most. */
static bool is_less(unsigned a_s, unsigned b_s)
{
	return a_s > 0 && (b_s == 0 || a_s < b_s);
}

unsigned broker_offer_keepalive_s(const struct broker_offer *offer, unsigned wanted_s)
{
	return is_less(offer->keepalive_s, wanted_s) ? offer->keepalive_s : wanted_s;
}

bool broker_offer_server_keepalive(struct broker_offer *offer, unsigned asked_s, unsigned server_s)
{
	if (!is_less(server_s, asked_s))
		return false;
	offer->keepalive_s = server_s;
	return true;
}

static bool is_over(uint64_t since_us, uint64_t now_us)
{
	return now_us - since_us >= BROKER_OFFER_FULL_US;
}

void broker_offer_begin(struct broker_offer *offer, uint64_t now_us)
{
	if (offer->said && is_over(offer->said_us, now_us))
		offer->said = 0;
	if (offer->found && is_over(offer->found_us, now_us)) {
		offer->remembered = offer->found;
		offer->found = 0;
	}
}

bool broker_offer_refused(
	struct broker_offer *offer, int code, const struct broker_packet *sent, uint64_t now_us)
{
	unsigned lowered = 0;

	if (sent->is_connect && !sent->has_will)
		return false;
	if (code == RETAIN_NOT_SUPPORTED && sent->retain)
		lowered = sent->is_connect ? BROKER_OFFER_WILL_NO_RETAIN : BROKER_OFFER_NO_RETAIN;
	else if (code == QOS_NOT_SUPPORTED && sent->qos > 1)
		lowered = sent->is_connect ? BROKER_OFFER_WILL_QOS_1 : BROKER_OFFER_QOS_1;
	else if (code == QOS_NOT_SUPPORTED && sent->qos > 0)
		lowered = sent->is_connect ? BROKER_OFFER_WILL_QOS_0 : BROKER_OFFER_QOS_0;
	if (lowered == 0)
		return false;
	offer->said |= lowered;
	offer->said_us = now_us;
	return true;
}

/* The properties of the packet that a broker may lack. */
static unsigned properties(const struct broker_packet *packet)
{
	unsigned all = 0;

	if (packet->is_connect && !packet->has_will)
		return 0;
	if (packet->is_connect)
		all |= BROKER_OFFER_NO_WILL;
	if (packet->retain)
		all |= BROKER_OFFER_NO_RETAIN;
	if (packet->qos > 0)
		all |= BROKER_OFFER_QOS_0;
	if (packet->qos > 1)
		all |= BROKER_OFFER_QOS_1;
	return all;
}

/* The properties that a broker has shown to have by taking the packet with this lowered. */
static unsigned taken(const struct broker_packet *packet, unsigned lowered)
{
	struct broker_packet sent = *packet;

	if (sent.is_connect && (lowered & BROKER_OFFER_NO_WILL))
		return 0;
	sent.retain = sent.retain &&
		(sent.is_connect ? broker_offer_will_retain(lowered)
				 : broker_offer_retain(lowered));
	sent.qos = sent.is_connect ? broker_offer_will_qos(lowered, sent.qos)
				   : broker_offer_qos(lowered, sent.qos);
	return properties(&sent);
}

void broker_offer_took(
	struct broker_offer *offer, const struct broker_packet *packet, uint64_t now_us)
{
	unsigned *took = packet->is_connect ? &offer->took_in_connect : &offer->took_in_publish;
	unsigned step = STEPS[offer->step];

	*took |= taken(packet, broker_offer_lowered(offer));
	if (step && offer->at_connect == packet->is_connect &&
		(step & properties(packet)) == step) {
		offer->found |= step;
		offer->found_us = now_us;
		offer->step = 0;
		offer->closes = 0;
	}
	/* Everything was offered again and taken, for messages and for the will. */
	offer->remembered &=
		~(offer->took_in_connect & (offer->took_in_publish | BROKER_OFFER_NO_WILL));
}

/* The next step that could help; 0: none is left. */
static unsigned next_step(const struct broker_offer *offer, unsigned may_lower)
{
	for (unsigned step = offer->step + 1; step < N_STEPS; step++) {
		if ((STEPS[step] & ~may_lower) == 0 && (STEPS[step] & ~offer->found))
			return step;
	}
	return 0;
}

bool broker_offer_closed(
	struct broker_offer *offer, const struct broker_packet *packet, uint64_t now_us)
{
	unsigned suspect = properties(packet);
	unsigned may_lower =
		suspect & ~(packet->is_connect ? offer->took_in_connect : offer->took_in_publish);

	if (suspect != offer->suspect || packet->is_connect != offer->at_connect) {
		offer->closes = offer->step = 0;
		offer->suspect = suspect;
		offer->at_connect = packet->is_connect;
	}
	if (offer->remembered && (offer->remembered & may_lower)) {
		offer->found |= offer->remembered;
		offer->found_us = now_us;
		offer->remembered = 0;
		return true;
	}
	if (!(may_lower & ~offer->found) ||
		(offer->given_up_us && !is_over(offer->given_up_us, now_us)))
		return false;
	offer->given_up_us = 0;
	if (++offer->closes < CLOSES)
		return true;
	offer->step = next_step(offer, may_lower);
	if (offer->step == 0) {
		/* The cause is another one: lowering did not help. */
		offer->closes = 0;
		offer->given_up_us = now_us;
		return false;
	}
	return true;
}

void broker_offer_failed(struct broker_offer *offer)
{
	offer->closes = 0;
}
