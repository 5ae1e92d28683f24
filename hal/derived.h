/* SPDX-License-Identifier: MIT */
/*
 * A derived value: a sensor that is worked out from other sensors. Its table declares everything
 * that the gateway knows about it: the number of its sources, its arguments in the device map, the
 * vectors of the generic test. A new one is a file in derived/ and its name in derived/meson.build.
 *
 * Pure: no clock, no I/O, no state. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	DERIVED_SOURCES_MAX = 16,  /* of one derived value */
	DERIVED_ARGUMENTS_MAX = 8, /* of one derived value */
};

/* A source of the value, in the order of 'of'. */
struct derived_source {
	const char *what; /* "a temperature in °C" */
	double min, max;  /* the function's domain; a source outside it is a failed read */
};

/* A key of the derived value in the device map. Its value is a number. */
struct derived_argument {
	const char *key;
	double min, max;
	const char *initial; /* the default, written as in the map; NULL: the key is required */
	const char *help;    /* one short phrase */
};

/* A value from the literature, or worked out by hand, that the function must reproduce. */
struct derived_vector {
	const char *source; /* document, table */
	const double *of;
	size_t n_of;
	const double *arguments; /* one for each argument; NULL if there are none */
	double value, tolerance;
};

struct derived {
	const char *name;     /* as the map names it: "dew_point" */
	const char *unit;     /* "°C"; "": its sources' unit and quantity */
	const char *quantity; /* "temperature", as in driver_channel; NULL: it has no name */
	const struct derived_source *sources;
	size_t n_sources; /* exactly this many; with takes_more at least this many */
	bool takes_more;  /* up to DERIVED_SOURCES_MAX; further ones are like the last */
	const struct derived_argument *arguments;
	size_t n_arguments;
	/* The sources are finite and within their limits. NAN: there is no value for them. */
	double (*work_out)(const double *of, size_t n_of, const double *arguments);
	const struct derived_vector *vectors; /* two or more */
	size_t n_vectors;
};

/* All derived values, in the order of derived/meson.build, then NULL. */
extern const struct derived *const derived_table[];

/* NULL if none has that name. */
const struct derived *derived_find(const char *name);

/* The limits of the source at that index of 'of'. */
const struct derived_source *derived_source(const struct derived *derived, size_t index);
