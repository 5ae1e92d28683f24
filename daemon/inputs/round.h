/* SPDX-License-Identifier: MIT */
/*
 * The sensors and chips of one map, and the round that makes one combined reading of them: which
 * sensors are due, all their chips side by side, the filters, what failed and what works again.
 * Like measure it sleeps nowhere, makes no call itself and is told the time. Belongs to one thread.
 *
 * A reading waits for what it measures, but for no single call longer than the limit. What takes
 * longer (see pace.h), and a part that has a new value every few seconds only, goes on measuring
 * beside the readings. Its values are in the first reading that is finished after they were
 * measured, once. In the others it is null and not due, as a sensor with a slower rhythm is.
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
 * The beginning of another map, before the first round of it: takes over from old, which is between
 * two rounds and is freed next, the chips and the sensors of the same fingerprint, with what is
 * known of them. What still fails is to be reported once more, for the new map.
 */
void round_adopt(struct round *round, struct round *old);

const struct config *round_config(const struct round *round);

/* The inputs of the map; NULL: it has none. */
struct watches *round_watches(struct round *round);

/* Begins the reading of a deadline. limit_us: of a call, see pace.h. */
void round_begin(struct round *round, uint64_t deadline_us, uint64_t now_us, uint64_t wall_ms,
	uint64_t limit_us);

/*
 * What is to be done next, also between two readings. *ret_call: a call to be made now, or NULL. A
 * call that is 'apart' must not be made on this thread. Without one, returns when to call again (0:
 * at once), or ROUND_NEVER: when a call came back, or a reading begins.
 */
uint64_t round_next(struct round *round, uint64_t now_us, struct call **ret_call);

/* The call was made, with all that came of it in it. */
void round_took(struct round *round, struct call *call, uint64_t now_us);

/* The call that was to be made at once is not back, and others are waiting: from now on it is
 * apart. */
void round_blocked(struct round *round, struct call *call, uint64_t now_us);

/* The bus or the device, as the map names it, of something that the readings have just stopped
 * waiting for. NULL: none. Once for each. */
const char *round_slow(struct round *round);

/* Whether all is there that the reading waits for. */
bool round_is_done(const struct round *round);

/* Then, once: the reading, borrowed until the next round_begin(). */
struct reading round_finish(struct round *round);

/* A sensor that failed, recovered or fails for another reason, and was not reported yet. false:
 * there is none. */
bool round_unreported(struct round *round, struct sampler_event *ret_event);
void round_reported(struct round *round, const struct sampler_event *event);

/* Closes the chips. Returns NULL; round may be NULL. */
struct round *round_free(struct round *round);
