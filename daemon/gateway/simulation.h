/* SPDX-License-Identifier: MIT */
/*
 * The simulated board behind --simulate: the map's parts on simulated wires. If the environment
 * sets TOS_SIM_DIR, that folder gets "wire.log" (each change of a line or duty) and "control", a
 * socket that puts faults on the wires while the gateway runs.
 *
 * The control socket takes one command a line and answers each with one line, "ok", "ok VALUE" or
 * "error REASON":
 *
 *   fault TARGET FAULT        TARGET: a part, a bus, a line or a PWM channel; FAULT: none,
 *                             no-answer, stuck, short, flip, slow, busy, held-sda
 *   fault TARGET slow TIME    each transfer takes TIME, "750ms" or "2s"
 *   set CHIP.CHANNEL VALUE    what the part shows from now on
 *   set LINE LEVEL            drives the line of an input: set GPIO24 1
 *   get TARGET                the level of a line or the duty of a PWM channel
 */
#pragma once

#include "board.h"
#include "config.h"
#include <systemd/sd-event.h>

struct simulation;

/* directory is TOS_SIM_DIR, or NULL. */
int simulation_new(
	const char *directory, const struct hal_trace *trace, struct simulation **ret_simulation);

struct board *simulation_board(struct simulation *simulation);

/* Puts the map's parts on the wires, where each shows its 'simulate' values, and removes those that
 * are no longer in the map. */
int simulation_set_map(struct simulation *simulation, const struct config *config);

/* Serves the control socket, if there is a directory. */
int simulation_attach(struct simulation *simulation, sd_event *loop);

/* Returns NULL; simulation may be NULL. Close everything opened from its board before. */
struct simulation *simulation_free(struct simulation *simulation);
