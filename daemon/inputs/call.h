/* SPDX-License-Identifier: MIT */
/*
 * One call to a part's driver, as an object. So another thread can make it in place of the sampler,
 * and a thread that is blocked in a call can be left alone with it.
 */
#pragma once

#include "chip.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum call_kind { CALL_CONFIGURE, CALL_START, CALL_COLLECT };

struct crew;

/* Belongs to its creator, together with the chip, except while the crew has it. */
struct call {
	enum call_kind kind;
	struct chip *chip;
	unsigned channel;
	size_t part; /* for the creator's use */
	bool apart;  /* to be made by another thread */
	/* The outcome. */
	int result;
	uint32_t wait_us;                   /* of configure and start */
	double values[DRIVER_CHANNELS_MAX]; /* of collect */
	uint64_t took_us;
	/* For the crew. */
	struct crew *crew; /* the crew that has it; NULL: none */
	bool is_dropped;   /* nobody waits for it any more */
	struct call *next;
};

/*
 * Makes the call. If a start leaves nothing to wait for, it goes on as a collect. Blocks for as
 * long as the part's bus or its driver in the kernel does.
 */
void call_make(struct call *call);
