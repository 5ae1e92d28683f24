/* SPDX-License-Identifier: MIT */
#include "motor_bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char PIN_LETTERS[] = {'F', 'B', 'P', 'E'};

bool bench_has_pwm(enum bench_kind kind)
{
	return kind == BENCH_LINES_PWM || kind == BENCH_PWMS || kind == BENCH_PHASE_PWM;
}

bool bench_has_phase(enum bench_kind kind)
{
	return kind == BENCH_PHASE_PWM || kind == BENCH_PHASE_LINE;
}

/* --- What the bridge does --------------------------------------------------------------------- */

enum bench_effect bench_effect(const struct bench *bench)
{
	bool forward = bench->outputs[BENCH_FORWARD].level > 0;
	bool backward = bench->outputs[BENCH_BACKWARD].level > 0;
	bool enabled = bench->outputs[BENCH_ENABLE].level > 0;

	if (bench_has_phase(bench->kind)) {
		if (!enabled)
			return BENCH_SHORT;
		return bench->outputs[BENCH_PHASE].level > 0 ? BENCH_DRIVE_BACKWARD
							     : BENCH_DRIVE_FORWARD;
	}
	if (bench->kind == BENCH_LINES || bench->kind == BENCH_PWMS)
		enabled = true;
	if (!enabled || (!forward && !backward))
		return BENCH_COAST;
	if (forward && backward)
		return BENCH_SHORT;
	return forward ? BENCH_DRIVE_FORWARD : BENCH_DRIVE_BACKWARD;
}

static enum motor_direction direction_of(enum bench_effect effect)
{
	if (effect == BENCH_DRIVE_FORWARD)
		return MOTOR_FORWARD;
	return effect == BENCH_DRIVE_BACKWARD ? MOTOR_BACKWARD : MOTOR_STOP;
}

bool bench_driven(const struct bench *bench)
{
	return direction_of(bench_effect(bench)) != MOTOR_STOP;
}

uint32_t bench_duty(const struct bench *bench)
{
	if (bench->kind != BENCH_PWMS)
		return bench->outputs[BENCH_ENABLE].level;
	if (bench->outputs[BENCH_FORWARD].level > 0)
		return bench->outputs[BENCH_FORWARD].level;
	return bench->outputs[BENCH_BACKWARD].level;
}

/* --- The watcher ------------------------------------------------------------------------------ */

static void watch(struct bench *bench, enum motor_direction before)
{
	enum motor_direction now = direction_of(bench_effect(bench));

	if (before != MOTOR_STOP) {
		bench->last_drive = before;
		bench->last_drive_us = bench->now_us;
	}
	if (bench->outputs[BENCH_FORWARD].level > 0 && bench->outputs[BENCH_BACKWARD].level > 0 &&
		bench->settings.stop_mode != MOTOR_BRAKE)
		fail_msg("both inputs active without a brake: %s", bench->log);
	if (now == MOTOR_STOP)
		return;
	if (before != MOTOR_STOP && before != now)
		fail_msg("reversed without a stop: %s", bench->log);
	if (!bench->asked[now])
		fail_msg("driven in a direction that nobody asked for: %s", bench->log);
	if (bench->last_drive != MOTOR_STOP && bench->last_drive != now &&
		bench->now_us - bench->last_drive_us < bench->settings.reverse_pause_us)
		fail_msg("reversed %u us after the other direction: %s",
			(unsigned)(bench->now_us - bench->last_drive_us), bench->log);
}

static void log_write(struct bench *bench, enum bench_pin pin, const char *what)
{
	size_t room = sizeof(bench->log) - bench->log_length;
	int length =
		snprintf(bench->log + bench->log_length, room, "%c%s ", PIN_LETTERS[pin], what);

	/* Long runs are only looked at for their end. */
	if ((size_t)length >= room)
		bench_clear_log(bench);
	else
		bench->log_length += (size_t)length;
}

static int bench_write(struct bench_output *output, uint32_t level, uint32_t shown)
{
	struct bench *bench = output->bench;
	enum motor_direction before = direction_of(bench_effect(bench));
	bool fails = bench->broken[output->pin] || ++bench->n_writes == bench->fail_at;
	char text[16];

	bench->n_attempts[output->pin]++;
	bench->now_us += bench->write_us;
	snprintf(text, sizeof(text), "%u", (unsigned)shown);
	log_write(bench, output->pin, fails ? "!" : text);
	if (!fails || bench->failure_lies) {
		if (output->pin == BENCH_PHASE && output->level != level &&
			bench->outputs[BENCH_ENABLE].level > 0)
			fail_msg("phase changed while enabled: %s", bench->log);
		output->level = level;
	}
	watch(bench, before);
	if (!fails)
		return 0;
	bench->n_failed++;
	return -(EIO + (int)bench->n_failed);
}

static struct bench_output *output_of_line(struct gpio_line *line)
{
	return (struct bench_output *)(void *)((char *)line - offsetof(struct bench_output, line));
}

static struct bench_output *output_of_pwm(struct pwm_output *pwm)
{
	return (struct bench_output *)(void *)((char *)pwm - offsetof(struct bench_output, pwm));
}

static int bench_line_set(struct gpio_line *line, bool value)
{
	return bench_write(output_of_line(line), value ? BENCH_STEPS : 0, value);
}

static int bench_pwm_set(struct pwm_output *pwm, uint32_t duty_steps)
{
	return bench_write(output_of_pwm(pwm), duty_steps, duty_steps);
}

static void bench_line_close(struct gpio_line *line)
{
	output_of_line(line)->bench->n_closed++;
}

static void bench_pwm_close(struct pwm_output *pwm)
{
	output_of_pwm(pwm)->bench->n_closed++;
}

static const struct gpio_line_ops LINE_OPS = {bench_line_set, bench_line_close};
static const struct pwm_ops PWM_OPS = {.set = bench_pwm_set, .close = bench_pwm_close};

/* --- Setting up and running ------------------------------------------------------------------- */

static struct gpio_line *bench_line(struct bench *bench, enum bench_pin pin)
{
	bench->outputs[pin].wired = true;
	bench->outputs[pin].line.ops = &LINE_OPS;
	return &bench->outputs[pin].line;
}

static struct pwm_output *bench_pwm(struct bench *bench, enum bench_pin pin)
{
	bench->outputs[pin].wired = true;
	bench->outputs[pin].pwm.ops = &PWM_OPS;
	bench->outputs[pin].pwm.steps = BENCH_STEPS;
	return &bench->outputs[pin].pwm;
}

struct hbridge_outputs bench_outputs(struct bench *bench, enum bench_kind kind)
{
	struct hbridge_outputs outputs = {0};

	memset(bench, 0, sizeof(*bench));
	bench->kind = kind;
	for (enum bench_pin pin = 0; pin < BENCH_N_PINS; pin++) {
		bench->outputs[pin].bench = bench;
		bench->outputs[pin].pin = pin;
	}
	if (kind == BENCH_LINES_PWM || kind == BENCH_LINES_LINE || kind == BENCH_LINES) {
		outputs.forward_line = bench_line(bench, BENCH_FORWARD);
		outputs.backward_line = bench_line(bench, BENCH_BACKWARD);
	}
	if (kind == BENCH_PWMS) {
		outputs.forward_pwm = bench_pwm(bench, BENCH_FORWARD);
		outputs.backward_pwm = bench_pwm(bench, BENCH_BACKWARD);
	}
	if (bench_has_phase(kind))
		outputs.phase_line = bench_line(bench, BENCH_PHASE);
	if (kind == BENCH_LINES_PWM || kind == BENCH_PHASE_PWM)
		outputs.enable_pwm = bench_pwm(bench, BENCH_ENABLE);
	if (kind == BENCH_LINES_LINE || kind == BENCH_PHASE_LINE)
		outputs.enable_line = bench_line(bench, BENCH_ENABLE);
	return outputs;
}

void bench_open_with(
	struct bench *bench, enum bench_kind kind, const struct motor_settings *settings)
{
	struct hbridge_outputs outputs = bench_outputs(bench, kind);

	bench->settings = *settings;
	bench->now_us = 1000000;
	bench->next_us = UINT64_MAX;
	assert_int_equal(motor_new(&outputs, settings, &bench->motor), 0);
	assert_int_equal(bench->n_writes, 0);
	assert_false(motor_running(bench->motor));
}

void bench_open(struct bench *bench, enum bench_kind kind, enum motor_stop_mode stop_mode)
{
	bench_open_with(bench, kind, &(struct motor_settings){.stop_mode = stop_mode});
}

void bench_close(struct bench *bench)
{
	unsigned n_wired = 0;

	bench->motor = motor_close(bench->motor);
	assert_null(bench->motor);
	for (enum bench_pin pin = 0; pin < BENCH_N_PINS; pin++) {
		n_wired += bench->outputs[pin].wired;
		if (pin != BENCH_PHASE)
			assert_int_equal(bench->outputs[pin].level, 0);
	}
	assert_int_equal(bench->n_closed, n_wired);
}

int bench_set(struct bench *bench, enum motor_direction direction, unsigned speed)
{
	int r;

	bench->asked[direction] = true;
	r = motor_set(bench->motor, direction, speed * MOTOR_FINE_PER_SPEED, bench->now_us);
	assert_int_equal(bench_at(bench, bench->now_us), 0);
	return r;
}

int bench_stop(struct bench *bench)
{
	return bench_set(bench, MOTOR_STOP, 0);
}

int bench_at(struct bench *bench, uint64_t now_us)
{
	int r;

	bench->now_us = now_us;
	r = motor_poll(bench->motor, now_us, &bench->next_us);
	/* At once again, with the time as it is then. */
	if (r == 0 && bench->next_us <= bench->now_us)
		r = motor_poll(bench->motor, bench->now_us, &bench->next_us);
	return r;
}

void bench_settle(struct bench *bench)
{
	for (unsigned n = 0; bench->next_us != UINT64_MAX; n++) {
		assert_true(n < 100000);
		assert_true(bench->next_us > bench->now_us);
		assert_int_equal(bench_at(bench, bench->next_us), 0);
	}
}

void bench_clear_log(struct bench *bench)
{
	bench->log[0] = '\0';
	bench->log_length = 0;
}

void bench_repair(struct bench *bench)
{
	memset(bench->broken, 0, sizeof(bench->broken));
	bench->fail_at = 0;
	bench->n_failed = 0;
}
