/* SPDX-License-Identifier: MIT */
/*
 * The PWM parts of the map (PCA9685), shared by all outputs on them. A part that failed is set up
 * from scratch before it is used again, since it may have lost its power meanwhile. Until its time
 * comes it is not touched, so a stuck bus costs one transfer, and not one for each output. Main
 * thread.
 */
#pragma once

#include "board.h"
#include "chip.h"
#include "config.h"
#include <stdbool.h>
#include <stdint.h>

struct output_chips;

/* board and config are borrowed, config until the reload. Nothing is sent to the parts yet. */
int output_chips_new(
	struct board *board, const struct config *config, struct output_chips **ret_parts);

/* Takes over the parts with equal fingerprints from those of another map, as they are. old, with
 * what is left in it, has to be freed. */
void output_chips_take_over(struct output_chips *parts, struct output_chips *old);

/* One pointer for each chip of the map; NULL if it is not a PWM part or could not be opened. */
struct chip *const *output_chips_chips(const struct output_chips *parts);

/*
 * Makes the part ready. 0; 1 if it was just set up, so that all its outputs are off; or an error
 * with the words in *error. force: do not wait until its time has come. But a part on a stuck bus
 * is only tried once a second, since each try takes as long as a transfer may.
 */
int output_chips_ensure(struct output_chips *parts, size_t chip, uint64_t now_us, bool force,
	struct hal_error *error);

/* Checks that a ready part still has its settings, see chip_probe(). 0 if the part is not ready. */
int output_chips_probe(struct output_chips *parts, size_t chip);

/* A write to one of its outputs failed with this error. */
void output_chips_failed(struct output_chips *parts, size_t chip, int code, uint64_t now_us);

/* Makes every part that failed due now. */
void output_chips_hurry(struct output_chips *parts);

/* Closes the parts as they are. Returns NULL; parts may be NULL. */
struct output_chips *output_chips_free(struct output_chips *parts);
