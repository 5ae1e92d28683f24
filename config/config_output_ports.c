/* SPDX-License-Identifier: MIT */
/* The keys by which the map names the ports of an output. config_port.h reads their values. */
#include "config_output.h"
#include "config_port.h"
#include <stdio.h>
#include <string.h>

/* --- a kind with one port: the three ways to name it --- */

static int read_line(struct schema *schema, const struct yaml_node *node, void *field)
{
	return config_read_line(schema, node, field);
}

/* Read after line, which pwm: soft needs. */
static int read_pwm(struct schema *schema, const struct yaml_node *node, void *field)
{
	const struct output_kind *kind = config_loader_of(schema)->kind;
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
	const struct output_kind *kind = config_loader_of(schema)->kind;

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

enum { N_WAYS = sizeof(WAYS) / sizeof(WAYS[0]) };

/* --- ports with names of their own --- */

/* Of a port with a name of its own. */
static const char *const PORT_HELP[] = {
	[PORT_MAY_BE_LINE] = "a GPIO line: GPIO17, or chip:offset",
	[PORT_MAY_BE_PWM] = "a channel: pwmchip0.0 of the kernel, board.3 of a chip",
	[PORT_MAY_BE_LINE | PORT_MAY_BE_PWM] = "a GPIO line, or a PWM channel: board.3",
};

static int read_named(struct schema *schema, const struct yaml_node *node, void *field)
{
	return config_read_port(schema, node, field);
}

static int read_named_pwm(struct schema *schema, const struct yaml_node *node, void *field)
{
	return config_read_pwm(schema, node, field);
}

/* --- all ports of a kind --- */

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

/* Writes the rows of one port. Returns their number. */
static size_t add_port(
	const struct output_port *port, size_t index, struct schema_option *ret_options)
{
	size_t n = 0;
	struct schema_option option = {
		.key = port->key,
		.type = SCHEMA_CUSTOM,
		.offset =
			offsetof(struct config_output, ports) + index * sizeof(struct config_port),
		.help = PORT_HELP[port->may_be & (PORT_MAY_BE_LINE | PORT_MAY_BE_PWM)],
	};

	if (port->key) {
		option.read = !(port->may_be & PORT_MAY_BE_LINE) ? read_named_pwm
			: port->may_be & PORT_MAY_BE_PWM         ? read_named
								 : read_line;
		ret_options[0] = option;
		return 1;
	}
	for (size_t i = 0; i < N_WAYS; i++) {
		option.key = WAYS[i].key;
		option.read = WAYS[i].read;
		option.help = WAYS[i].help;
		if (port->may_be & WAYS[i].may_be)
			ret_options[n++] = option;
	}
	return n;
}

size_t config_port_options(
	const struct output_kind *kind, struct schema_option ret_options[CONFIG_PORT_OPTIONS])
{
	size_t n = 0;

	for (size_t i = 0; i < kind->n_ports; i++)
		n += add_port(&kind->ports[i], i, &ret_options[n]);
	return n;
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

void config_check_ports(
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
