/* SPDX-License-Identifier: MIT */
/*
 * The sensors' thread: starts and collects the measurements of all chips, overlapping their
 * conversion times, filters the samples, and hands over one combined reading each interval, on a
 * fixed grid. It knows no MQTT and no JSON.
 */
#pragma once

#include "board.h"
#include "config.h"
#include "queue.h"
#include "reading.h"
#include "sampler_event.h"
#include "watch.h"

struct sampler_settings {
	struct board *board;         /* borrowed */
	const struct config *config; /* borrowed until swapped */
	uint32_t interval_ms;
	struct queue *events;        /* to main, borrowed */
	struct count_keeper *counts; /* borrowed; NULL: none are remembered or set */
	/* Called on the sampler's thread when another map has taken over, before all that comes of
	 * it. Must not block. May be NULL. */
	void (*on_map)(void *userdata, const struct config *config);
	/* Called on the sampler's thread once an interval; the reading is borrowed for the call.
	 * Must not block. There is a reading without values only if the map has inputs instead. */
	void (*on_reading)(
		void *userdata, const struct config *config, const struct reading *reading);
	/* The same for an event of an input. Only called if the map has inputs. */
	void (*on_event)(void *userdata, const struct input_event *event);
	/* Called on the sampler's thread before it sleeps. Returns when to call it again at the
	 * latest; UINT64_MAX: there is no need. Must not block. May be NULL. */
	uint64_t (*on_idle)(void *userdata, uint64_t now_us);
	void *userdata;
};

struct sampler_counts {
	uint64_t readings, missed;
	uint64_t edges_lost; /* of inputs, by the kernel or by this program */
};

struct sampler;
struct round;

/* Starts the thread. The first reading comes as soon as the parts allow, the second one interval
 * after it. */
int sampler_new(const struct sampler_settings *settings, struct sampler **ret_sampler);

/* Takes effect at once: the next reading comes one new interval after this. Setting the same
 * interval again changes nothing. */
void sampler_set_interval(struct sampler *sampler, uint32_t interval_ms);

/* One reading as soon as the running one is done, beside the grid, which stays as it is. Several at
 * once are one. */
void sampler_read_now(struct sampler *sampler);

/* Prepares a swap to that map, without the sampler noticing. The map is borrowed. 0, or -ENOMEM.
 * The round is for sampler_swap() or round_free(). */
int sampler_prepare(struct sampler *sampler, const struct config *config, struct round **ret_round);

/*
 * Changes to another map, between two rounds. Chips with the same fingerprint go on undisturbed,
 * with their state; failures are reported again, for the new map. The old map must live until
 * SAMPLER_EVENT_SWAPPED, and until then there must be no other swap. The interval stays. Takes
 * ownership of the round. Cannot fail.
 */
void sampler_swap(struct sampler *sampler, struct round *round);

/*
 * Sets the count of the chip of that name, whose driver counts (driver_is_counter()). The answer is
 * one SAMPLER_EVENT_COUNT with the ticket: the count is set, and on disk where the map has it
 * remembered. Its error: -ENOENT if the map has no such chip any more, or the error of the disk.
 * 0; -EBUSY: too many requests wait for their answer; -EOPNOTSUPP: there is no count keeper.
 */
int sampler_set_count(struct sampler *sampler, const char *chip, int64_t count, uint64_t ticket);

void sampler_ping(struct sampler *sampler);

/* Any thread. */
struct sampler_counts sampler_counts(struct sampler *sampler);

/*
 * Ends the thread, usually within one bus transfer, and frees. 0; sampler may be NULL. -ETIMEDOUT:
 * the thread did not return from the hardware within timeout_us. Then it is left behind, and frees
 * what is its own when it returns. Whatever was borrowed must stay for the life of the process,
 * which should end.
 */
int sampler_close(struct sampler *sampler, uint64_t timeout_us);
