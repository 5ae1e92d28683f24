/* SPDX-License-Identifier: MIT */
/* The sampler's reports to the main thread, through a queue. */
#pragma once

#include "chip.h"
#include "config.h"
#include <stddef.h>
#include <stdint.h>

enum sampler_event_kind {
	SAMPLER_EVENT_SENSOR, /* a sensor failed, recovered, or fails for another reason */
	/* The answer to sampler_swap(): the old map is no longer used, and every sensor that fails
	 * in the new one was reported. */
	SAMPLER_EVENT_SWAPPED,
	SAMPLER_EVENT_COUNT, /* the answer to sampler_set_count() */
	SAMPLER_EVENT_PONG,  /* the answer to sampler_ping() */
};

/* Room for a part's place and the words of the hardware layer. */
enum { SAMPLER_TEXT_BYTES = HAL_ERROR_BYTES + 64 };

/* A record on the queue to the main thread. */
struct sampler_event {
	enum sampler_event_kind kind;
	size_t sensor;               /* index into the sensors of 'config' */
	uint64_t ticket;             /* COUNT */
	int error;                   /* 0: works (again) */
	uint64_t since_ms;           /* wall clock */
	uint32_t retry_ms;           /* when it is tried again; 0: with the next reading */
	const struct config *config; /* SENSOR: the map that it belongs to. SWAPPED: the new one */
	char text[SAMPLER_TEXT_BYTES]; /* SENSOR: "bme280 at 0x77 on /dev/i2c-1: no answer" */
};
