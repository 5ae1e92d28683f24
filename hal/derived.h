/* SPDX-License-Identifier: MIT */
/*
 * What a derived value declares: a sensor that is worked out of other ones. Everything that the
 * gateway knows about it comes from this table: how many sources it takes, its arguments in the
 * device map, the generic test. A new one is a file in derived/ and its name in
 * derived/meson.build.
 *
 * Pure: no clock, no I/O, no state. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	DERIVED_SOURCES_MAX = 16,  /* of one derived value */
	DERIVED_ARGUMENTS_MAX = 8, /* of one, too */
};

/* What it is worked out of, in the order of 'of'. */
struct derived_source {
	const char *what; /* "a temperature in °C" */
	double min, max;  /* the function's domain; outside is a failed read */
};

/* One key that the device map takes for it: a number. */
struct derived_argument {
	const char *key;
	double min, max;
	const char *initial; /* the default, as it would stand in the map; NULL: must be given */
};

/* A value of the literature, or worked out by hand, that the function must reproduce. */
struct derived_vector {
	const char *source; /* document, table */
	const double *of;
	size_t n_of;
	const double *arguments; /* as many as it has; NULL where it has none */
	double value, tolerance;
};

struct derived {
	const char *name; /* as the map names it: "dew_point" */
	const char *unit; /* "°C"; "": that of its sources */
	const struct derived_source *sources;
	size_t n_sources; /* exactly as many; with takes_more at least as many */
	bool takes_more;  /* up to DERIVED_SOURCES_MAX; they are all as the last one */
	const struct derived_argument *arguments;
	size_t n_arguments;
	/* The sources are within their limits, and finite. NAN: it has no value there. */
	double (*work_out)(const double *of, size_t n_of, const double *arguments);
	const struct derived_vector *vectors; /* two or more */
	size_t n_vectors;
};

/* All of them, in the order of derived/meson.build, then NULL. */
extern const struct derived *const derived_table[];

/* NULL when there is none of that name. */
const struct derived *derived_find(const char *name);

/* The limits of the source at that place in 'of'. */
const struct derived_source *derived_source(const struct derived *derived, size_t index);
