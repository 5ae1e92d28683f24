/* SPDX-License-Identifier: MIT */
/* The sections interval, failsafe and spool. */
#include "config_load.h"

#define MS     1e3 /* in the base unit of durations, us */
#define SECOND 1e6
#define HOUR   (3600 * SECOND)
#define MIB    (1024.0 * 1024)

#define INTERVAL_LIMITS .min = 10 * MS, .max = 24 * HOUR, .unit = MS

const struct schema_option config_interval_options[] = {
	{.key = "default",
		SCHEMA_FIELD(struct config_interval, default_ms),
		.type = SCHEMA_DURATION,
		INTERVAL_LIMITS,
		.initial = "500ms"},
	{.key = "min",
		SCHEMA_FIELD(struct config_interval, min_ms),
		.type = SCHEMA_DURATION,
		INTERVAL_LIMITS,
		.initial = "20ms"},
	{.key = "max",
		SCHEMA_FIELD(struct config_interval, max_ms),
		.type = SCHEMA_DURATION,
		INTERVAL_LIMITS,
		.initial = "1h"},
	{.key = "remember",
		SCHEMA_FIELD(struct config_interval, remember),
		.type = SCHEMA_BOOL,
		.initial = "false"},
	{0},
};

static const struct schema_choice failsafe_motors[] = {{"stop", true}, {"keep", false}, {0}};
static const struct schema_choice failsafe_leds[] = {
	{"keep", CONFIG_FAILSAFE_LEDS_KEEP},
	{"off", CONFIG_FAILSAFE_LEDS_OFF},
	{"on", CONFIG_FAILSAFE_LEDS_ON},
	{0},
};

const struct schema_option config_failsafe_options[] = {
	{.key = "after",
		SCHEMA_FIELD(struct config_failsafe, after_us),
		.type = SCHEMA_DURATION,
		.min = SECOND,
		.max = HOUR,
		.initial = "5s"},
	{.key = "motors",
		SCHEMA_FIELD(struct config_failsafe, stop_motors),
		.type = SCHEMA_ENUM,
		.choices = failsafe_motors,
		.initial = "stop"},
	{.key = "leds",
		SCHEMA_FIELD(struct config_failsafe, leds),
		.type = SCHEMA_ENUM,
		.choices = failsafe_leds,
		.initial = "keep"},
	{0},
};

const struct schema_option config_spool_options[] = {
	{.key = "size",
		SCHEMA_FIELD(struct config_spool, size_bytes),
		.type = SCHEMA_SIZE,
		.min = MIB,
		.max = 4096 * MIB,
		.initial = "16MiB"},
	{.key = "after",
		SCHEMA_FIELD(struct config_spool, after_us),
		.type = SCHEMA_DURATION,
		.min = SECOND,
		.max = HOUR,
		.initial = "30s"},
	{0},
};

/* Where the order is wrong: at the limit when the map gives it, else at the default. */
static void report_order(struct config_loader *loader, const struct yaml_node *node,
	const char *limit, const char *relation)
{
	const struct config_interval *interval = &loader->config->interval;
	const struct yaml_node *at = yaml_node_get(node, limit);
	uint32_t limit_ms = limit[1] == 'i' ? interval->min_ms : interval->max_ms;
	char cure[96];

	(void)snprintf(cure, sizeof(cure), "interval: {default: %ums, %s: %ums} would do",
		interval->default_ms, limit, interval->default_ms);
	diag_error(loader->schema.diag, at ? at->place : node->place, cure,
		"interval: %s is %ums, %s the default, %ums", limit, limit_ms, relation,
		interval->default_ms);
}

int config_read_interval(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_loader *loader = config_loader_of(schema);
	const struct config_interval *interval = field;
	size_t before = diag_count(schema->diag);
	int r;

	/* interval: 500ms is short for interval: {default: 500ms}. */
	if (node->kind == YAML_SCALAR)
		r = schema_read_value(schema, node, &config_interval_options[0], field);
	else
		r = schema_read_map(schema, node, config_interval_options, field);
	if (r < 0 || diag_count(schema->diag) > before)
		return r;
	if (interval->min_ms > interval->default_ms)
		report_order(loader, node, "min", "above");
	if (interval->max_ms < interval->default_ms)
		report_order(loader, node, "max", "below");
	return 0;
}
