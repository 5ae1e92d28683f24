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
	const uint64_t *took_us = schedule->took_us;
	uint64_t lead_us = took_us[0] < took_us[1] ? took_us[0] : took_us[1];
	uint64_t interval_us = UINT64_C(1000) * interval_ms;

	if (interval_us == schedule->interval_us)
		return;
	schedule->interval_us = interval_us;
	if (lead_us > schedule->interval_us)
		lead_us = 0;
	schedule->next_us = now_us + schedule->interval_us - lead_us;
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
	schedule->begun_us = now_us;
	deadline_us = schedule->next_us;
	schedule->next_us += schedule->interval_us;
	return deadline_us;
}

void schedule_end(struct schedule *schedule, uint64_t now_us)
{
	schedule->took_us[1] = schedule->took_us[0];
	schedule->took_us[0] = now_us - schedule->begun_us;
	/* A deadline at this very moment is not missed. */
	if (now_us > schedule->next_us)
		skip(schedule, (now_us - schedule->next_us - 1) / schedule->interval_us + 1);
}

bool schedule_is_due(uint64_t every_us, uint64_t last_us, uint64_t deadline_us)
{
	return deadline_us - last_us >= every_us;
}
