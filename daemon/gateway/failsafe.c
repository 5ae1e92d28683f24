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

/* Starts the count now, even in an absence that was acted upon. */
static void count_from(struct failsafe *failsafe, uint64_t now_us)
{
	failsafe->tripped = false;
	seen(failsafe, now_us);
}

void failsafe_set_after(struct failsafe *failsafe, uint64_t after_us, uint64_t now_us)
{
	if (after_us == failsafe->after_us)
		return;
	failsafe->after_us = after_us;
	/* Until now the broker had no reason to send that often. */
	if (failsafe->connected && !failsafe->tripped)
		seen(failsafe, now_us);
}

void failsafe_connected(struct failsafe *failsafe, uint64_t at_us)
{
	failsafe->connected = true;
	count_from(failsafe, at_us);
}

void failsafe_lost(struct failsafe *failsafe, uint64_t at_us)
{
	/* Failed attempts to connect do not shorten the absence. */
	if (!failsafe->connected)
		return;
	failsafe->connected = false;
	/* A silence that was already acted upon continues as this absence. */
	if (!failsafe->tripped)
		seen(failsafe, at_us);
}

void failsafe_heard(struct failsafe *failsafe, uint64_t at_us)
{
	if (failsafe->connected)
		count_from(failsafe, at_us);
}

void failsafe_acted(struct failsafe *failsafe, uint64_t now_us)
{
	if (failsafe->tripped)
		count_from(failsafe, now_us);
}

void failsafe_follow(struct failsafe *failsafe, bool running, bool others, uint64_t now_us)
{
	bool begins_to_run = running && !failsafe->running;
	bool begins = (running || others) && !failsafe->guarded;

	failsafe->running = running;
	failsafe->guarded = running || others;
	/* Until now the broker had no reason to send anything. If something else is guarded
	 * already, its deadline holds: a new motor must not let the others go on for longer. */
	if (begins || (begins_to_run && failsafe->tripped))
		count_from(failsafe, now_us);
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
