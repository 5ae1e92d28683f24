/* SPDX-License-Identifier: MIT */
/*
 * What one value of a sensor is made of: several samples of its channel, a number of them or all
 * that a window of time has. Each way is a row of a table: a new one is a file in samplings/ and
 * its name in samplings/meson.build; the key of the map, its limits and the generic test come from
 * the row.
 *
 * No clock and no I/O; each struct belongs to one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct samples;

/* Worked out by hand. A sample each 10 us, the first one at 0. */
struct sampling_vector {
	const double *values; /* as many as it takes, and no more */
	size_t n_values;
	uint64_t size;
	double value;
};

struct sampling {
	const char *key;   /* in the device map: "median" */
	bool is_window;    /* its size is a time in us; otherwise a number of samples */
	uint64_t min, max; /* of its size */
	bool is_odd;       /* only odd sizes */
	bool keeps;        /* it needs all samples at the end */
	/* Besides count, sum, min and max, which are there for all. NULL: nothing. */
	void (*add)(struct samples *samples, double value);
	double (*result)(struct samples *samples);
	const struct sampling_vector *vectors; /* two or more */
	size_t n_vectors;
};

/* All of them, in the order of samplings/meson.build, then NULL. */
extern const struct sampling *const sampling_table[];

/* What a sensor has that asks for none, with the size 1. */
extern const struct sampling sampling_average;

/* NULL when there is none of that key. */
const struct sampling *sampling_find(const char *key);

/* The samples that make one value. */
struct samples {
	const struct sampling *sampling;
	size_t wanted, count; /* of a window two at least: one alone has no peaks */
	double sum, min, max;
	double mean, squares; /* the sampling's own */
	double *kept;         /* room for those wanted, owned; NULL: none are kept */
	uint64_t window_us;   /* 0: there is none */
	uint64_t end_us;      /* of the window */
	void (*add)(struct samples *samples, double value); /* or NULL */
};

/* 0 or -ENOMEM. */
int samples_init(struct samples *samples, const struct sampling *sampling, uint64_t size);
void samples_fini(struct samples *samples);

/* For another value: forgets all samples. The window begins now. */
void samples_begin(struct samples *samples, uint64_t now_us);
void samples_add(struct samples *samples, double value);
bool samples_enough(const struct samples *samples, uint64_t now_us);

/* The value: of at least one sample. */
double samples_result(struct samples *samples);
