/* SPDX-License-Identifier: MIT */
/*
 * One output of the map with its ports: opening, writing, failing and recovering. Internal to the
 * outputs; main thread.
 */
#pragma once

#include "backoff.h"
#include "output_rule.h"
#include "outputs.h"
#include "port.h"

struct output {
	const struct config_output *config;
	void *device;                       /* the kind's own; NULL: not open */
	char object[80];                    /* "led.red" */
	char places[OUTPUT_PORTS_MAX][128]; /* of its ports, as last opened */
	struct output_state state;
	uint64_t fade_end_us; /* of the fade that is under way; 0: none is */
	uint64_t free_us;     /* the others of its interlock have been off for long enough */
	bool starts;          /* what it starts with was not written yet: */
	struct output_values begin;
	bool begins_as_kept; /* it is from last_values.h, and waits for the disk */
	unsigned limited;    /* the directions in which a limit is reached */
	bool goes_on;        /* the map before the last reload had it, with the same fail-safe */
	bool is_lost;        /* closed by a write that failed: nobody knows whether it is on */
	bool rests_next;     /* it could not be turned off: it is at rest when it is opened again */
	bool ok;
	struct backoff retry;
	struct hal_error error; /* when not ok */
	struct hal_error told;  /* the words of the last failure that was reported */
	uint64_t since_ms;
	/* Its write waits for those of others (outputs_together.c): what it carries out, what was
	 * before, and the result in the end. */
	bool waits;
	struct output_decision decision;
	struct output_state state_before;
	int result;
};

/* Sets the state before anything is opened: at rest, and never tried. */
void output_init(struct output *output, const struct config_output *config);

static inline const struct output_kind *output_kind_of(const struct output *output)
{
	return output->config->kind;
}

static inline bool output_rests(const struct output *output)
{
	return output_is_at_rest(output_kind_of(output), &output->state.values);
}

struct output_decision output_decision_on(
	const struct output *output, const struct output_event *event);

/* The limits that the event's action would move it towards. */
unsigned output_limits_of(const struct output *output, const struct output_event *event);

/* When it needs a decision for OUTPUT_TIME. Also OUTPUT_NEVER while it has failed: its retry comes
 * first. */
uint64_t output_deadline_us(const struct output *output);

/* The first of its ports that is a channel of this PWM part; OUTPUT_PORTS_MAX: none. */
size_t output_port_on(const struct output *output, size_t chip);

/* True if any of its ports is a channel of a PWM part. */
bool output_needs_chip(const struct output *output);

/* Opens it, inactive. Its PWM parts must be ready. 0 or an error with the words in error. */
int output_open(struct output *output, const struct port_source *source);

/* Writes to an open output; fade_us: how long the change takes, or 0. On success next becomes its
 * state. Otherwise the words are in error, and its values are what is still driven. */
int output_write(struct output *output, const struct output_state *next, uint64_t fade_us);

/* Notes what came of a decision to write. One that was to be turned off, and could not be written,
 * does not go on again when it is opened. */
void output_drove(struct output *output, const struct output_decision *decision, int result);

/* Writes the rest again, on every port. */
int output_rest(struct output *output);

/* Calls the kind's poll(): errors as above. Also tells when a stop that had failed was written. */
int output_poll(struct output *output, uint64_t now_us, uint64_t *ret_next_us);

/* Releases it. An output that moves is made safe. */
void output_close(struct output *output);
