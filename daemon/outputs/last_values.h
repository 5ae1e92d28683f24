/* SPDX-License-Identifier: MIT */
/*
 * Remembers, for the next process, what actions set outputs with start: last to. The file keeper's
 * thread writes the file: at once if an output is off, a second later if it is on. Each output is
 * known by its kind and its name, and forgotten when the map no longer has it with start: last.
 *
 * A kept state is only used once the file says on disk that this process runs: if starting an
 * output is what takes the board's supply away, the next process must see that this one did not
 * end in order.
 */
#pragma once

#include "config.h"
#include "file_keeper.h"
#include <stdbool.h>
#include <stdint.h>

struct last_values;

struct last_values_settings {
	struct file_keeper *files; /* borrowed; its thread does not run yet */
	const char *boot;          /* a word that tells boots apart; "": unknown. Copied */
	uint64_t now_us;           /* CLOCK_MONOTONIC */
};

/* Reads the file, and may wait for the disk. One that cannot be read or understood, which is
 * logged, is as none. 0 or a negative errno. */
int last_values_new(const struct last_values_settings *settings, struct last_values **ret_last);

/* Prepares for last_values_follow(). 0, or a negative errno: there can be no thread. last may be
 * NULL, as below: then nothing is kept. */
int last_values_prepare(struct last_values *last, const struct config *config);

/* From now on that map's outputs are kept, and no others. The config is not kept. */
void last_values_follow(struct last_values *last, const struct config *config);

/* True if the output was kept, may be started as it was, and its values fit the map. */
bool last_values_find(struct last_values *last, const struct config_output *output,
	struct output_values *ret_values);

/* Outputs may be started when the disk is READY: they wait for it, or it has failed. */
enum last_disk { LAST_DISK_WAITS, LAST_DISK_READY, LAST_DISK_FAILED };
enum last_disk last_values_disk(struct last_values *last);

/* An action has set the output to values, for good. */
void last_values_note(struct last_values *last, const struct config_output *output,
	const struct output_values *values, uint64_t now_us);

/* The process ends in order. All that is not written is due now. */
void last_values_end(struct last_values *last);

/* Call this when the file keeper is closed. Returns NULL. */
struct last_values *last_values_free(struct last_values *last);
