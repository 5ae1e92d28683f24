/* SPDX-License-Identifier: MIT */
/*
 * A sensor that is worked out of other ones. As no value is ever repeated, it is due when each of
 * its sources has had a new one since it was due last: with the slowest of them, and also where
 * slow parts are not ready for the same reading. No clock and no I/O; belongs to one thread.
 */
#pragma once

#include "config.h"
#include <stdbool.h>
#include <stddef.h>

struct derivation {
	const struct config *config; /* borrowed */
	size_t index;                /* of the sensor in it */
	double *of;                  /* the newest of each source; owned */
	bool *has;                   /* a new one; owned */
};

/* 0 or -ENOMEM; to be ended with derivation_fini() in both cases. */
int derivation_init(struct derivation *derivation, const struct config *config, size_t index);
void derivation_fini(struct derivation *derivation);

/* The same sensor of another map: goes on with what it had of its sources. */
void derivation_adopt(struct derivation *derivation, const struct derivation *old);

/* Takes what is new in a reading; both are of the sensors, in their order. true: it is due. */
bool derivation_take(struct derivation *derivation, const double *values, const unsigned char *due);

/*
 * Of what it took last. 0 with the value, which is finite. -ENODATA: the sensor *ret_source failed,
 * an index into those of the map. -ERANGE: a source is outside the function's domain, and words say
 * which.
 */
int derivation_work_out(const struct derivation *derivation, double *ret_value, size_t *ret_source,
	char *words, size_t words_bytes);
