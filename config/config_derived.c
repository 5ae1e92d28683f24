/* SPDX-License-Identifier: MIT */
/*
 * A sensor with derive: it is worked out from sensors above it. The table of derived values has its
 * keys besides derive, of and those that all sensors take.
 */
#include "config_sensors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_derive(struct schema *schema, const struct yaml_node *node, void *field);
static int read_of(struct schema *schema, const struct yaml_node *node, void *field);

#define OF_EXAMPLE "of: [temp, humi]"

/* derive comes before of: it determines the number of sources. */
const struct schema_option config_derived_options[] = {
	{.key = "derive",
		.help = "worked out from other sensors in this way",
		.type = SCHEMA_CUSTOM,
		.read = read_derive,
		.required = true},
	{.key = "of",
		.help = "the sensors that it is worked out from, which are above it",
		.type = SCHEMA_CUSTOM,
		.read = read_of,
		.required = true},
	{0},
};

static int unknown_derived(struct schema *schema, const struct yaml_node *node)
{
	size_t n = 0;

	while (derived_table[n])
		n++;
	const char **names = calloc(n + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		names[i] = derived_table[i]->name;
	schema_unknown(schema, node->place, "derived value", node->text, names);
	free(names);
	return 0;
}

static int read_derive(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_sensor *sensor = field;

	if (!schema_expect_like(schema, node, YAML_SCALAR, "derive: dew_point"))
		return 0;
	if (!*node->text) {
		schema_empty(schema, node, "derive", "the name of a derived value",
			"derive: dew_point", false);
		return 0;
	}
	sensor->derived = derived_find(node->text);
	return sensor->derived ? 0 : unknown_derived(schema, node);
}

/* Finds a sensor among those above. */
static size_t find_above(
	const struct config *config, const struct config_sensor *sensor, const char *name)
{
	for (size_t i = 0; i < (size_t)(sensor - config->sensors); i++) {
		if (strcmp(config->sensors[i].name, name) == 0)
			return i;
	}
	return CONFIG_NO_INDEX;
}

static int not_above(struct config_loader *loader, const struct yaml_node *node,
	const struct config_sensor *sensor)
{
	const struct config *config = loader->config;
	const struct yaml_node *below =
		yaml_node_get(yaml_node_get(loader->root, "sensors"), node->text);
	size_t n = (size_t)(sensor - config->sensors);

	if (below && below->index == n) {
		diag_error(loader->schema.diag, node->place, NULL,
			"of: %.40s would be worked out from itself", node->text);
		return 0;
	}
	if (below) {
		char cure[160];

		(void)snprintf(cure, sizeof(cure), "move %.48s (line %zu) above %.48s", node->text,
			below->key_place.line, sensor->name);
		diag_error(loader->schema.diag, node->place, cure,
			"of takes sensors above it, and %.40s is below", node->text);
		return 0;
	}
	const char **names = calloc(n + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		names[i] = config->sensors[i].name;
	schema_unknown(&loader->schema, node->place, "sensor", node->text, names);
	free(names);
	return 0;
}

/* "a temperature in °C and a relative humidity in %" */
static void describe_sources(const struct derived *derived, char *out, size_t out_bytes)
{
	size_t used = 0;

	if (derived->takes_more) {
		(void)snprintf(out, out_bytes, "%zu to %d sensors", derived->n_sources,
			DERIVED_SOURCES_MAX);
		return;
	}
	out[0] = '\0';
	for (size_t i = 0; i < derived->n_sources && used < out_bytes; i++)
		used += (size_t)snprintf(out + used, out_bytes - used, "%s%s", i ? " and " : "",
			derived->sources[i].what);
}

static void check_count(
	struct schema *schema, const struct yaml_node *node, const struct derived *derived)
{
	size_t most = derived->takes_more ? DERIVED_SOURCES_MAX : derived->n_sources;
	char cure[160], wanted[128];

	if (node->n_items >= derived->n_sources && node->n_items <= most)
		return;
	describe_sources(derived, wanted, sizeof(wanted));
	(void)snprintf(cure, sizeof(cure), "%s takes %s", derived->name, wanted);
	diag_error(schema->diag, node->place, cure, "of: %s %zu, and %s takes %zu%s",
		node->n_items == 1 ? "this is" : "these are", node->n_items, derived->name,
		node->n_items < most ? derived->n_sources : most,
		derived->takes_more ? (node->n_items < most ? " or more" : " at most") : "");
}

static int read_of(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_loader *loader = config_loader_of(schema);
	struct config_sensor *sensor = field;

	if (!schema_expect_like(schema, node, YAML_LIST, OF_EXAMPLE))
		return 0;
	sensor->of = calloc(node->n_items + 1, sizeof(*sensor->of));
	if (!sensor->of)
		return -ENOMEM;
	sensor->n_of = node->n_items;
	for (size_t i = 0; i < node->n_items; i++) {
		const struct yaml_node *item = node->items[i];
		int r = 0;

		if (!schema_expect(schema, item, YAML_SCALAR))
			continue;
		sensor->of[i] = find_above(loader->config, sensor, item->text);
		if (sensor->of[i] == CONFIG_NO_INDEX)
			r = not_above(loader, item, sensor);
		if (r < 0)
			return r;
	}
	if (sensor->derived)
		check_count(schema, node, sensor->derived);
	return 0;
}

struct schema_option config_derived_argument_option(
	const struct derived_argument *argument, size_t index)
{
	return (struct schema_option){.key = argument->key,
		.type = SCHEMA_NUMBER,
		.store = SCHEMA_STORE_DOUBLE,
		.offset = index * sizeof(double),
		.required = !argument->initial,
		.initial = argument->initial,
		.min = argument->min,
		.max = argument->max,
		.help = argument->help};
}

/* derive, of, and a row for each argument of the function; those fill sensor->arguments. */
static struct schema_option *new_options(const struct derived *derived)
{
	size_t n = derived ? derived->n_arguments : 0, own = 2;
	struct schema_option *options = calloc(own + n + 1, sizeof(*options));

	if (!options)
		return NULL;
	memcpy(options, config_derived_options, own * sizeof(*options));
	for (size_t i = 0; i < n; i++) {
		options[own + i] = config_derived_argument_option(&derived->arguments[i], i);
	}
	return options;
}

/* Reports keys that only a measured sensor takes. */
static void report_measured(
	struct schema *schema, const struct yaml_node *node, const struct schema_option *measured)
{
	for (const struct schema_option *option = measured; option && option->key; option++) {
		const struct yaml_node *item = yaml_node_get(node, option->key);

		if (item)
			diag_error(schema->diag, item->key_place,
				option->required ? "keep one of them"
						 : "it belongs to the measurement: to a sensor "
						   "that of names",
				"%s and derive do not go together", option->key);
	}
}

static int read_arguments(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *options, struct config_sensor *sensor)
{
	sensor->arguments = calloc(sensor->derived->n_arguments + 1, sizeof(*sensor->arguments));
	if (!sensor->arguments)
		return -ENOMEM;
	return schema_read_options(schema, node, options, sensor->arguments);
}

int config_read_derived(
	struct schema *schema, const struct yaml_node *node, struct config_sensor *sensor)
{
	struct schema_option *measured = NULL;
	size_t before = 0;
	int r = schema_read_options(schema, node, config_derived_options, sensor);

	if (r == 0)
		r = config_new_measured_options(&measured);
	if (r < 0)
		return r;
	before = diag_count(schema->diag);
	report_measured(schema, node, measured);
	free(measured);
	/* Without the function, its other keys are unknown. */
	if (diag_count(schema->diag) > before || !sensor->derived)
		return 0;
	struct schema_option *options = new_options(sensor->derived);

	if (!options)
		return -ENOMEM;
	r = schema_check_keys(schema, node, options, config_sensor_options);
	if (r == 0)
		r = read_arguments(schema, node, options + 2, sensor);
	free(options);
	return r;
}
