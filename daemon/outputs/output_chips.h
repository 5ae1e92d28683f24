/* SPDX-License-Identifier: MIT */
/*
 * The PWM parts of the map (PCA9685): shared by all LEDs and motors that sit on them. A part that
 * failed is set up from scratch before it is used again, since it may have lost its power
 * meanwhile; until its time comes it is not touched, so that a stuck bus costs one transfer and not
 * one for each output. Main thread.
 */
#pragma once

#include "board.h"
#include "chip.h"
#include "config.h"
#include <stdbool.h>
#include <stdint.h>

struct output_chips;

/* board and config are borrowed, config until the reload. Nothing is said to the parts yet. */
int output_chips_new(
	struct board *board, const struct config *config, struct output_chips **ret_parts);

/* The same for another map; parts with equal fingerprints are taken over from old, as they are. old
 * stays to be freed, with what is left in it. */
int output_chips_take_over(struct output_chips *old, struct board *board,
	const struct config *config, struct output_chips **ret_parts);

/* One pointer a chip of the map; NULL where it is no PWM part or could not be opened. */
struct chip *const *output_chips_chips(const struct output_chips *parts);

/*
 * Makes the part ready. 0; 1 when it was just set up, so that all its outputs are off; or an error
 * with the words in *error. force: also before its time has come, but a part on a stuck bus once a
 * second only, since each try takes as long as a transfer may.
 */
int output_chips_ensure(struct output_chips *parts, size_t chip, uint64_t now_us, bool force,
	struct hal_error *error);

/* Whether a part that is ready still has its settings, see chip_probe(). 0 for one that is not. */
int output_chips_probe(struct output_chips *parts, size_t chip);

/* A write to one of its outputs failed with this error. */
void output_chips_failed(struct output_chips *parts, size_t chip, int code, uint64_t now_us);

/* Every part that failed is due now. */
void output_chips_hurry(struct output_chips *parts);

/* Closes the parts as they are. Returns NULL; parts may be NULL. */
struct output_chips *output_chips_free(struct output_chips *parts);
