/* SPDX-License-Identifier: MIT */
/*
 * GPIO lines as inputs: for drivers they are what a bus is for other parts. A part has one or more
 * of them, in the order of its driver's line_keys. A handle belongs to one thread.
 */
#pragma once

#include "hal_trace.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINES_MAX = 8 }; /* of one part */

/* Between the names of a part's lines, where they stand in one text: "GPIO20, GPIO21". */
#define LINES_SEPARATOR ", "

enum lines_bias {
	LINES_BIAS_AS_IS, /* what the board or an earlier program has set */
	LINES_BIAS_PULL_UP,
	LINES_BIAS_PULL_DOWN,
	LINES_BIAS_OFF,
};

struct lines_settings {
	enum lines_bias bias;
	bool active_low; /* logical 1 is electrical 0 */
};

struct lines_request {
	const char *lines;    /* their names as in gpio.h; borrowed for the call */
	const char *consumer; /* shown by gpioinfo: "tosd door" */
	struct lines_settings settings;
};

struct lines;

struct lines_ops {
	/* The logical levels now: bit 0 is the first line. */
	int (*levels)(struct lines *lines, uint64_t *ret_levels);
	void (*close)(struct lines *lines); /* releases and frees */
};

/* Backends embed this as their first member. */
struct lines {
	const struct lines_ops *ops;
	const struct hal_trace *trace; /* borrowed, may be NULL */
	unsigned n_lines;
	char name[64]; /* "GPIO23" */
};

/*
 * Takes the name at *names, and moves *names behind it and its separator. -ENOENT: there is none
 * any more. -EINVAL: it is longer than name_bytes allows.
 */
int lines_next_name(const char **names, char *ret_name, size_t name_bytes);

/* As lines_ops.levels. 0 or an error of hal_error.h. */
int lines_levels(struct lines *lines, uint64_t *ret_levels);

/* Closes and returns NULL; lines may be NULL. */
struct lines *lines_close(struct lines *lines);
