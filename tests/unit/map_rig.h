/* SPDX-License-Identifier: MIT */
/*
 * A device map given as text, and a simulated board with its parts on the wires, for tests of code
 * that joins the two.
 */
#pragma once

#include "board_sim.h"
#include "config.h"
#include <stdio.h>

/* Loads a map that has no mistake but the lack of 'mqtt', which is added; the test fails with the
 * mistakes otherwise. */
struct config *map_load(const char *text);

enum { MAP_RIG_STUCK_US = 200000 }; /* how long a transfer on a stuck bus takes */

struct map_rig {
	struct config *config;
	struct board *board;
	FILE *wire_log;
	char *wires; /* what wire_log holds; valid after fflush(), which each line does */
	size_t wires_size;
	size_t seen; /* as far as map_rig_wires() has told */
};

void map_rig_open(struct map_rig *rig, const char *text);

/* With an observer of the transfers to the parts. */
void map_rig_open_traced(struct map_rig *rig, const char *text, const struct hal_trace *trace);

void map_rig_close(struct map_rig *rig);

/* Puts the parts of another map on the wires too. */
void map_rig_add_parts(struct map_rig *rig, const struct config *config);

/* Returns the writes to the wires since the last call, without times: "line GPIO5 1\npwm board.0
 * 0.5000\n". To be freed. */
char *map_rig_wires(struct map_rig *rig);

double map_rig_output(struct map_rig *rig, const char *target);
