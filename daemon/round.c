/* SPDX-License-Identifier: MIT */
#include "round.h"

#include "acquire.h"
#include "decimal.h"
#include "schedule.h"
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

struct sensor {
	const struct config_sensor *config;
	struct acquire *acquire;
	struct acquire_task task;
	struct filter filter;
	bool asked; /* at all */
	uint64_t asked_us;
	struct fault fault;
	uint64_t implausible_us; /* when the value was last outside its limits */
	uint64_t since_ms;
	bool unreported;
};

struct round {
	const struct config *config;
	struct acquire *chips; /* of config->n_chips; those without sensors have no tasks */
	struct sensor *sensors;
	double *values;
	unsigned char *due;
	uint64_t wall_ms, begin_us;
};

static size_t count_sensors(const struct config *config, size_t chip)
{
	size_t count = 0;

	for (size_t i = 0; i < config->n_sensors; i++)
		count += config->sensors[i].chip == chip;
	return count;
}

static int init_chips(struct round *round, struct board *board)
{
	const struct config *config = round->config;

	for (size_t i = 0; i < config->n_chips; i++) {
		int r = acquire_init(
			&round->chips[i], board, &config->chips[i], count_sensors(config, i) + 1);

		if (r < 0)
			return r;
	}
	return 0;
}

static int init_sensors(struct round *round)
{
	const struct config *config = round->config;

	for (size_t i = 0; i < config->n_sensors; i++) {
		struct sensor *sensor = &round->sensors[i];

		sensor->config = &config->sensors[i];
		sensor->acquire = &round->chips[sensor->config->chip];
		sensor->task.channel = sensor->config->channel;
		assert(sensor->acquire->tasks); /* made by init_chips() */
		sensor->acquire->tasks[sensor->acquire->n_tasks++] = &sensor->task;
		if (samples_init(&sensor->task.samples, sensor->config) < 0)
			return -ENOMEM;
	}
	return 0;
}

int round_new(struct board *board, const struct config *config, struct round **ret_round)
{
	struct round *round = calloc(1, sizeof(*round));
	int r;

	if (!round)
		return -ENOMEM;
	round->config = config;
	/* One more than needed: what calloc() gives for nothing may be NULL. */
	round->chips = calloc(config->n_chips + 1, sizeof(*round->chips));
	round->sensors = calloc(config->n_sensors + 1, sizeof(*round->sensors));
	round->values = calloc(config->n_sensors + 1, sizeof(*round->values));
	round->due = calloc(config->n_sensors + 1, sizeof(*round->due));
	if (!round->chips || !round->sensors || !round->values || !round->due) {
		round_free(round);
		return -ENOMEM;
	}
	r = init_chips(round, board);
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
	for (size_t i = 0; round->chips && i < round->config->n_chips; i++)
		acquire_fini(&round->chips[i]);
	free(round->chips);
	free(round->sensors);
	free(round->values);
	free(round->due);
	free(round);
	return NULL;
}

static void adopt_sensor(struct sensor *sensor, const struct sensor *old)
{
	sensor->filter = old->filter;
	sensor->asked = old->asked;
	sensor->asked_us = old->asked_us;
	sensor->fault = old->fault;
	sensor->implausible_us = old->implausible_us;
	sensor->since_ms = old->since_ms;
	sensor->unreported = old->fault.error != 0;
}

void round_adopt(struct round *round, struct round *old)
{
	for (size_t i = 0; i < round->config->n_chips; i++) {
		for (size_t k = 0; k < old->config->n_chips; k++) {
			if (strcmp(round->config->chips[i].fingerprint,
				    old->config->chips[k].fingerprint) == 0) {
				acquire_adopt(&round->chips[i], &old->chips[k]);
				break;
			}
		}
	}
	for (size_t i = 0; i < round->config->n_sensors; i++) {
		for (size_t k = 0; k < old->config->n_sensors; k++) {
			if (strcmp(round->sensors[i].config->fingerprint,
				    old->sensors[k].config->fingerprint) == 0) {
				adopt_sensor(&round->sensors[i], &old->sensors[k]);
				break;
			}
		}
	}
}

const struct config *round_config(const struct round *round)
{
	return round->config;
}

void round_begin(struct round *round, uint64_t deadline_us, uint64_t now_us, uint64_t wall_ms)
{
	round->wall_ms = wall_ms;
	round->begin_us = now_us;
	for (size_t i = 0; i < round->config->n_sensors; i++) {
		struct sensor *sensor = &round->sensors[i];

		sensor->task.due = !sensor->asked ||
			schedule_is_due(sensor->config->every_us, sensor->asked_us, deadline_us);
		if (!sensor->task.due)
			continue;
		sensor->asked = true;
		sensor->asked_us = deadline_us;
	}
	for (size_t i = 0; i < round->config->n_chips; i++)
		acquire_begin(&round->chips[i], now_us);
}

uint64_t round_step(struct round *round, uint64_t now_us)
{
	uint64_t next_us = ROUND_DONE;

	for (size_t i = 0; i < round->config->n_chips; i++) {
		uint64_t chip_us = acquire_step(&round->chips[i], now_us);

		if (chip_us < next_us)
			next_us = chip_us;
	}
	return next_us;
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

/* What came of the task, as the sensor's value. */
static double evaluate(struct sensor *sensor, struct fault *fault)
{
	const struct config_sensor *config = sensor->config;
	double value;

	fault->error = sensor->task.error;
	if (fault->error) {
		acquire_describe(sensor->acquire, &sensor->task, fault->text, sizeof(fault->text));
		return (double)NAN;
	}
	value = filter_convert(config, sensor->task.value);
	if (!filter_is_plausible(config, value)) {
		fault->error = -ERANGE;
		fault->implausible = true;
		describe_implausible(config, value, fault->text, sizeof(fault->text));
		return (double)NAN;
	}
	return filter_smooth(&sensor->filter, config->ema, value);
}

static bool is_same_fault(const struct fault *a, const struct fault *b)
{
	if (a->error != b->error || a->implausible != b->implausible)
		return false;
	return a->implausible || strcmp(a->text, b->text) == 0;
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

static double finish_sensor(struct sensor *sensor, const struct round *round)
{
	struct fault fault = {0};
	double value;

	if (!sensor->task.due)
		return (double)NAN;
	value = evaluate(sensor, &fault);
	if (fault.implausible)
		sensor->implausible_us = round->begin_us;
	if (!is_same_fault(&fault, &sensor->fault) &&
		!is_not_yet_steady(sensor, &fault, round->begin_us)) {
		sensor->fault = fault;
		sensor->since_ms = round->wall_ms;
		sensor->unreported = true;
	}
	return value;
}

struct reading round_finish(struct round *round)
{
	for (size_t i = 0; i < round->config->n_sensors; i++) {
		round->values[i] = finish_sensor(&round->sensors[i], round);
		round->due[i] = round->sensors[i].task.due;
	}
	return (struct reading){
		.taken_ms = round->wall_ms,
		.taken_us = round->begin_us,
		.n_values = round->config->n_sensors,
		.values = round->values,
		.due = round->due,
	};
}

bool round_unreported(const struct round *round, struct sampler_event *ret_event)
{
	for (size_t i = 0; i < round->config->n_sensors; i++) {
		const struct sensor *sensor = &round->sensors[i];

		if (!sensor->unreported)
			continue;
		*ret_event = (struct sampler_event){
			.kind = SAMPLER_EVENT_SENSOR,
			.sensor = i,
			.error = sensor->fault.error,
			.since_ms = sensor->since_ms,
			.retry_ms = sensor->fault.implausible || sensor->fault.error == 0
				? 0
				: acquire_retry_ms(sensor->acquire),
			.config = round->config,
		};
		memcpy(ret_event->text, sensor->fault.text, sizeof(ret_event->text));
		return true;
	}
	return false;
}

void round_reported(struct round *round, const struct sampler_event *event)
{
	round->sensors[event->sensor].unreported = false;
}
