/* SPDX-License-Identifier: MIT */
/*
 * The common part of drivers on GPIO lines: they need no set-up, and their simulated wires change
 * at given times.
 */
#pragma once

#include "chip.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For struct driver: there is nothing to do, and nothing to wait for. */
int on_lines_configure(struct chip *chip, uint32_t *ret_wait_us);
int on_lines_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us);

/*
 * For a driver without events, which takes edges with its event(): takes those that have come so
 * far, the first time the levels. 0 or an error of hal_error.h. *ret_wait_us: 0.
 */
int on_lines_take(struct chip *chip, uint32_t *ret_wait_us);

enum { WIRE_CHANGES_MAX = 256 };

/* The levels of a simulated part's lines, and their future changes. Zeroed at first. */
struct wire_model {
	uint64_t levels;
	uint64_t time_us; /* of the last change, if has_time */
	bool has_time;
	struct wire_change {
		uint64_t levels;
		uint32_t after_us; /* since the change before it, or since the first was added */
	} changes[WIRE_CHANGES_MAX];
	size_t first, n;
};

/* The next change is counted from now_us, if none is waiting. */
void wire_model_begin(struct wire_model *wire, uint64_t now_us);

/* Adds a change. If there is no room left, it is dropped. */
void wire_model_add(struct wire_model *wire, uint64_t levels, uint32_t after_us);

/* For step() of struct driver_model. */
bool wire_model_step(struct wire_model *wire, uint64_t now_us, uint64_t *ret_time_us);

bool wire_model_line(const struct wire_model *wire, unsigned line);

/* raw of a vector: from all lines at 0, changes of three bytes, the levels and the time in ms since
 * the one before, high byte first. */
void wire_model_load(struct wire_model *wire, const uint8_t *raw, size_t size);
