/* SPDX-License-Identifier: MIT */
/* Shared by the files of the outputs. */
#pragma once

#include "limit_lines.h"
#include "output.h"
#include "output_chips.h"
#include "outputs.h"

struct outputs {
	struct outputs_settings settings;
	const struct config *config;
	struct output_chips *chips;
	struct limits *limits;
	struct soft_pwm *soft;
	struct output *items; /* in the order of config->outputs */
	size_t n;
	uint64_t now_us;         /* of the present call */
	uint64_t watch_us;       /* when the parts are checked next */
	uint64_t limits_read_us; /* when the limits were last read without an edge */
	bool together;           /* between outputs_action_begin() and outputs_action_end() */
	bool may_wait;           /* nothing runs yet, so no stop can be late: see board.h */
};

/*
 * Outputs that move come first, and of those the ones without a PWM part: a part may be on a stuck
 * bus, and then it takes time.
 */
enum outputs_turn { TURN_LINES, TURN_PARTS, TURN_REST, OUTPUTS_TURNS };

enum outputs_turn outputs_turn_of(const struct output *output);

/* Visits each output, turn by turn. */
/* NOLINTBEGIN(bugprone-macro-parentheses): it declares what it is given the names of */
#define OUTPUTS_FOR_EACH(outputs, pass, output)                                                    \
	for (int pass = 0; pass < (int)OUTPUTS_TURNS; pass++)                                      \
		for (struct output *output = (outputs)->items;                                     \
			output < (outputs)->items + (outputs)->n; output++)                        \
			if ((int)outputs_turn_of(output) == pass)
/* NOLINTEND(bugprone-macro-parentheses) */

/* Makes all outputs of the map, unopened. -ENOMEM leaves *outputs alone. */
int outputs_allocate(struct outputs *outputs, const struct config *config);

/* Tries to open every output that is not open. Those that move come first: until they are
 * requested, their lines float. */
void outputs_open_all(struct outputs *outputs);

/* Sets what an output starts with, if anything. */
void outputs_prepare_start(const struct outputs *outputs, struct output *output);

/* Writes what the map starts outputs with, if it was not written yet. True: a state has changed. */
bool outputs_start(struct outputs *outputs);

/* An action has come to that result. What it made of the output is kept for start: last, and so is
 * that it was to turn it off, which will be done. */
void outputs_keep(const struct outputs *outputs, const struct output *output, int result);

/* The broker is away: what was not started does what the fail-safe says. */
void outputs_start_no_more(struct outputs *outputs);

/*
 * After a reload while the broker is away: the fail-safe holds for outputs that are new, or have
 * another fail-safe. The others had theirs when the broker went away: what has ended since, by
 * max_on or a release, does not begin again.
 */
void outputs_failsafe_of_new(struct outputs *outputs);

/* True if another one of its interlock is on, or about to. */
bool outputs_is_excluded(const struct outputs *outputs, const struct output *output);

/* Handles a failure of an output's PWM part: it is closed or stopped, reported, and tried again. */
void outputs_part_failed(struct outputs *outputs, struct output *output, size_t chip, int code);

/* Checks the PWM parts if that is due. Returns when it is due next. */
uint64_t outputs_watch(struct outputs *outputs);

/* Opens and reads the limits that are due, and stops what they end. Returns when to call again. */
uint64_t outputs_watch_limits(struct outputs *outputs);

/* Reads the limits of an output, and stops what they end. */
void outputs_read_limits(struct outputs *outputs, struct output *output);

/* Opens an output, or writes the rest of one that moves and failed, if its PWM part is due. */
void outputs_try(struct outputs *outputs, struct output *output);

/* Notes the result of an attempt, and reports it if it is news. Returns code. */
int outputs_note(struct outputs *outputs, struct output *output, int code);

/* An output could not be written: it is closed or stays stopped, and its PWM parts have failed. */
void outputs_lost(struct outputs *outputs, struct output *output, int code);

/* Makes the PWM parts of an output ready, and opens it. force: even if that failed and its time to
 * try again has not come. */
int outputs_make_ready(struct outputs *outputs, struct output *output, bool force);

/* Makes it ready and writes it, once. */
int outputs_drive(
	struct outputs *outputs, struct output *output, const struct output_decision *decision);

/* Its writes may wait from now on, if there is an action of several and it can. is_stop: it may
 * not. */
void outputs_collect(struct outputs *outputs, const struct output *output, bool is_stop);

/* No write may wait any more. True if one of the output does. */
bool outputs_collected(struct outputs *outputs, const struct output *output);

/* Carries out a decision for an open output. Reports a failure. */
int outputs_carry_out(
	struct outputs *outputs, struct output *output, const struct output_decision *decision);

/*
 * Decides and carries out, once the others of its interlock are off if it goes on. Returns an error
 * as outputs_carry_out(), or -EBUSY if one of the others could not be turned off: then nothing was
 * done. *error, which may be NULL, has the words.
 */
int outputs_react(struct outputs *outputs, struct output *output, const struct output_event *event,
	struct hal_error *error);

/* After a reload: a group that has more than one on is off. */
void outputs_settle_interlocks(struct outputs *outputs);

void outputs_tell_state(const struct outputs *outputs);
