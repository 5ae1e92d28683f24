/* SPDX-License-Identifier: MIT */
/*
 * One chip in the rounds of the sampler: finds it, configures it, starts its conversions, waits and
 * collects, for each sensor as many samples as it wants. It never sleeps and reads no clock: it
 * gets the time, and returns the next call to the driver, or when to be asked again. The caller
 * decides which thread makes the call. So the conversions of all chips overlap, a part that blocks
 * can be left to another thread, and a test needs no time.
 *
 * A chip that fails is left alone for 1 s, then twice as long each time, up to 60 s. Then its bus
 * is opened and the part configured anew, since it may be a new part. A wrong measurement (a
 * checksum, a value that the part cannot measure, a channel that it does not have) costs that value
 * only: the part is configured again and asked with the next reading.
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
	MEASURE_SPACING_US = 500,    /* between peak to peak samples, even if the part is faster */
	MEASURE_BUSY_US = 500,       /* until a part that is still busy is asked again */
	MEASURE_CONFIGURE_MAX = 100, /* calls; a part that asks for more never gets ready */
};

#define MEASURE_DONE UINT64_MAX

/* The request of one sensor to the chip in this round, and the outcome. */
struct measure_task {
	unsigned channel;
	struct samples samples;
	bool due;               /* set before measure_begin() */
	bool begun;             /* its samples are being taken */
	bool done;              /* error and value are valid */
	int error;              /* 0, or as in hal_error.h */
	struct hal_error words; /* with an error: words to add to it, or "" */
	double value;           /* with error 0 */
};

enum measure_phase {
	MEASURE_IDLE,
	MEASURE_OPEN,
	MEASURE_CONFIGURE,
	MEASURE_START,
	MEASURE_COLLECT,
	MEASURE_STALE, /* a call of the previous map has not returned; nobody wants its value */
};

struct measure {
	struct board *board;              /* borrowed */
	const struct config_chip *config; /* borrowed */
	struct measure_task **tasks;      /* borrowed, but the array is owned */
	size_t n_tasks;
	/* The state of the chip, which another map takes over. */
	struct chip *chip; /* NULL: not open yet, or failed. Away together with the call */
	struct call *call; /* owned, except while it is away */
	bool is_away;
	int64_t count; /* of a part that counts, while it has no chip */
	bool configured;
	struct backoff retry;
	int error; /* of the last failure; 0: it works */
	struct hal_error words;
	/* The round. */
	enum measure_phase phase;
	unsigned channel; /* being measured; any one with channels_together */
	unsigned configure_calls;
	bool must_arm; /* wait_us begins with the next step, which knows the time */
	uint32_t wait_us;
	uint64_t due_us;      /* of the phase's call to the driver */
	uint64_t deadline_us; /* COLLECT: busy after it is -ETIMEDOUT */
	uint64_t started_us;
	uint64_t called_us;  /* when the last call was returned to be made */
	unsigned n_calls;    /* in this round */
	uint64_t slowest_us; /* the longest of them; UINT64_MAX: one met a stuck bus */
};

/* tasks gets room for n_tasks. part: for call.part. 0 or -ENOMEM. */
int measure_init(struct measure *measure, struct board *board, const struct config_chip *config,
	size_t n_tasks, size_t part);
void measure_fini(struct measure *measure);

/* Takes over the chip with the same fingerprint and its state. A measurement in progress there is
 * lost. */
void measure_adopt(struct measure *measure, struct measure *old);

static inline bool measure_is_idle(const struct measure *measure)
{
	return measure->phase == MEASURE_IDLE;
}

/* Begins a round for the tasks that are due. measure must be idle. */
void measure_begin(struct measure *measure, uint64_t now_us);

/*
 * Goes on, unless its call is away. *ret_call: a call that has to be made, which is away from now
 * on, or NULL. If NULL, returns when to call again (0: at once), or MEASURE_DONE: all tasks that
 * were due are done.
 */
uint64_t measure_next(struct measure *measure, uint64_t now_us, struct call **ret_call);

/* The call has been made. */
void measure_took(struct measure *measure);

/* When the chip is tried again, in ms after its failure; 0: with the next reading. */
uint32_t measure_retry_ms(const struct measure *measure);

/* Describes why a task failed: "bme280 at 0x77 on /dev/i2c-1: no answer". */
void measure_describe(const struct measure *measure, const struct measure_task *task, char *out,
	size_t out_bytes);
