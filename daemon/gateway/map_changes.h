/* SPDX-License-Identifier: MIT */
/* Says for the log what a reload changed. Pure. */
#pragma once

#include "config.h"

enum { MAP_CHANGES_MAX = 400 };

/*
 * Names each object and each section of the map that differs, such as "sensor dew is new, LED red
 * changed, motor fan is gone, interval changed". If there are many, it names the first ones and
 * counts the rest. An object on a chip that changed counts as changed. If nothing differs, says so.
 */
void map_changes_describe(const struct config *before, const struct config *after,
	char ret_words[static MAP_CHANGES_MAX]);
