/* SPDX-License-Identifier: MIT */
/*
 * The generic driver test in pieces: what must hold for every part of the driver table that the
 * check applies to. Each check runs on a rig of its own.
 */
#pragma once

#include "rig.h"

struct driver_check {
	const char *name;
	bool (*applies)(const struct driver *driver);
	void (*run)(void **state); /* *state is the rig */
};

/* Each ends with an element without a name. */
extern const struct driver_check CHECKS_TABLE[];
extern const struct driver_check CHECKS_SENSOR[];
extern const struct driver_check CHECKS_FAULTS[];
extern const struct driver_check CHECKS_PWM[];
extern const struct driver_check CHECKS_TOGETHER[];
extern const struct driver_check CHECKS_EVENTS[];
extern const struct driver_check CHECKS_COUNTS[];
extern const struct driver_check CHECKS_IDENTITY[];

bool is_any(const struct driver *driver);
bool is_sensor(const struct driver *driver);
bool is_pwm(const struct driver *driver);
