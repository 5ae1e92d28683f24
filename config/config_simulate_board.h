/* SPDX-License-Identifier: MIT */
/* The simulated board of a map. */
#pragma once

#include "config.h"

struct board;

/*
 * Puts the map's parts on the simulated board, with their surroundings and what they show. Parts
 * that are there already stay as they are; see sim_add_part(). 0 or a negative errno.
 */
int config_simulate_board(const struct config *config, struct board *board);
