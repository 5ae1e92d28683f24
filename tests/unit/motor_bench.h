/* SPDX-License-Identifier: MIT */
/*
 * A motor on a bench: fake lines and PWMs that remember their levels, and a watcher that works out
 * after every single write what a bridge of the kind would do to the motor. It knows the truth
 * tables of the parts by itself, not from the code under test, and fails the test when
 *
 *   - both inputs are active and the settings do not ask for a brake,
 *   - a phase changes while the bridge is enabled,
 *   - the motor is driven in a direction that was never asked for,
 *   - the motor is driven against the direction in which it was driven last, before the pause is
 *     over.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "motor.h"

enum bench_kind {
	BENCH_LINES_PWM,  /* L298N, TB6612FNG */
	BENCH_LINES_LINE, /* the same, enable on a line */
	BENCH_LINES,      /* the same, enable tied high */
	BENCH_PWMS,       /* DRV8833 */
	BENCH_PHASE_PWM,  /* DRV8838 */
	BENCH_PHASE_LINE,
	BENCH_N_KINDS,
};

enum bench_pin { BENCH_FORWARD, BENCH_BACKWARD, BENCH_PHASE, BENCH_ENABLE, BENCH_N_PINS };

enum bench_effect { BENCH_COAST, BENCH_DRIVE_FORWARD, BENCH_DRIVE_BACKWARD, BENCH_SHORT };

enum { BENCH_STEPS = 1000 };

struct bench;

struct bench_output {
	struct bench *bench;
	enum bench_pin pin;
	bool wired;
	uint32_t level; /* 0 to BENCH_STEPS; a line knows the two ends */
	struct gpio_line line;
	struct pwm_output pwm;
};

struct bench {
	enum bench_kind kind;
	struct motor_settings settings;
	struct motor *motor;
	uint64_t now_us;
	uint64_t next_us;  /* as the last motor_poll() said */
	uint64_t write_us; /* what each write takes, until it has an effect */
	struct bench_output outputs[BENCH_N_PINS];

	/* Faults. A write that fails changes nothing, unless it lies about it. */
	bool broken[BENCH_N_PINS]; /* every write to the pin fails */
	unsigned fail_at;          /* the write of this number fails; 0: none */
	bool failure_lies;         /* the level changes all the same */

	unsigned n_writes, n_failed;
	unsigned n_attempts[BENCH_N_PINS];
	unsigned n_closed;
	char log[4096]; /* "E0 F0 B0 F1 E500 ": pin and level of each write; "E!" failed */
	size_t log_length;

	bool asked[3];                   /* by enum motor_direction */
	enum motor_direction last_drive; /* what the bridge did to the motor last */
	uint64_t last_drive_us;          /* when that ended */
};

/* ramp, pause and min_duty are 0. */
void bench_open(struct bench *bench, enum bench_kind kind, enum motor_stop_mode stop_mode);
void bench_open_with(
	struct bench *bench, enum bench_kind kind, const struct motor_settings *settings);
/* Closes the motor and checks that every output was closed, inactive. */
void bench_close(struct bench *bench);

/* The outputs of the kind, without a motor. */
struct hbridge_outputs bench_outputs(struct bench *bench, enum bench_kind kind);

/*
 * motor_set() now with a speed of 1 to 10, then motor_poll(), whose own error must be none. Returns
 * what motor_set() did.
 */
int bench_set(struct bench *bench, enum motor_direction direction, unsigned speed);
int bench_stop(struct bench *bench);
/* Moves the clock and polls. Returns what motor_poll() did. */
int bench_at(struct bench *bench, uint64_t now_us);
/* Polls whenever it is due, until nothing is left to do. */
void bench_settle(struct bench *bench);

enum bench_effect bench_effect(const struct bench *bench);
bool bench_driven(const struct bench *bench);
/* The level of the pin that carries the duty. */
uint32_t bench_duty(const struct bench *bench);
bool bench_has_pwm(enum bench_kind kind);
bool bench_has_phase(enum bench_kind kind);

void bench_clear_log(struct bench *bench);
void bench_repair(struct bench *bench);
