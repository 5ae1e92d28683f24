/* SPDX-License-Identifier: MIT */
/*
 * The retained messages that a broker was given, line by line: "topic TOPIC" for one of the
 * gateway's own, "config TOPIC" for a message of Home Assistant's discovery, "entity KEY PLATFORM
 * TOPIC" for each entity in it. Pure, except that it allocates.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { ANNOUNCED_BYTES_MAX = 256 * 1024 }; /* far more than the largest map has */

/* All zero: empty. */
struct announced {
	char *text; /* lines, each with its line feed; NULL if there is none */
	size_t size, room;
	bool is_cut; /* a line is missing, for lack of memory */
};

/* Adds a line, made by printf(), without its line feed. */
__attribute__((format(printf, 2, 3))) void announced_add(
	struct announced *announced, const char *format, ...);

/* One line, in place: size without the line feed. */
struct announced_line {
	const char *text;
	size_t size;
};

/* Goes through the lines: *at is 0 at first. False: there is none. */
bool announced_next(const struct announced *announced, size_t *at, struct announced_line *ret_line);

bool announced_has(const struct announced *announced, const struct announced_line *line);

/* Adds the lines that it does not have. */
void announced_merge(struct announced *announced, const struct announced *more);

/* Takes the value of other, which is empty afterwards. */
void announced_move(struct announced *announced, struct announced *other);

void announced_clear(struct announced *announced);
