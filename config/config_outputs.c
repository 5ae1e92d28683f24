/* SPDX-License-Identifier: MIT */
/*
 * The sections of outputs: leds, motors and one for every other kind. The kind's struct output_kind
 * has its keys and checks; this file has what all kinds share.
 */
#include "config_param.h"
#include "config_port.h"
#include "config_tables.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Receives an output's keys. The fields beside the config's output are only used by the checks. */
struct reading {
	struct config_output output;
	bool is_soft;
	double frequency_hz;
};

/* The options of a kind, and the words that the options refer to. */
struct table {
	struct schema_option options[OUTPUT_PORTS_MAX + OUTPUT_PARAMS_MAX + CONFIG_RULE_OPTIONS +
		CONFIG_WIRING_OPTIONS + 7];
	size_t n;
	struct config_words words[OUTPUT_PARAMS_MAX];
	struct config_rule_words rules;
};

/* The kind reports a mistake in it. */
struct draft {
	struct output_draft draft;
	struct schema *schema;
	const struct yaml_node *node;
};

static const struct schema_choice SOFT[] = {{"soft", true}, {0}};

/* --- the ports --- */

static const struct output_kind *kind_of(struct schema *schema)
{
	return config_loader_of(schema)->kind;
}

/* The three ways to name the port of a kind that has one. */

static int read_line(struct schema *schema, const struct yaml_node *node, void *field)
{
	return config_read_line(schema, node, field);
}

/* Read after line, which pwm: soft needs. */
static int read_pwm(struct schema *schema, const struct yaml_node *node, void *field)
{
	const struct output_kind *kind = kind_of(schema);
	struct config_port *port = field;
	const struct yaml_node *line = yaml_node_get(node->parent, "line");
	bool soft = node->kind == YAML_SCALAR && strcmp(node->text, "soft") == 0;

	if (soft && !line)
		diag_error(schema->diag, node->place, NULL,
			"pwm: soft is software PWM on a line: name the line, too");
	else if (soft && port->type == PORT_LINE)
		port->type = PORT_SOFT_PWM;
	else if (line && !soft)
		diag_error(schema->diag, node->place, "for brightness on the line: pwm: soft",
			"%s %s is on a line or on a PWM output, not on both", kind->article,
			kind->noun);
	else if (!soft)
		return config_read_pwm(schema, node, port);
	return 0;
}

/* Read after line and pwm. */
static int read_kernel_led(struct schema *schema, const struct yaml_node *node, void *field)
{
	const struct output_kind *kind = kind_of(schema);

	if (!yaml_node_get(node->parent, "line") && !yaml_node_get(node->parent, "pwm"))
		return config_read_kernel_led(schema, node, field);
	diag_error(schema->diag, node->key_place, NULL,
		"%s %s is on a line, on a PWM output, or one of the kernel's, not on two of them",
		kind->article, kind->noun);
	return 0;
}

static const struct {
	unsigned may_be;
	const char *key, *example;
	int (*read)(struct schema *schema, const struct yaml_node *node, void *field);
	const char *help;
} WAYS[] = {
	{PORT_MAY_BE_LINE, "line", "for example line: GPIO17", read_line,
		"a GPIO line: GPIO17, or chip:offset"},
	{PORT_MAY_BE_PWM, "pwm", "for example pwm: pwmchip0.0", read_pwm,
		"a channel: pwmchip0.0 of the kernel, board.3 of a chip"},
	{PORT_MAY_BE_LED, "led", "for example led: ACT", read_kernel_led,
		"an LED of the kernel, as /sys/class/leds names it"},
};

/* Of a port with a name of its own. */
static const char *const PORT_HELP[] = {
	[PORT_MAY_BE_LINE] = "a GPIO line: GPIO17, or chip:offset",
	[PORT_MAY_BE_PWM] = "a channel: pwmchip0.0 of the kernel, board.3 of a chip",
	[PORT_MAY_BE_LINE | PORT_MAY_BE_PWM] = "a GPIO line, or a PWM channel: board.3",
};

enum { N_WAYS = sizeof(WAYS) / sizeof(WAYS[0]) };

static int read_named(struct schema *schema, const struct yaml_node *node, void *field)
{
	return config_read_port(schema, node, field);
}

static int read_named_pwm(struct schema *schema, const struct yaml_node *node, void *field)
{
	return config_read_pwm(schema, node, field);
}

static const struct yaml_node *node_of_port(
	const struct yaml_node *item, const struct output_port *port)
{
	const struct yaml_node *node = NULL;

	if (port->key)
		return yaml_node_get(item, port->key);
	for (size_t i = 0; i < N_WAYS && !node; i++)
		node = port->may_be & WAYS[i].may_be ? yaml_node_get(item, WAYS[i].key) : NULL;
	return node;
}

/* True if the map gives a port that has a name of its own. */
static bool gives_named_port(const struct yaml_node *item, const struct output_kind *kind)
{
	for (size_t i = 0; i < kind->n_ports; i++)
		if (kind->ports[i].key && yaml_node_get(item, kind->ports[i].key))
			return true;
	return false;
}

bool config_has_ports(const struct config_output *output, const struct yaml_node *item)
{
	bool has_named = gives_named_port(item, output->kind);

	for (size_t i = 0; i < output->kind->n_ports; i++)
		if (output->ports[i].type == PORT_NONE &&
			((!output->kind->ports[i].key && !has_named) ||
				node_of_port(item, &output->kind->ports[i])))
			return false;
	return true;
}

int config_each_port(const struct config_loader *loader, config_port_visit visit, void *context)
{
	const struct config *config = loader->config;
	int r = 0;

	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct config_output *output = &config->outputs[i];
		const struct yaml_node *item =
			config_item(loader, output->kind->section, output->index);

		for (size_t j = 0; j < output->kind->n_ports && r == 0; j++)
			r = visit(context, node_of_port(item, &output->kind->ports[j]),
				&output->ports[j]);
	}
	return r;
}

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

static void add_port(struct table *table, const struct output_port *port, size_t index)
{
	struct schema_option option = {
		.key = port->key,
		.type = SCHEMA_CUSTOM,
		.offset =
			offsetof(struct reading, output.ports) + index * sizeof(struct config_port),
		.help = PORT_HELP[port->may_be & (PORT_MAY_BE_LINE | PORT_MAY_BE_PWM)],
	};

	if (port->key) {
		option.read = !(port->may_be & PORT_MAY_BE_LINE) ? read_named_pwm
			: port->may_be & PORT_MAY_BE_PWM         ? read_named
								 : read_line;
		add(table, option);
		return;
	}
	for (size_t i = 0; i < N_WAYS; i++) {
		option.key = WAYS[i].key;
		option.read = WAYS[i].read;
		option.help = WAYS[i].help;
		if (port->may_be & WAYS[i].may_be)
			add(table, option);
	}
}

_Static_assert(offsetof(struct reading, output) == 0, "an option of the output is one of both");

static void add_rules(struct table *table, const struct output_kind *kind)
{
	table->n += config_rule_options(kind, &table->rules, &table->options[table->n]);
}

static void check_order(struct schema *schema, const struct yaml_node *node,
	const struct driver_param *second, const double values[2], const char *example)
{
	bool rises = values[0]<values[1], falls = values[0]> values[1];

	if (rises || (falls && second->may_fall))
		return;
	diag_error(schema->diag, node->place, example, "%s: %s", node->key,
		second->may_fall ? "the two values must differ"
				 : "the first value must be less than the second");
}

/* Reads the two values of a pair, which is a list in the map. */
static int read_pair(struct schema *schema, const struct yaml_node *node, void *field)
{
	const struct output_kind *kind = kind_of(schema);
	size_t before = diag_count(schema->diag), index = 0;
	struct config_words words[2];
	struct schema_option rows[2];
	double *values = field;
	char example[160];
	int r = 0;

	while (strcmp(kind->params[index].key, node->key) != 0)
		index++;
	for (size_t i = 0; i < 2; i++)
		rows[i] = config_param_option(
			&kind->params[index + i], i * sizeof(double), &words[i]);
	(void)snprintf(example, sizeof(example), "%s: [%s, %s]", node->key,
		words[0].initial[0] ? words[0].initial : "0", words[1].initial);
	if (!schema_expect_like(schema, node, YAML_LIST, example))
		return 0;
	if (node->n_items != 2)
		diag_error(schema->diag, node->place, example, "%s takes two values, not %zu",
			node->key, node->n_items);
	for (size_t i = 0; i < 2 && node->n_items == 2 && r == 0; i++)
		r = schema_read_value(schema, node->items[i], &rows[i], field);
	if (r == 0 && diag_count(schema->diag) == before)
		check_order(schema, node, &kind->params[index + 1], values, example);
	return r;
}

static void add_param(
	struct table *table, const struct driver_param *param, size_t index, bool is_pair)
{
	struct config_words *words = &table->words[index];
	struct schema_option option = config_param_option(
		param, offsetof(struct reading, output.params) + index * sizeof(double), words);

	if (param->is_second)
		return;
	option.initial = words->initial[0] ? words->initial : NULL;
	if (is_pair)
		option = (struct schema_option){.key = option.key,
			.type = SCHEMA_CUSTOM,
			.offset = option.offset,
			.read = read_pair,
			.help = option.help};
	add(table, option);
}

static void init_table(struct table *table, const struct output_kind *kind)
{
	static const struct schema_option NAME = {.key = "name",
		.help = "what actions and topics call it",
		SCHEMA_FIELD(struct reading, output.name),
		.type = SCHEMA_NAME};
	static const struct schema_option SOFT_PWM = {.key = "pwm",
		.help = "software: PWM on a GPIO line",
		SCHEMA_FIELD(struct reading, is_soft),
		.type = SCHEMA_ENUM,
		.choices = SOFT};
	static const struct schema_option ACTIVE_LOW = {.key = "active_low",
		.help = "whether the low level means on",
		SCHEMA_FIELD(struct reading, output.active_low),
		.type = SCHEMA_BOOL,
		.initial = "false"};
	static const struct schema_option TOPIC = {.key = "topic",
		.help = "whether its state is also published alone, as plain text",
		SCHEMA_FIELD(struct reading, output.topic),
		.type = SCHEMA_BOOL,
		.initial = "false"};
	static const struct schema_option FREQUENCY = {.key = "frequency",
		.help = "of the PWM",
		SCHEMA_FIELD(struct reading, frequency_hz),
		.type = SCHEMA_FREQUENCY,
		.min = CONFIG_PWM_MIN_HZ,
		.max = CONFIG_PWM_MAX_HZ};

	*table = (struct table){.n = 0};
	add(table, NAME);
	for (size_t i = 0; i < kind->n_ports; i++)
		add_port(table, &kind->ports[i], i);
	if (has_soft_key(kind))
		add(table, SOFT_PWM);
	add(table, ACTIVE_LOW);
	for (size_t i = 0; i < CONFIG_WIRING_OPTIONS; i++)
		add(table, config_wiring_options[i]);
	for (size_t i = 0; i < kind->n_params; i++)
		add_param(table, &kind->params[i], i,
			i + 1 < kind->n_params && kind->params[i + 1].is_second);
	if (has_pwm(kind))
		add(table, FREQUENCY);
	add_rules(table, kind);
	add(table, TOPIC);
}

/* --- the checks --- */

static void report(const struct output_draft *of, const struct output_mistake *mistake)
{
	const struct draft *draft = (const struct draft *)of;
	const struct yaml_node *at =
		mistake->key ? yaml_node_get(draft->node, mistake->key) : draft->node;
	struct diag_place place = mistake->key && !mistake->is_value ? at->key_place : at->place;

	diag_error(draft->schema->diag, place, mistake->cure, "%s%s%s",
		mistake->key ? mistake->key : "", mistake->key ? ": " : "", mistake->words);
}

static bool gives(const struct output_draft *of, const char *key)
{
	return yaml_node_get(((const struct draft *)of)->node, key) != NULL;
}

/* Applies the kind's own check. False: no further check makes sense. */
static bool check_kind(struct schema *schema, const struct yaml_node *node, struct reading *reading,
	bool is_mistaken)
{
	const struct output_kind *kind = reading->output.kind;
	struct draft draft = {
		.draft = {.params = reading->output.params,
			.is_soft = reading->is_soft,
			.is_mistaken = is_mistaken,
			.gives = gives,
			.report = report},
		.schema = schema,
		.node = node,
	};
	bool goes_on = true;

	for (size_t i = 0; i < kind->n_ports; i++)
		draft.draft.ports[i] = reading->output.ports[i].type;
	if (kind->check)
		goes_on = kind->check(&draft.draft);
	for (size_t i = 0; i < kind->n_ports; i++)
		reading->output.ports[i].type = draft.draft.ports[i];
	return goes_on;
}

static void set_frequency(
	struct schema *schema, const struct yaml_node *node, struct reading *reading)
{
	const struct yaml_node *frequency = yaml_node_get(node, "frequency");
	bool part = false, own = false;

	for (size_t i = 0; i < reading->output.kind->n_ports; i++) {
		struct config_port *port = &reading->output.ports[i];
		size_t before = diag_count(schema->diag);

		part = part || port->type == PORT_CHIP_PWM;
		own = own || port->type == PORT_SOC_PWM || port->type == PORT_SOFT_PWM;
		config_set_frequency(
			schema, frequency, reading->frequency_hz, reading->output.kind, port);
		if (diag_count(schema->diag) > before)
			return; /* reported once */
	}
	if (frequency && part && !own)
		diag_error(schema->diag, frequency->key_place,
			"give it in chips, for all outputs of the part",
			"frequency: a PWM part has one for all its outputs");
}

/* Lets the kind check its PWM outputs. Called if nothing else is wrong with the output. */
static void check_pwm(struct schema *schema, const struct yaml_node *node, struct reading *reading)
{
	const struct config_loader *loader = config_loader_of(schema);
	const struct output_kind *kind = reading->output.kind;
	struct draft draft = {
		.draft = {.params = reading->output.params, .gives = gives, .report = report},
		.schema = schema,
		.node = node,
	};

	if (!kind->check_pwm || loader->is_rescue)
		return;
	for (size_t i = 0; i < kind->n_ports; i++) {
		draft.draft.ports[i] = reading->output.ports[i].type;
		config_port_period(loader->config, &reading->output.ports[i],
			&draft.draft.periods_ns[i], &draft.draft.steps[i]);
	}
	kind->check_pwm(&draft.draft);
}

/* Reports settings that belong to the kernel's LED and that the map cannot change. */
static void check_kernel_led(
	struct schema *schema, const struct yaml_node *node, const struct config_output *output)
{
	const struct yaml_node *frequency = yaml_node_get(node, "frequency");

	if (output->ports[0].type != PORT_KERNEL_LED)
		return;
	if (frequency)
		diag_error(schema->diag, frequency->key_place, "remove it",
			"frequency: the kernel dims its LEDs in its own way");
	if (output->active_low)
		diag_error(schema->diag, yaml_node_get(node, "active_low")->key_place, "remove it",
			"active_low: the kernel knows at which level its LEDs shine");
}

/* A name from before the word existed takes precedence. */
static void warn_of_modifier(
	struct schema *schema, const struct yaml_node *node, const struct output_kind *kind)
{
	for (const char *const *word = output_modifier_words; *word; word++)
		if (strcmp(*word, node->text) == 0)
			diag_warning(schema->diag, node->place, "another name would do",
				"name: \"%s\" is a word of the %s actions: {\"%s\":{\"%s\":...}} "
				"is about the %s of that name, and not about the first one",
				node->text, kind->noun, kind->word, node->text, kind->noun);
}

/* Actions address an output by its name or its number. If the number can be left out, the kind's
 * keys stand in the same place, so a name must not equal one of them. */
static void check_name(
	struct schema *schema, const struct yaml_node *node, const struct output_kind *kind)
{
	if (!node || node->kind != YAML_SCALAR || !*node->text)
		return;
	if (!node->text[strspn(node->text, "0123456789")])
		diag_error(schema->diag, node->place, NULL,
			"name: %.40s is a number, and a number means a place among the %s",
			node->text, kind->nouns);
	int key = kind->is_plain ? output_key_find(kind, node->text) : -ENOENT;
	if (key >= 0 && kind->keys[key].yields_to_names)
		diag_warning(schema->diag, node->place, "another name would do",
			"name: \"%s\" is a word of the %s actions: here it means this %s",
			node->text, kind->noun, kind->noun);
	else if (key >= 0)
		diag_error(schema->diag, node->place, NULL,
			"name: \"%s\" is a word of the %s actions", node->text, kind->noun);
	if (kind->is_plain)
		warn_of_modifier(schema, node, kind);
}

/* Lists the keys by which a nameless port can be given. Returns an example of the first one. */
static const char *list_ways(const struct output_port *port, char *out, size_t out_bytes)
{
	const char *example = NULL;
	size_t used = 0, left = 0;

	for (size_t i = 0; i < N_WAYS; i++)
		left += port->may_be & WAYS[i].may_be ? 1 : 0;
	for (size_t i = 0; i < N_WAYS; i++) {
		if (!(port->may_be & WAYS[i].may_be))
			continue;
		left--;
		example = example ? example : WAYS[i].example;
		used += (size_t)snprintf(out + used, out_bytes - used, "\"%s\"%s", WAYS[i].key,
			left > 1            ? ", "
				: left == 1 ? " or "
					    : "");
	}
	return example;
}

/* Reports missing ports that no output of the kind can do without. */
static void check_ports(
	struct schema *schema, const struct yaml_node *node, const struct output_kind *kind)
{
	for (size_t i = 0; i < kind->n_ports; i++) {
		const struct output_port *port = &kind->ports[i];
		char list[64] = "";
		const char *example = NULL;

		if (port->is_optional || node_of_port(node, port) ||
			(!port->key && gives_named_port(node, kind)))
			continue;
		if (port->key)
			(void)snprintf(list, sizeof(list), "\"%s\"", port->key);
		else
			example = list_ways(port, list, sizeof(list));
		diag_error(schema->diag, node->place, example, "%s[%zu] needs %s", kind->section,
			node->index, list);
	}
}

/* --- reading --- */

static int read_output(struct schema *schema, const struct yaml_node *node,
	const struct table *table, struct reading *reading)
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
	check_name(schema, yaml_node_get(node, "name"), kind);
	if (!reading->output.name &&
		asprintf(&reading->output.name, "%s%zu", kind->word, node->index) < 0) {
		reading->output.name = NULL;
		return -ENOMEM;
	}
	check_ports(schema, node, kind);
	if (!check_kind(schema, node, reading, diag_count(schema->diag) > before))
		return 0;
	set_frequency(schema, node, reading);
	check_kernel_led(schema, node, &reading->output);
	config_check_wiring(schema, node, &reading->output);
	if (diag_count(schema->diag) == before)
		check_pwm(schema, node, reading);
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
		struct reading reading = {.output.kind = kind};
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
