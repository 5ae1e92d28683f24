/* SPDX-License-Identifier: MIT */
/*
 * The outputs of the map: opens them, drives them, keeps them safe. What cannot be opened, or
 * fails, is tried again with back-off, and at once when a command asks for it. Belongs to the main
 * thread; every call makes a bounded number of hardware writes. An output goes by its index in the
 * config's array.
 */
#pragma once

#include "board.h"
#include "config.h"
#include "hal_error.h"
#include <stdbool.h>
#include <stdint.h>

struct outputs;

/* Who wants to know. Called on the main thread, from within the calls below. */
struct outputs_listener {
	/* A part failed, recovered (error is NULL), or fails for another reason than before. */
	void (*health)(void *userdata, const char *object, const char *error);
	/* What an output does is no longer what it did. */
	void (*state)(void *userdata);
	void *userdata;
};

struct outputs_settings {
	struct board *board;
	const struct config *config; /* until the next reload */
	struct outputs_listener listener;
	bool safe_only; /* open only what outputs_safe() changes: an LED that the map keeps is not
			   touched */
};

/*
 * All in settings is borrowed. Opens all outputs with their safe value; one that cannot be opened
 * is no error here, see health.
 */
int outputs_new(const struct outputs_settings *settings, struct outputs **ret_outputs);

/* Goes over to another map. What has the same fingerprint keeps running undisturbed; the rest is
 * made safe, closed, and opened anew. */
int outputs_reload(struct outputs *outputs, const struct config *config);

struct outputs_status {
	struct output_values values; /* all keys; what is not driven is the last one set */
	bool ok;
	const char *error; /* in words, when not ok; valid until the next call */
	uint64_t since_ms; /* wall clock: when ok changed */
};

struct outputs_status outputs_get(const struct outputs *outputs, size_t index);

/*
 * Carries out an action: the values that it gives, within their limits; the others are what the
 * kind implies, or stay. 0 or an error of hal_error.h, with the device and the cause in *error. On
 * an error the state is what it was before, and what moves is stopped as far as it can be, which
 * its state says.
 */
int outputs_apply(struct outputs *outputs, size_t index, const struct output_request *request,
	struct hal_error *error);

/* Whether anything runs, or is about to, that the fail-safe would stop (guarded), or at all. */
bool outputs_running(const struct outputs *outputs, bool guarded);

/* Whether the fail-safe changes anything that does not move. */
bool outputs_have_failsafe(const struct outputs *outputs);

/* Ends what was to go on for a time, and does the ramps, reversals and retries that are due. Returns
 * the time of the next call; UINT64_MAX: nothing to do. */
uint64_t outputs_poll(struct outputs *outputs, uint64_t now_us);

/* What the map's failsafe says, for each output. 0, or the first error; goes on after one. */
int outputs_failsafe(struct outputs *outputs);

/* The same for the end of the process: what moves is at rest, also where the map keeps it running
 * without a broker. */
int outputs_safe(struct outputs *outputs);

/*
 * Tries once more what could not be stopped, now and not when its back-off ends. True when nothing
 * is left: everything that moves and could be opened (safe_only: all that moves) is at rest.
 */
bool outputs_safe_again(struct outputs *outputs);

/* outputs_safe(), and releases everything. Returns NULL; outputs may be NULL. */
struct outputs *outputs_free(struct outputs *outputs);
