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

struct actuators;

/* Who wants to know. Called on the main thread, from within the calls below. */
struct actuators_listener {
	/* A part failed, recovered (error is NULL), or fails for another reason than before. */
	void (*health)(void *userdata, const char *object, const char *error);
	/* What an LED or a motor does is no longer what it did. */
	void (*state)(void *userdata);
	void *userdata;
};

struct actuators_settings {
	struct board *board;
	const struct config *config; /* until the next reload */
	struct actuators_listener listener;
	bool safe_only; /* open only what actuators_safe() changes: an LED that the map keeps is not
			   touched */
};

/*
 * All in settings is borrowed. Opens all outputs with their safe value; one that cannot be opened
 * is no error here, see health.
 */
int actuators_new(const struct actuators_settings *settings, struct actuators **ret_actuators);

/* Goes over to another map. What has the same fingerprint keeps running undisturbed; the rest is
 * made safe, closed, and opened anew. */
int actuators_reload(struct actuators *actuators, const struct config *config);

struct actuators_led {
	bool on;
	unsigned level; /* the last one set */
	bool ok;
	const char *error; /* in words, when not ok; valid until the next call */
	uint64_t since_ms; /* wall clock: when ok changed */
};

struct actuators_motor {
	enum motor_direction direction;
	unsigned speed; /* the last one set */
	bool ok;
	const char *error;
	uint64_t since_ms;
};

struct actuators_led actuators_get_led(const struct actuators *actuators, size_t index);
struct actuators_motor actuators_get_motor(const struct actuators *actuators, size_t index);

/* 0 or an error of hal_error.h, with the device and the cause in *error. On an error the state is
 * what it was before. */
int actuators_set_led(struct actuators *actuators, size_t index, bool on, unsigned level,
	struct hal_error *error);

/* MOTOR_STOP with a speed remembers the speed. On an error the motor is stopped as far as it can
 * be, and its state says so. */
int actuators_set_motor(struct actuators *actuators, size_t index, enum motor_direction direction,
	unsigned speed, struct hal_error *error);

/* Whether any motor runs or is about to. */
bool actuators_running(const struct actuators *actuators);

/* Ramps, reversals and retries that are due. Returns the time of the next call; UINT64_MAX: nothing
 * to do. */
uint64_t actuators_poll(struct actuators *actuators, uint64_t now_us);

/* What the map's failsafe says: motors stop, LEDs keep or change. 0, or the first error; goes on
 * after one. */
int actuators_failsafe(struct actuators *actuators);

/* Every motor stopped, also where the map keeps them running without a broker: for the end of the
 * process. */
int actuators_safe(struct actuators *actuators);

/*
 * Tries once more what could not be stopped, now and not when its back-off ends. True when nothing
 * is left: every motor that could be opened (safe_only: every one) has been stopped.
 */
bool actuators_safe_again(struct actuators *actuators);

/* actuators_safe(), and releases everything. Returns NULL; actuators may be NULL. */
struct actuators *actuators_free(struct actuators *actuators);
