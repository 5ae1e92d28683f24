/* SPDX-License-Identifier: MIT */
#include "round.h"

#include "decimal.h"
#include "derivation.h"
#include "measure.h"
#include "pace.h"
#include "schedule.h"
#include "watch.h"
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value is good again when it has stayed within its limits for so long. */
enum { STEADY_US = 1000000 };

/* What is wrong with a sensor: the same as before is not reported again. */
struct fault {
	int error;        /* 0: nothing */
	bool implausible; /* of the value, not of the chip: it changes all the time */
	char text[sizeof(((struct sampler_event *)NULL)->text)];
};

/* Not all of the text, which is large. */
static void fault_clear(struct fault *fault)
{
	fault->error = 0;
	fault->implausible = false;
	fault->text[0] = '\0';
}

struct part;

struct sensor {
	const struct config_sensor *config;
	struct part *part;
	struct measure_task task;
	struct filter filter;
	bool due;   /* in this reading */
	bool owed;  /* was due while its part still measured for an earlier reading */
	bool asked; /* at all */
	uint64_t asked_us;
	bool has_late; /* a value that no reading waited for */
	double late;
	struct fault fault;
	uint64_t implausible_us; /* when the value was last outside its limits */
	uint64_t since_ms;
	bool unreported;
	bool is_adopted; /* goes on where another map's left off */
};

/* What blocks together: a bus, or a device of the kernel's. One call at a time. */
struct lane {
	const char *name; /* as the map has it, borrowed */
	const struct attributes_class *attributes;
	struct pace pace;
	bool is_taken;  /* by a call */
	bool is_untold; /* that it is slow */
};

/* A chip. */
struct part {
	struct measure measure;
	struct lane *lane;
	bool is_measuring;
	bool is_awaited; /* by the reading */
};

struct round {
	const struct config *config;
	struct part *parts; /* of config->n_chips; those without sensors have no tasks */
	size_t next_part;   /* whose turn it is */
	size_t n_measuring; /* of the parts */
	size_t n_awaited;   /* of those */
	struct lane *lanes; /* at most as many */
	size_t n_lanes;
	bool has_untold;
	bool has_unreported;
	struct watches *watches; /* of the parts on lines; NULL: none */
	struct sensor *sensors;
	struct part nobody;             /* the part of those that are derived: it never measures */
	struct derivation *derivations; /* in the order of the map; NULL: there are none */
	size_t n_derivations;
	double *values;
	unsigned char *due;
	uint64_t wall_ms, begin_us, limit_us;
};

static size_t count_sensors(const struct config *config, size_t chip)
{
	size_t count = 0;

	for (size_t i = 0; i < config->n_sensors; i++)
		count += !config->sensors[i].derived && config->sensors[i].chip == chip;
	return count;
}

static bool is_lane_of(const struct lane *lane, const struct config_chip *chip)
{
	return lane->attributes == chip->driver->attributes && strcmp(lane->name, chip->bus) == 0;
}

static struct lane *lane_of(struct round *round, const struct config_chip *chip)
{
	size_t i = 0;

	while (i < round->n_lanes && !is_lane_of(&round->lanes[i], chip))
		i++;
	if (i == round->n_lanes)
		round->lanes[round->n_lanes++] =
			(struct lane){.name = chip->bus, .attributes = chip->driver->attributes};
	return &round->lanes[i];
}

static int init_parts(struct round *round, struct board *board)
{
	const struct config *config = round->config;

	for (size_t i = 0; i < config->n_chips; i++) {
		struct part *part = &round->parts[i];
		int r = measure_init(
			&part->measure, board, &config->chips[i], count_sensors(config, i) + 1, i);

		if (r < 0)
			return r;
		part->lane = lane_of(round, &config->chips[i]);
		watches_add(round->watches, i, &part->measure, count_sensors(config, i) == 0);
	}
	return 0;
}

static int init_measured(struct sensor *sensor, struct part *part)
{
	struct measure *measure = &part->measure;

	sensor->part = part;
	sensor->task.channel = sensor->config->channel;
	assert(measure->tasks); /* made by init_parts() */
	measure->tasks[measure->n_tasks++] = &sensor->task;
	return samples_init(
		&sensor->task.samples, sensor->config->sampling, sensor->config->sampling_size);
}

static int init_derived(struct round *round, size_t index)
{
	round->sensors[index].part = &round->nobody;
	return derivation_init(&round->derivations[round->n_derivations++], round->config, index);
}

static size_t count_derived(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->n_sensors; i++)
		count += config->sensors[i].derived != NULL;
	return count;
}

static int init_sensors(struct round *round)
{
	const struct config *config = round->config;
	size_t n_derived = count_derived(config);
	int r = 0;

	if (n_derived > 0) {
		round->derivations = calloc(n_derived, sizeof(*round->derivations));
		if (!round->derivations)
			return -ENOMEM;
	}
	for (size_t i = 0; i < config->n_sensors && r == 0; i++) {
		struct sensor *sensor = &round->sensors[i];

		sensor->config = &config->sensors[i];
		if (sensor->config->derived)
			r = init_derived(round, i);
		else
			r = init_measured(sensor, &round->parts[sensor->config->chip]);
	}
	return r;
}

int round_new(struct board *board, const struct config *config, struct round **ret_round)
{
	struct round *round = calloc(1, sizeof(*round));
	int r;

	if (!round)
		return -ENOMEM;
	round->config = config;
	/* One more than needed: what calloc() gives for nothing may be NULL. */
	round->parts = calloc(config->n_chips + 1, sizeof(*round->parts));
	round->lanes = calloc(config->n_chips + 1, sizeof(*round->lanes));
	round->sensors = calloc(config->n_sensors + 1, sizeof(*round->sensors));
	round->values = calloc(config->n_sensors + 1, sizeof(*round->values));
	round->due = calloc(config->n_sensors + 1, sizeof(*round->due));
	if (!round->parts || !round->lanes || !round->sensors || !round->values || !round->due) {
		round_free(round);
		return -ENOMEM;
	}
	r = watches_new(config, &round->watches);
	if (r == 0)
		r = init_parts(round, board);
	if (r == 0)
		r = init_sensors(round);
	if (r < 0) {
		round_free(round);
		return r;
	}
	*ret_round = round;
	return 0;
}

struct round *round_free(struct round *round)
{
	if (!round)
		return NULL;
	for (size_t i = 0; round->sensors && i < round->config->n_sensors; i++)
		samples_fini(&round->sensors[i].task.samples);
	for (size_t i = 0; round->parts && i < round->config->n_chips; i++)
		measure_fini(&round->parts[i].measure);
	for (size_t i = 0; i < round->n_derivations; i++)
		derivation_fini(&round->derivations[i]);
	free(round->derivations);
	watches_free(round->watches);
	free(round->parts);
	free(round->lanes);
	free(round->sensors);
	free(round->values);
	free(round->due);
	free(round);
	return NULL;
}

static void adopt_sensor(struct sensor *sensor, const struct sensor *old)
{
	sensor->filter = old->filter;
	/* What is being measured for it is lost, see measure_adopt(). */
	sensor->owed = old->owed || (old->task.due && old->part->is_measuring);
	sensor->asked = old->asked;
	sensor->asked_us = old->asked_us;
	sensor->has_late = old->has_late;
	sensor->late = old->late;
	sensor->fault = old->fault;
	sensor->implausible_us = old->implausible_us;
	sensor->since_ms = old->since_ms;
	sensor->unreported = old->fault.error != 0;
	sensor->is_adopted = true;
}

static struct derivation *derivation_of(const struct round *round, size_t index)
{
	size_t i = 0;

	while (round->derivations[i].index != index)
		i++;
	return &round->derivations[i];
}

/* The fingerprint of one that is derived has the names of its sources alone: they must be what they
 * were, too. They come first. */
static bool goes_on(const struct round *round, const struct sensor *sensor)
{
	for (size_t i = 0; i < sensor->config->n_of; i++) {
		if (!round->sensors[sensor->config->of[i]].is_adopted)
			return false;
	}
	return true;
}

/* Both have the same fingerprint. */
static void adopt(struct round *round, size_t index, const struct round *old, size_t old_index)
{
	struct sensor *sensor = &round->sensors[index];

	if (!goes_on(round, sensor))
		return;
	adopt_sensor(sensor, &old->sensors[old_index]);
	round->has_unreported = round->has_unreported || sensor->unreported;
	if (sensor->config->derived)
		derivation_adopt(derivation_of(round, index), derivation_of(old, old_index));
}

static void adopt_lanes(struct round *round, const struct round *old)
{
	for (size_t i = 0; i < round->n_lanes; i++) {
		for (size_t k = 0; k < old->n_lanes; k++) {
			if (round->lanes[i].attributes == old->lanes[k].attributes &&
				strcmp(round->lanes[i].name, old->lanes[k].name) == 0)
				round->lanes[i].pace = old->lanes[k].pace;
		}
	}
}

static void adopt_part(struct part *part, struct part *old)
{
	measure_adopt(&part->measure, &old->measure);
	if (part->measure.is_away)
		part->lane->is_taken = true;
}

void round_adopt(struct round *round, struct round *old)
{
	adopt_lanes(round, old);
	watches_adopt(round->watches, old->watches);
	for (size_t i = 0; i < round->config->n_chips; i++) {
		for (size_t k = 0; k < old->config->n_chips; k++) {
			if (strcmp(round->config->chips[i].fingerprint,
				    old->config->chips[k].fingerprint) == 0) {
				adopt_part(&round->parts[i], &old->parts[k]);
				break;
			}
		}
	}
	for (size_t i = 0; i < round->config->n_sensors; i++) {
		for (size_t k = 0; k < old->config->n_sensors; k++) {
			if (strcmp(round->sensors[i].config->fingerprint,
				    old->sensors[k].config->fingerprint) == 0) {
				adopt(round, i, old, k);
				break;
			}
		}
	}
}

struct watches *round_watches(struct round *round)
{
	return round->watches;
}

const struct config *round_config(const struct round *round)
{
	return round->config;
}

static void describe_implausible(
	const struct config_sensor *config, double value, char *out, size_t out_bytes)
{
	char number[DECIMAL_BYTES] = "not a number";

	(void)decimal_format(value, config->decimals, number, sizeof(number));
	if (isinf(config->min))
		(void)snprintf(out, out_bytes, "%.40s is above %g", number, config->max);
	else if (isinf(config->max))
		(void)snprintf(out, out_bytes, "%.40s is below %g", number, config->min);
	else
		(void)snprintf(out, out_bytes, "%.40s is outside %g..%g", number, config->min,
			config->max);
}

/* The value after min, max and ema. */
static double check_value(struct sensor *sensor, double value, struct fault *fault)
{
	const struct config_sensor *config = sensor->config;

	if (!filter_is_plausible(config, value)) {
		fault->error = -ERANGE;
		fault->implausible = true;
		describe_implausible(config, value, fault->text, sizeof(fault->text));
		return (double)NAN;
	}
	return filter_smooth(&sensor->filter, config->ema, value);
}

/* What came of the task, as the sensor's value. */
static double evaluate(struct sensor *sensor, struct fault *fault)
{
	fault->error = sensor->task.error;
	if (fault->error) {
		measure_describe(
			&sensor->part->measure, &sensor->task, fault->text, sizeof(fault->text));
		return (double)NAN;
	}
	return check_value(sensor, filter_convert(sensor->config, sensor->task.value), fault);
}

static bool is_same_fault(const struct fault *a, const struct fault *b)
{
	if (a->error != b->error || a->implausible != b->implausible)
		return false;
	return a->error == 0 || a->implausible || strcmp(a->text, b->text) == 0;
}

/*
 * A value that keeps crossing its limit fails all the time, and is not told a hundred times a
 * second.
 */
static bool is_not_yet_steady(
	const struct sensor *sensor, const struct fault *fault, uint64_t now_us)
{
	return fault->error == 0 && sensor->fault.implausible &&
		now_us - sensor->implausible_us < STEADY_US;
}

static void settle_fault(struct round *round, struct sensor *sensor, const struct fault *fault,
	uint64_t now_us, uint64_t wall_ms)
{
	if (fault->implausible)
		sensor->implausible_us = now_us;
	if (!is_same_fault(fault, &sensor->fault) && !is_not_yet_steady(sensor, fault, now_us)) {
		sensor->fault = *fault;
		sensor->since_ms = wall_ms;
		sensor->unreported = round->has_unreported = true;
	}
}

/* What the sensor's part has measured, or why it has not. */
static double settle_sensor(
	struct round *round, struct sensor *sensor, uint64_t now_us, uint64_t wall_ms)
{
	struct fault fault;
	double value;

	fault_clear(&fault);
	value = evaluate(sensor, &fault);
	sensor->task.due = false;
	settle_fault(round, sensor, &fault, now_us, wall_ms);
	return value;
}

/* The part has measured for readings that did not wait for it. */
static void settle_part(struct round *round, const struct part *part, uint64_t now_us)
{
	uint64_t wall_ms = round->wall_ms + (now_us - round->begin_us) / 1000;

	for (size_t i = 0; i < round->config->n_sensors; i++) {
		struct sensor *sensor = &round->sensors[i];

		if (sensor->part != part || !sensor->task.due)
			continue;
		sensor->late = settle_sensor(round, sensor, now_us, wall_ms);
		sensor->has_late = true;
	}
}

static void end_measuring(struct round *round, struct part *part, uint64_t now_us)
{
	const struct measure *measure = &part->measure;

	part->is_measuring = false;
	round->n_measuring--;
	round->n_awaited -= part->is_awaited;
	if (measure->n_calls > 0)
		pace_measured(&part->lane->pace, measure->slowest_us, round->limit_us, now_us);
	if (!part->is_awaited)
		settle_part(round, part, now_us);
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

/* The readings no longer wait for what is on it. */
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

/* As round_next(), for one part that measures. */
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

const char *round_slow(struct round *round)
{
	for (size_t i = 0; round->has_untold && i < round->n_lanes; i++) {
		if (round->lanes[i].is_untold) {
			round->lanes[i].is_untold = false;
			return round->lanes[i].name;
		}
	}
	round->has_untold = false;
	return NULL;
}

bool round_is_done(const struct round *round)
{
	return round->n_awaited == 0;
}

/* The value in this reading; *ret_due as in reading.h. */
static double finish_sensor(struct round *round, struct sensor *sensor, bool *ret_due)
{
	bool has_late = sensor->has_late;

	sensor->has_late = false;
	*ret_due = true;
	if (sensor->part->is_awaited && sensor->task.due)
		return settle_sensor(round, sensor, round->begin_us, round->wall_ms);
	if (has_late)
		return sensor->late;
	*ret_due = false;
	return (double)NAN;
}

/* Fails as its source does: with the same words, and as often. */
static void copy_fault(const struct sensor *source, struct fault *fault)
{
	*fault = source->fault;
	if (!source->config->derived)
		(void)snprintf(fault->text, sizeof(fault->text), "%.63s: %.*s",
			source->config->name, (int)sizeof(fault->text) - 66, source->fault.text);
}

static double derive(
	const struct round *round, const struct derivation *derivation, struct fault *fault)
{
	double value = 0;
	size_t source = 0;

	fault->error =
		derivation_work_out(derivation, &value, &source, fault->text, sizeof(fault->text));
	if (fault->error == -ENODATA)
		copy_fault(&round->sensors[source], fault);
	else if (fault->error)
		fault->implausible = true;
	else
		return check_value(&round->sensors[derivation->index], value, fault);
	return (double)NAN;
}

/* Its sources stand above it, and have their values. */
static void finish_derived(struct round *round, struct derivation *derivation)
{
	size_t i = derivation->index;
	struct fault fault;

	fault_clear(&fault);
	if (!derivation_take(derivation, round->values, round->due))
		return;
	round->values[i] = derive(round, derivation, &fault);
	round->due[i] = true;
	settle_fault(round, &round->sensors[i], &fault, round->begin_us, round->wall_ms);
}

struct reading round_finish(struct round *round)
{
	for (size_t i = 0; i < round->config->n_sensors; i++) {
		bool due;

		round->values[i] = finish_sensor(round, &round->sensors[i], &due);
		round->due[i] = due;
	}
	for (size_t i = 0; i < round->n_derivations; i++)
		finish_derived(round, &round->derivations[i]);
	return (struct reading){
		.taken_ms = round->wall_ms,
		.taken_us = round->begin_us,
		.n_values = round->config->n_sensors,
		.values = round->values,
		.due = round->due,
	};
}

/* When what fails is tried again. Of one that is derived, the source that makes it fail. */
static uint32_t retry_ms(const struct round *round, const struct sensor *sensor)
{
	const struct config_sensor *config = sensor->config;

	if (sensor->fault.implausible || sensor->fault.error == 0)
		return 0;
	for (size_t i = 0; config->derived && i < config->n_of;) {
		sensor = &round->sensors[config->of[i++]];
		if (sensor->fault.error == 0)
			continue;
		config = sensor->config;
		i = 0;
	}
	return measure_retry_ms(&sensor->part->measure);
}

bool round_unreported(struct round *round, struct sampler_event *ret_event)
{
	for (size_t i = 0; round->has_unreported && i < round->config->n_sensors; i++) {
		const struct sensor *sensor = &round->sensors[i];

		if (!sensor->unreported)
			continue;
		*ret_event = (struct sampler_event){
			.kind = SAMPLER_EVENT_SENSOR,
			.sensor = i,
			.error = sensor->fault.error,
			.since_ms = sensor->since_ms,
			.retry_ms = retry_ms(round, sensor),
			.config = round->config,
		};
		memcpy(ret_event->text, sensor->fault.text, sizeof(ret_event->text));
		return true;
	}
	round->has_unreported = false;
	return false;
}

void round_reported(struct round *round, const struct sampler_event *event)
{
	round->sensors[event->sensor].unreported = false;
}
