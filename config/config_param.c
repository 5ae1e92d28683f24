/* SPDX-License-Identifier: MIT */
#include "config_param.h"
#include <math.h>
#include <stdio.h>

static enum schema_type schema_type_of(enum driver_param_type type)
{
	switch (type) {
	case DRIVER_PARAM_NUMBER:
		return SCHEMA_NUMBER;
	case DRIVER_PARAM_BOOL:
		return SCHEMA_BOOL;
	case DRIVER_PARAM_FREQUENCY:
		return SCHEMA_FREQUENCY;
	case DRIVER_PARAM_VOLTAGE:
		return SCHEMA_VOLTAGE;
	case DRIVER_PARAM_PERCENT:
		return SCHEMA_PERCENT;
	case DRIVER_PARAM_DURATION:
		return SCHEMA_DURATION;
	case DRIVER_PARAM_WORD:
		return SCHEMA_ENUM;
	}
	return SCHEMA_NUMBER;
}

struct schema_option config_param_option(
	const struct driver_param *param, size_t offset, struct config_words *words)
{
	size_t n = 0;

	for (; param->words && param->words[n] && n < DRIVER_WORDS_MAX; n++)
		words->choices[n] = (struct schema_choice){param->words[n], (unsigned)n};
	words->choices[n] = (struct schema_choice){0};
	words->initial[0] = '\0';
	if (param->type != DRIVER_PARAM_WORD && param->type != DRIVER_PARAM_BOOL &&
		param->default_value != 0)
		schema_units_format(
			schema_type_of(param->type), param->default_value, words->initial);
	return (struct schema_option){
		.key = param->key,
		.type = schema_type_of(param->type),
		.store = SCHEMA_STORE_DOUBLE,
		.offset = offset,
		/* With choices, their list says more than a range would. */
		.min = param->choices ? 0 : param->min,
		.max = param->choices ? 0 : param->max,
		.choices = words->choices,
		.help = param->help,
	};
}

void config_param_defaults(const struct driver_param *params, size_t n_params, double *values)
{
	for (size_t i = 0; i < n_params; i++)
		values[i] = params[i].default_value;
}

static void check_choice(struct schema *schema, const struct yaml_node *node,
	const struct driver_param *param, double value)
{
	char list[256], text[SCHEMA_UNITS_TEXT_MAX];
	size_t used = 0;

	list[0] = '\0';
	for (size_t i = 0; i < param->n_choices; i++) {
		if (fabs(param->choices[i] - value) <= 1e-9 * fabs(value))
			return;
		schema_units_format(schema_type_of(param->type), param->choices[i], text);
		if (used < sizeof(list))
			used += (size_t)snprintf(
				list + used, sizeof(list) - used, "%s%s", i ? ", " : "", text);
	}
	if (node->kind == YAML_SCALAR)
		diag_error(schema->diag, node->place, NULL, "%s: %.40s is none of %s", param->key,
			node->text, list);
}

void config_param_check(struct schema *schema, const struct yaml_node *map,
	const struct driver_param *params, size_t n_params, const double *values)
{
	for (size_t i = 0; i < n_params; i++) {
		const struct yaml_node *value = yaml_node_get(map, params[i].key);

		if (value && params[i].choices)
			check_choice(schema, value, &params[i], values[i]);
	}
}
