/* SPDX-License-Identifier: MIT */
/* How several samples make one value: at most one key from the table of samplings. */
#include "config_sensors.h"
#include "config_tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t count_samplings(void)
{
	size_t n = 0;

	while (sampling_table[n])
		n++;
	return n;
}

int config_new_measured_options(struct schema_option **ret_options)
{
	size_t n = count_samplings(), own = 0;

	while (config_measured_options[own].key)
		own++;
	struct schema_option *options = calloc(own + n + 1, sizeof(*options));

	if (!options)
		return -ENOMEM;
	memcpy(options, config_measured_options, own * sizeof(*options));
	for (size_t i = 0; i < n; i++)
		options[own + i].key = sampling_table[i]->key;
	*ret_options = options;
	return 0;
}

static struct schema_option size_option(const struct sampling *sampling)
{
	return (struct schema_option){
		SCHEMA_FIELD(struct config_sensor, sampling_size),
		.key = sampling->key,
		.type = sampling->is_window ? SCHEMA_DURATION : SCHEMA_INTEGER,
		.min = (double)sampling->min,
		.max = (double)sampling->max,
		.help = sampling->help,
	};
}

static int read_size(struct schema *schema, const struct yaml_node *node,
	const struct sampling *sampling, struct config_sensor *sensor)
{
	const struct schema_option row = size_option(sampling);
	size_t before = diag_count(schema->diag);
	int r = schema_read_value(schema, node, &row, sensor);

	if (r < 0 || diag_count(schema->diag) > before)
		return r;
	sensor->sampling = sampling;
	if (sampling->is_odd && sensor->sampling_size % 2 == 0)
		diag_error(schema->diag, node->place, NULL,
			"%s: %u is even, and only an odd number of samples has a middle",
			sampling->key, (unsigned)sensor->sampling_size);
	return 0;
}

int config_read_sampling(
	struct schema *schema, const struct yaml_node *node, struct config_sensor *sensor)
{
	const struct yaml_node *first = NULL;

	sensor->sampling = &sampling_average;
	sensor->sampling_size = 1;
	for (size_t i = 0; node && sampling_table[i]; i++) {
		const struct yaml_node *option = yaml_node_get(node, sampling_table[i]->key);
		int r = 0;

		if (option)
			r = read_size(schema, option, sampling_table[i], sensor);
		if (r < 0)
			return r;
		if (option && first)
			diag_error(schema->diag, option->key_place, NULL,
				"%s and %s do not go together: keep one", first->key, option->key);
		else if (option)
			first = option;
	}
	return 0;
}

static void visit_all(const struct schema_option *options, config_visit visit, void *context)
{
	for (; options->key; options++)
		visit(context, options);
}

static void visit_samplings(config_visit visit, void *context)
{
	for (size_t i = 0; sampling_table[i]; i++) {
		const struct schema_option option = size_option(sampling_table[i]);

		visit(context, &option);
	}
}

static void visit_arguments(const struct derived *derived, config_visit visit, void *context)
{
	for (size_t i = 0; i < derived->n_arguments; i++) {
		const struct schema_option option =
			config_derived_argument_option(&derived->arguments[i], i);

		visit(context, &option);
	}
}

void config_visit_sensor_options(const struct derived *derived, config_visit visit, void *context)
{
	visit_all(derived ? config_derived_options : config_measured_options, visit, context);
	if (derived)
		visit_arguments(derived, visit, context);
	else
		visit_samplings(visit, context);
	visit_all(config_sensor_options, visit, context);
}
