/* SPDX-License-Identifier: MIT */
/*
 * Another gateway that publishes on the topics of this one, by mistake: it is recognized by the
 * instance in its health. The next process of this gateway has another instance, too, but then this
 * one is gone. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { NEIGHBOUR_INSTANCE_BYTES = 17 };

struct neighbour {
	char instance[NEIGHBOUR_INSTANCE_BYTES]; /* "": none */
	uint64_t heard_us;
};

/* It published its health. True: that is news. */
bool neighbour_heard(struct neighbour *neighbour, const char *instance, uint64_t now_us);

/* It is gone once it was not heard for so long. True: that is news. */
bool neighbour_is_gone(struct neighbour *neighbour, uint64_t silence_us, uint64_t now_us);
