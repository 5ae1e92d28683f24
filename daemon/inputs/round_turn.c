/* SPDX-License-Identifier: MIT */
#include "round_internal.h"

#include "schedule.h"
#include "watch.h"

static void end_measuring(struct round *round, struct part *part, uint64_t now_us)
{
	const struct measure *measure = &part->measure;

	part->is_measuring = false;
	round->n_measuring--;
	round->n_awaited -= part->is_awaited;
	if (measure->n_calls > 0)
		pace_measured(&part->lane->pace, measure->slowest_us, round->limit_us, now_us);
	if (!part->is_awaited)
		round_settle_part(round, part, now_us);
}

static void begin_part(struct round *round, struct part *part, uint64_t now_us)
{
	part->is_awaited = measure_is_idle(&part->measure) &&
		!part->measure.config->driver->is_slow &&
		pace_is_waited_for(&part->lane->pace, now_us);
	if (!measure_is_idle(&part->measure))
		return;
	measure_begin(&part->measure, now_us);
	part->is_measuring = true;
	round->n_measuring++;
	round->n_awaited += part->is_awaited;
	if (measure_is_idle(&part->measure))
		end_measuring(round, part, now_us);
}

static void begin_sensor(struct sensor *sensor, uint64_t deadline_us)
{
	bool is_due = !sensor->asked ||
		schedule_is_due(sensor->config->every_us, sensor->asked_us, deadline_us);

	if (is_due) {
		sensor->asked = true;
		sensor->asked_us = deadline_us;
	}
	if (!measure_is_idle(&sensor->part->measure)) {
		sensor->owed = sensor->owed || is_due;
		return;
	}
	sensor->task.due = is_due || sensor->owed;
	sensor->owed = false;
}

void round_begin(struct round *round, uint64_t deadline_us, uint64_t now_us, uint64_t wall_ms,
	uint64_t limit_us)
{
	round->wall_ms = wall_ms;
	round->begin_us = now_us;
	round->limit_us = limit_us;
	for (size_t i = 0; i < round->config->n_sensors; i++)
		begin_sensor(&round->sensors[i], deadline_us);
	watches_begin(round->watches);
	for (size_t i = 0; i < round->config->n_chips; i++)
		begin_part(round, &round->parts[i], now_us);
}

/* From now on readings do not wait for the parts on that lane. */
static void leave_lane(struct round *round, struct lane *lane, uint64_t now_us)
{
	lane->is_untold = lane->pace.slow_us == 0 || !lane->pace.apart;
	round->has_untold = round->has_untold || lane->is_untold;
	pace_slow(&lane->pace, now_us);
	for (size_t i = 0; i < round->config->n_chips; i++) {
		struct part *part = &round->parts[i];

		if (part->lane != lane || !part->is_measuring)
			continue;
		round->n_awaited -= part->is_awaited;
		part->is_awaited = false;
	}
	for (size_t i = 0; i < round->n_lanes; i++)
		pace_suspect(&round->lanes[i].pace);
}

/* Returns as round_next(), for one part that measures. */
static uint64_t next_of(
	struct round *round, struct part *part, uint64_t now_us, struct call **ret_call)
{
	struct measure *measure = &part->measure;
	uint64_t next_us;

	if (measure->is_away) {
		if (!part->is_awaited)
			return ROUND_NEVER;
		if (now_us < measure->called_us + round->limit_us)
			return measure->called_us + round->limit_us;
		leave_lane(round, part->lane, now_us);
		return 0;
	}
	if (part->lane->is_taken)
		return ROUND_NEVER;
	next_us = measure_next(measure, now_us, ret_call);
	if (*ret_call) {
		(*ret_call)->apart = part->lane->pace.apart;
		part->lane->is_taken = true;
	} else if (next_us == MEASURE_DONE) {
		end_measuring(round, part, now_us);
		return 0;
	}
	return next_us;
}

uint64_t round_next(struct round *round, uint64_t now_us, struct call **ret_call)
{
	size_t n_parts = round->config->n_chips;
	uint64_t next_us = ROUND_NEVER;

	*ret_call = NULL;
	if (round->n_measuring == 0)
		return ROUND_NEVER;
	for (size_t i = 0; i < n_parts && round->n_measuring > 0; i++) {
		struct part *part = &round->parts[round->next_part];
		uint64_t part_us;

		if (++round->next_part == n_parts)
			round->next_part = 0;
		if (!part->is_measuring)
			continue;
		part_us = next_of(round, part, now_us, ret_call);
		if (*ret_call)
			return 0;
		if (part_us < next_us)
			next_us = part_us;
	}
	return next_us;
}

void round_took(struct round *round, struct call *call, uint64_t now_us)
{
	struct part *part = &round->parts[call->part];

	part->lane->is_taken = false;
	measure_took(&part->measure);
	if (part->is_measuring && measure_is_idle(&part->measure))
		end_measuring(round, part, now_us);
}

void round_blocked(struct round *round, struct call *call, uint64_t now_us)
{
	call->apart = true;
	leave_lane(round, round->parts[call->part].lane, now_us);
}

bool round_is_done(const struct round *round)
{
	return round->n_awaited == 0;
}
