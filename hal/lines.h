/* SPDX-License-Identifier: MIT */
/*
 * GPIO lines as inputs. To a driver they are what a bus is to other parts. A part has one or more
 * lines, in the order of its driver's line_keys. Some may be outputs, with which the driver
 * triggers the part. A handle belongs to one thread.
 */
#pragma once

#include "debounce.h"
#include "hal_trace.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINES_MAX = 8 }; /* of one part */

/* Separates the names of a part's lines where one text holds them all: "GPIO20, GPIO21". */
#define LINES_SEPARATOR ", "

enum lines_bias {
	LINES_BIAS_AS_IS, /* as the board or an earlier program left it */
	LINES_BIAS_PULL_UP,
	LINES_BIAS_PULL_DOWN,
	LINES_BIAS_OFF,
};

struct lines_settings {
	enum lines_bias bias;
	bool active_low;      /* logical 1 is electrical 0 */
	uint32_t debounce_us; /* a level counts once it has held for this long; 0: at once */
};

struct lines_request {
	const char *lines;    /* their names as in gpio.h; borrowed for the call */
	const char *consumer; /* shown by gpioinfo: "tosd door" */
	struct lines_settings settings;
	uint64_t outputs; /* bit 0 is the first line; set: an output, inactive at first */
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
	 * Takes the oldest waiting edge. Returns 1; 0 if there is none; or an error. Adds the
	 * number of edges that were dropped before it to lines->lost. Only with an fd.
	 */
	int (*edge)(struct lines *lines, struct lines_edge *ret_edge);
	/* For an output: see lines_pulse(). NULL: the request has none. */
	int (*pulse)(struct lines *lines, unsigned line, uint32_t duration_us);
	/* The clock of the time stamps. NULL: CLOCK_MONOTONIC. */
	uint64_t (*now_us)(const struct lines *lines);
	void (*close)(struct lines *lines); /* releases and frees */
};

/* Backends embed this as their first member. */
struct lines {
	const struct lines_ops *ops;
	const struct hal_trace *trace; /* borrowed, may be NULL */
	unsigned n_lines;
	int fd;        /* readable while edges wait; -1: the lines give no edges */
	uint64_t lost; /* edges that were dropped because they were not fetched in time */
	char name[64]; /* "GPIO23" */
	/* The rest belongs to lines.c. Backends set debounce_us and zero the others. */
	uint32_t debounce_us;
	uint32_t settle_us;  /* set after opening: for so long all levels are 0 */
	uint64_t settled_us; /* when that is over; 0: at once */
	bool has_begun;
	uint64_t lost_seen;     /* the part of lost that has been dealt with */
	struct lines_edge next; /* an edge of the backend's that is not used yet, if has_next */
	bool has_next;
	struct debounce debounces[LINES_MAX];
};

/*
 * Takes the name at *names and moves *names past it and its separator. -ENOENT: no name is left.
 * -EINVAL: the name does not fit into name_bytes.
 */
int lines_next_name(const char **names, char *ret_name, size_t name_bytes);

/*
 * Reads the logical levels: with a debounce as of the last lines_edge(), otherwise as they are now.
 * 0 or an error of hal_error.h, even for a line whose debounced level is known: a line that fails
 * has no level.
 */
int lines_levels(struct lines *lines, uint64_t *ret_levels);

/*
 * Fetches the next edge that held for the debounce. now_us is the present time. Returns 1 with an
 * edge; 0 if there is none so far, with *ret_next_us the time to ask again even without an edge on
 * the fd (DEBOUNCE_NEVER: no need to); or an error. After lost edges, a level that has changed
 * meanwhile counts as one edge at now_us. The first call takes the levels as they are.
 */
int lines_edge(
	struct lines *lines, uint64_t now_us, struct lines_edge *ret_edge, uint64_t *ret_next_us);

/* The levels after the edges that lines_edge() has returned, or of its first call. */
uint64_t lines_taken(const struct lines *lines);

/*
 * After lines_edge() has returned 0: the time until which all edges are known. It is now_us, or the
 * beginning of a level that has not held for the debounce so far.
 */
uint64_t lines_known_us(const struct lines *lines, uint64_t now_us);

enum { LINES_PULSE_MAX_US = 100 };

/*
 * Makes an output active for at least duration_us (up to LINES_PULSE_MAX_US), then inactive again,
 * and waits that long. 0 or an error of hal_error.h.
 */
int lines_pulse(struct lines *lines, unsigned line, uint32_t duration_us);

/* The time by the clock of the edges. */
uint64_t lines_now_us(const struct lines *lines);

/* Closes and returns NULL; lines may be NULL. */
struct lines *lines_close(struct lines *lines);
