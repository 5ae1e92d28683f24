/* SPDX-License-Identifier: MIT */
/*
 * The SoC's PWM channels, /sys/class/pwm/pwmchipN/pwmM.
 *
 * Source: Documentation/ABI/testing/sysfs-class-pwm and Documentation/driver-api/pwm.rst.
 */
#pragma once

#include "board.h"

/*
 * See board_open_pwm(). sys is the folder that stands for /sys. Takes up to a second when udev is
 * late with the permissions.
 *
 * A channel that is exported already is taken over: a predecessor that crashed has left it so, and
 * possibly running. It is at logical duty 0 when this returns, which makes opening and closing all
 * that has to be done after a crash. Two live programs on one channel cannot be told apart from
 * that.
 *
 * Closing keeps the level. A channel that this handle has exported is given back only when it is
 * low: on giving it back some drivers (pwm-bcm2835 among them) switch the output off, which is low
 * too. An LED that shall stay lit, or an inverted output at rest, stays exported.
 */
int pwm_linux_open(const char *sys, const struct pwm_request *request, struct hal_error *error,
	struct pwm_output **ret_output);
