/* SPDX-License-Identifier: MIT */
/* What a reload changed, in words for the log. Pure. */
#pragma once

#include "config.h"

enum { MAP_CHANGES_MAX = 400 };

/*
 * Names each object and each section of the map that differs, such as "sensor dew is new, LED red
 * changed, motor fan is gone, interval changed"; of many the first ones, and how many more there
 * are. What sits on a chip that changed counts as changed, too. Says so if nothing differs.
 */
void map_changes_describe(const struct config *before, const struct config *after,
	char ret_words[static MAP_CHANGES_MAX]);
