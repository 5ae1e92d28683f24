/* SPDX-License-Identifier: MIT */
/*
 * The sensors and chips of one map, and the round that makes one combined reading from them: which
 * sensors are due, all their chips side by side, the filters, failures and recoveries. Like measure
 * it never sleeps, makes no call itself and gets the time as an argument. Belongs to one thread.
 *
 * A reading waits for its measurements, but for no single call longer than the limit. Anything
 * slower (see pace.h), and a part that only has a new value every few seconds, goes on measuring
 * beside the readings. Its values appear once, in the first reading finished after they were
 * measured. In the other readings they are null and not due, like a sensor with a slower rhythm.
 */
#pragma once

#include "board.h"
#include "call.h"
#include "config.h"
#include "reading.h"
#include "sampler_event.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUND_NEVER UINT64_MAX

struct round;
struct watches;

/* board and config are borrowed for the round's life. Opens nothing yet. 0 or -ENOMEM. */
int round_new(struct board *board, const struct config *config, struct round **ret_round);

/*
 * Begins another map, before its first round. old is between two rounds and is freed next. Its
 * chips and sensors with the same fingerprint are taken over with their state. Whatever still fails
 * is reported once more, for the new map.
 */
void round_adopt(struct round *round, struct round *old);

const struct config *round_config(const struct round *round);

/* The inputs of the map; NULL: it has none. */
struct watches *round_watches(struct round *round);

/* Begins the reading for a deadline. limit_us: for one call, see pace.h. */
void round_begin(struct round *round, uint64_t deadline_us, uint64_t now_us, uint64_t wall_ms,
	uint64_t limit_us);

/*
 * Returns what to do next, also between two readings. *ret_call: a call to be made now, or NULL. A
 * call that is 'apart' must not be made on this thread. If NULL, returns when to call again (0: at
 * once), or ROUND_NEVER: when a call has returned, or a reading begins.
 */
uint64_t round_next(struct round *round, uint64_t now_us, struct call **ret_call);

/* The call has been made, and holds its outcome. */
void round_took(struct round *round, struct call *call, uint64_t now_us);

/* The call that was to be made at once has not returned, and others are waiting: from now on it is
 * apart. */
void round_blocked(struct round *round, struct call *call, uint64_t now_us);

/* The bus or device, as the map names it, for which the readings have just stopped waiting. NULL:
 * none. Each is returned once. */
const char *round_slow(struct round *round);

/* True if everything is there that the reading waits for. */
bool round_is_done(const struct round *round);

/* Call this once then: the reading, borrowed until the next round_begin(). */
struct reading round_finish(struct round *round);

/* A sensor that failed, recovered or fails for another reason, and was not reported yet. False:
 * there is none. */
bool round_unreported(struct round *round, struct sampler_event *ret_event);
void round_reported(struct round *round, const struct sampler_event *event);

/* Closes the chips. Returns NULL; round may be NULL. */
struct round *round_free(struct round *round);
