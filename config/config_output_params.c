/* SPDX-License-Identifier: MIT */
/* The keys of a kind's parameters. Two of them may be a pair, a list of two values in the map. */
#include "config_output.h"
#include <stdio.h>
#include <string.h>

static void check_order(struct schema *schema, const struct yaml_node *node,
	const struct driver_param *second, const double values[2], const char *example)
{
	bool may_fall = second->may_fall;

	if (values[0] < values[1] || (may_fall && values[0] > values[1]))
		return;
	diag_error(schema->diag, node->place, example, "%s: %s", node->key,
		may_fall ? "the two values must differ"
			 : "the first value must be less than the second");
}

/* Reads the two values of a pair, which is a list in the map. */
static int read_pair(struct schema *schema, const struct yaml_node *node, void *field)
{
	const struct output_kind *kind = config_loader_of(schema)->kind;
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

size_t config_output_param_options(const struct output_kind *kind,
	struct config_words words[OUTPUT_PARAMS_MAX],
	struct schema_option ret_options[OUTPUT_PARAMS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < kind->n_params; i++) {
		struct schema_option option = config_param_option(&kind->params[i],
			offsetof(struct config_output, params) + i * sizeof(double), &words[i]);
		bool is_pair = i + 1 < kind->n_params && kind->params[i + 1].is_second;

		if (kind->params[i].is_second)
			continue;
		option.initial = words[i].initial[0] ? words[i].initial : NULL;
		if (is_pair)
			option = (struct schema_option){.key = option.key,
				.type = SCHEMA_CUSTOM,
				.offset = option.offset,
				.read = read_pair,
				.help = option.help};
		ret_options[n++] = option;
	}
	return n;
}
