/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include "chatter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct watch {
	size_t chip;
	struct measure *measure;
	struct measure_task task; /* used if no sensor has one */
	bool has_task;
	size_t poll_index;
	bool is_polled;
	bool is_ready; /* there may be edges */
	bool is_deaf;  /* its edges cannot be read; the next reading finds out why and reopens it */
	bool is_untold; /* its state was not reported yet in this map */
	bool has_sent;
	unsigned sent; /* the last event that lasts */
	uint64_t due_us;
	uint64_t lost_seen; /* of the lines' */
	struct chatter chatter;
	struct input_event held_back; /* the last event while it chatters */
	unsigned passed;              /* the last event that was not held back */
	bool has_count;               /* from an earlier map, or from the keeper */
	int64_t count;                /* when it was last looked at */
	int64_t kept;                 /* the count that the keeper has */
	bool is_kept;
	bool is_failing; /* as last reported; only for those with a task */
};

struct watches {
	const struct config *config;
	size_t n_watches;
	uint64_t lost;
	struct watch items[];
};

static bool is_input(const struct config_chip *chip)
{
	return driver_is_input(chip->driver);
}

int watches_new(const struct config *config, struct watches **ret_watches)
{
	struct watches *watches = NULL;
	size_t n = 0;

	for (size_t i = 0; i < config->n_chips; i++)
		n += is_input(&config->chips[i]);
	if (n > 0) {
		watches = calloc(1, sizeof(*watches) + n * sizeof(watches->items[0]));
		if (!watches)
			return -ENOMEM;
		watches->config = config;
	}
	*ret_watches = watches;
	return 0;
}

void watches_add(struct watches *watches, size_t chip, struct measure *measure, bool needs_task)
{
	struct watch *watch;

	if (!watches || !is_input(&watches->config->chips[chip]))
		return;
	watch = &watches->items[watches->n_watches++];
	watch->chip = chip;
	watch->measure = measure;
	watch->is_untold = true;
	watch->has_task = needs_task;
	if (needs_task) {
		/* Cannot fail, since this sampling keeps no samples. */
		(void)samples_init(&watch->task.samples, &sampling_average, 1);
		measure->tasks[measure->n_tasks++] = &watch->task;
	}
}

static const struct config_chip *chip_of(const struct watches *watches, const struct watch *watch)
{
	return &watches->config->chips[watch->chip];
}

/* The count of a part that is just being read may be a moment old. */
static int64_t count_of(const struct watch *watch)
{
	const struct measure *measure = watch->measure;

	if (measure->is_away)
		return watch->count;
	return measure->chip ? measure->chip->count : measure->count;
}

void watches_adopt(struct watches *watches, const struct watches *old)
{
	if (watches && old)
		watches->lost = old->lost;
	for (size_t i = 0; watches && old && i < watches->n_watches; i++) {
		struct watch *watch = &watches->items[i];

		for (size_t k = 0; k < old->n_watches; k++) {
			const struct watch *before = &old->items[k];
			const struct config_chip *now = chip_of(watches, watch);

			if (strcmp(now->name, chip_of(old, before)->name) != 0 ||
				now->driver != chip_of(old, before)->driver)
				continue;
			watch->measure->count = count_of(before);
			watch->has_count = true;
			watch->kept = before->kept;
			watch->is_kept = before->is_kept;
			watch->has_sent = before->has_sent;
			watch->is_failing = before->is_failing;
			watch->sent = before->sent;
			watch->lost_seen = before->lost_seen;
			watch->chatter = before->chatter;
			watch->passed = before->passed;
			watch->held_back = before->held_back;
			watch->held_back.config = watches->config;
			watch->held_back.chip = watch->chip;
		}
	}
}

void watches_begin(struct watches *watches)
{
	for (size_t i = 0; watches && i < watches->n_watches; i++)
		watches->items[i].task.due = watches->items[i].has_task;
}

/* NULL: it is not open, or another thread has it, or it gives no edges. */
static struct lines *lines_of(const struct watch *watch)
{
	const struct measure *measure = watch->measure;

	if (!measure->chip || measure->is_away || measure->chip->lines->fd < 0)
		return NULL;
	return measure->chip->lines;
}

static bool is_new(const struct lines *lines)
{
	return !lines->has_begun;
}

size_t watches_poll(struct watches *watches, struct pollfd *fds)
{
	size_t n = 0;

	for (size_t i = 0; watches && i < watches->n_watches; i++) {
		struct watch *watch = &watches->items[i];
		const struct lines *lines = lines_of(watch);

		watch->is_polled = lines && !watch->is_deaf;
		if (!watch->is_polled)
			continue;
		watch->poll_index = n;
		fds[n++] = (struct pollfd){.fd = lines->fd, .events = POLLIN};
	}
	return n;
}

void watches_polled(struct watches *watches, const struct pollfd *fds, size_t n_fds)
{
	for (size_t i = 0; watches && i < watches->n_watches; i++) {
		struct watch *watch = &watches->items[i];

		if (watch->is_polled && watch->poll_index < n_fds && fds[watch->poll_index].revents)
			watch->is_ready = true;
	}
}

static bool is_level(const struct watches *watches, const struct watch *watch)
{
	return !chip_of(watches, watch)->driver->event;
}

/* The present state, if it was not reported yet or differs from the last report. */
static bool say_level(struct watch *watch, uint64_t now_us, struct input_event *ret_event)
{
	unsigned now = chip_event_now(watch->measure->chip);
	bool is_change = watch->has_sent && watch->sent != now;

	if (!watch->is_untold && !is_change)
		return false;
	watch->is_untold = false;
	ret_event->index = now;
	ret_event->time_us = now_us;
	ret_event->is_change = is_change;
	return true;
}

static bool next_of(struct watches *watches, struct watch *watch, uint64_t now_us,
	struct input_event *ret_event)
{
	struct lines *lines = lines_of(watch);
	struct driver_event event;
	int r;

	if (!lines || (watch->is_deaf && !is_new(lines)))
		return false;
	if (is_new(lines)) {
		watch->is_deaf = false;
		watch->lost_seen = 0;
	} else if (!watch->is_ready && !watch->is_untold && now_us < watch->due_us) {
		return false;
	}
	do
		r = chip_event(watch->measure->chip, now_us, &event, &watch->due_us);
	while (r == 1 && is_level(watches, watch) && watch->has_sent && event.index == watch->sent);
	watches->lost += lines->lost - watch->lost_seen;
	watch->lost_seen = lines->lost;
	watch->is_ready = r == 1;
	watch->is_deaf = r < 0;
	ret_event->config = watches->config;
	ret_event->chip = watch->chip;
	if (!is_level(watches, watch))
		watch->is_untold = false; /* nothing about it lasts */
	if (r < 1)
		return r == 0 && is_level(watches, watch) && say_level(watch, now_us, ret_event);
	watch->is_untold = false;
	ret_event->index = event.index;
	ret_event->time_us = event.time_us;
	ret_event->is_change = true;
	return true;
}

/* For a chattering input, passes only the beginning, and the last event once it rests. */
static bool filter_chatter(
	const struct watches *watches, struct watch *watch, struct input_event *event)
{
	struct chatter *chatter = &watch->chatter;

	if (!event->is_change)
		return true;
	if (chatter_event(chatter, event->time_us)) {
		event->chatter = INPUT_CHATTER_BEGINS;
		watch->held_back = *event;
		watch->held_back.is_change = false;
		return true;
	}
	if (!chatter->is_chattering)
		return true;
	watch->held_back.is_change = !is_level(watches, watch) || event->index != watch->passed;
	watch->held_back.index = event->index;
	watch->held_back.time_us = event->time_us;
	return false;
}

/* As next_of(), without events of chattering inputs. */
static bool next_passed(struct watches *watches, struct watch *watch, uint64_t now_us,
	struct input_event *ret_event)
{
	do {
		ret_event->chatter = INPUT_CHATTER_NO;
		if (next_of(watches, watch, now_us, ret_event)) {
			watch->has_sent = true;
			watch->sent = ret_event->index;
			continue;
		}
		if (!chatter_rests(&watch->chatter, now_us))
			return false;
		*ret_event = watch->held_back;
		ret_event->chatter = INPUT_CHATTER_ENDS;
		return true;
	} while (!filter_chatter(watches, watch, ret_event));
	/* While it chatters, its state in a new map is no event. */
	if (ret_event->is_change || !watch->chatter.is_chattering)
		watch->passed = ret_event->index;
	return true;
}

bool watches_event(struct watches *watches, uint64_t now_us, struct input_event *ret_event)
{
	for (size_t i = 0; watches && i < watches->n_watches; i++) {
		if (next_passed(watches, &watches->items[i], now_us, ret_event))
			return true;
	}
	return false;
}

uint64_t watches_due_us(const struct watches *watches)
{
	uint64_t due_us = WATCH_NEVER;

	for (size_t i = 0; watches && i < watches->n_watches; i++) {
		const struct watch *watch = &watches->items[i];
		const struct lines *lines = lines_of(watch);

		if (!lines)
			continue;
		if (is_new(lines) || watch->is_ready)
			return 0;
		if (!watch->is_deaf && watch->due_us < due_us)
			due_us = watch->due_us;
		if (chatter_due_us(&watch->chatter) < due_us)
			due_us = chatter_due_us(&watch->chatter);
	}
	return due_us;
}

static void describe_failed(
	const struct driver *driver, const struct watch *watch, char *out, size_t out_bytes)
{
	size_t used;

	measure_describe(watch->measure, &watch->task, out, out_bytes);
	used = strlen(out);
	(void)snprintf(out + used, out_bytes - used, "; it %s until it works again",
		driver->n_events ? "sends no events" : "counts nothing");
}

bool watches_failed(struct watches *watches, char *ret_text, size_t text_bytes, bool *ret_failing)
{
	for (size_t i = 0; watches && i < watches->n_watches; i++) {
		struct watch *watch = &watches->items[i];
		bool is_failing = watch->task.error != 0;

		if (!watch->has_task || !watch->task.done || is_failing == watch->is_failing)
			continue;
		watch->is_failing = *ret_failing = is_failing;
		(void)snprintf(ret_text, text_bytes, "%s", chip_of(watches, watch)->name);
		if (is_failing)
			describe_failed(
				chip_of(watches, watch)->driver, watch, ret_text, text_bytes);
		return true;
	}
	return false;
}

static bool is_remembered(const struct watches *watches, const struct watch *watch)
{
	const struct config_chip *chip = chip_of(watches, watch);

	return driver_is_counter(chip->driver) &&
		driver_param_value(chip->driver, chip->params, "remember") > 0;
}

void watches_restore(struct watches *watches, struct count_keeper *keeper)
{
	for (size_t i = 0; watches && keeper && i < watches->n_watches; i++) {
		struct watch *watch = &watches->items[i];

		if (watch->has_count || !is_remembered(watches, watch))
			continue;
		watch->has_count = true;
		watch->is_kept = count_keeper_get(keeper, chip_of(watches, watch)->name,
					 &watch->measure->count) == 0;
		watch->kept = watch->measure->count;
	}
}

void watches_keep(struct watches *watches, struct count_keeper *keeper)
{
	for (size_t i = 0; watches && keeper && i < watches->n_watches; i++) {
		struct watch *watch = &watches->items[i];

		watch->count = count_of(watch);
		if ((watch->is_kept && watch->count == watch->kept) ||
			!is_remembered(watches, watch))
			continue;
		count_keeper_put(keeper, chip_of(watches, watch)->name, watch->count);
		watch->kept = watch->count;
		watch->is_kept = true;
	}
}

int watches_set_count(struct watches *watches, const char *chip, int64_t count, bool *ret_is_kept)
{
	for (size_t i = 0; watches && i < watches->n_watches; i++) {
		struct watch *watch = &watches->items[i];
		struct measure *measure = watch->measure;

		if (strcmp(chip_of(watches, watch)->name, chip) != 0 ||
			!driver_is_counter(chip_of(watches, watch)->driver))
			continue;
		if (measure->is_away)
			return -EAGAIN;
		measure->count = count;
		if (measure->chip)
			measure->chip->count = count;
		*ret_is_kept = is_remembered(watches, watch);
		return 0;
	}
	return -ENOENT;
}

bool watches_remember(const struct watches *watches)
{
	for (size_t i = 0; watches && i < watches->n_watches; i++) {
		if (is_remembered(watches, &watches->items[i]))
			return true;
	}
	return false;
}

uint64_t watches_lost(const struct watches *watches)
{
	return watches ? watches->lost : 0;
}

struct watches *watches_free(struct watches *watches)
{
	free(watches);
	return NULL;
}
