/* SPDX-License-Identifier: MIT */
#include "output.h"
#include "clock.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

void output_led_init(struct output_led *led, const struct config_led *config)
{
	*led = (struct output_led){.config = config, .level = LED_LEVEL_MAX, .base.ok = true};
	snprintf(led->base.object, sizeof(led->base.object), "led.%s", config->name);
}

void output_motor_init(struct output_motor *motor, const struct config_motor *config)
{
	*motor = (struct output_motor){
		.config = config,
		.direction = MOTOR_STOP,
		.speed = MOTOR_SPEED_MAX,
		.base.ok = true,
	};
	snprintf(motor->base.object, sizeof(motor->base.object), "motor.%s", config->name);
}

static void consumer_name(const struct output *base, char *out, size_t out_bytes)
{
	snprintf(out, out_bytes, "tosd %s", base->object);
}

int output_led_open(struct output_led *led, const struct port_source *source)
{
	char consumer[96];
	struct port_use use = {.consumer = consumer, .active_low = led->config->active_low};
	struct port output;
	int r;

	consumer_name(&led->base, consumer, sizeof(consumer));
	r = port_open(source, &led->config->port, &use, &led->base.error, &output);
	if (r < 0)
		return r;
	snprintf(led->place, sizeof(led->place), "%s", output.place);
	r = led_new(output.line, output.pwm, &led->config->settings, &led->led);
	if (r < 0)
		return hal_error_set(&led->base.error, r, "%s", hal_strerror(r));
	return 0;
}

const struct config_port *output_motor_input(
	const struct output_motor *motor, enum hbridge_input input)
{
	const struct config_port *const configs[HBRIDGE_N_INPUTS] = {
		[HBRIDGE_FORWARD] = &motor->config->forward,
		[HBRIDGE_BACKWARD] = &motor->config->backward,
		[HBRIDGE_PHASE] = &motor->config->phase,
		[HBRIDGE_ENABLE] = &motor->config->enable,
	};

	return configs[input];
}

/* One input of the bridge: opened, and its place noted. */
static int open_input(struct output_motor *motor, const struct port_source *source,
	enum hbridge_input input, struct port *ret_output)
{
	char consumer[96];
	struct port_use use = {.consumer = consumer, .active_low = motor->config->active_low};
	int r;

	consumer_name(&motor->base, consumer, sizeof(consumer));
	r = port_open(
		source, output_motor_input(motor, input), &use, &motor->base.error, ret_output);
	if (r == 0)
		snprintf(motor->places[input], sizeof(motor->places[input]), "%s",
			ret_output->place);
	return r;
}

int output_motor_open(struct output_motor *motor, const struct port_source *source)
{
	struct port inputs[HBRIDGE_N_INPUTS] = {0};
	int r = 0;

	for (unsigned i = 0; i < HBRIDGE_N_INPUTS && r == 0; i++)
		r = open_input(motor, source, (enum hbridge_input)i, &inputs[i]);
	if (r < 0) {
		for (size_t i = 0; i < HBRIDGE_N_INPUTS; i++) {
			gpio_line_close(inputs[i].line);
			pwm_close(inputs[i].pwm);
		}
		return r;
	}
	struct motor_outputs outputs = {
		.forward_line = inputs[HBRIDGE_FORWARD].line,
		.backward_line = inputs[HBRIDGE_BACKWARD].line,
		.phase_line = inputs[HBRIDGE_PHASE].line,
		.forward_pwm = inputs[HBRIDGE_FORWARD].pwm,
		.backward_pwm = inputs[HBRIDGE_BACKWARD].pwm,
		.enable_pwm = inputs[HBRIDGE_ENABLE].pwm,
		.enable_line = inputs[HBRIDGE_ENABLE].line,
	};

	r = motor_new(&outputs, &motor->config->settings, &motor->motor);
	if (r < 0)
		return hal_error_set(&motor->base.error, r, "%s", hal_strerror(r));
	return 0;
}

int output_led_write(struct output_led *led, bool on, unsigned level)
{
	int r = led_set(led->led, on, level);

	if (r < 0)
		return hal_error_set(&led->base.error, r, "%s: %s", led->place, hal_strerror(r));
	led->on = on;
	led->level = level;
	return 0;
}

int output_led_restore(struct output_led *led)
{
	return output_led_write(led, led->on, led->level);
}

/* The words for a write that failed, and what is left of the motor's motion. */
static int motor_failed(struct output_motor *motor, int code)
{
	motor->direction = motor_driven(motor->motor);
	return hal_error_set(&motor->base.error, code, "%s: %s",
		motor->places[motor_failed_input(motor->motor)], hal_strerror(code));
}

int output_motor_write(struct output_motor *motor, enum motor_direction direction, unsigned speed)
{
	int r = motor_set(motor->motor, direction, speed, clock_now_us());

	if (r < 0)
		return motor_failed(motor, r);
	motor->direction = direction;
	motor->speed = speed;
	return 0;
}

int output_motor_stop(struct output_motor *motor)
{
	int r = motor_safe(motor->motor);

	if (r < 0)
		return motor_failed(motor, r);
	motor->direction = MOTOR_STOP;
	return 0;
}

int output_motor_poll(struct output_motor *motor, uint64_t now_us, uint64_t *ret_next_us)
{
	int r = motor_poll(motor->motor, now_us, ret_next_us);

	if (r < 0)
		return motor_failed(motor, r);
	if (!motor_running(motor->motor))
		motor->direction = motor_driven(motor->motor);
	return 0;
}

void output_led_close(struct output_led *led)
{
	led->led = led_close(led->led, false);
}

void output_motor_close(struct output_motor *motor)
{
	motor->motor = motor_close(motor->motor);
	motor->direction = MOTOR_STOP;
}
