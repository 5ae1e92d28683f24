/* SPDX-License-Identifier: MIT */
/* The section motors: which bridge the outputs make is decided here, see motor.h for the kinds. */
#include "config_port.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SECOND 1e6 /* in the base unit of durations, us */

#define EXAMPLE "{forward: GPIO5, backward: GPIO6, enable: GPIO13}"

/* What a motor's keys are read into; what is not the config's own is used up by the checks. */
struct draft {
	struct config_motor motor;
	bool soft;
	double frequency_hz;
};

static int read_output(struct schema *schema, const struct yaml_node *node, void *field);

static const struct schema_choice pwm_kinds[] = {{"soft", true}, {0}};
static const struct schema_choice stop_modes[] = {
	{"coast", MOTOR_COAST}, {"brake", MOTOR_BRAKE}, {0}};

#define OUTPUT_FIELD(name)                                                                         \
	.key = #name, .type = SCHEMA_CUSTOM, .offset = offsetof(struct draft, motor.name),         \
	.read = read_output

static const struct schema_option motor_options[] = {
	{.key = "name", SCHEMA_FIELD(struct draft, motor.name), .type = SCHEMA_NAME},
	{OUTPUT_FIELD(forward)},
	{OUTPUT_FIELD(backward)},
	{OUTPUT_FIELD(phase)},
	{OUTPUT_FIELD(enable)},
	{.key = "pwm", SCHEMA_FIELD(struct draft, soft), .type = SCHEMA_ENUM, .choices = pwm_kinds},
	{.key = "active_low",
		SCHEMA_FIELD(struct draft, motor.active_low),
		.type = SCHEMA_BOOL,
		.initial = "false"},
	{.key = "stop",
		SCHEMA_FIELD(struct draft, motor.settings.stop_mode),
		.type = SCHEMA_ENUM,
		.choices = stop_modes,
		.initial = "coast"},
	{.key = "ramp",
		SCHEMA_FIELD(struct draft, motor.settings.ramp_us),
		.type = SCHEMA_DURATION,
		.min = 0,
		.max = 60 * SECOND,
		.initial = "0s"},
	{.key = "reverse_pause",
		SCHEMA_FIELD(struct draft, motor.settings.reverse_pause_us),
		.type = SCHEMA_DURATION,
		.min = 0,
		.max = 60 * SECOND,
		.initial = "100ms"},
	{.key = "min_duty",
		SCHEMA_FIELD(struct draft, motor.settings.min_duty),
		.type = SCHEMA_PERCENT,
		.min = 0,
		.max = 0.9,
		.initial = "0%"},
	{.key = "frequency",
		SCHEMA_FIELD(struct draft, frequency_hz),
		.type = SCHEMA_FREQUENCY,
		.min = CONFIG_PWM_MIN_HZ,
		.max = CONFIG_PWM_MAX_HZ},
	{0},
};

static const char *const output_keys[] = {"forward", "backward", "phase", "enable"};

enum { N_OUTPUTS = sizeof(output_keys) / sizeof(output_keys[0]) };

static int read_output(struct schema *schema, const struct yaml_node *node, void *field)
{
	return config_read_port(schema, node, field);
}

static void outputs_of(struct config_motor *motor, struct config_port *ret_outputs[N_OUTPUTS])
{
	ret_outputs[0] = &motor->forward;
	ret_outputs[1] = &motor->backward;
	ret_outputs[2] = &motor->phase;
	ret_outputs[3] = &motor->enable;
}

static bool is_line(const struct config_port *port)
{
	return port->kind == CONFIG_PORT_LINE;
}

static bool is_none(const struct config_port *port)
{
	return port->kind == CONFIG_PORT_NONE;
}

/* Of the lines, those that set the speed get software PWM: enable, or else forward and backward. */
static void apply_soft(
	struct schema *schema, const struct yaml_node *node, struct config_motor *motor)
{
	if (is_line(&motor->enable)) {
		motor->enable.kind = CONFIG_PORT_SOFT_PWM;
	} else if (is_none(&motor->enable) && is_line(&motor->forward) &&
		is_line(&motor->backward)) {
		motor->forward.kind = CONFIG_PORT_SOFT_PWM;
		motor->backward.kind = CONFIG_PORT_SOFT_PWM;
	} else {
		diag_error(schema->diag, yaml_node_get(node, "pwm")->key_place, "remove it",
			"pwm: soft is for a line that sets the speed, and here is none");
	}
}

static bool is_bridge(const struct config_motor *motor)
{
	bool no_phase = is_none(&motor->phase);

	if (is_line(&motor->forward) && is_line(&motor->backward))
		return no_phase;
	if (config_port_has_duty(&motor->forward) && config_port_has_duty(&motor->backward))
		return no_phase && is_none(&motor->enable);
	return is_none(&motor->forward) && is_none(&motor->backward) && is_line(&motor->phase) &&
		!is_none(&motor->enable);
}

static void check_speed(
	struct schema *schema, const struct yaml_node *node, struct config_port *outputs[N_OUTPUTS])
{
	static const char *const keys[] = {"min_duty", "ramp", "frequency"};

	for (size_t i = 0; i < N_OUTPUTS; i++) {
		if (config_port_has_duty(outputs[i]))
			return;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct yaml_node *option = yaml_node_get(node, keys[i]);
		if (option)
			diag_error(schema->diag, option->key_place,
				"add pwm: soft, or a PWM output as enable",
				"%s: with plain lines the motor has no speed but the full one",
				keys[i]);
	}
}

/* Said, not left out: then somebody counts on it. */
static void check_stop(
	struct schema *schema, const struct yaml_node *node, const struct config_motor *motor)
{
	const struct yaml_node *stop = yaml_node_get(node, "stop");

	if (stop && !is_none(&motor->phase) && motor->settings.stop_mode == MOTOR_COAST)
		diag_error(schema->diag, stop->place, "stop: brake is what it does",
			"stop: a bridge with phase and enable cannot coast");
}

static void set_frequency(struct schema *schema, const struct yaml_node *node,
	const struct draft *draft, struct config_port *outputs[N_OUTPUTS])
{
	const struct yaml_node *frequency = yaml_node_get(node, "frequency");
	bool part = false, own = false;

	for (size_t i = 0; i < N_OUTPUTS; i++) {
		size_t before = diag_count(schema->diag);
		part = part || outputs[i]->kind == CONFIG_PORT_CHIP_PWM;
		own = own || outputs[i]->kind == CONFIG_PORT_SOC_PWM ||
			outputs[i]->kind == CONFIG_PORT_SOFT_PWM;
		config_set_frequency(schema, frequency, draft->frequency_hz, outputs[i]);
		if (diag_count(schema->diag) > before)
			return; /* once is enough */
	}
	if (frequency && part && !own)
		diag_error(schema->diag, frequency->key_place,
			"give it in chips, for all outputs of the part",
			"frequency: a PWM part has one for all its outputs");
}

/* Nothing to say when an port is a mistake by itself. */
static void check_outputs(struct schema *schema, const struct yaml_node *node, struct draft *draft)
{
	struct config_port *outputs[N_OUTPUTS];

	outputs_of(&draft->motor, outputs);
	for (size_t i = 0; i < N_OUTPUTS; i++) {
		if (yaml_node_get(node, output_keys[i]) && is_none(outputs[i]))
			return;
	}
	/* Before pwm: soft is applied, which makes another valid bridge of the same lines. */
	if (!is_bridge(&draft->motor)) {
		diag_error(schema->diag, node->place,
			"there are: forward and backward lines, with or without enable; forward "
			"and backward PWM outputs; a phase line with enable",
			"these outputs make no H-bridge");
		return;
	}
	if (draft->soft)
		apply_soft(schema, node, &draft->motor);
	check_stop(schema, node, &draft->motor);
	check_speed(schema, node, outputs);
	set_frequency(schema, node, draft, outputs);
}

/* An action addresses a motor by its name or index, in the place where the words stand that it
 * takes. */
static void check_name(struct schema *schema, const struct yaml_node *node)
{
	if (!node || node->kind != YAML_SCALAR || !*node->text)
		return;
	if (!node->text[strspn(node->text, "0123456789")])
		diag_error(schema->diag, node->place, NULL,
			"name: %.40s is a number, and numbers are for counting through the motors",
			node->text);
	if (strcmp(node->text, "direction") == 0 || strcmp(node->text, "speed") == 0)
		diag_error(schema->diag, node->place, NULL,
			"name: \"%s\" is a word of the motor actions", node->text);
}

static int read_motor(struct schema *schema, const struct yaml_node *node, struct draft *draft)
{
	size_t before = diag_count(schema->diag);

	int r = schema_read_map_like(schema, node, motor_options, "- " EXAMPLE, draft);
	if (r < 0 || node->kind != YAML_MAP)
		return r;
	check_name(schema, yaml_node_get(node, "name"));
	if (!draft->motor.name && asprintf(&draft->motor.name, "motor%zu", node->index) < 0) {
		draft->motor.name = NULL;
		return -ENOMEM;
	}
	if (diag_count(schema->diag) == before)
		check_outputs(schema, node, draft);
	return 0;
}

int config_read_motors(struct schema *schema, const struct yaml_node *node, void *field)
{
	static const struct config_section section = {
		YAML_LIST, sizeof(struct config_motor), CONFIG_MOTORS_MAX, "motors: [" EXAMPLE "]"};
	struct config *config = field;
	void *motors = NULL;

	int r = config_new_items(schema, node, &section, &motors, &config->n_motors);
	config->motors = motors;
	for (size_t i = 0; i < config->n_motors && r == 0; i++) {
		struct draft draft = {0};
		r = read_motor(schema, node->items[i], &draft);
		config->motors[i] = draft.motor; /* owned from here on, whatever r says */
	}
	return r;
}
