/* SPDX-License-Identifier: MIT */
/*
 * Detects another gateway that publishes on this one's topics by mistake: the instance in its
 * health differs. The next process of this gateway has another instance, too, but then this process
 * has ended. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { NEIGHBOUR_INSTANCE_BYTES = 17 };

struct neighbour {
	char instance[NEIGHBOUR_INSTANCE_BYTES]; /* "": none */
	uint64_t heard_us;
};

/* Notes that the other one published its health. True: that is news. */
bool neighbour_heard(struct neighbour *neighbour, const char *instance, uint64_t now_us);

/* True, as news, once the other one was not heard for silence_us. */
bool neighbour_is_gone(struct neighbour *neighbour, uint64_t silence_us, uint64_t now_us);
