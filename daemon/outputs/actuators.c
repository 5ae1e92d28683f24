/* SPDX-License-Identifier: MIT */
/*
 * Every LED and motor goes through the same three steps: the PWM parts that it sits on are made
 * ready, it is opened, it is written. A step that fails closes the actuator and starts its
 * back-off; whoever comes next (a command, or the retry in actuators_poll()) goes through the steps
 * again.
 *
 * A PWM part that failed is set up from scratch, which turns all its outputs off. Then the LEDs on
 * it are shown again as they were, and the motors on it stand: a motor must never start because a
 * cable was plugged in again.
 */
#include "actuators_internal.h"
#include "clock.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct output_source source_of(const struct actuators *actuators)
{
	return (struct output_source){
		.board = actuators->settings.board,
		.soft = actuators->soft,
		.chips = pwm_parts_chips(actuators->parts),
	};
}

void actuators_tell_state(const struct actuators *actuators)
{
	if (actuators->settings.listener.state)
		actuators->settings.listener.state(actuators->settings.listener.userdata);
}

/* Notes how an attempt ended, and tells when that is news. before: the words of the last failure.
 */
static int note(struct actuators *actuators, struct actuator *base, int code,
	const struct hal_error *before)
{
	bool news =
		base->ok ? code < 0 : (code == 0 || strcmp(base->error.text, before->text) != 0);

	if (base->ok != (code == 0))
		base->since_ms = clock_wall_ms();
	base->ok = code == 0;
	if (code < 0)
		retry_failed(&base->retry, actuators->now_us);
	else
		retry_succeeded(&base->retry);
	if (news && actuators->settings.listener.health)
		actuators->settings.listener.health(actuators->settings.listener.userdata,
			base->object, code < 0 ? base->error.text : NULL);
	return code;
}

static void led_lost(struct actuators *actuators, struct actuator_led *led, int code)
{
	actuator_led_close(led);
	if (led->config->output.kind == CONFIG_OUTPUT_CHIP_PWM)
		pwm_parts_failed(
			actuators->parts, led->config->output.chip, code, actuators->now_us);
}

/*
 * A motor that failed stays open where it can: it goes on trying to write its stop, and it
 * remembers how long it must rest. Only when its device is gone is it closed, to be found anew.
 */
static void motor_lost(struct actuators *actuators, struct actuator_motor *motor, int code)
{
	if (code == -ENODEV)
		actuator_motor_close(motor);
	for (unsigned i = 0; i < HBRIDGE_N_INPUTS; i++) {
		const struct config_output *input =
			actuator_motor_input(motor, (enum hbridge_input)i);

		if (input->kind == CONFIG_OUTPUT_CHIP_PWM)
			pwm_parts_failed(actuators->parts, input->chip, code, actuators->now_us);
	}
	actuators_tell_state(actuators);
}

bool actuators_needs_part(const struct actuator_motor *motor)
{
	for (unsigned i = 0; i < HBRIDGE_N_INPUTS; i++) {
		const struct config_output *input =
			actuator_motor_input(motor, (enum hbridge_input)i);

		if (input->kind == CONFIG_OUTPUT_CHIP_PWM)
			return true;
	}
	return false;
}

enum hbridge_input actuators_motor_input_on(const struct actuator_motor *motor, size_t chip)
{
	unsigned i = 0;

	while (i < HBRIDGE_N_INPUTS) {
		const struct config_output *input =
			actuator_motor_input(motor, (enum hbridge_input)i);

		if (input->kind == CONFIG_OUTPUT_CHIP_PWM && input->chip == chip)
			break;
		i++;
	}
	return (enum hbridge_input)i;
}

bool actuators_motor_sits_on(const struct actuator_motor *motor, size_t chip)
{
	return actuators_motor_input_on(motor, chip) < HBRIDGE_N_INPUTS;
}

/* It was set up anew, so it stands but for the lines beside the part. */
static void motor_was_reset(struct actuators *actuators, struct actuator_motor *motor)
{
	struct hal_error before = motor->base.error;
	enum motor_direction direction = motor->direction;
	int r = actuator_motor_stop(motor);

	if (r < 0) {
		motor_lost(actuators, motor, r);
		note(actuators, &motor->base, r, &before);
	} else if (motor->direction != direction) {
		actuators_tell_state(actuators);
	}
}

static bool led_sits_on(const struct actuator_led *led, size_t chip)
{
	return led->config->output.kind == CONFIG_OUTPUT_CHIP_PWM &&
		led->config->output.chip == chip;
}

/*
 * The part was set up anew: all its outputs are off. One that fails meanwhile is lost for all that
 * are on, whether they were restored or not: each has its own retry, and its health tells.
 */
static void chip_was_reset(struct actuators *actuators, size_t chip)
{
	int failed = 0;

	for (size_t i = 0; i < actuators->n_motors; i++)
		if (actuators->motors[i].motor &&
			actuators_motor_sits_on(&actuators->motors[i], chip))
			motor_was_reset(actuators, &actuators->motors[i]);
	for (size_t i = 0; i < actuators->n_leds && failed == 0; i++)
		if (actuators->leds[i].led && led_sits_on(&actuators->leds[i], chip))
			failed = actuator_led_restore(&actuators->leds[i]);
	for (size_t i = 0; i < actuators->n_leds && failed < 0; i++) {
		struct actuator_led *led = &actuators->leds[i];

		if (led->led && led->on && led_sits_on(led, chip))
			actuators_led_failed(actuators, led, failed);
	}
}

/* Makes the PWM part of an output ready, if it has one. */
static int ensure_part(struct actuators *actuators, const struct config_output *output, bool force,
	struct hal_error *error)
{
	int r;

	if (output->kind != CONFIG_OUTPUT_CHIP_PWM)
		return 0;
	r = pwm_parts_ensure(actuators->parts, output->chip, actuators->now_us, force, error);
	if (r < 1)
		return r;
	chip_was_reset(actuators, output->chip);
	/* It may have failed again; then it is not its time yet. */
	return pwm_parts_ensure(actuators->parts, output->chip, actuators->now_us, false, error);
}

static int led_ready(struct actuators *actuators, struct actuator_led *led, bool force)
{
	struct output_source source = source_of(actuators);
	int r = ensure_part(actuators, &led->config->output, force, &led->base.error);

	if (r < 0 || led->led)
		return r;
	r = actuator_led_open(led, &source);
	if (r == 0 && led->on)
		r = actuator_led_restore(led);
	return r;
}

static int motor_ready(struct actuators *actuators, struct actuator_motor *motor, bool force)
{
	struct output_source source = source_of(actuators);
	int r = 0;

	for (unsigned i = 0; i < HBRIDGE_N_INPUTS && r == 0; i++)
		r = ensure_part(actuators, actuator_motor_input(motor, (enum hbridge_input)i),
			force, &motor->base.error);
	if (r < 0 || motor->motor)
		return r;
	return actuator_motor_open(motor, &source);
}

static void led_try_open(struct actuators *actuators, struct actuator_led *led)
{
	struct hal_error before = led->base.error;
	int r = led_ready(actuators, led, false);

	if (r < 0)
		led_lost(actuators, led, r);
	note(actuators, &led->base, r, &before);
}

/* Opens it, or sees whether one that failed can be written again. */
void actuators_try_motor(struct actuators *actuators, struct actuator_motor *motor)
{
	struct hal_error before = motor->base.error;
	bool failed = motor->motor && !motor->base.ok;
	int r = motor_ready(actuators, motor, false);

	/* Also where its part is not ready: there may be lines beside it. */
	if (failed) {
		int stopped = actuator_motor_stop(motor);

		r = r < 0 ? r : stopped;
		actuators_tell_state(actuators);
	}
	if (r < 0)
		motor_lost(actuators, motor, r);
	note(actuators, &motor->base, r, &before);
}

/* Whether LEDs are opened at all. */
static bool actuators_led_wanted(const struct actuators *actuators)
{
	return !actuators->settings.safe_only ||
		actuators->config->failsafe.leds != CONFIG_FAILSAFE_LEDS_KEEP;
}

int actuators_allocate(struct actuators *actuators, const struct config *config)
{
	struct actuator_led *leds = calloc(config->n_leds + 1, sizeof(*leds));
	struct actuator_motor *motors = calloc(config->n_motors + 1, sizeof(*motors));

	if (!leds || !motors) {
		free(leds);
		free(motors);
		return -ENOMEM;
	}
	for (size_t i = 0; i < config->n_leds; i++)
		actuator_led_init(&leds[i], &config->leds[i]);
	for (size_t i = 0; i < config->n_motors; i++)
		actuator_motor_init(&motors[i], &config->motors[i]);
	actuators->config = config;
	actuators->leds = leds;
	actuators->n_leds = config->n_leds;
	actuators->motors = motors;
	actuators->n_motors = config->n_motors;
	return 0;
}

void actuators_open_all(struct actuators *actuators)
{
	for (size_t i = 0; i < actuators->n_motors; i++)
		if (!actuators->motors[i].motor)
			actuators_try_motor(actuators, &actuators->motors[i]);
	for (size_t i = 0; i < actuators->n_leds && actuators_led_wanted(actuators); i++)
		if (!actuators->leds[i].led)
			led_try_open(actuators, &actuators->leds[i]);
}

int actuators_new(const struct actuators_settings *settings, struct actuators **ret_actuators)
{
	struct actuators *actuators = calloc(1, sizeof(*actuators));
	int r;

	if (!actuators)
		return -ENOMEM;
	actuators->settings = *settings;
	actuators->now_us = clock_now_us();
	r = actuators_allocate(actuators, settings->config);
	if (r == 0)
		r = soft_pwm_new(&actuators->soft);
	if (r == 0)
		r = pwm_parts_new(settings->board, settings->config, &actuators->parts);
	if (r < 0) {
		actuators_free(actuators);
		return r;
	}
	actuators_open_all(actuators);
	*ret_actuators = actuators;
	return 0;
}

struct actuators_led actuators_get_led(const struct actuators *actuators, size_t index)
{
	const struct actuator_led *led = &actuators->leds[index];

	return (struct actuators_led){
		.on = led->on,
		.level = led->level,
		.ok = led->base.ok,
		.error = led->base.error.text,
		.since_ms = led->base.since_ms,
	};
}

struct actuators_motor actuators_get_motor(const struct actuators *actuators, size_t index)
{
	const struct actuator_motor *motor = &actuators->motors[index];

	return (struct actuators_motor){
		.direction = motor->direction,
		.speed = motor->speed,
		.ok = motor->base.ok,
		.error = motor->base.error.text,
		.since_ms = motor->base.since_ms,
	};
}

void actuators_led_failed(struct actuators *actuators, struct actuator_led *led, int code)
{
	struct hal_error before = led->base.error;

	hal_error_set(&led->base.error, code, "%s: %s", led->place, hal_strerror(code));
	led_lost(actuators, led, code);
	note(actuators, &led->base, code, &before);
}

void actuators_motor_failed(
	struct actuators *actuators, struct actuator_motor *motor, size_t chip, int code)
{
	struct hal_error before = motor->base.error;

	(void)actuator_motor_stop(motor);
	hal_error_set(&motor->base.error, code, "%s: %s",
		motor->places[actuators_motor_input_on(motor, chip)], hal_strerror(code));
	motor_lost(actuators, motor, code);
	note(actuators, &motor->base, code, &before);
}

static int led_drive(struct actuators *actuators, struct actuator_led *led, bool on, unsigned level)
{
	int r = led_ready(actuators, led, true);

	if (r == 0)
		r = actuator_led_write(led, on, level);
	if (r < 0)
		led_lost(actuators, led, r);
	return r;
}

int actuators_set_led(
	struct actuators *actuators, size_t index, bool on, unsigned level, struct hal_error *error)
{
	struct actuator_led *led = &actuators->leds[index];
	struct hal_error before = led->base.error;
	int r;

	actuators->now_us = clock_now_us();
	r = led_drive(actuators, led, on, level);
	/* It was away and may be back already: a part that lost its power answers, but must be set
	 * up anew. */
	if (r == -ENODEV)
		r = led_drive(actuators, led, on, level);
	if (r < 0)
		hal_error_set(error, r, "%s", led->base.error.text);
	return note(actuators, &led->base, r, &before);
}

static int motor_drive(struct actuators *actuators, struct actuator_motor *motor,
	enum motor_direction direction, unsigned speed)
{
	/* A stop does not wait for a part to be set up: the lines beside it can be written. */
	bool at_once = direction == MOTOR_STOP && motor->motor;
	int r = at_once ? 0 : motor_ready(actuators, motor, true);

	if (r == 0)
		r = actuator_motor_write(motor, direction, speed);
	if (r < 0)
		motor_lost(actuators, motor, r);
	return r;
}

int actuators_set_motor(struct actuators *actuators, size_t index, enum motor_direction direction,
	unsigned speed, struct hal_error *error)
{
	struct actuator_motor *motor = &actuators->motors[index];
	struct hal_error before = motor->base.error;
	int r;

	actuators->now_us = clock_now_us();
	r = motor_drive(actuators, motor, direction, speed);
	if (r == -ENODEV)
		r = motor_drive(actuators, motor, direction, speed);
	if (r < 0)
		hal_error_set(error, r, "%s", motor->base.error.text);
	return note(actuators, &motor->base, r, &before);
}

int actuators_stop_motor(struct actuators *actuators, struct actuator_motor *motor)
{
	struct hal_error before = motor->base.error;
	int r = actuator_motor_stop(motor);

	if (r < 0)
		motor_lost(actuators, motor, r);
	return note(actuators, &motor->base, r, &before);
}

bool actuators_running(const struct actuators *actuators)
{
	for (size_t i = 0; i < actuators->n_motors; i++)
		if (actuators->motors[i].motor && motor_running(actuators->motors[i].motor))
			return true;
	return false;
}

/* One motor's ramp, reversal, or stop that could not be written yet. Returns when it wants to be
 * called again. */
static uint64_t motor_step(struct actuators *actuators, struct actuator_motor *motor)
{
	struct hal_error before = motor->base.error;
	enum motor_direction direction = motor->direction;
	uint64_t next_us = UINT64_MAX;
	int r = actuator_motor_poll(motor, actuators->now_us, &next_us);

	/* A failure that is known already is retried by its own back-off. */
	if (r < 0 && motor->base.ok) {
		motor_lost(actuators, motor, r);
		note(actuators, &motor->base, r, &before);
	} else if (motor->direction != direction) {
		actuators_tell_state(actuators);
	}
	return motor->motor ? next_us : UINT64_MAX;
}

static uint64_t earlier(uint64_t a_us, uint64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

uint64_t actuators_poll(struct actuators *actuators, uint64_t now_us)
{
	uint64_t next_us = UINT64_MAX;
	bool retried = false; /* at most one a call: each may block for a transfer's time */

	actuators->now_us = now_us;
	for (size_t i = 0; i < actuators->n_motors; i++) {
		struct actuator_motor *motor = &actuators->motors[i];

		if (!motor->base.ok && !retried && retry_is_due(&motor->base.retry, now_us)) {
			actuators_try_motor(actuators, motor);
			retried = true;
		}
		if (motor->motor)
			next_us = earlier(next_us, motor_step(actuators, motor));
		if (!motor->base.ok)
			next_us = earlier(next_us, motor->base.retry.due_us);
	}
	for (size_t i = 0; i < actuators->n_leds && actuators_led_wanted(actuators); i++) {
		struct actuator_led *led = &actuators->leds[i];

		if (!led->led && !retried && retry_is_due(&led->base.retry, now_us)) {
			led_try_open(actuators, led);
			retried = true;
		}
		if (!led->led)
			next_us = earlier(next_us, led->base.retry.due_us);
	}
	return earlier(next_us, actuators_watch(actuators));
}

struct actuators *actuators_free(struct actuators *actuators)
{
	if (!actuators)
		return NULL;
	if (actuators->parts)
		actuators_safe(actuators);
	for (size_t i = 0; i < actuators->n_motors; i++)
		actuator_motor_close(&actuators->motors[i]);
	for (size_t i = 0; i < actuators->n_leds; i++)
		actuator_led_close(&actuators->leds[i]);
	soft_pwm_free(actuators->soft);
	pwm_parts_free(actuators->parts);
	free(actuators->leds);
	free(actuators->motors);
	free(actuators);
	return NULL;
}
