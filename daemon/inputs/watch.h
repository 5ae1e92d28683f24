/* SPDX-License-Identifier: MIT */
/*
 * The parts of a map on GPIO lines, between the readings: a change at such a part is an event at
 * once. A reading takes a snapshot of them like of any other part, so nothing here concerns
 * readings. But a part that no sensor reads must be open too, and for that it is measured in each
 * round.
 *
 * Belongs to the leader. Touches no part whose call is away.
 */
#pragma once

#include "config.h"
#include "count_keeper.h"
#include "measure.h"
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCH_NEVER UINT64_MAX

enum input_chatter { INPUT_CHATTER_NO, INPUT_CHATTER_BEGINS, INPUT_CHATTER_ENDS };

struct input_event {
	const struct config *config;
	size_t chip;                /* index into config.chips */
	unsigned index;             /* into its driver's events */
	uint64_t time_us;           /* CLOCK_MONOTONIC */
	enum input_chatter chatter; /* began, or ended, with this event */
	bool is_change;             /* false: only reports the state, as at the start */
};

struct watches;

/* *ret_watches: NULL if the map has no such part. config is borrowed. 0 or -ENOMEM. */
int watches_new(const struct config *config, struct watches **ret_watches);

/* Call this once for each of those parts. measure: borrowed, with room for one more task.
 * needs_task: no sensor has a task for it. */
void watches_add(struct watches *watches, size_t chip, struct measure *measure, bool needs_task);

/* Takes over the last reports of parts with the same name and driver. They are reported once more,
 * for the new map. */
void watches_adopt(struct watches *watches, const struct watches *old);

/* Call this at the beginning of a reading. */
void watches_begin(struct watches *watches);

/* Fills in what to poll for: at most one entry for each part; fds has that room. watches may be
 * NULL. */
size_t watches_poll(struct watches *watches, struct pollfd *fds);

/* Call this after poll(), with the same fds. */
void watches_polled(struct watches *watches, const struct pollfd *fds, size_t n_fds);

/* Takes the next event. False: there is none so far. watches may be NULL. */
bool watches_event(struct watches *watches, uint64_t now_us, struct input_event *ret_event);

/* When to ask for events even if poll() reports nothing. watches may be NULL. */
uint64_t watches_due_us(const struct watches *watches);

/* A part that no sensor reads began to fail, or works again, and that was not reported yet. False:
 * there is none. ret_text: its place and the error, or its name. */
bool watches_failed(struct watches *watches, char *ret_text, size_t text_bytes, bool *ret_failing);

/*
 * Counts of parts, see count_keeper.h. restore: those that were kept, of parts that no earlier map
 * had; after watches_adopt(). keep: those that are to be kept, where they have changed. watches may
 * be NULL.
 */
void watches_restore(struct watches *watches, struct count_keeper *keeper);
void watches_keep(struct watches *watches, struct count_keeper *keeper);

/*
 * Sets the count of the part of that name. 0 with *ret_is_kept: the map has it remembered.
 * -ENOENT: there is none that counts. -EAGAIN: it is just being read. watches may be NULL.
 */
int watches_set_count(struct watches *watches, const char *chip, int64_t count, bool *ret_is_kept);

/* True if the map has a part whose count is to be kept. watches may be NULL. */
bool watches_remember(const struct watches *watches);

/* The number of edges that were lost. watches may be NULL. */
uint64_t watches_lost(const struct watches *watches);

struct watches *watches_free(struct watches *watches);
