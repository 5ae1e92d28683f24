/* SPDX-License-Identifier: MIT */
/*
 * The record of outputs with start: last, which the state directory keeps as a text: what actions
 * set them to, and whether that may be trusted. It may if the process before ended in order and
 * this is not the third start within a minute. Otherwise the outputs themselves may be what ends
 * the process, or overloads the board's supply.
 *
 * The wall clock is of no use for that, since a board may start in 1970. So a start has the boot
 * that it was in, and the time since then. A start in another boot does not count: no board boots
 * twice in a minute in order, and after a loss of the supply the process did not end in order.
 *
 * The text has lines of words:
 *   states 1
 *   ended yes
 *   boot 3cbd2a55-9ecb-4b43-9c0b-2b0d6a1cdb9d 12345 23456
 *   led red on=1 bright=5 percent=500
 *   end
 * Pure.
 */
#pragma once

#include "config.h"
#include "output_kind.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LAST_NAME_BYTES = 64,
	LAST_BOOT_BYTES = 40,
	LAST_STARTS_MAX = 2, /* before this one */
	LAST_OFTEN_MS = 60000,
	LAST_LINE_BYTES = 320,
	LAST_TEXT_BYTES = (CONFIG_OUTPUTS_MAX + 4) * LAST_LINE_BYTES,
};

struct last_item {
	const struct output_kind *kind;
	char name[LAST_NAME_BYTES];
	struct output_values values;
};

struct last_record {
	bool has_ended;             /* the process, in order */
	char boot[LAST_BOOT_BYTES]; /* a word that tells boots apart; "": unknown */
	size_t n_starts;
	uint64_t starts_ms[LAST_STARTS_MAX]; /* in that boot, the latest one last */
	size_t n_items;
	struct last_item items[CONFIG_OUTPUTS_MAX];
};

enum last_verdict { LAST_IS_GOOD, LAST_NOT_ENDED, LAST_TOO_OFTEN };

/* Decides if a process that starts now may take over the record of the one before. now_ms:
 * CLOCK_MONOTONIC. */
enum last_verdict last_record_judge(
	const struct last_record *record, const char *boot, uint64_t now_ms);

/* The record's process starts now. */
void last_record_begin(struct last_record *record, const char *boot, uint64_t now_ms);

/* Writes the text, without a zero, and returns its size: less than LAST_TEXT_BYTES. */
size_t last_record_format(const struct last_record *record, char text[static LAST_TEXT_BYTES]);

/* Reads the text, which is changed. 0; otherwise the number of the line that is none of ours or
 * damaged, and *ret_record is empty. */
unsigned last_record_parse(char *text, struct last_record *ret_record);
