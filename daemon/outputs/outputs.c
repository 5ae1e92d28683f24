/* SPDX-License-Identifier: MIT */
/*
 * Every LED and motor goes through the same three steps: the PWM parts that it sits on are made
 * ready, it is opened, it is written. A step that fails closes the output and starts its
 * back-off; whoever comes next (a command, or the retry in outputs_poll()) goes through the steps
 * again.
 *
 * A PWM part that failed is set up from scratch, which turns all its outputs off. Then the LEDs on
 * it are shown again as they were, and the motors on it stand: a motor must never start because a
 * cable was plugged in again.
 */
#include "clock.h"
#include "outputs_internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct port_source source_of(const struct outputs *outputs)
{
	return (struct port_source){
		.board = outputs->settings.board,
		.soft = outputs->soft,
		.chips = output_chips_chips(outputs->parts),
	};
}

void outputs_tell_state(const struct outputs *outputs)
{
	if (outputs->settings.listener.state)
		outputs->settings.listener.state(outputs->settings.listener.userdata);
}

/* Notes how an attempt ended, and tells when that is news. before: the words of the last failure.
 */
static int note(
	struct outputs *outputs, struct output *base, int code, const struct hal_error *before)
{
	bool news =
		base->ok ? code < 0 : (code == 0 || strcmp(base->error.text, before->text) != 0);

	if (base->ok != (code == 0))
		base->since_ms = clock_wall_ms();
	base->ok = code == 0;
	if (code < 0)
		retry_failed(&base->retry, outputs->now_us);
	else
		retry_succeeded(&base->retry);
	if (news && outputs->settings.listener.health)
		outputs->settings.listener.health(outputs->settings.listener.userdata, base->object,
			code < 0 ? base->error.text : NULL);
	return code;
}

static void led_lost(struct outputs *outputs, struct output_led *led, int code)
{
	output_led_close(led);
	if (led->config->port.kind == CONFIG_PORT_CHIP_PWM)
		output_chips_failed(outputs->parts, led->config->port.chip, code, outputs->now_us);
}

/*
 * A motor that failed stays open where it can: it goes on trying to write its stop, and it
 * remembers how long it must rest. Only when its device is gone is it closed, to be found anew.
 */
static void motor_lost(struct outputs *outputs, struct output_motor *motor, int code)
{
	if (code == -ENODEV)
		output_motor_close(motor);
	for (unsigned i = 0; i < HBRIDGE_N_INPUTS; i++) {
		const struct config_port *input = output_motor_input(motor, (enum hbridge_input)i);

		if (input->kind == CONFIG_PORT_CHIP_PWM)
			output_chips_failed(outputs->parts, input->chip, code, outputs->now_us);
	}
	outputs_tell_state(outputs);
}

bool outputs_needs_part(const struct output_motor *motor)
{
	for (unsigned i = 0; i < HBRIDGE_N_INPUTS; i++) {
		const struct config_port *input = output_motor_input(motor, (enum hbridge_input)i);

		if (input->kind == CONFIG_PORT_CHIP_PWM)
			return true;
	}
	return false;
}

enum hbridge_input outputs_motor_input_on(const struct output_motor *motor, size_t chip)
{
	unsigned i = 0;

	while (i < HBRIDGE_N_INPUTS) {
		const struct config_port *input = output_motor_input(motor, (enum hbridge_input)i);

		if (input->kind == CONFIG_PORT_CHIP_PWM && input->chip == chip)
			break;
		i++;
	}
	return (enum hbridge_input)i;
}

bool outputs_motor_sits_on(const struct output_motor *motor, size_t chip)
{
	return outputs_motor_input_on(motor, chip) < HBRIDGE_N_INPUTS;
}

/* It was set up anew, so it stands but for the lines beside the part. */
static void motor_was_reset(struct outputs *outputs, struct output_motor *motor)
{
	struct hal_error before = motor->base.error;
	enum motor_direction direction = motor->direction;
	int r = output_motor_stop(motor);

	if (r < 0) {
		motor_lost(outputs, motor, r);
		note(outputs, &motor->base, r, &before);
	} else if (motor->direction != direction) {
		outputs_tell_state(outputs);
	}
}

static bool led_sits_on(const struct output_led *led, size_t chip)
{
	return led->config->port.kind == CONFIG_PORT_CHIP_PWM && led->config->port.chip == chip;
}

/*
 * The part was set up anew: all its outputs are off. One that fails meanwhile is lost for all that
 * are on, whether they were restored or not: each has its own retry, and its health tells.
 */
static void chip_was_reset(struct outputs *outputs, size_t chip)
{
	int failed = 0;

	for (size_t i = 0; i < outputs->n_motors; i++)
		if (outputs->motors[i].motor && outputs_motor_sits_on(&outputs->motors[i], chip))
			motor_was_reset(outputs, &outputs->motors[i]);
	for (size_t i = 0; i < outputs->n_leds && failed == 0; i++)
		if (outputs->leds[i].led && led_sits_on(&outputs->leds[i], chip))
			failed = output_led_restore(&outputs->leds[i]);
	for (size_t i = 0; i < outputs->n_leds && failed < 0; i++) {
		struct output_led *led = &outputs->leds[i];

		if (led->led && led->on && led_sits_on(led, chip))
			outputs_led_failed(outputs, led, failed);
	}
}

/* Makes the PWM part of an output ready, if it has one. */
static int ensure_part(struct outputs *outputs, const struct config_port *output, bool force,
	struct hal_error *error)
{
	int r;

	if (output->kind != CONFIG_PORT_CHIP_PWM)
		return 0;
	r = output_chips_ensure(outputs->parts, output->chip, outputs->now_us, force, error);
	if (r < 1)
		return r;
	chip_was_reset(outputs, output->chip);
	/* It may have failed again; then it is not its time yet. */
	return output_chips_ensure(outputs->parts, output->chip, outputs->now_us, false, error);
}

static int led_ready(struct outputs *outputs, struct output_led *led, bool force)
{
	struct port_source source = source_of(outputs);
	int r = ensure_part(outputs, &led->config->port, force, &led->base.error);

	if (r < 0 || led->led)
		return r;
	r = output_led_open(led, &source);
	if (r == 0 && led->on)
		r = output_led_restore(led);
	return r;
}

static int motor_ready(struct outputs *outputs, struct output_motor *motor, bool force)
{
	struct port_source source = source_of(outputs);
	int r = 0;

	for (unsigned i = 0; i < HBRIDGE_N_INPUTS && r == 0; i++)
		r = ensure_part(outputs, output_motor_input(motor, (enum hbridge_input)i), force,
			&motor->base.error);
	if (r < 0 || motor->motor)
		return r;
	return output_motor_open(motor, &source);
}

static void led_try_open(struct outputs *outputs, struct output_led *led)
{
	struct hal_error before = led->base.error;
	int r = led_ready(outputs, led, false);

	if (r < 0)
		led_lost(outputs, led, r);
	note(outputs, &led->base, r, &before);
}

/* Opens it, or sees whether one that failed can be written again. */
void outputs_try_motor(struct outputs *outputs, struct output_motor *motor)
{
	struct hal_error before = motor->base.error;
	bool failed = motor->motor && !motor->base.ok;
	int r = motor_ready(outputs, motor, false);

	/* Also where its part is not ready: there may be lines beside it. */
	if (failed) {
		int stopped = output_motor_stop(motor);

		r = r < 0 ? r : stopped;
		outputs_tell_state(outputs);
	}
	if (r < 0)
		motor_lost(outputs, motor, r);
	note(outputs, &motor->base, r, &before);
}

/* Whether LEDs are opened at all. */
static bool outputs_led_wanted(const struct outputs *outputs)
{
	return !outputs->settings.safe_only ||
		outputs->config->failsafe.leds != CONFIG_FAILSAFE_LEDS_KEEP;
}

int outputs_allocate(struct outputs *outputs, const struct config *config)
{
	struct output_led *leds = calloc(config->n_leds + 1, sizeof(*leds));
	struct output_motor *motors = calloc(config->n_motors + 1, sizeof(*motors));

	if (!leds || !motors) {
		free(leds);
		free(motors);
		return -ENOMEM;
	}
	for (size_t i = 0; i < config->n_leds; i++)
		output_led_init(&leds[i], &config->leds[i]);
	for (size_t i = 0; i < config->n_motors; i++)
		output_motor_init(&motors[i], &config->motors[i]);
	outputs->config = config;
	outputs->leds = leds;
	outputs->n_leds = config->n_leds;
	outputs->motors = motors;
	outputs->n_motors = config->n_motors;
	return 0;
}

void outputs_open_all(struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n_motors; i++)
		if (!outputs->motors[i].motor)
			outputs_try_motor(outputs, &outputs->motors[i]);
	for (size_t i = 0; i < outputs->n_leds && outputs_led_wanted(outputs); i++)
		if (!outputs->leds[i].led)
			led_try_open(outputs, &outputs->leds[i]);
}

int outputs_new(const struct outputs_settings *settings, struct outputs **ret_outputs)
{
	struct outputs *outputs = calloc(1, sizeof(*outputs));
	int r;

	if (!outputs)
		return -ENOMEM;
	outputs->settings = *settings;
	outputs->now_us = clock_now_us();
	r = outputs_allocate(outputs, settings->config);
	if (r == 0)
		r = soft_pwm_new(&outputs->soft);
	if (r == 0)
		r = output_chips_new(settings->board, settings->config, &outputs->parts);
	if (r < 0) {
		outputs_free(outputs);
		return r;
	}
	outputs_open_all(outputs);
	*ret_outputs = outputs;
	return 0;
}

struct outputs_led outputs_get_led(const struct outputs *outputs, size_t index)
{
	const struct output_led *led = &outputs->leds[index];

	return (struct outputs_led){
		.on = led->on,
		.level = led->level,
		.ok = led->base.ok,
		.error = led->base.error.text,
		.since_ms = led->base.since_ms,
	};
}

struct outputs_motor outputs_get_motor(const struct outputs *outputs, size_t index)
{
	const struct output_motor *motor = &outputs->motors[index];

	return (struct outputs_motor){
		.direction = motor->direction,
		.speed = motor->speed,
		.ok = motor->base.ok,
		.error = motor->base.error.text,
		.since_ms = motor->base.since_ms,
	};
}

void outputs_led_failed(struct outputs *outputs, struct output_led *led, int code)
{
	struct hal_error before = led->base.error;

	hal_error_set(&led->base.error, code, "%s: %s", led->place, hal_strerror(code));
	led_lost(outputs, led, code);
	note(outputs, &led->base, code, &before);
}

void outputs_motor_failed(
	struct outputs *outputs, struct output_motor *motor, size_t chip, int code)
{
	struct hal_error before = motor->base.error;

	(void)output_motor_stop(motor);
	hal_error_set(&motor->base.error, code, "%s: %s",
		motor->places[outputs_motor_input_on(motor, chip)], hal_strerror(code));
	motor_lost(outputs, motor, code);
	note(outputs, &motor->base, code, &before);
}

static int led_drive(struct outputs *outputs, struct output_led *led, bool on, unsigned level)
{
	int r = led_ready(outputs, led, true);

	if (r == 0)
		r = output_led_write(led, on, level);
	if (r < 0)
		led_lost(outputs, led, r);
	return r;
}

int outputs_set_led(
	struct outputs *outputs, size_t index, bool on, unsigned level, struct hal_error *error)
{
	struct output_led *led = &outputs->leds[index];
	struct hal_error before = led->base.error;
	int r;

	outputs->now_us = clock_now_us();
	r = led_drive(outputs, led, on, level);
	/* It was away and may be back already: a part that lost its power answers, but must be set
	 * up anew. */
	if (r == -ENODEV)
		r = led_drive(outputs, led, on, level);
	if (r < 0)
		hal_error_set(error, r, "%s", led->base.error.text);
	return note(outputs, &led->base, r, &before);
}

static int motor_drive(struct outputs *outputs, struct output_motor *motor,
	enum motor_direction direction, unsigned speed)
{
	/* A stop does not wait for a part to be set up: the lines beside it can be written. */
	bool at_once = direction == MOTOR_STOP && motor->motor;
	int r = at_once ? 0 : motor_ready(outputs, motor, true);

	if (r == 0)
		r = output_motor_write(motor, direction, speed);
	if (r < 0)
		motor_lost(outputs, motor, r);
	return r;
}

int outputs_set_motor(struct outputs *outputs, size_t index, enum motor_direction direction,
	unsigned speed, struct hal_error *error)
{
	struct output_motor *motor = &outputs->motors[index];
	struct hal_error before = motor->base.error;
	int r;

	outputs->now_us = clock_now_us();
	r = motor_drive(outputs, motor, direction, speed);
	if (r == -ENODEV)
		r = motor_drive(outputs, motor, direction, speed);
	if (r < 0)
		hal_error_set(error, r, "%s", motor->base.error.text);
	return note(outputs, &motor->base, r, &before);
}

int outputs_stop_motor(struct outputs *outputs, struct output_motor *motor)
{
	struct hal_error before = motor->base.error;
	int r = output_motor_stop(motor);

	if (r < 0)
		motor_lost(outputs, motor, r);
	return note(outputs, &motor->base, r, &before);
}

bool outputs_running(const struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->n_motors; i++)
		if (outputs->motors[i].motor && motor_running(outputs->motors[i].motor))
			return true;
	return false;
}

/* One motor's ramp, reversal, or stop that could not be written yet. Returns when it wants to be
 * called again. */
static uint64_t motor_step(struct outputs *outputs, struct output_motor *motor)
{
	struct hal_error before = motor->base.error;
	enum motor_direction direction = motor->direction;
	uint64_t next_us = UINT64_MAX;
	int r = output_motor_poll(motor, outputs->now_us, &next_us);

	/* A failure that is known already is retried by its own back-off. */
	if (r < 0 && motor->base.ok) {
		motor_lost(outputs, motor, r);
		note(outputs, &motor->base, r, &before);
	} else if (motor->direction != direction) {
		outputs_tell_state(outputs);
	}
	return motor->motor ? next_us : UINT64_MAX;
}

static uint64_t earlier(uint64_t a_us, uint64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

uint64_t outputs_poll(struct outputs *outputs, uint64_t now_us)
{
	uint64_t next_us = UINT64_MAX;
	bool retried = false; /* at most one a call: each may block for a transfer's time */

	outputs->now_us = now_us;
	for (size_t i = 0; i < outputs->n_motors; i++) {
		struct output_motor *motor = &outputs->motors[i];

		if (!motor->base.ok && !retried && retry_is_due(&motor->base.retry, now_us)) {
			outputs_try_motor(outputs, motor);
			retried = true;
		}
		if (motor->motor)
			next_us = earlier(next_us, motor_step(outputs, motor));
		if (!motor->base.ok)
			next_us = earlier(next_us, motor->base.retry.due_us);
	}
	for (size_t i = 0; i < outputs->n_leds && outputs_led_wanted(outputs); i++) {
		struct output_led *led = &outputs->leds[i];

		if (!led->led && !retried && retry_is_due(&led->base.retry, now_us)) {
			led_try_open(outputs, led);
			retried = true;
		}
		if (!led->led)
			next_us = earlier(next_us, led->base.retry.due_us);
	}
	return earlier(next_us, outputs_watch(outputs));
}

struct outputs *outputs_free(struct outputs *outputs)
{
	if (!outputs)
		return NULL;
	if (outputs->parts)
		outputs_safe(outputs);
	for (size_t i = 0; i < outputs->n_motors; i++)
		output_motor_close(&outputs->motors[i]);
	for (size_t i = 0; i < outputs->n_leds; i++)
		output_led_close(&outputs->leds[i]);
	soft_pwm_free(outputs->soft);
	output_chips_free(outputs->parts);
	free(outputs->leds);
	free(outputs->motors);
	free(outputs);
	return NULL;
}
