/* SPDX-License-Identifier: MIT */
/*
 * The sensors and chips of one map, and the round that makes one combined reading of them: which
 * sensors are due, all their chips side by side, the filters, what failed and what works again.
 * Like acquire it sleeps nowhere and is told the time. Belongs to one thread.
 */
#pragma once

#include "board.h"
#include "config.h"
#include "reading.h"
#include "sampler.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUND_DONE UINT64_MAX

struct round;

/* board and config are borrowed for the round's life. Opens nothing yet. 0 or -ENOMEM. */
int round_new(struct board *board, const struct config *config, struct round **ret_round);

/*
 * The beginning of another map, before the first round of it: takes over from old, which is between
 * two rounds and is freed next, the chips and the sensors of the same fingerprint, with what is
 * known of them. What still fails is to be reported once more, for the new map.
 */
void round_adopt(struct round *round, struct round *old);

const struct config *round_config(const struct round *round);

/* Begins the reading of a deadline. */
void round_begin(struct round *round, uint64_t deadline_us, uint64_t now_us, uint64_t wall_ms);

/* Makes at most one call to each chip. When to call again (0: at once), or ROUND_DONE. */
uint64_t round_step(struct round *round, uint64_t now_us);

/* After ROUND_DONE, once: the reading, borrowed until the next round_begin(). */
struct reading round_finish(struct round *round);

/* A sensor that failed, recovered or fails for another reason, and was not reported yet. false:
 * there is none. */
bool round_unreported(const struct round *round, struct sampler_event *ret_event);
void round_reported(struct round *round, const struct sampler_event *event);

/* Closes the chips. Returns NULL; round may be NULL. */
struct round *round_free(struct round *round);
