/* SPDX-License-Identifier: MIT */
/* The sections interval, failsafe and spool. */
#include "config_tables.h"
#include "schema_units.h"
#include <stdio.h>

#define MS     1e3 /* in the base unit of durations, us */
#define SECOND 1e6
#define HOUR   (3600 * SECOND)
#define MIB    (1024.0 * 1024)

#define INTERVAL_LIMITS .min = 10 * MS, .max = 24 * HOUR, .unit = MS

static const struct schema_choice TOPIC_UNITS[] = {{"ms", 1}, {"s", 1000}, {0}};

const struct schema_option config_interval_options[] = {
	{.key = "default",
		.help = "the time between readings, until an action sets another",
		SCHEMA_FIELD(struct config_interval, default_ms),
		.type = SCHEMA_DURATION,
		INTERVAL_LIMITS,
		.initial = "500ms"},
	{.key = "min",
		.help = "the shortest that an action may set",
		SCHEMA_FIELD(struct config_interval, min_ms),
		.type = SCHEMA_DURATION,
		INTERVAL_LIMITS,
		.initial = "20ms"},
	{.key = "max",
		.help = "the longest that an action may set",
		SCHEMA_FIELD(struct config_interval, max_ms),
		.type = SCHEMA_DURATION,
		INTERVAL_LIMITS,
		.initial = "1h"},
	{.key = "remember",
		.help = "whether an interval that was set outlives a restart",
		SCHEMA_FIELD(struct config_interval, remember),
		.type = SCHEMA_BOOL,
		.initial = "false"},
	{.key = "topic_unit",
		.help = "of a number without a unit on the topic sensors/interval",
		SCHEMA_FIELD(struct config_interval, topic_unit_ms),
		.type = SCHEMA_ENUM,
		.choices = TOPIC_UNITS,
		.initial = "ms"},
	{0},
};

void config_failsafe_choices(
	const struct output_kind *kind, struct schema_choice ret_choices[DRIVER_WORDS_MAX + 1])
{
	size_t n = 0;

	for (; n < kind->n_failsafe && n < DRIVER_WORDS_MAX; n++)
		ret_choices[n] = (struct schema_choice){kind->failsafe[n].word, (unsigned)n};
	ret_choices[n] = (struct schema_choice){0};
}

struct schema_option config_failsafe_option(
	const struct output_kind *kind, struct schema_choice choices[DRIVER_WORDS_MAX + 1])
{
	config_failsafe_choices(kind, choices);
	return (struct schema_option){
		.key = kind->section,
		.type = SCHEMA_ENUM,
		.store = SCHEMA_STORE_UNSIGNED,
		.offset = offsetof(struct config_failsafe, of_kind) +
			output_kind_index(kind) * sizeof(unsigned),
		.choices = choices,
		.initial = kind->failsafe[0].word,
		.help = "those that have no fail-safe of their own",
	};
}

/* after, and a key for each kind whose outputs share one fail-safe. Kinds that move come first. */
struct failsafe_table {
	struct schema_option options[OUTPUT_KINDS_MAX + 2];
	struct schema_choice choices[OUTPUT_KINDS_MAX][DRIVER_WORDS_MAX + 1];
};

static void init_failsafe(struct failsafe_table *table)
{
	static const struct schema_option AFTER = {.key = "after",
		.help = "how long the broker must be away",
		SCHEMA_FIELD(struct config_failsafe, after_us),
		.type = SCHEMA_DURATION,
		.min = SECOND,
		.max = HOUR,
		.initial = "5s"};
	size_t n = 0;

	*table = (struct failsafe_table){.options = {{0}}};
	table->options[n++] = AFTER;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; output_kind_table[i]; i++) {
			const struct output_kind *kind = output_kind_table[i];

			if (kind->is_failsafe_shared && kind->moves == (pass == 0))
				table->options[n++] =
					config_failsafe_option(kind, table->choices[i]);
		}
	}
}

int config_read_failsafe(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct failsafe_table table;

	init_failsafe(&table);
	return schema_read_map_like(schema, node, table.options, "failsafe: {after: 5s}", field);
}

void config_visit_failsafe_options(config_visit visit, void *context)
{
	struct failsafe_table table;

	init_failsafe(&table);
	for (const struct schema_option *option = table.options; option->key; option++)
		visit(context, option);
}

void config_spread_failsafe(struct config *config)
{
	for (size_t i = 0; i < config->n_outputs; i++) {
		struct config_output *output = &config->outputs[i];

		if (output->kind->is_failsafe_shared && !output->has_failsafe)
			output->failsafe =
				config->failsafe.of_kind[output_kind_index(output->kind)];
	}
}

const struct schema_option config_spool_options[] = {
	{.key = "size",
		.help = "the most that readings take on disk; the oldest are dropped",
		SCHEMA_FIELD(struct config_spool, size_bytes),
		.type = SCHEMA_SIZE,
		.min = MIB,
		.max = 4096 * MIB,
		.initial = "16MiB"},
	{.key = "after",
		.help = "how long the broker must be away before readings go to disk",
		SCHEMA_FIELD(struct config_spool, after_us),
		.type = SCHEMA_DURATION,
		.min = SECOND,
		.max = HOUR,
		.initial = "30s"},
	{0},
};

/* limit is the key of the limit that the default exceeds. */
static void report_order(struct schema *schema, const struct yaml_node *node, const char *limit,
	uint32_t limit_ms, uint32_t default_ms)
{
	const struct yaml_node *at = yaml_node_get(node, limit);
	char limit_text[SCHEMA_UNITS_TEXT_MAX], default_text[SCHEMA_UNITS_TEXT_MAX];
	char cure[3 * SCHEMA_UNITS_TEXT_MAX];

	schema_units_format(SCHEMA_DURATION, limit_ms * MS, limit_text);
	schema_units_format(SCHEMA_DURATION, default_ms * MS, default_text);
	(void)snprintf(cure, sizeof(cure), "interval: {default: %s, %s: %s} would do", default_text,
		limit, default_text);
	diag_error(schema->diag, at ? at->place : node->place, at ? NULL : cure,
		"interval: the default, %s, is %s %s, %s", default_text,
		limit_ms > default_ms ? "below" : "above", limit, limit_text);
}

int config_read_interval(struct schema *schema, const struct yaml_node *node, void *field)
{
	const struct config_interval *interval = field;
	size_t before = diag_count(schema->diag);
	int r;

	/* interval: 500ms is short for interval: {default: 500ms}. */
	if (node->kind == YAML_SCALAR)
		r = schema_read_value(schema, node, &config_interval_options[0], field);
	else
		r = schema_read_map_like(
			schema, node, config_interval_options, "interval: 500ms", field);
	if (r < 0 || diag_count(schema->diag) > before)
		return r;
	if (interval->min_ms > interval->default_ms)
		report_order(schema, node, "min", interval->min_ms, interval->default_ms);
	if (interval->max_ms < interval->default_ms)
		report_order(schema, node, "max", interval->max_ms, interval->default_ms);
	return 0;
}
