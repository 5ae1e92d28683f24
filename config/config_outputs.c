/* SPDX-License-Identifier: MIT */
/*
 * The sections of outputs: leds, motors and one for every other kind. The kind's struct output_kind
 * has its keys and checks; config_output.h has what all kinds share.
 */
#include "config_output.h"
#include "config_port.h"
#include "config_tables.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_OPTIONS = 5 }; /* the rows of init_table(), of which a kind may have all */

/* The options of a kind, and the words that the options refer to. */
struct table {
	struct schema_option options[CONFIG_PORT_OPTIONS + OUTPUT_PARAMS_MAX + CONFIG_RULE_OPTIONS +
		CONFIG_WIRING_OPTIONS + OWN_OPTIONS + 1];
	size_t n;
	struct config_words words[OUTPUT_PARAMS_MAX];
	struct config_rule_words rules;
};

static const struct schema_choice SOFT[] = {{"soft", true}, {0}};

/* --- the table --- */

static void add(struct table *table, struct schema_option option)
{
	table->options[table->n++] = option;
}

/* True if a line and a PWM output share one key, so that software PWM needs a key of its own. */
static bool has_soft_key(const struct output_kind *kind)
{
	for (size_t i = 0; i < kind->n_ports; i++)
		if (kind->ports[i].key && kind->ports[i].may_be & PORT_MAY_BE_LINE &&
			kind->ports[i].may_be & PORT_MAY_BE_PWM)
			return true;
	return false;
}

static bool has_pwm(const struct output_kind *kind)
{
	for (size_t i = 0; i < kind->n_ports; i++)
		if (kind->ports[i].may_be & PORT_MAY_BE_PWM)
			return true;
	return false;
}

_Static_assert(
	offsetof(struct config_reading, output) == 0, "an option of the output is one of both");

static void init_table(struct table *table, const struct output_kind *kind)
{
	static const struct schema_option NAME = {.key = "name",
		.help = "what actions and topics call it",
		SCHEMA_FIELD(struct config_reading, output.name),
		.type = SCHEMA_NAME};
	static const struct schema_option SOFT_PWM = {.key = "pwm",
		.help = "software: PWM on a GPIO line",
		SCHEMA_FIELD(struct config_reading, is_soft),
		.type = SCHEMA_ENUM,
		.choices = SOFT};
	static const struct schema_option ACTIVE_LOW = {.key = "active_low",
		.help = "whether the low level means on",
		SCHEMA_FIELD(struct config_reading, output.active_low),
		.type = SCHEMA_BOOL,
		.initial = "false"};
	static const struct schema_option TOPIC = {.key = "topic",
		.help = "whether its state is also published alone, as plain text",
		SCHEMA_FIELD(struct config_reading, output.topic),
		.type = SCHEMA_BOOL,
		.initial = "false"};
	static const struct schema_option FREQUENCY = {.key = "frequency",
		.help = "of the PWM",
		SCHEMA_FIELD(struct config_reading, frequency_hz),
		.type = SCHEMA_FREQUENCY,
		.min = CONFIG_PWM_MIN_HZ,
		.max = CONFIG_PWM_MAX_HZ};

	*table = (struct table){.n = 0};
	add(table, NAME);
	table->n += config_port_options(kind, &table->options[table->n]);
	if (has_soft_key(kind))
		add(table, SOFT_PWM);
	add(table, ACTIVE_LOW);
	for (size_t i = 0; i < CONFIG_WIRING_OPTIONS; i++)
		add(table, config_wiring_options[i]);
	table->n += config_output_param_options(kind, table->words, &table->options[table->n]);
	if (has_pwm(kind))
		add(table, FREQUENCY);
	table->n += config_rule_options(kind, &table->rules, &table->options[table->n]);
	add(table, TOPIC);
}

/* --- reading --- */

static int read_output(struct schema *schema, const struct yaml_node *node,
	const struct table *table, struct config_reading *reading)
{
	const struct output_kind *kind = reading->output.kind;
	size_t before = diag_count(schema->diag);
	char example[128];

	(void)snprintf(example, sizeof(example), "- %s", kind->example);
	config_param_defaults(kind->params, kind->n_params, reading->output.params);
	int r = schema_read_map_like(schema, node, table->options, example, reading);
	if (r < 0 || node->kind != YAML_MAP)
		return r;
	config_param_check(schema, node, kind->params, kind->n_params, reading->output.params);
	config_note_rules(node, &reading->output);
	config_check_goals(schema, node, &reading->output);
	if (!reading->output.name &&
		asprintf(&reading->output.name, "%s%zu", kind->word, node->index) < 0) {
		reading->output.name = NULL;
		return -ENOMEM;
	}
	config_check_output(schema, node, before, reading);
	return 0;
}

/* Makes room after the present outputs. */
static int make_room(struct config *config, size_t n)
{
	struct config_output *outputs =
		reallocarray(config->outputs, config->n_outputs + n, sizeof(*outputs));

	if (!outputs)
		return -ENOMEM;
	config->outputs = outputs;
	return 0;
}

int config_add_output(struct config *config, const struct config_output *output)
{
	struct config_outputs_of *of = &config->outputs_of[output_kind_index(output->kind)];
	int r = make_room(config, 1);

	if (r < 0)
		return r;
	if (of->n == 0)
		of->first = config->n_outputs;
	config->outputs[config->n_outputs] = *output;
	config->outputs[config->n_outputs++].index = of->n++;
	return 0;
}

static void check_total(
	struct schema *schema, const struct yaml_node *node, const struct config *config)
{
	if (config->n_outputs > CONFIG_OUTPUTS_MAX)
		diag_error(schema->diag, yaml_node_name_place(node), NULL,
			"%s: with these there are %zu outputs, and at most %d are allowed",
			node->key, config->n_outputs, CONFIG_OUTPUTS_MAX);
}

static int read_all(struct schema *schema, const struct yaml_node *node,
	const struct output_kind *kind, struct config *config)
{
	struct table table;
	int r = 0;

	init_table(&table, kind);
	for (size_t i = 0; i < node->n_items && r == 0; i++) {
		struct config_reading reading = {.output.kind = kind};
		int added;

		r = read_output(schema, node->items[i], &table, &reading);
		/* From here on the config owns it, whatever r is. */
		added = config_add_output(config, &reading.output);
		if (added < 0)
			config_free_output(&reading.output);
		r = r < 0 ? r : added;
	}
	if (r == 0)
		check_total(schema, node, config);
	return r;
}

int config_read_outputs(struct schema *schema, const struct yaml_node *node,
	const struct output_kind *kind, struct config *config)
{
	struct config_loader *loader = config_loader_of(schema);
	char example[128];
	int r = 0;

	(void)snprintf(example, sizeof(example), "%s: [%s]", kind->section, kind->example);
	if (!schema_expect_like(schema, node, YAML_LIST, example) || node->n_items == 0)
		return 0;
	if (node->n_items > kind->max)
		diag_error(schema->diag, yaml_node_name_place(node), NULL,
			"%s: there are %zu, and at most %zu are allowed", node->key, node->n_items,
			kind->max);
	loader->kind = kind;
	r = read_all(schema, node, kind, config);
	loader->kind = NULL;
	return r;
}

int config_read_output_section(struct schema *schema, const struct yaml_node *node, void *field)
{
	for (const struct output_kind *const *kind = output_kind_table; *kind; kind++)
		if (strcmp((*kind)->section, node->key) == 0)
			return config_read_outputs(schema, node, *kind, field);
	return 0;
}

void config_visit_output_options(const struct output_kind *kind, config_visit visit, void *context)
{
	struct table table;

	init_table(&table, kind);
	for (size_t i = 0; i < table.n; i++)
		visit(context, &table.options[i]);
}
