/* SPDX-License-Identifier: MIT */
/*
 * The LEDs and motors of the map: opens them, drives them, keeps them safe. What cannot be opened,
 * or fails, is tried again with back-off, and at once when a command asks for it. Belongs to the
 * main thread; every call makes a bounded number of hardware writes.
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
	/* What an LED or a motor does is no longer what it did. */
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

struct outputs_led {
	bool on;
	unsigned level; /* the last one set */
	bool ok;
	const char *error; /* in words, when not ok; valid until the next call */
	uint64_t since_ms; /* wall clock: when ok changed */
};

struct outputs_motor {
	enum motor_direction direction;
	unsigned speed; /* the last one set */
	bool ok;
	const char *error;
	uint64_t since_ms;
};

struct outputs_led outputs_get_led(const struct outputs *outputs, size_t index);
struct outputs_motor outputs_get_motor(const struct outputs *outputs, size_t index);

/* 0 or an error of hal_error.h, with the device and the cause in *error. On an error the state is
 * what it was before. */
int outputs_set_led(
	struct outputs *outputs, size_t index, bool on, unsigned level, struct hal_error *error);

/* MOTOR_STOP with a speed remembers the speed. On an error the motor is stopped as far as it can
 * be, and its state says so. */
int outputs_set_motor(struct outputs *outputs, size_t index, enum motor_direction direction,
	unsigned speed, struct hal_error *error);

/* Whether any motor runs or is about to. */
bool outputs_running(const struct outputs *outputs);

/* Ramps, reversals and retries that are due. Returns the time of the next call; UINT64_MAX: nothing
 * to do. */
uint64_t outputs_poll(struct outputs *outputs, uint64_t now_us);

/* What the map's failsafe says: motors stop, LEDs keep or change. 0, or the first error; goes on
 * after one. */
int outputs_failsafe(struct outputs *outputs);

/* Every motor stopped, also where the map keeps them running without a broker: for the end of the
 * process. */
int outputs_safe(struct outputs *outputs);

/*
 * Tries once more what could not be stopped, now and not when its back-off ends. True when nothing
 * is left: every motor that could be opened (safe_only: every one) has been stopped.
 */
bool outputs_safe_again(struct outputs *outputs);

/* outputs_safe(), and releases everything. Returns NULL; outputs may be NULL. */
struct outputs *outputs_free(struct outputs *outputs);
