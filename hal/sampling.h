/* SPDX-License-Identifier: MIT */
/*
 * Sampling: several samples of a channel make one value of a sensor, either a number of them or all
 * that fall into a window of time. Each way to do so is a row of a table. A new one is a file in
 * samplings/ and its name in samplings/meson.build; the key of the map, its limits and the generic
 * test come from the row.
 *
 * No clock and no I/O. Each struct belongs to one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct samples;

/* A result worked out by hand. There is a sample every 10 us, the first one at 0. */
struct sampling_vector {
	const double *values; /* exactly as many as the sampling takes */
	size_t n_values;
	uint64_t size;
	double value;
};

struct sampling {
	const char *key;   /* in the device map: "median" */
	const char *help;  /* one short phrase */
	bool is_window;    /* its size is a time in us; otherwise a number of samples */
	uint64_t min, max; /* limits of its size */
	bool is_odd;       /* only odd sizes */
	bool keeps;        /* the result needs all samples */
	/* Does more than count, sum, min and max, which are kept for all. NULL: nothing more. */
	void (*add)(struct samples *samples, double value);
	double (*result)(struct samples *samples);
	const struct sampling_vector *vectors; /* two or more */
	size_t n_vectors;
};

/* All samplings, in the order of samplings/meson.build, then NULL. */
extern const struct sampling *const sampling_table[];

/* The sampling of a sensor whose map asks for none; then its size is 1. */
extern const struct sampling sampling_average;

/* NULL if none has that key. */
const struct sampling *sampling_find(const char *key);

/* The samples of one value. */
struct samples {
	const struct sampling *sampling;
	size_t wanted, count; /* wanted is at least 2 with a window: one sample has no peaks */
	double sum, min, max;
	double mean, squares; /* for the sampling's own use */
	double *kept;         /* room for wanted samples, owned; NULL: none are kept */
	uint64_t window_us;   /* 0: no window */
	uint64_t end_us;      /* end of the window */
	void (*add)(struct samples *samples, double value); /* or NULL */
};

/* 0 or -ENOMEM. */
int samples_init(struct samples *samples, const struct sampling *sampling, uint64_t size);
void samples_fini(struct samples *samples);

/* Begins another value: forgets all samples. The window starts now. */
void samples_begin(struct samples *samples, uint64_t now_us);
void samples_add(struct samples *samples, double value);
bool samples_enough(const struct samples *samples, uint64_t now_us);

/* The value. There must be at least one sample. */
double samples_result(struct samples *samples);
