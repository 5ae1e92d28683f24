/* SPDX-License-Identifier: MIT */
/* The motor as a kind of output: the bridge that its ports form, and the words of its actions. */
#include "motor.h"
#include "output_kind.h"

#include <stdlib.h>

/* The ports are the inputs of the bridge, in their order. */
static const struct output_port PORTS[] = {
	[HBRIDGE_FORWARD] = {"forward", PORT_MAY_BE_LINE | PORT_MAY_BE_PWM, true},
	[HBRIDGE_BACKWARD] = {"backward", PORT_MAY_BE_LINE | PORT_MAY_BE_PWM, true},
	[HBRIDGE_PHASE] = {"phase", PORT_MAY_BE_LINE | PORT_MAY_BE_PWM, true},
	[HBRIDGE_ENABLE] = {"enable", PORT_MAY_BE_LINE | PORT_MAY_BE_PWM, true},
};

enum { STOP_MODE, RAMP, REVERSE_PAUSE, MIN_DUTY, N_PARAMS };

static const char *const STOP_MODES[] = {[MOTOR_COAST] = "coast", [MOTOR_BRAKE] = "brake", NULL};

static const struct driver_param PARAMS[] = {
	[STOP_MODE] = {.key = "stop",
		.type = DRIVER_PARAM_WORD,
		.default_value = MOTOR_COAST,
		.words = STOP_MODES,
		.help = "what a stop does"},
	[RAMP] = {.key = "ramp",
		.type = DRIVER_PARAM_DURATION,
		.max = 60e6,
		.help = "from stop to full speed"},
	[REVERSE_PAUSE] = {.key = "reverse_pause",
		.type = DRIVER_PARAM_DURATION,
		.max = 60e6,
		.default_value = 100e3,
		.help = "the rest between the directions"},
	[MIN_DUTY] = {.key = "min_duty",
		.type = DRIVER_PARAM_PERCENT,
		.max = 0.9,
		.help = "the duty below which it does not turn"},
};

enum { DIRECTION, SPEED, ON, PERCENT, LAST_DIRECTION };

/* The names of the directions in an action. */
static const char *const DIRECTIONS[] = {"forward", "backward", "stop", NULL};
static const enum motor_direction DIRECTION_OF[] = {MOTOR_FORWARD, MOTOR_BACKWARD, MOTOR_STOP};
enum { WORD_FORWARD, WORD_BACKWARD, WORD_STOP };

static const struct output_key KEYS[] = {
	[DIRECTION] = {.name = "direction",
		.type = OUTPUT_KEY_CHOICE,
		.choices = DIRECTIONS,
		.initial = WORD_STOP,
		.has_stop = true,
		.stop = WORD_STOP},
	[SPEED] = {.name = "speed",
		.type = OUTPUT_KEY_NUMBER,
		.min = MOTOR_SPEED_MIN,
		.max = MOTOR_SPEED_MAX,
		.initial = MOTOR_SPEED_MAX,
		.has_stop = true,
		.stop = 0},
	[ON] = {.name = "on",
		.type = OUTPUT_KEY_BOOL,
		.has_stop = true,
		.resumes = true,
		.yields_to_names = true},
	[PERCENT] = {.name = "percent",
		.type = OUTPUT_KEY_NUMBER,
		.max = MOTOR_FINE_MAX,
		.decimals = 1,
		.per_coarse = MOTOR_FINE_PER_SPEED,
		.coarse = SPEED,
		.initial = MOTOR_FINE_MAX,
		.has_stop = true,
		.yields_to_names = true},
	[LAST_DIRECTION] = {.name = "last_direction",
		.type = OUTPUT_KEY_CHOICE,
		.choices = DIRECTIONS,
		.initial = WORD_FORWARD,
		.is_hidden = true,
		.remembers = DIRECTION},
};

#define STOPPED                                                                                    \
	{                                                                                          \
		.given = 1U << DIRECTION, .numbers = { [DIRECTION] = WORD_STOP }                   \
	}

static const struct output_failsafe FAILSAFE[] = {
	{.word = "stop", .away = STOPPED, .end = STOPPED},
	{.word = "keep", .end = STOPPED},
};

static const char *const LIMITED[] = {"forward", "backward", NULL};
_Static_assert(WORD_FORWARD == 0 && WORD_BACKWARD == 1, "in the order of LIMITED");

/* --- the map --- */

/* Gives software PWM to the lines that set the speed: enable, or without it forward and backward.
 * */
static void apply_soft(struct output_draft *draft)
{
	enum port_type *ports = draft->ports;

	if (ports[HBRIDGE_ENABLE] == PORT_LINE) {
		ports[HBRIDGE_ENABLE] = PORT_SOFT_PWM;
	} else if (ports[HBRIDGE_ENABLE] == PORT_NONE && ports[HBRIDGE_FORWARD] == PORT_LINE &&
		ports[HBRIDGE_BACKWARD] == PORT_LINE) {
		ports[HBRIDGE_FORWARD] = PORT_SOFT_PWM;
		ports[HBRIDGE_BACKWARD] = PORT_SOFT_PWM;
	} else {
		draft->report(draft,
			&(struct output_mistake){.key = "pwm",
				.cure = "remove it",
				.words = "soft is for a line that sets the speed, and here is "
					 "none"});
	}
}

/* A transistor on the enable, and no bridge. */
static bool is_one_way(const enum port_type ports[])
{
	return ports[HBRIDGE_FORWARD] == PORT_NONE && ports[HBRIDGE_BACKWARD] == PORT_NONE &&
		ports[HBRIDGE_PHASE] == PORT_NONE && ports[HBRIDGE_ENABLE] != PORT_NONE;
}

static const char *motor_refuses(const enum port_type ports[], size_t key, int number)
{
	return key == DIRECTION && number == WORD_BACKWARD && is_one_way(ports)
		? "this motor turns one way: \"forward\" or \"stop\""
		: NULL;
}

static unsigned motor_can_move(const enum port_type ports[])
{
	return is_one_way(ports) ? 1U << WORD_FORWARD : 1U << WORD_FORWARD | 1U << WORD_BACKWARD;
}

static unsigned motor_moves_to(const struct output_values *values)
{
	int direction = values->numbers[DIRECTION];

	return direction == WORD_STOP ? 0 : 1U << direction;
}

static bool is_bridge(const enum port_type ports[])
{
	bool no_phase = ports[HBRIDGE_PHASE] == PORT_NONE;

	if (is_one_way(ports))
		return true;

	if (ports[HBRIDGE_FORWARD] == PORT_LINE && ports[HBRIDGE_BACKWARD] == PORT_LINE)
		return no_phase;
	if (port_type_has_duty(ports[HBRIDGE_FORWARD]) &&
		port_type_has_duty(ports[HBRIDGE_BACKWARD]))
		return no_phase && ports[HBRIDGE_ENABLE] == PORT_NONE;
	return ports[HBRIDGE_FORWARD] == PORT_NONE && ports[HBRIDGE_BACKWARD] == PORT_NONE &&
		ports[HBRIDGE_PHASE] == PORT_LINE && ports[HBRIDGE_ENABLE] != PORT_NONE;
}

/* If coast is written in the map, somebody relies on it. */
static void check_stop(struct output_draft *draft)
{
	static const struct output_mistake COAST = {.key = "stop",
		.is_value = true,
		.cure = "stop: brake is what it does",
		.words = "a bridge with phase and enable cannot coast"};

	if (draft->ports[HBRIDGE_PHASE] != PORT_NONE && draft->gives(draft, "stop") &&
		(int)draft->params[STOP_MODE] == MOTOR_COAST)
		draft->report(draft, &COAST);
}

/* Reports keys that need a bridge. */
static void check_one_way(struct output_draft *draft)
{
	static const struct output_mistake BRAKE = {.key = "stop",
		.is_value = true,
		.cure = "remove it",
		.words = "with enable alone there is nothing to brake with"};
	static const struct output_mistake PAUSE = {.key = "reverse_pause",
		.cure = "remove it",
		.words = "with enable alone the motor turns one way"};

	if (!is_one_way(draft->ports))
		return;
	if ((int)draft->params[STOP_MODE] == MOTOR_BRAKE)
		draft->report(draft, &BRAKE);
	if (draft->gives(draft, PAUSE.key))
		draft->report(draft, &PAUSE);
}

static void check_speed(struct output_draft *draft)
{
	static const char *const KEYS_OF_SPEED[] = {"min_duty", "ramp", "frequency", NULL};
	static const struct output_mistake PLAIN = {
		.cure = "add pwm: soft, or a PWM output as enable",
		.words = "with plain lines the motor has no speed but the full one"};

	for (size_t i = 0; i < HBRIDGE_N_INPUTS; i++) {
		if (port_type_has_duty(draft->ports[i]))
			return;
	}
	output_refuse_keys(draft, KEYS_OF_SPEED, &PLAIN);
}

/* If a port has a mistake of its own, there is nothing to add. */
static bool check_motor(struct output_draft *draft)
{
	static const struct output_mistake NO_BRIDGE = {
		.cure = "there are: forward and backward lines, with or without enable; forward "
			"and backward PWM outputs; a phase line with enable; enable alone for one "
			"direction",
		.words = "these outputs make no H-bridge"};

	if (draft->is_mistaken)
		return false;
	for (size_t i = 0; i < HBRIDGE_N_INPUTS; i++) {
		if (draft->ports[i] == PORT_NONE && draft->gives(draft, PORTS[i].key))
			return false;
	}
	/* Before pwm: soft is applied, which would make another valid bridge of the same lines. */
	if (!is_bridge(draft->ports)) {
		draft->report(draft, &NO_BRIDGE);
		return false;
	}
	if (draft->is_soft)
		apply_soft(draft);
	check_stop(draft);
	check_one_way(draft);
	check_speed(draft);
	return true;
}

/*
 * A bridge runs when enable is on (or there is none) and forward and backward differ; with phase,
 * whenever enable is on, and so with enable alone. Ports that are not lines of the header are off:
 * outputs of PWM parts and of the SoC's PWM are, at power-on.
 */
static int active_at_power_on(const enum port_type types[], const enum output_level levels[])
{
	bool forward = levels[HBRIDGE_FORWARD] == OUTPUT_LEVEL_ON;
	bool backward = levels[HBRIDGE_BACKWARD] == OUTPUT_LEVEL_ON;
	bool enable = levels[HBRIDGE_ENABLE] == OUTPUT_LEVEL_ON;

	if (types[HBRIDGE_PHASE] != PORT_NONE || is_one_way(types))
		return enable ? HBRIDGE_ENABLE : -1;
	if ((types[HBRIDGE_ENABLE] != PORT_NONE && !enable) || forward == backward)
		return -1;
	return forward ? HBRIDGE_FORWARD : HBRIDGE_BACKWARD;
}

/* --- driving --- */

static int open_motor(const struct output_wire wires[], const double *params, void **ret_output)
{
	const struct hbridge_outputs outputs = {
		.forward_line = wires[HBRIDGE_FORWARD].line,
		.backward_line = wires[HBRIDGE_BACKWARD].line,
		.phase_line = wires[HBRIDGE_PHASE].line,
		.forward_pwm = wires[HBRIDGE_FORWARD].pwm,
		.backward_pwm = wires[HBRIDGE_BACKWARD].pwm,
		.phase_pwm = wires[HBRIDGE_PHASE].pwm,
		.enable_pwm = wires[HBRIDGE_ENABLE].pwm,
		.enable_line = wires[HBRIDGE_ENABLE].line,
	};
	const struct motor_settings settings = {
		.stop_mode = (enum motor_stop_mode)params[STOP_MODE],
		.min_duty = params[MIN_DUTY],
		.ramp_us = (uint32_t)params[RAMP],
		.reverse_pause_us = (uint32_t)params[REVERSE_PAUSE],
	};
	struct motor *motor;
	int r;

	r = motor_new(&outputs, &settings, &motor);
	if (r == 0)
		*ret_output = motor;
	return r;
}

static int apply_motor(void *output, const struct output_values *values, uint64_t now_us)
{
	return motor_set(output, DIRECTION_OF[values->numbers[DIRECTION]],
		(unsigned)values->numbers[PERCENT], now_us);
}

static int poll_motor(void *output, uint64_t now_us, uint64_t *ret_next_us)
{
	return motor_poll(output, now_us, ret_next_us);
}

static bool motor_is_running(const void *output)
{
	return motor_running(output);
}

static void observe_motor(const void *output, struct output_values *values)
{
	static const int WORDS[] = {[MOTOR_STOP] = WORD_STOP,
		[MOTOR_FORWARD] = WORD_FORWARD,
		[MOTOR_BACKWARD] = WORD_BACKWARD};

	output_values_set(values, DIRECTION, WORDS[motor_driven(output)]);
}

static size_t motor_failed_port(const void *output)
{
	return motor_failed_input(output);
}

static int safe_motor(void *output)
{
	return motor_safe(output);
}

static void close_motor(void *output)
{
	(void)motor_close(output);
}

const struct output_kind output_motor = {
	.word = "motor",
	.section = "motors",
	.article = "a",
	.noun = "motor",
	.nouns = "motors",
	.nature = "motor",
	.example = "{forward: GPIO5, backward: GPIO6, enable: GPIO13}",
	.action = "{\"direction\":\"forward\",\"speed\":5}",
	.max = 16,
	.is_counted = true,
	.moves = true,
	.is_plain = true,
	.ports = PORTS,
	.n_ports = sizeof(PORTS) / sizeof(PORTS[0]),
	.params = PARAMS,
	.n_params = N_PARAMS,
	.keys = KEYS,
	.n_keys = sizeof(KEYS) / sizeof(KEYS[0]),
	.rest = STOPPED,
	.failsafe = FAILSAFE,
	.n_failsafe = sizeof(FAILSAFE) / sizeof(FAILSAFE[0]),
	.is_failsafe_shared = true,
	.check = check_motor,
	.active_at_power_on = active_at_power_on,
	.directions = LIMITED,
	.can_move = motor_can_move,
	.moves_to = motor_moves_to,
	.refuses = motor_refuses,
	.open = open_motor,
	.apply = apply_motor,
	.poll = poll_motor,
	.is_running = motor_is_running,
	.observe = observe_motor,
	.failed_port = motor_failed_port,
	.safe = safe_motor,
	.close = close_motor,
};
