/* SPDX-License-Identifier: MIT */
/*
 * One call to the driver of a part, as an object: what the sampler would have done itself can so be
 * done by another thread, and a thread that is blocked in one can be left alone with it.
 */
#pragma once

#include "chip.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum call_kind { CALL_CONFIGURE, CALL_START, CALL_COLLECT };

struct crew;

/* Belongs to who asked for it, with the chip, except while the crew has it. */
struct call {
	enum call_kind kind;
	struct chip *chip;
	unsigned channel;
	size_t part; /* whose it is, for who asked */
	bool apart;  /* to be made by another thread */
	/* What came of it. */
	int result;
	uint32_t wait_us;                   /* of configure and start */
	double values[DRIVER_CHANNELS_MAX]; /* of collect */
	uint64_t took_us;
	/* The crew's. */
	struct crew *crew; /* that has it; NULL: none */
	bool is_dropped;   /* nobody waits for it any more */
	struct call *next;
};

/*
 * Makes the call; a start after which there is nothing to wait for goes on as collect. Blocks for
 * as long as the part's bus or its driver in the kernel does.
 */
void call_make(struct call *call);
