/* SPDX-License-Identifier: MIT */
/*
 * One chip in the rounds of the sampler: finds it, configures it, starts its conversions, waits and
 * collects, for each sensor as many samples as it wants. It never sleeps and reads no clock: it is
 * told the time, and says which call to the driver it wants next, or when it wants to be asked
 * again. Who makes the call, and how long that takes, is the caller's. So the conversions of all
 * chips overlap, a part that blocks can be left to another thread, and a test needs no time.
 *
 * A chip that fails is left alone for 1 s, then twice as long each time, up to 60 s; then its bus
 * is opened and the part configured as if it were new, for it may be. What was measured wrongly (a
 * checksum, a value that the part cannot measure, a channel that it does not have) costs only that
 * value: the part is configured again and asked with the next reading.
 */
#pragma once

#include "backoff.h"
#include "board.h"
#include "call.h"
#include "chip.h"
#include "config.h"
#include "filter.h"
#include "sampling.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MEASURE_SPACING_US = 500,    /* of peak to peak samples, where the part could be faster */
	MEASURE_BUSY_US = 500,       /* a part that is still busy is asked again after this */
	MEASURE_CONFIGURE_MAX = 100, /* calls; a part that asks for more will never be ready */
};

#define MEASURE_DONE UINT64_MAX

/* What one sensor wants of the chip in this round, and what came of it. */
struct measure_task {
	unsigned channel;
	struct samples samples;
	bool due;               /* set before measure_begin() */
	bool begun;             /* its samples are being taken */
	bool done;              /* error and value count */
	int error;              /* 0, or as in hal_error.h */
	struct hal_error words; /* with an error: what there is to add to it, or "" */
	double value;           /* with error 0 */
};

enum measure_phase {
	MEASURE_IDLE,
	MEASURE_OPEN,
	MEASURE_CONFIGURE,
	MEASURE_START,
	MEASURE_COLLECT,
	MEASURE_STALE, /* another map's call is still away; nobody wants its value any more */
};

struct measure {
	struct board *board;              /* borrowed */
	const struct config_chip *config; /* borrowed */
	struct measure_task **tasks;      /* borrowed, but the array is owned */
	size_t n_tasks;
	/* What is known of the chip; goes over to another map. */
	struct chip *chip; /* NULL: not opened yet, or failed. With the call while that is away */
	struct call *call; /* owned, but for who makes it while it is away */
	bool is_away;
	int64_t count; /* of a part that counts, while it has no chip */
	bool configured;
	struct backoff retry;
	int error; /* the last one; 0: none since it works */
	struct hal_error words;
	/* The round. */
	enum measure_phase phase;
	unsigned channel; /* that is measured; of channels_together any */
	unsigned configure_calls;
	bool must_arm; /* wait_us begins with the next step, which knows how late it is */
	uint32_t wait_us;
	uint64_t due_us;      /* of the phase's call to the driver */
	uint64_t deadline_us; /* COLLECT: busy beyond it is -ETIMEDOUT */
	uint64_t started_us;
	uint64_t called_us;  /* when the last call was asked for */
	unsigned n_calls;    /* of this round */
	uint64_t slowest_us; /* of them; UINT64_MAX: one met a bus that is stuck */
};

/* n_tasks of room in tasks. part: for call.part. 0 or -ENOMEM. */
int measure_init(struct measure *measure, struct board *board, const struct config_chip *config,
	size_t n_tasks, size_t part);
void measure_fini(struct measure *measure);

/* Takes over the chip of the same fingerprint and what is known of it. What that one is measuring
 * is lost. */
void measure_adopt(struct measure *measure, struct measure *old);

static inline bool measure_is_idle(const struct measure *measure)
{
	return measure->phase == MEASURE_IDLE;
}

/* Begins a round for the tasks that are due, of one that is idle. */
void measure_begin(struct measure *measure, uint64_t now_us);

/*
 * Goes on, unless its call is away. *ret_call: the call that it wants made, away from now on, or
 * NULL. Without one, returns when to call again (0: at once), or MEASURE_DONE: all tasks that were
 * due are done.
 */
uint64_t measure_next(struct measure *measure, uint64_t now_us, struct call **ret_call);

/* The call was made. */
void measure_took(struct measure *measure);

/* When the chip is tried again, in ms from its failure; 0: with the next reading. */
uint32_t measure_retry_ms(const struct measure *measure);

/* What became of a task that failed: "bme280 at 0x77 on /dev/i2c-1: no answer". */
void measure_describe(const struct measure *measure, const struct measure_task *task, char *out,
	size_t out_bytes);
