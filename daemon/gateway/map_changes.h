/* SPDX-License-Identifier: MIT */
/* Says for the log what a reload changed. Pure. */
#pragma once

#include "config.h"

enum { MAP_CHANGES_MAX = 400 };

/*
 * Names each object and each section of the map that differs, such as "sensor dew is new, LED red
 * changed, motor fan is gone, interval changed". Of many it names the first ones, and says how many
 * more there are. An object on a chip that changed counts as changed. Says so if nothing differs.
 */
void map_changes_describe(const struct config *before, const struct config *after,
	char ret_words[static MAP_CHANGES_MAX]);
