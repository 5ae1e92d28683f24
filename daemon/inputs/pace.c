/* SPDX-License-Identifier: MIT */
#include "pace.h"

uint64_t pace_limit_us(uint64_t interval_us)
{
	return interval_us / 2 < PACE_LIMIT_US ? interval_us / 2 : PACE_LIMIT_US;
}

static bool was_slow_lately(const struct pace *pace, uint64_t now_us)
{
	return pace->slow_us > 0 && now_us - pace->slow_us < PACE_TRUST_US;
}

void pace_slow(struct pace *pace, uint64_t now_us)
{
	*pace = (struct pace){.apart = true, .proven = true, .slow_us = now_us};
}

void pace_suspect(struct pace *pace)
{
	if (!pace->proven)
		pace->apart = true;
}

void pace_measured(struct pace *pace, uint64_t slowest_us, uint64_t limit_us, uint64_t now_us)
{
	if (slowest_us > limit_us) {
		pace_slow(pace, now_us);
		return;
	}
	pace->proven = true;
	if (!pace->apart)
		return;
	pace->n_quick++;
	/* A suspicion has proved wrong. */
	if (pace->slow_us == 0 ||
		(pace->n_quick >= PACE_TRUST_COUNT && !was_slow_lately(pace, now_us)))
		pace->apart = false;
}

bool pace_is_waited_for(const struct pace *pace, uint64_t now_us)
{
	return !pace->apart || !was_slow_lately(pace, now_us);
}
