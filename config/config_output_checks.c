/* SPDX-License-Identifier: MIT */
/* Checks of one output: its name, and what its kind wants. */
#include "config_output.h"
#include "config_port.h"
#include <errno.h>
#include <string.h>

/* An output that its kind checks, and the place where its mistakes are reported. */
struct draft {
	struct output_draft draft;
	struct schema *schema;
	const struct yaml_node *node;
};

static void report(const struct output_draft *of, const struct output_mistake *mistake)
{
	const struct draft *draft = (const struct draft *)of;
	const struct yaml_node *at = mistake->key ? yaml_node_get(draft->node, mistake->key) : NULL;
	struct diag_place place = at && !mistake->is_value ? at->key_place
		: at                                       ? at->place
							   : draft->node->place;

	diag_error(draft->schema->diag, place, mistake->cure, "%s%s%s",
		mistake->key ? mistake->key : "", mistake->key ? ": " : "", mistake->words);
}

static bool gives(const struct output_draft *of, const char *key)
{
	return yaml_node_get(((const struct draft *)of)->node, key) != NULL;
}

/* Applies the kind's own check. False: no further check makes sense. */
static bool check_kind(struct schema *schema, const struct yaml_node *node,
	struct config_reading *reading, bool is_mistaken)
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
	struct schema *schema, const struct yaml_node *node, struct config_reading *reading)
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
static void check_pwm(
	struct schema *schema, const struct yaml_node *node, struct config_reading *reading)
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

void config_check_output(struct schema *schema, const struct yaml_node *node, size_t before,
	struct config_reading *reading)
{
	const struct output_kind *kind = reading->output.kind;

	check_name(schema, yaml_node_get(node, "name"), kind);
	config_check_ports(schema, node, kind);
	if (!check_kind(schema, node, reading, diag_count(schema->diag) > before))
		return;
	set_frequency(schema, node, reading);
	check_kernel_led(schema, node, &reading->output);
	config_check_wiring(schema, node, &reading->output);
	if (diag_count(schema->diag) == before)
		check_pwm(schema, node, reading);
}
