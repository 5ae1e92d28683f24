/* SPDX-License-Identifier: MIT */
#include "failsafe.h"

void failsafe_init(struct failsafe *failsafe, uint64_t after_us, uint64_t now_us)
{
	*failsafe = (struct failsafe){.after_us = after_us, .seen_us = now_us};
}

static void seen(struct failsafe *failsafe, uint64_t at_us)
{
	if (at_us > failsafe->seen_us)
		failsafe->seen_us = at_us;
}

void failsafe_connected(struct failsafe *failsafe, uint64_t at_us)
{
	failsafe->connected = true;
	failsafe->tripped = false;
	seen(failsafe, at_us);
}

void failsafe_lost(struct failsafe *failsafe, uint64_t at_us)
{
	/* Attempts that fail do not make the absence any shorter. */
	if (!failsafe->connected)
		return;
	failsafe->connected = false;
	/* A silence that was already acted upon goes over into this absence. */
	if (!failsafe->tripped)
		seen(failsafe, at_us);
}

void failsafe_heard(struct failsafe *failsafe, uint64_t at_us)
{
	if (!failsafe->connected)
		return;
	failsafe->tripped = false;
	seen(failsafe, at_us);
}

void failsafe_guard(struct failsafe *failsafe, bool guarded, uint64_t now_us)
{
	if (guarded == failsafe->guarded)
		return;
	failsafe->guarded = guarded;
	/* Nobody asked the broker to speak until now. */
	if (guarded && failsafe->connected)
		seen(failsafe, now_us);
}

uint64_t failsafe_due(const struct failsafe *failsafe)
{
	if (failsafe->tripped || (failsafe->connected && !failsafe->guarded))
		return UINT64_MAX;
	return failsafe->seen_us + failsafe->after_us;
}

bool failsafe_trip(struct failsafe *failsafe, uint64_t now_us)
{
	if (now_us < failsafe_due(failsafe))
		return false;
	failsafe->tripped = true;
	return true;
}
