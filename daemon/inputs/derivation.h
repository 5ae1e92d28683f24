/* SPDX-License-Identifier: MIT */
/*
 * A sensor that is worked out from others. Since no value is ever repeated, it is due when each of
 * its sources has had a new value since it was last due: so it follows the slowest source, even if
 * slow parts are not ready for the same reading. No clock and no I/O; belongs to one thread.
 */
#pragma once

#include "config.h"
#include <stdbool.h>
#include <stddef.h>

struct derivation {
	const struct config *config; /* borrowed */
	size_t index;                /* of the sensor in that map */
	double *of;                  /* the newest value of each source; owned */
	bool *has;                   /* true: a new value; owned */
};

/* 0 or -ENOMEM; call derivation_fini() in both cases. */
int derivation_init(struct derivation *derivation, const struct config *config, size_t index);
void derivation_fini(struct derivation *derivation);

/* For the same sensor of another map: takes over the values of its sources. */
void derivation_adopt(struct derivation *derivation, const struct derivation *old);

/* Takes the new values of a reading. Both arrays follow the sensors' order. True: it is due. */
bool derivation_take(struct derivation *derivation, const double *values, const unsigned char *due);

/*
 * Works the value out from the values taken last. 0 with a finite value. -ENODATA: a source failed;
 * *ret_source is its index in the map. -ERANGE: a source is outside the function's domain, and
 * words name it.
 */
int derivation_work_out(const struct derivation *derivation, double *ret_value, size_t *ret_source,
	char *words, size_t words_bytes);
