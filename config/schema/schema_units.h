/* SPDX-License-Identifier: MIT */
/*
 * Numbers with units, as text and back. Pure.
 */
#pragma once

#include "schema.h"
#include <stddef.h>

enum { SCHEMA_UNITS_TEXT_MAX = 64, SCHEMA_UNITS_HINT_MAX = SCHEMA_UNITS_TEXT_MAX + 32 };

/* Splits a number from its unit. 0 with the value in base units; -EINVAL: no number; -ENODATA: no
 * unit, although the type has units; -ENOENT: an unknown unit. */
int schema_units_parse(enum schema_type type, const char *text, double *ret_value);

/* True if a number with an unknown unit (-ENOENT above) was probably meant to have another unit,
 * which the hint names: "did you mean 5kHz?". */
bool schema_units_meant(
	enum schema_type type, const char *text, char hint[static SCHEMA_UNITS_HINT_MAX]);

/* "Hz, kHz or MHz" for a type with units, else "". */
void schema_units_list(enum schema_type type, char list[static SCHEMA_UNITS_TEXT_MAX]);

/* The value in the largest unit in which its number is whole: "1h", "2%", "0.5". Zero is "0". */
void schema_units_format(
	enum schema_type type, double value, char text[static SCHEMA_UNITS_TEXT_MAX]);
