/* SPDX-License-Identifier: MIT */
#include "schedule.h"

void schedule_init(struct schedule *schedule, uint32_t interval_ms, uint64_t now_us)
{
	*schedule = (struct schedule){
		.interval_us = UINT64_C(1000) * interval_ms,
		.next_us = now_us,
	};
}

void schedule_set_interval(struct schedule *schedule, uint32_t interval_ms, uint64_t now_us)
{
	schedule->interval_us = UINT64_C(1000) * interval_ms;
	schedule->next_us = now_us + schedule->interval_us;
}

static void skip(struct schedule *schedule, uint64_t deadlines)
{
	schedule->missed += deadlines;
	schedule->next_us += deadlines * schedule->interval_us;
}

uint64_t schedule_begin(struct schedule *schedule, uint64_t now_us)
{
	uint64_t deadline_us;

	if (now_us > schedule->next_us)
		skip(schedule, (now_us - schedule->next_us) / schedule->interval_us);
	deadline_us = schedule->next_us;
	schedule->next_us += schedule->interval_us;
	return deadline_us;
}

void schedule_end(struct schedule *schedule, uint64_t now_us)
{
	/* One that comes at this very moment is not missed. */
	if (now_us > schedule->next_us)
		skip(schedule, (now_us - schedule->next_us - 1) / schedule->interval_us + 1);
}

bool schedule_is_due(uint64_t every_us, uint64_t last_us, uint64_t deadline_us)
{
	return deadline_us - last_us >= every_us;
}
