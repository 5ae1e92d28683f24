/* SPDX-License-Identifier: MIT */
#include "acquire.h"

#include "crew.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int acquire_init(struct acquire *acquire, struct board *board, const struct config_chip *config,
	size_t n_tasks, size_t part)
{
	*acquire = (struct acquire){.board = board, .config = config, .phase = ACQUIRE_IDLE};
	acquire->tasks = calloc(n_tasks, sizeof(struct acquire_task *));
	acquire->call = calloc(1, sizeof(*acquire->call));
	if (!acquire->tasks || !acquire->call)
		return -ENOMEM;
	acquire->call->part = part;
	return 0;
}

void acquire_fini(struct acquire *acquire)
{
	/* A call that the crew has, has the chip, and whoever makes it closes that. */
	if (!acquire->call || !acquire->call->crew)
		acquire->chip = chip_close(acquire->chip);
	call_drop(acquire->call);
	acquire->call = NULL;
	free(acquire->tasks);
	acquire->tasks = NULL;
}

void acquire_adopt(struct acquire *acquire, struct acquire *old)
{
	struct call *call = acquire->call;

	acquire->chip = old->chip;
	old->chip = NULL;
	/* One that was interrupted while it measured is not known to be ready for the next one. */
	acquire->configured = old->configured && acquire_is_idle(old);
	acquire->retry = old->retry;
	acquire->error = old->error;
	acquire->words = old->words;
	if (!old->is_away)
		return;
	old->call->part = call->part;
	acquire->call = old->call;
	acquire->is_away = true;
	acquire->phase = ACQUIRE_STALE;
	acquire->called_us = old->called_us;
	old->call = call;
	old->is_away = false;
	old->phase = ACQUIRE_IDLE;
}

bool acquire_is_idle(const struct acquire *acquire)
{
	return acquire->phase == ACQUIRE_IDLE;
}

static bool is_wanted(const struct acquire_task *task)
{
	return task->due && !task->done;
}

/* Whether a measurement of the channel is one for the task. */
static bool is_served(const struct acquire *acquire, const struct acquire_task *task)
{
	return is_wanted(task) &&
		(acquire->config->driver->channels_together || task->channel == acquire->channel);
}

static void end_task(struct acquire_task *task, int error, const struct hal_error *words)
{
	task->done = true;
	task->error = error;
	task->words = *words;
}

static void remember(struct acquire *acquire, int error, const struct hal_error *words)
{
	acquire->error = error;
	acquire->words = *words;
}

/* The chip has failed, and with it all that is still wanted of it. */
static void fail(struct acquire *acquire, int error, const struct hal_error *words, uint64_t now_us)
{
	for (size_t i = 0; i < acquire->n_tasks; i++) {
		if (is_wanted(acquire->tasks[i]))
			end_task(acquire->tasks[i], error, words);
	}
	remember(acquire, error, words);
	retry_failed(&acquire->retry, now_us);
	/* An adapter that went away and came back is another one: only a new handle works. */
	acquire->chip = chip_close(acquire->chip);
	acquire->configured = false;
	acquire->phase = ACQUIRE_IDLE;
}

/* With the words of its driver, if it has any for that. */
static void fail_plainly(struct acquire *acquire, int error, uint64_t now_us)
{
	const struct hal_error words = acquire->chip->words;

	fail(acquire, error, &words, now_us);
}

/* The measurement went wrong, not the chip. */
static void spoil(struct acquire *acquire, int error)
{
	for (size_t i = 0; i < acquire->n_tasks; i++) {
		if (is_served(acquire, acquire->tasks[i]))
			end_task(acquire->tasks[i], error, &acquire->chip->words);
	}
	remember(acquire, error, &acquire->chip->words);
	/* It may have lost its settings, for example by a dip of its supply. */
	acquire->configured = false;
}

static void enter(struct acquire *acquire, enum acquire_phase phase, uint64_t due_us)
{
	acquire->phase = phase;
	acquire->due_us = due_us;
}

/* The phase's call is due wait_us after the call that has just been made. How long that took, only
 * the next step can tell. */
static void enter_after(struct acquire *acquire, enum acquire_phase phase, uint32_t wait_us)
{
	acquire->phase = phase;
	acquire->wait_us = wait_us;
	acquire->must_arm = true;
}

/* One that wants more samples, or else one that has none yet. */
static const struct acquire_task *next_task(const struct acquire *acquire)
{
	for (size_t i = 0; i < acquire->n_tasks; i++) {
		if (is_wanted(acquire->tasks[i]) && acquire->tasks[i]->begun)
			return acquire->tasks[i];
	}
	for (size_t i = 0; i < acquire->n_tasks; i++) {
		if (is_wanted(acquire->tasks[i]))
			return acquire->tasks[i];
	}
	return NULL;
}

static void measure_next(struct acquire *acquire, uint64_t now_us)
{
	const struct acquire_task *task = next_task(acquire);
	uint64_t due_us = now_us;

	if (!task) {
		acquire->phase = ACQUIRE_IDLE;
		return;
	}
	acquire->channel = task->channel;
	if (task->begun && task->samples.kind == SAMPLES_PEAK_TO_PEAK)
		due_us = acquire->started_us + ACQUIRE_SPACING_US;
	enter(acquire, ACQUIRE_START, due_us);
}

static void enter_configure(struct acquire *acquire, uint64_t now_us)
{
	chip_reset(acquire->chip);
	acquire->configure_calls = 0;
	enter(acquire, ACQUIRE_CONFIGURE, now_us);
}

static void step_open(struct acquire *acquire, uint64_t now_us)
{
	const struct chip_settings settings = {
		.name = acquire->config->name,
		.driver = acquire->config->driver,
		.bus = acquire->config->bus,
		.address = acquire->config->address,
		.params = acquire->config->params,
	};
	struct hal_error words = {""};
	int r = chip_open(acquire->board, &settings, &words, &acquire->chip);

	if (r < 0)
		fail(acquire, r, &words, now_us);
	else
		enter_configure(acquire, now_us);
}

static void took_configure(struct acquire *acquire, const struct call *call, uint64_t now_us)
{
	int r = call->result;

	if (r == -EAGAIN && ++acquire->configure_calls < ACQUIRE_CONFIGURE_MAX) {
		enter_after(acquire, ACQUIRE_CONFIGURE, call->wait_us);
		return;
	}
	if (r < 0) {
		fail_plainly(acquire, r == -EAGAIN ? -ETIMEDOUT : r, now_us);
		return;
	}
	acquire->configured = true;
	measure_next(acquire, now_us);
}

static void begin_samples(struct acquire *acquire, uint64_t now_us)
{
	for (size_t i = 0; i < acquire->n_tasks; i++) {
		struct acquire_task *task = acquire->tasks[i];

		if (is_served(acquire, task) && !task->begun) {
			samples_begin(&task->samples, now_us);
			task->begun = true;
		}
	}
	acquire->started_us = now_us;
}

static void hand_out(struct acquire *acquire, const double *values, uint64_t now_us)
{
	for (size_t i = 0; i < acquire->n_tasks; i++) {
		struct acquire_task *task = acquire->tasks[i];

		if (!is_served(acquire, task))
			continue;
		samples_add(&task->samples, values[task->channel]);
		if (samples_enough(&task->samples, now_us)) {
			task->value = samples_result(&task->samples);
			task->done = true;
			task->error = 0;
		}
	}
}

/*
 * Whether only the measurement is lost. Each channel of a device of the kernel's is one that its
 * driver may fail to make while the others work.
 */
static bool is_of_one_measurement(const struct driver *driver, int error)
{
	if (error == -EIO)
		return driver->bus == DRIVER_BUS_ATTRIBUTES;
	return error == -EBADMSG || error == -ERANGE || error == -EOPNOTSUPP;
}

static void took_collect(struct acquire *acquire, const struct call *call, uint64_t now_us)
{
	int r = call->result;

	if (r == -EAGAIN && now_us < acquire->deadline_us) {
		enter(acquire, ACQUIRE_COLLECT, now_us + ACQUIRE_BUSY_US);
		return;
	}
	if (is_of_one_measurement(acquire->config->driver, r)) {
		spoil(acquire, r);
	} else if (r < 0) {
		fail_plainly(acquire, r == -EAGAIN ? -ETIMEDOUT : r, now_us);
		return;
	} else {
		hand_out(acquire, call->values, now_us);
		retry_succeeded(&acquire->retry);
	}
	measure_next(acquire, now_us);
}

static void took_start(struct acquire *acquire, const struct call *call, uint64_t now_us)
{
	if (call->kind == CALL_COLLECT) {
		acquire->deadline_us = now_us + acquire->config->driver->deadline_us;
		took_collect(acquire, call, now_us);
	} else if (call->result < 0) {
		fail_plainly(acquire, call->result, now_us);
	} else {
		enter_after(acquire, ACQUIRE_COLLECT, call->wait_us);
	}
}

/* What the part does with the end of it is not known: it is configured again. */
static void took_stale(struct acquire *acquire, const struct call *call, uint64_t now_us)
{
	acquire->configured = false;
	acquire->phase = ACQUIRE_IDLE;
	if (call->result < 0 && call->result != -EAGAIN &&
		!is_of_one_measurement(acquire->config->driver, call->result))
		fail_plainly(acquire, call->result, now_us);
}

void acquire_begin(struct acquire *acquire, uint64_t now_us)
{
	bool is_resting = !acquire->chip && !retry_is_due(&acquire->retry, now_us);

	acquire->must_arm = false;
	acquire->n_calls = 0;
	acquire->slowest_us = 0;
	for (size_t i = 0; i < acquire->n_tasks; i++) {
		struct acquire_task *task = acquire->tasks[i];

		task->begun = false;
		task->done = false;
		if (task->due && is_resting)
			end_task(task, acquire->error, &acquire->words);
	}
	acquire->phase = ACQUIRE_IDLE;
	if (!next_task(acquire))
		return;
	if (!acquire->chip)
		enter(acquire, ACQUIRE_OPEN, now_us);
	else if (!acquire->configured)
		enter_configure(acquire, now_us);
	else
		measure_next(acquire, now_us);
}

static void arm(struct acquire *acquire, uint64_t now_us)
{
	acquire->must_arm = false;
	acquire->due_us = now_us + acquire->wait_us;
	if (acquire->phase == ACQUIRE_COLLECT)
		acquire->deadline_us = acquire->due_us + acquire->config->driver->deadline_us;
}

static struct call *ask_for_call(struct acquire *acquire, uint64_t now_us)
{
	static const enum call_kind KINDS[] = {
		[ACQUIRE_CONFIGURE] = CALL_CONFIGURE,
		[ACQUIRE_START] = CALL_START,
		[ACQUIRE_COLLECT] = CALL_COLLECT,
	};
	struct call *call = acquire->call;

	if (acquire->phase == ACQUIRE_START)
		begin_samples(acquire, now_us);
	call->kind = KINDS[acquire->phase];
	call->chip = acquire->chip;
	call->channel = acquire->channel;
	acquire->called_us = now_us;
	acquire->is_away = true;
	return call;
}

uint64_t acquire_next(struct acquire *acquire, uint64_t now_us, struct call **ret_call)
{
	*ret_call = NULL;
	if (acquire->phase == ACQUIRE_IDLE)
		return ACQUIRE_DONE;
	if (acquire->must_arm)
		arm(acquire, now_us);
	if (now_us < acquire->due_us)
		return acquire->due_us;
	if (acquire->phase == ACQUIRE_OPEN) {
		step_open(acquire, now_us);
		return acquire->phase == ACQUIRE_IDLE ? ACQUIRE_DONE : 0;
	}
	*ret_call = ask_for_call(acquire, now_us);
	return 0;
}

void acquire_took(struct acquire *acquire)
{
	static void (*const TOOK[])(struct acquire *, const struct call *, uint64_t) = {
		[ACQUIRE_CONFIGURE] = took_configure,
		[ACQUIRE_START] = took_start,
		[ACQUIRE_COLLECT] = took_collect,
		[ACQUIRE_STALE] = took_stale,
	};
	const struct call *call = acquire->call;

	acquire->is_away = false;
	acquire->n_calls++;
	if (call->took_us > acquire->slowest_us)
		acquire->slowest_us = call->took_us;
	if (call->result == -ETIMEDOUT)
		acquire->slowest_us = UINT64_MAX;
	TOOK[acquire->phase](acquire, call, acquire->called_us);
}

uint32_t acquire_retry_ms(const struct acquire *acquire)
{
	return acquire->chip ? 0 : acquire->retry.delay_ms;
}

void acquire_describe(
	const struct acquire *acquire, const struct acquire_task *task, char *out, size_t out_bytes)
{
	const struct config_chip *config = acquire->config;
	const char *words = task->words.text[0] ? task->words.text : hal_strerror(task->error);
	char address[16] = "";

	if (config->driver->bus == DRIVER_BUS_I2C)
		(void)snprintf(address, sizeof(address), " at 0x%02x", (unsigned)config->address);
	(void)snprintf(out, out_bytes, "%s%s on %s: %s", config->driver->name, address, config->bus,
		words);
}
