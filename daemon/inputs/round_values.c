/* SPDX-License-Identifier: MIT */
#include "round_internal.h"

#include "decimal.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* How long a value must stay within its limits to be good again. */
enum { STEADY_US = 1000000 };

/* Clears only the start of the text, which is large. */
static void fault_clear(struct fault *fault)
{
	fault->error = 0;
	fault->implausible = false;
	fault->text[0] = '\0';
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

/* Makes the sensor's value from the task's outcome. */
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
 * A value that keeps crossing its limit fails all the time, and should not be reported a hundred
 * times a second.
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

/* The value that the sensor's part has measured, or why there is none. */
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

void round_settle_part(struct round *round, const struct part *part, uint64_t now_us)
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

/* Makes it fail like its source: with the same words, and as often. */
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

/* Its sources are above it, so they have their values. */
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
