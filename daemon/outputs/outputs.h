/* SPDX-License-Identifier: MIT */
/*
 * The outputs of the map: opens them, drives them, keeps them safe. An output that cannot be
 * opened, or fails, is tried again with back-off, and at once when a command asks for it. Belongs
 * to the main thread. Every call makes a bounded number of hardware writes. Outputs are named by
 * their index in the config's array.
 */
#pragma once

#include "board.h"
#include "config.h"
#include "hal_error.h"
#include "last_values.h"
#include <stdbool.h>
#include <stdint.h>

struct outputs;

/* Receives news. Called on the main thread, from within the calls below. */
struct outputs_listener {
	/* An output failed, recovered (error is NULL), or fails for another reason. */
	void (*health)(void *userdata, const char *object, const char *error);
	/* The state of an output has changed. */
	void (*state)(void *userdata);
	void *userdata;
};

struct outputs_settings {
	struct board *board;
	const struct config *config; /* until the next reload */
	struct outputs_listener listener;
	struct last_values *last; /* NULL: start: last is rest */
	bool safe_only; /* only open what outputs_safe() changes: an LED that the map keeps is not
			   touched */
	bool starts_later; /* what the map starts is started by outputs_start_now() */
};

/*
 * Everything in settings is borrowed. Opens all outputs with their safe value. If one cannot be
 * opened, that is no error here, see health.
 */
int outputs_new(const struct outputs_settings *settings, struct outputs **ret_outputs);

/* It is sure that the process runs: what the map starts is started. */
void outputs_start_now(struct outputs *outputs);

/* Changes to another map. Outputs with the same fingerprint keep running undisturbed; the rest is
 * made safe, closed, and opened anew. is_away: the fail-safe has tripped, and holds for what is new
 * or has another fail-safe as well. */
int outputs_reload(struct outputs *outputs, const struct config *config, bool is_away);

struct outputs_status {
	struct output_values values; /* all keys; those that are not driven as last set */
	bool ok;
	const char *error; /* in words, if not ok; valid until the next call */
	uint64_t since_ms; /* wall clock: when ok changed */
};

struct outputs_status outputs_get(const struct outputs *outputs, size_t index);

/*
 * Carries out an action on an output: the keys that it gives, within their limits. Other keys are
 * implied by the kind, or stay. 0 or an error of hal_error.h, with the device and the cause in
 * *error. On an error the state stays, and an output that moves is stopped as far as possible,
 * which its state shows.
 */
int outputs_apply(struct outputs *outputs, size_t index, const struct output_request *request,
	struct hal_error *error);

/* True unless it moves and is on lines alone: stopping it may wait for a bus, so of several it is
 * stopped after the others. */
bool outputs_stops_late(const struct outputs *outputs, size_t index);

/*
 * An action of several outputs. Between the two, outputs_apply() on a PWM part may return 0 before
 * its write is made: outputs_action_end() makes what waits, in as few transfers as possible. Stops
 * never wait. If a transfer fails, all outputs in it have failed, each as if it had been written
 * alone, and failed() is called for each. Returns 0 or the first error.
 */
void outputs_action_begin(struct outputs *outputs);
int outputs_action_end(struct outputs *outputs,
	void (*failed)(void *userdata, size_t index, const char *error), void *userdata);

/* Refuses an action that would move an output towards a limit that is reached. 0, or -EPERM with
 * the words. The limit's level is read again. */
int outputs_limit_refusal(struct outputs *outputs, size_t index,
	const struct output_request *request, struct hal_error *error);

/* Readable while edges of limits wait; the same as long as the outputs live. */
int outputs_limits_fd(const struct outputs *outputs);

/* Takes the edges of limits, and stops what has reached one. */
void outputs_limits_event(struct outputs *outputs);

/* Limits that could not be opened are tried at once: another thread has given their lines back. */
void outputs_hurry_limits(struct outputs *outputs);

/* The disk has what last_values_disk() tells: outputs that wait for it are started, or not. */
void outputs_start_as_kept(struct outputs *outputs);

/* True if an output moves or is about to: one that the fail-safe would stop (guarded), or any. */
bool outputs_running(const struct outputs *outputs, bool guarded);

/* True if the fail-safe changes any output that does not move, or moves one. */
bool outputs_have_failsafe(const struct outputs *outputs);

/* Ends outputs whose time is over, and does the ramps, reversals and retries that are due. Returns
 * the time of the next call; UINT64_MAX: nothing to do. */
uint64_t outputs_poll(struct outputs *outputs, uint64_t now_us);

/* Puts each output into the map's fail-safe state. 0, or the first error; goes on after one. One
 * that is closed, and is to be off, is off when it is opened again. */
int outputs_failsafe(struct outputs *outputs);

/* The same for the end of the process: outputs that move are at rest, even if the map keeps them
 * running without a broker. See outputs_safe_again() for what could not be written. */
int outputs_safe(struct outputs *outputs);

/*
 * Tries again what outputs_safe() could not write, without waiting for its back-off. True if
 * nothing is left: everything that it changes and that could be opened before (safe_only: and
 * everything that moves) is as it is to be.
 */
bool outputs_safe_again(struct outputs *outputs);

/* Calls outputs_safe() and releases everything. Returns NULL; outputs may be NULL. */
struct outputs *outputs_free(struct outputs *outputs);
