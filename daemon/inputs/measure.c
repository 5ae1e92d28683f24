/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include "crew.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int measure_init(struct measure *measure, struct board *board, const struct config_chip *config,
	size_t n_tasks, size_t part)
{
	*measure = (struct measure){.board = board, .config = config, .phase = MEASURE_IDLE};
	measure->tasks = calloc(n_tasks, sizeof(struct measure_task *));
	measure->call = calloc(1, sizeof(*measure->call));
	if (!measure->tasks || !measure->call)
		return -ENOMEM;
	measure->call->part = part;
	return 0;
}

void measure_fini(struct measure *measure)
{
	/* While the crew has the call, it also has the chip, which the call's thread closes. */
	if (!measure->call || !measure->call->crew)
		measure->chip = chip_close(measure->chip);
	call_drop(measure->call);
	measure->call = NULL;
	free(measure->tasks);
	measure->tasks = NULL;
}

void measure_adopt(struct measure *measure, struct measure *old)
{
	struct call *call = measure->call;

	measure->chip = old->chip;
	measure->count = old->count;
	old->chip = NULL;
	/* If it was interrupted while measuring, it may not be ready for the next measurement. */
	measure->configured = old->configured && measure_is_idle(old);
	measure->retry = old->retry;
	measure->error = old->error;
	measure->words = old->words;
	if (!old->is_away)
		return;
	old->call->part = call->part;
	measure->call = old->call;
	measure->is_away = true;
	measure->phase = MEASURE_STALE;
	measure->called_us = old->called_us;
	old->call = call;
	old->is_away = false;
	old->phase = MEASURE_IDLE;
}

static bool is_wanted(const struct measure_task *task)
{
	return task->due && !task->done;
}

/* True if a measurement of the channel is one for the task. */
static bool is_served(const struct measure *measure, const struct measure_task *task)
{
	return is_wanted(task) &&
		(measure->config->driver->channels_together || task->channel == measure->channel);
}

static void end_task(struct measure_task *task, int error, const struct hal_error *words)
{
	task->done = true;
	task->error = error;
	task->words = *words;
}

static void remember(struct measure *measure, int error, const struct hal_error *words)
{
	measure->error = error;
	measure->words = *words;
}

/* The chip has failed, and with it every task that still wants something from it. */
static void fail(struct measure *measure, int error, const struct hal_error *words, uint64_t now_us)
{
	for (size_t i = 0; i < measure->n_tasks; i++) {
		if (is_wanted(measure->tasks[i]))
			end_task(measure->tasks[i], error, words);
	}
	remember(measure, error, words);
	backoff_failed(&measure->retry, now_us);
	/* An adapter that was unplugged and came back is a new one: only a new handle works. */
	if (measure->chip)
		measure->count = measure->chip->count;
	measure->chip = chip_close(measure->chip);
	measure->configured = false;
	measure->phase = MEASURE_IDLE;
}

/* The same, with the words of the driver if it has any. */
static void fail_plainly(struct measure *measure, int error, uint64_t now_us)
{
	const struct hal_error words = measure->chip->words;

	fail(measure, error, &words, now_us);
}

/* The measurement failed, not the chip. */
static void spoil(struct measure *measure, int error)
{
	for (size_t i = 0; i < measure->n_tasks; i++) {
		if (is_served(measure, measure->tasks[i]))
			end_task(measure->tasks[i], error, &measure->chip->words);
	}
	remember(measure, error, &measure->chip->words);
	/* The chip may have lost its settings, for example by a dip of its supply. */
	measure->configured = false;
}

static void enter(struct measure *measure, enum measure_phase phase, uint64_t due_us)
{
	measure->phase = phase;
	measure->due_us = due_us;
}

/* Makes the phase's call due wait_us after the call that was just made. Only the next step can tell
 * how long that call took. */
static void enter_after(struct measure *measure, enum measure_phase phase, uint32_t wait_us)
{
	measure->phase = phase;
	measure->wait_us = wait_us;
	measure->must_arm = true;
}

/* Prefers a task that wants more samples to one that has none yet. */
static const struct measure_task *next_task(const struct measure *measure)
{
	const struct measure_task *first = NULL;

	for (size_t i = 0; i < measure->n_tasks; i++) {
		const struct measure_task *task = measure->tasks[i];

		if (!is_wanted(task))
			continue;
		if (task->begun)
			return task;
		if (!first)
			first = task;
	}
	return first;
}

static void measure_values(struct measure *measure, uint64_t now_us)
{
	const struct measure_task *task = next_task(measure);
	uint64_t due_us = now_us;

	if (!task) {
		measure->phase = MEASURE_IDLE;
		return;
	}
	measure->channel = task->channel;
	if (task->begun && task->samples.window_us > 0)
		due_us = measure->started_us + MEASURE_SPACING_US;
	enter(measure, MEASURE_START, due_us);
}

static void enter_configure(struct measure *measure, uint64_t now_us)
{
	chip_reset(measure->chip);
	measure->configure_calls = 0;
	enter(measure, MEASURE_CONFIGURE, now_us);
}

static void step_open(struct measure *measure, uint64_t now_us)
{
	const struct chip_settings settings = {
		.name = measure->config->name,
		.driver = measure->config->driver,
		.bus = measure->config->bus,
		.address = measure->config->address,
		.lines = measure->config->lines,
		.params = measure->config->params,
		.count = measure->count,
	};
	struct hal_error words = {""};
	int r = chip_open(measure->board, &settings, &words, &measure->chip);

	if (r < 0)
		fail(measure, r, &words, now_us);
	else
		enter_configure(measure, now_us);
}

static void took_configure(struct measure *measure, const struct call *call, uint64_t now_us)
{
	int r = call->result;

	if (r == -EAGAIN && ++measure->configure_calls < MEASURE_CONFIGURE_MAX) {
		enter_after(measure, MEASURE_CONFIGURE, call->wait_us);
		return;
	}
	if (r < 0) {
		fail_plainly(measure, r == -EAGAIN ? -ETIMEDOUT : r, now_us);
		return;
	}
	measure->configured = true;
	measure_values(measure, now_us);
}

static void begin_samples(struct measure *measure, uint64_t now_us)
{
	for (size_t i = 0; i < measure->n_tasks; i++) {
		struct measure_task *task = measure->tasks[i];

		if (is_served(measure, task) && !task->begun) {
			samples_begin(&task->samples, now_us);
			task->begun = true;
		}
	}
	measure->started_us = now_us;
}

static void hand_out(struct measure *measure, const double *values, uint64_t now_us)
{
	for (size_t i = 0; i < measure->n_tasks; i++) {
		struct measure_task *task = measure->tasks[i];

		if (!is_served(measure, task))
			continue;
		samples_add(&task->samples,
			values[driver_value_index(measure->config->driver, task->channel)]);
		if (samples_enough(&task->samples, now_us)) {
			task->value = samples_result(&task->samples);
			task->done = true;
			task->error = 0;
		}
	}
}

/*
 * True if only the measurement is lost. For a device of the kernel, each channel is a measurement
 * that can fail while the others work.
 */
static bool is_of_one_measurement(const struct driver *driver, int error)
{
	if (error == -EIO)
		return driver->bus == DRIVER_BUS_ATTRIBUTES;
	return error == -EBADMSG || error == -ERANGE || error == -EOPNOTSUPP;
}

static void took_collect(struct measure *measure, const struct call *call, uint64_t now_us)
{
	int r = call->result;

	if (r == -EAGAIN && now_us < measure->deadline_us) {
		uint32_t poll_us = measure->config->driver->poll_us;

		enter(measure, MEASURE_COLLECT, now_us + (poll_us ? poll_us : MEASURE_BUSY_US));
		return;
	}
	if (is_of_one_measurement(measure->config->driver, r)) {
		spoil(measure, r);
	} else if (r < 0) {
		fail_plainly(measure, r == -EAGAIN ? -ETIMEDOUT : r, now_us);
		return;
	} else {
		hand_out(measure, call->values, now_us);
		backoff_succeeded(&measure->retry);
	}
	measure_values(measure, now_us);
}

static void took_start(struct measure *measure, const struct call *call, uint64_t now_us)
{
	if (call->kind == CALL_COLLECT) {
		measure->deadline_us = now_us + measure->config->driver->deadline_us;
		took_collect(measure, call, now_us);
	} else if (call->result < 0) {
		fail_plainly(measure, call->result, now_us);
	} else {
		enter_after(measure, MEASURE_COLLECT, call->wait_us);
	}
}

/* A stale call has returned. Its end may have left the part in any state, so it is configured
 * again. */
static void took_stale(struct measure *measure, const struct call *call, uint64_t now_us)
{
	measure->configured = false;
	measure->phase = MEASURE_IDLE;
	if (call->result < 0 && call->result != -EAGAIN &&
		!is_of_one_measurement(measure->config->driver, call->result))
		fail_plainly(measure, call->result, now_us);
}

void measure_begin(struct measure *measure, uint64_t now_us)
{
	bool is_resting = !measure->chip && !backoff_is_due(&measure->retry, now_us);

	measure->must_arm = false;
	measure->n_calls = 0;
	measure->slowest_us = 0;
	for (size_t i = 0; i < measure->n_tasks; i++) {
		struct measure_task *task = measure->tasks[i];

		task->begun = false;
		task->done = false;
		if (task->due && is_resting)
			end_task(task, measure->error, &measure->words);
	}
	measure->phase = MEASURE_IDLE;
	if (!next_task(measure))
		return;
	if (!measure->chip)
		enter(measure, MEASURE_OPEN, now_us);
	else if (!measure->configured)
		enter_configure(measure, now_us);
	else
		measure_values(measure, now_us);
}

static void arm(struct measure *measure, uint64_t now_us)
{
	measure->must_arm = false;
	measure->due_us = now_us + measure->wait_us;
	if (measure->phase == MEASURE_COLLECT)
		measure->deadline_us = measure->due_us + measure->config->driver->deadline_us;
}

static struct call *ask_for_call(struct measure *measure, uint64_t now_us)
{
	static const enum call_kind KINDS[] = {
		[MEASURE_CONFIGURE] = CALL_CONFIGURE,
		[MEASURE_START] = CALL_START,
		[MEASURE_COLLECT] = CALL_COLLECT,
	};
	struct call *call = measure->call;

	if (measure->phase == MEASURE_START)
		begin_samples(measure, now_us);
	call->kind = KINDS[measure->phase];
	call->chip = measure->chip;
	call->channel = measure->channel;
	measure->called_us = now_us;
	measure->is_away = true;
	return call;
}

uint64_t measure_next(struct measure *measure, uint64_t now_us, struct call **ret_call)
{
	*ret_call = NULL;
	if (measure->phase == MEASURE_IDLE)
		return MEASURE_DONE;
	if (measure->must_arm)
		arm(measure, now_us);
	if (now_us < measure->due_us)
		return measure->due_us;
	if (measure->phase == MEASURE_OPEN) {
		step_open(measure, now_us);
		return measure->phase == MEASURE_IDLE ? MEASURE_DONE : 0;
	}
	*ret_call = ask_for_call(measure, now_us);
	return 0;
}

void measure_took(struct measure *measure)
{
	static void (*const TOOK[])(struct measure *, const struct call *, uint64_t) = {
		[MEASURE_CONFIGURE] = took_configure,
		[MEASURE_START] = took_start,
		[MEASURE_COLLECT] = took_collect,
		[MEASURE_STALE] = took_stale,
	};
	const struct call *call = measure->call;

	measure->is_away = false;
	measure->n_calls++;
	if (call->took_us > measure->slowest_us)
		measure->slowest_us = call->took_us;
	if (call->result == -ETIMEDOUT)
		measure->slowest_us = UINT64_MAX;
	TOOK[measure->phase](measure, call, measure->called_us);
}

uint32_t measure_retry_ms(const struct measure *measure)
{
	return measure->chip ? 0 : measure->retry.window_ms;
}

void measure_describe(
	const struct measure *measure, const struct measure_task *task, char *out, size_t out_bytes)
{
	const struct config_chip *config = measure->config;
	const char *words = task->words.text[0] ? task->words.text : hal_strerror(task->error);
	char address[16] = "";

	if (config->driver->bus == DRIVER_BUS_I2C)
		(void)snprintf(address, sizeof(address), " at 0x%02x", (unsigned)config->address);
	(void)snprintf(out, out_bytes, "%s%s on %s: %s", config->driver->name, address, config->bus,
		words);
}
