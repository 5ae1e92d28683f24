/* SPDX-License-Identifier: MIT */
/*
 * A hobby servo: a pulse of 0.5 to 2.5 ms, repeated every 10 to 25 ms, tells it the angle. The
 * servo holds the angle as long as the pulses come. Without them it lets go, which is its rest.
 *
 * Source: Futaba's and Hitec's analog servos: 1.5 ms is the middle, 50 Hz the usual rate. The ends
 * differ from servo to servo, so the map gives them. One that is mounted the other way round has
 * the longer pulse at its least angle.
 */
#include "output_kind.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	RETRY_MIN_US = 20000,
	RETRY_MAX_US = 1280000, /* a try may block for a bus timeout, so leave the loop some time */
	TENTHS = 10,            /* the angle's decimals */
	SHORTEST_US = 100,      /* pulse */
	LONGEST_US = 3000,
};

#define USUAL_HZ         50.0
/* A little beyond 40 and 100 Hz, for parts that only have steps of their own. */
#define LOWEST_HZ        39.5
#define HIGHEST_HZ       100.5
/* A larger step would be visible. */
#define COARSEST_DEGREES 2.0

enum { PULSE_FROM, PULSE_TO, ANGLE_FROM, ANGLE_TO, RELEASE, N_PARAMS };

struct servo {
	struct pwm_output *pwm;
	double params[N_PARAMS];
	bool holds;  /* it holds an angle, or is about to */
	bool pulses; /* there are pulses, as far as the writes tell */
	uint32_t retry_us;
	uint64_t next_us; /* when the pulses end, or when to repeat the write that ends them */
};

static const struct output_port PORTS[] = {{.may_be = PORT_MAY_BE_LINE | PORT_MAY_BE_PWM}};

static const struct driver_param PARAMS[N_PARAMS] = {
	[PULSE_FROM] = {.key = "pulse",
		.type = DRIVER_PARAM_DURATION,
		.min = SHORTEST_US,
		.max = LONGEST_US,
		.default_value = 500,
		.help = "the pulses at the two ends"},
	[PULSE_TO] = {.key = "pulse",
		.type = DRIVER_PARAM_DURATION,
		.min = SHORTEST_US,
		.max = LONGEST_US,
		.default_value = 2400,
		.help = "the pulse at the greatest angle",
		.is_second = true,
		.may_fall = true},
	[ANGLE_FROM] = {.key = "angle",
		.type = DRIVER_PARAM_NUMBER,
		.min = -360,
		.max = 179,
		.help = "the angles at the two ends"},
	[ANGLE_TO] = {.key = "angle",
		.type = DRIVER_PARAM_NUMBER,
		.min = 1,
		.max = 360,
		.default_value = 180,
		.help = "the greatest angle",
		.is_second = true},
	[RELEASE] = {.key = "release",
		.type = DRIVER_PARAM_DURATION,
		.max = 60e6,
		.help = "how long the pulses come after a move; 0: for ever"},
};

enum { ON, ANGLE };

static const struct output_key KEYS[] = {
	[ON] = {.name = "on",
		.type = OUTPUT_KEY_BOOL,
		.is_implied = true,
		.implied = 1,
		.has_stop = true},
	[ANGLE] = {.name = "angle",
		.type = OUTPUT_KEY_NUMBER,
		.decimals = 1,
		.unit = "deg",
		.min = -360 * TENTHS,
		.max = 360 * TENTHS,
		.initial = 90 * TENTHS,
		.is_goal = true},
};

#define WITHOUT_PULSE                                                                              \
	{                                                                                          \
		.given = 1U << ON, .numbers = { [ON] = 0 }                                         \
	}

static const struct output_failsafe FAILSAFE[] = {
	{.word = "off", .away = WITHOUT_PULSE, .end = WITHOUT_PULSE},
	{.word = "keep", .end = WITHOUT_PULSE},
};

static void narrow_servo(const double *params, size_t key, struct output_range *range)
{
	if (key != ANGLE)
		return;
	range->min = (int)lround(TENTHS * params[ANGLE_FROM]);
	range->max = (int)lround(TENTHS * params[ANGLE_TO]);
}

/* --- the map --- */

static bool check_servo(struct output_draft *draft)
{
	static const struct output_mistake PLAIN = {.key = "line",
		.cure = "add pwm: soft",
		.words = "a plain line is on or off, and a servo needs pulses"};
	bool is_plain = draft->ports[0] == PORT_LINE && !draft->gives(draft, "pwm");

	if (is_plain)
		draft->report(draft, &PLAIN);
	return !is_plain;
}

static void check_servo_pwm(struct output_draft *draft)
{
	const double *params = draft->params;
	double period_us = draft->periods_ns[0] / 1e3;
	double hz = 1e6 / period_us;
	double degrees_of_step = (params[ANGLE_TO] - params[ANGLE_FROM]) * period_us /
		(fabs(params[PULSE_TO] - params[PULSE_FROM]) * draft->steps[0]);
	bool is_shared = draft->ports[0] == PORT_CHIP_PWM;
	char words[96];
	struct output_mistake mistake = {.key = is_shared ? "pwm" : "frequency",
		.is_value = true,
		.cure = is_shared ? "frequency: 50Hz in chips, for all outputs of the part"
				  : "frequency: 50Hz is what most take",
		.words = words};

	if (draft->periods_ns[0] == 0)
		return; /* of a part that has a mistake, which is told there */
	if (hz < LOWEST_HZ || hz > HIGHEST_HZ) {
		(void)snprintf(words, sizeof(words),
			"a servo takes 40 to 100 pulses a second, not %.0f", hz);
		draft->report(draft, &mistake);
		return;
	}
	mistake.key = "pwm";
	mistake.cure = "a PWM part or the kernel's PWM is finer; so is a higher frequency";
	(void)snprintf(words, sizeof(words), "its steps would be %.1f degrees", degrees_of_step);
	if (degrees_of_step > COARSEST_DEGREES)
		draft->report(draft, &mistake);
}

/* --- driving --- */

static int open_servo(const struct output_wire wires[], const double *params, void **ret_output)
{
	struct servo *servo = calloc(1, sizeof(*servo));
	/* Written so that NaN does not pass. */
	bool is_valid = wires[0].pwm && !wires[0].line &&
		fabs(params[PULSE_TO] - params[PULSE_FROM]) > 0 &&
		params[ANGLE_FROM] < params[ANGLE_TO] && params[RELEASE] >= 0;

	if (!servo || !is_valid) {
		free(servo);
		gpio_line_close(wires[0].line);
		pwm_close(wires[0].pwm);
		return is_valid ? -ENOMEM : -EINVAL;
	}
	servo->pwm = wires[0].pwm;
	for (size_t i = 0; i < N_PARAMS; i++)
		servo->params[i] = params[i];
	servo->retry_us = RETRY_MIN_US;
	servo->next_us = UINT64_MAX;
	*ret_output = servo;
	return 0;
}

/* Ends the pulses. If that fails, poll_servo() repeats the write. */
static int let_go(struct servo *servo, uint64_t now_us)
{
	int r = pwm_set(servo->pwm, 0);

	servo->holds = false;
	if (r < 0) {
		servo->next_us = now_us + servo->retry_us;
		if (servo->retry_us < RETRY_MAX_US)
			servo->retry_us *= 2;
		return r;
	}
	servo->pulses = false;
	servo->next_us = UINT64_MAX;
	servo->retry_us = RETRY_MIN_US;
	return 0;
}

/* The pulse in steps of the PWM; 0: it does not fit into its period. */
static uint32_t pulse_of(const struct servo *servo, double angle)
{
	const double *params = servo->params;
	double share = (angle - params[ANGLE_FROM]) / (params[ANGLE_TO] - params[ANGLE_FROM]);
	double pulse_ns =
		1e3 * (params[PULSE_FROM] + share * (params[PULSE_TO] - params[PULSE_FROM]));
	double period_ns = servo->pwm->period_ns;

	if (!(pulse_ns > 0 && pulse_ns < period_ns))
		return 0;
	return (uint32_t)lround(pulse_ns / period_ns * servo->pwm->steps);
}

static int apply_servo(void *output, const struct output_values *values, uint64_t now_us)
{
	struct servo *servo = output;
	uint32_t steps = pulse_of(servo, values->numbers[ANGLE] / (double)TENTHS);
	int r;

	if (!values->numbers[ON])
		return let_go(servo, now_us);
	if (steps == 0)
		return -EINVAL;
	servo->pulses = true;
	r = pwm_set_soon(servo->pwm, steps);
	if (r < 0) {
		(void)let_go(servo, now_us);
		return r;
	}
	servo->holds = true;
	servo->retry_us = RETRY_MIN_US;
	servo->next_us = UINT64_MAX;
	if (servo->params[RELEASE] > 0)
		servo->next_us = now_us + (uint64_t)servo->params[RELEASE];
	return 0;
}

static int poll_servo(void *output, uint64_t now_us, uint64_t *ret_next_us)
{
	struct servo *servo = output;
	int r = 0;

	if (now_us >= servo->next_us && servo->next_us != UINT64_MAX)
		r = let_go(servo, now_us);
	*ret_next_us = servo->next_us;
	return r;
}

static bool servo_is_running(const void *output)
{
	return ((const struct servo *)output)->holds;
}

static void observe_servo(const void *output, struct output_values *values)
{
	output_values_set(values, ON, ((const struct servo *)output)->pulses);
}

static int safe_servo(void *output)
{
	return let_go(output, 0);
}

static void close_servo(void *output)
{
	struct servo *servo = output;

	if (!servo)
		return;
	(void)let_go(servo, 0);
	pwm_close(servo->pwm);
	free(servo);
}

const struct output_kind output_servo = {
	.word = "servo",
	.section = "servos",
	.article = "a",
	.noun = "servo",
	.nouns = "servos",
	.nature = "number",
	.example = "{name: flap, pwm: arms.5}",
	.action = "{\"angle\":45}",
	.max = 32,
	.moves = true,
	.ends = true,
	.ports = PORTS,
	.n_ports = sizeof(PORTS) / sizeof(PORTS[0]),
	.pwm_hz = USUAL_HZ,
	.params = PARAMS,
	.n_params = N_PARAMS,
	.keys = KEYS,
	.n_keys = sizeof(KEYS) / sizeof(KEYS[0]),
	.rest = WITHOUT_PULSE,
	.failsafe = FAILSAFE,
	.n_failsafe = sizeof(FAILSAFE) / sizeof(FAILSAFE[0]),
	.check = check_servo,
	.check_pwm = check_servo_pwm,
	.narrow = narrow_servo,
	.open = open_servo,
	.apply = apply_servo,
	.poll = poll_servo,
	.is_running = servo_is_running,
	.observe = observe_servo,
	.safe = safe_servo,
	.close = close_servo,
};
