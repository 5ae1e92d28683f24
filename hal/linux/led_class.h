/* SPDX-License-Identifier: MIT */
/*
 * LEDs that the kernel drives itself, /sys/class/leds/NAME: those on the board (ACT, PWR), and
 * those that an overlay or a kernel driver brings (gpio-led, leds-pca963x, a USB device).
 *
 * Source: Documentation/ABI/testing/sysfs-class-led and Documentation/leds/leds-class.rst.
 *
 * Such an LED is a PWM output of max_brightness steps. Many have only one: those are on or off, and
 * every level from 1 on is on.
 */
#pragma once

#include "board.h"

/*
 * See board_open_led(). sys is the folder that stands for /sys.
 *
 * The LED is dark when this returns, and nobody else's: writing 0 to brightness also takes off its
 * trigger (the card's activity, a heartbeat), which would go on changing it. The trigger is not put
 * back at the end. That would change an LED which shall stay as it is, and after a crash nobody
 * would know which one it was.
 *
 * With an LED on a slow bus the kernel accepts the value and writes it later; a failure of that is
 * only in the kernel's log.
 */
int led_class_open(
	const char *sys, const char *name, struct hal_error *error, struct pwm_output **ret_output);
