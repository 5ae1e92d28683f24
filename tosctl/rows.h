/* SPDX-License-Identifier: MIT */
/* Prints the gateway's parts on stdout, one row each. Any cJSON may be NULL. */
#pragma once

#include <stdint.h>

struct cJSON;

enum { ROWS_NAME_COLUMNS = 16 };

/* The value at that key; "" or 0 if there is none. */
const char *rows_text(const struct cJSON *object, const char *key);
double rows_number(const struct cJSON *object, const char *key);

/* Texts of other people. */
void rows_print(const char *text);

/* Prints the fault of a part of the health and since when, or nothing if it works. */
void rows_fault(const struct cJSON *part);

/* Each sensor of the health, or without one of the reading: its value and unit, how long ago that
 * came (taken_us, CLOCK_MONOTONIC), its label, and its fault. */
void rows_sensors(const struct cJSON *about, const struct cJSON *health,
	const struct cJSON *reading, uint64_t taken_us);
