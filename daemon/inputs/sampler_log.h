/* SPDX-License-Identifier: MIT */
/* Logs late readings, slow or failing parts, and inputs that change too often. Belongs to the
 * leader. */
#pragma once

#include "log.h"
#include "round.h"
#include "watch.h"
#include <stdint.h>

struct sampler_log {
	struct log_limit late; /* a round that takes too long mostly does so each time */
	struct log_limit slow;
};

void sampler_log_init(struct sampler_log *log);

/* Logs that a reading took longer than the interval. now_us: CLOCK_MONOTONIC. */
void sampler_log_late(struct sampler_log *log, uint64_t took_us, uint64_t now_us);

/* Logs the parts for which readings do not wait, since they take longer than limit_us. */
void sampler_log_slow(struct sampler_log *log, struct round *round, uint64_t limit_us);

/* Logs the parts that no sensor reads and that fail or work again: they appear in no reading and in
 * no line of the health. watches may be NULL. */
void sampler_log_failed(struct watches *watches);

/* Logs that an input begins to change too often, or rests again. */
void sampler_log_chatter(const struct input_event *event);
