/* SPDX-License-Identifier: MIT */
/*
 * GPIO lines as inputs: for drivers they are what a bus is for other parts. A part has one or more
 * of them, in the order of its driver's line_keys. A handle belongs to one thread.
 */
#pragma once

#include "debounce.h"
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
	bool active_low;      /* logical 1 is electrical 0 */
	uint32_t debounce_us; /* a level counts once it has held for so long; 0: at once */
};

struct lines_request {
	const char *lines;    /* their names as in gpio.h; borrowed for the call */
	const char *consumer; /* shown by gpioinfo: "tosd door" */
	struct lines_settings settings;
};

/* A change of a line's level. */
struct lines_edge {
	unsigned line;
	bool level;       /* logical, from then on */
	uint64_t time_us; /* CLOCK_MONOTONIC, as the kernel stamped it */
};

struct lines;

struct lines_ops {
	/* The logical levels now: bit 0 is the first line. */
	int (*levels)(struct lines *lines, uint64_t *ret_levels);
	/*
	 * The oldest edge that was not taken yet. 1; 0: there is none. Adds to lines->lost what
	 * was dropped before it. Only with an fd.
	 */
	int (*edge)(struct lines *lines, struct lines_edge *ret_edge);
	void (*close)(struct lines *lines); /* releases and frees */
};

/* Backends embed this as their first member. */
struct lines {
	const struct lines_ops *ops;
	const struct hal_trace *trace; /* borrowed, may be NULL */
	unsigned n_lines;
	int fd;        /* readable while there are edges; -1: the lines give none */
	uint64_t lost; /* edges that nobody fetched in time */
	char name[64]; /* "GPIO23" */
	/* The rest is lines.c's, and zeroed by the backend but for debounce_us. */
	uint32_t debounce_us;
	bool has_begun;
	uint64_t lost_seen;     /* of lost */
	struct lines_edge next; /* the backend's edge that is not used yet, if has_next */
	bool has_next;
	struct debounce debounces[LINES_MAX];
};

/*
 * Takes the name at *names, and moves *names behind it and its separator. -ENOENT: there is none
 * any more. -EINVAL: it is longer than name_bytes allows.
 */
int lines_next_name(const char **names, char *ret_name, size_t name_bytes);

/*
 * The logical levels: with a debounce those that lines_edge() has come to, otherwise those of now.
 * 0 or an error of hal_error.h, also where it was not needed: a line that fails is no level.
 */
int lines_levels(struct lines *lines, uint64_t *ret_levels);

/*
 * The next edge that held for the debounce. It is now_us. 1; 0: there is none so far, and
 * *ret_next_us is when to ask again even without an edge on the fd (DEBOUNCE_NEVER: not), or an
 * error. Where edges were lost, a level that changed meanwhile is one edge, now. The first call
 * takes the levels as they are.
 */
int lines_edge(
	struct lines *lines, uint64_t now_us, struct lines_edge *ret_edge, uint64_t *ret_next_us);

/* Closes and returns NULL; lines may be NULL. */
struct lines *lines_close(struct lines *lines);
