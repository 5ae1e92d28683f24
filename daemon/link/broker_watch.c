/* SPDX-License-Identifier: MIT */
#include "broker_watch.h"

static uint64_t later(uint64_t a_us, uint64_t b_us)
{
	return a_us > b_us ? a_us : b_us;
}

void broker_watch_guard(struct broker_watch *watch, uint64_t guard_us, uint64_t now_us)
{
	uint64_t silent_since_us = later(watch->came_us, watch->guarded_since_us);

	if (guard_us > 0) {
		if (watch->guard_us == 0)
			watch->guarded_since_us = now_us;
		watch->guard_us = guard_us;
		watch->guard_ends = false;
	} else if (watch->oldest_us > 0 && now_us - silent_since_us > watch->guard_us / 2) {
		watch->guard_ends = true;
	} else {
		watch->guard_us = 0;
	}
}

void broker_watch_came(struct broker_watch *watch, uint64_t now_us)
{
	watch->came_us = now_us;
	if (watch->guard_ends)
		watch->guard_us = 0;
	watch->guard_ends = false;
}

/* Each returns the time at which it goes wrong; UINT64_MAX: never. */

static uint64_t guard_due_us(const struct broker_watch *watch)
{
	if (watch->silence_us == 0 || watch->guard_us == 0 || watch->oldest_us == 0)
		return UINT64_MAX;
	return later(watch->came_us, watch->guarded_since_us) + watch->guard_us;
}

static uint64_t silence_due_us(const struct broker_watch *watch)
{
	if (watch->silence_us == 0 || watch->oldest_us == 0)
		return UINT64_MAX;
	return later(watch->came_us, watch->oldest_us) + watch->silence_us;
}

static uint64_t qos_2_due_us(const struct broker_watch *watch)
{
	/* Nothing came after it, so that may be a silence. */
	if (watch->oldest_qos_2_us == 0 || !watch->qos_1_works || watch->qos_2_works ||
		watch->came_us <= watch->oldest_qos_2_us)
		return UINT64_MAX;
	return watch->oldest_qos_2_us + watch->qos_2_us;
}

static uint64_t answer_due_us(const struct broker_watch *watch)
{
	return watch->oldest_us == 0 ? UINT64_MAX : watch->oldest_us + watch->answer_us;
}

enum broker_fault broker_watch_judge(const struct broker_watch *watch, uint64_t now_us)
{
	if (now_us >= guard_due_us(watch) || now_us >= silence_due_us(watch))
		return BROKER_FAULT_SILENT;
	if (now_us >= qos_2_due_us(watch))
		return BROKER_FAULT_QOS_2;
	return now_us >= answer_due_us(watch) ? BROKER_FAULT_UNANSWERED : BROKER_FAULT_NONE;
}

uint64_t broker_watch_due(const struct broker_watch *watch)
{
	const uint64_t dues_us[] = {guard_due_us(watch), silence_due_us(watch), qos_2_due_us(watch),
		answer_due_us(watch)};
	uint64_t due_us = UINT64_MAX;

	for (unsigned i = 0; i < sizeof(dues_us) / sizeof(*dues_us); i++)
		due_us = dues_us[i] < due_us ? dues_us[i] : due_us;
	return due_us;
}
