/* SPDX-License-Identifier: MIT */
/*
 * LEDs that the kernel drives itself, /sys/class/leds/NAME: those on the board (ACT, PWR), and
 * those of an overlay or a kernel driver (gpio-led, leds-pca963x, a USB device).
 *
 * Source: Documentation/ABI/testing/sysfs-class-led and Documentation/leds/leds-class.rst.
 *
 * Such an LED is a PWM output with max_brightness steps. Many have a single step: those are on or
 * off, and every level from 1 on is on.
 */
#pragma once

#include "board.h"

/*
 * See board_open_led(). sys is the folder that stands for /sys.
 *
 * Opening turns the LED off and takes it over: writing 0 to brightness also removes its trigger
 * (the card's activity, a heartbeat), which would otherwise go on changing it. Closing does not
 * restore the trigger. That would change an LED that is to stay as it is, and after a crash nobody
 * would know which trigger it was.
 *
 * For an LED on a slow bus the kernel accepts the value and writes it later. If that write fails,
 * only the kernel's log says so.
 */
int led_class_open(
	const char *sys, const char *name, struct hal_error *error, struct pwm_output **ret_output);
