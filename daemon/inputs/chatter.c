/* SPDX-License-Identifier: MIT */
#include "chatter.h"

enum { SECOND_US = 1000000 };

/* Ends the second that was counted. After a pause the next one begins with the event. */
static void end_second(struct chatter *chatter, uint64_t time_us)
{
	bool is_next = time_us - chatter->second_us < 2 * (uint64_t)SECOND_US;

	chatter->n_seconds =
		is_next && chatter->n_events > CHATTER_EVENTS ? chatter->n_seconds + 1 : 0;
	chatter->second_us = is_next ? chatter->second_us + SECOND_US : time_us;
	chatter->n_events = 0;
}

bool chatter_event(struct chatter *chatter, uint64_t time_us)
{
	if (time_us - chatter->second_us >= SECOND_US)
		end_second(chatter, time_us);
	chatter->n_events++;
	chatter->last_us = time_us;
	if (chatter->is_chattering || chatter->n_seconds < CHATTER_SECONDS)
		return false;
	chatter->is_chattering = true;
	return true;
}

bool chatter_rests(struct chatter *chatter, uint64_t now_us)
{
	if (now_us < chatter_due_us(chatter))
		return false;
	*chatter = (struct chatter){.second_us = now_us};
	return true;
}

uint64_t chatter_due_us(const struct chatter *chatter)
{
	return chatter->is_chattering ? chatter->last_us + CHATTER_REST_US : CHATTER_NEVER;
}
