/* SPDX-License-Identifier: MIT */
/*
 * The SoC's PWM channels, /sys/class/pwm/pwmchipN/pwmM.
 *
 * Source: Documentation/ABI/testing/sysfs-class-pwm and Documentation/driver-api/pwm.rst.
 */
#pragma once

#include "board.h"

/*
 * See board_open_pwm(). sys is the folder that stands for /sys. A channel that it exports belongs
 * to root until udev opens it to others: this waits for that, up to a second, if the request lets
 * it. Otherwise it returns -EAGAIN and leaves the channel exported; a later call finds it opened.
 *
 * A channel that is exported already is taken over: a process that crashed has left it so, possibly
 * running. The channel is at logical duty 0 when this returns, so opening and closing is all that
 * has to be done after a crash. If another live program has the channel, that looks the same and is
 * not noticed.
 *
 * Closing keeps the level. A channel that this handle exported is given back only if it is low,
 * because some drivers (pwm-bcm2835 among them) then switch the output off, which is low too. An
 * LED that is to stay lit, or an inverted output at rest, stays exported.
 */
int pwm_linux_open(const char *sys, const struct pwm_request *request, struct hal_error *error,
	struct pwm_output **ret_output);
