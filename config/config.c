/* SPDX-License-Identifier: MIT */
#include "config_load.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In the order of reading: a section comes after the sections that it refers to. */
static const struct schema_option FIRST[] = {
	{.key = "mqtt",
		.help = "the broker, and how the gateway speaks to it",
		.type = SCHEMA_MAP,
		.offset = offsetof(struct config, mqtt),
		.options = config_mqtt_options,
		.required = true,
		.example = "mqtt: {url: mqtt://localhost}"},
	{.key = "chips",
		.help = "the parts, each with a name of your choice",
		.type = SCHEMA_CUSTOM,
		.read = config_read_chips},
	{.key = "sensors",
		.help = "the values of a reading, in this order",
		.type = SCHEMA_CUSTOM,
		.read = config_read_sensors},
	{.key = "interval",
		.help = "the time between readings, or a map of limits",
		.type = SCHEMA_CUSTOM,
		.offset = offsetof(struct config, interval),
		.read = config_read_interval},
	{.key = "packed",
		.help = "several values as one C struct, on a topic of their own",
		.type = SCHEMA_CUSTOM,
		.read = config_read_packed},
};

/* After the outputs. */
static const struct schema_option LAST[] = {
	{.key = "failsafe",
		.help = "what outputs do while there is no broker",
		.type = SCHEMA_CUSTOM,
		.offset = offsetof(struct config, failsafe),
		.read = config_read_failsafe},
	{.key = "spool",
		.help = "what is kept on disk while there is no broker",
		.type = SCHEMA_MAP,
		.offset = offsetof(struct config, spool),
		.options = config_spool_options,
		.example = "spool: {after: 30s}"},
	{.key = "device",
		.help = "how programs that show this gateway call it",
		.type = SCHEMA_MAP,
		.offset = offsetof(struct config, device),
		.options = config_device_options,
		.example = "device: {name: Greenhouse, area: Garden}"},
};

enum { N_FIRST = sizeof(FIRST) / sizeof(FIRST[0]), N_LAST = sizeof(LAST) / sizeof(LAST[0]) };

_Static_assert(N_FIRST + N_LAST + OUTPUT_KINDS_MAX < CONFIG_SECTIONS_MAX, "room for all sections");

void config_sections(struct schema_option ret_sections[CONFIG_SECTIONS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < N_FIRST; i++)
		ret_sections[n++] = FIRST[i];
	for (size_t i = 0; output_kind_table[i]; i++)
		ret_sections[n++] = (struct schema_option){
			.key = output_kind_table[i]->section,
			.type = SCHEMA_CUSTOM,
			.read = config_read_output_section,
			.help = "outputs; an action names each by its name or its place, from 0",
		};
	for (size_t i = 0; i < N_LAST; i++)
		ret_sections[n++] = LAST[i];
	ret_sections[n] = (struct schema_option){0};
}

struct config_loader *config_loader_of(struct schema *schema)
{
	return schema->context;
}

const struct yaml_node *config_item(
	const struct config_loader *loader, const char *section, size_t index)
{
	return yaml_node_get(loader->root, section)->items[index];
}

int config_new_items(struct schema *schema, const struct yaml_node *node,
	const struct config_section *section, void **ret_array, size_t *ret_n)
{
	if (!schema_expect_like(schema, node, section->kind, section->example) ||
		node->n_items == 0)
		return 0;
	if (node->n_items > section->max)
		diag_error(schema->diag, yaml_node_name_place(node), NULL,
			"%s: there are %zu, and at most %zu are allowed", node->key, node->n_items,
			section->max);
	void *array = calloc(node->n_items, section->size);
	if (!array)
		return -ENOMEM;
	*ret_array = array;
	*ret_n = node->n_items;
	return 0;
}

static int read_root(struct config_loader *loader)
{
	struct schema_option sections[CONFIG_SECTIONS_MAX];
	struct config *config = loader->config;

	config_sections(sections);
	/* Sets the defaults, for a map that lacks these sections. */
	int r = schema_read_map(&loader->schema, NULL, config_interval_options, &config->interval);
	if (r == 0)
		r = config_read_failsafe(&loader->schema, NULL, &config->failsafe);
	if (r == 0)
		r = schema_read_map(&loader->schema, loader->root, sections, config);
	if (r < 0)
		return r;
	config_spread_failsafe(config);
	config_check_rules(loader);
	r = config_finish_mqtt(loader);
	if (r == 0)
		r = config_finish_device(loader);
	return r < 0 ? r : config_check_uses(loader);
}

static void free_tree(struct yaml_node **root)
{
	yaml_tree_free(*root);
}

static void free_config(struct config **config)
{
	config_free(*config);
}

/* The config takes ownership of text. */
static int new_config(const char *path, char *text, size_t size, struct config **ret_config)
{
	struct config *config = calloc(1, sizeof(*config));

	if (config)
		config->path = strdup(path);
	if (!config || !config->path) {
		free(config);
		free(text);
		return -ENOMEM;
	}
	config->text = text;
	config->text_bytes = size;
	*ret_config = config;
	return 0;
}

int config_read_file(const char *path, struct diag *diag, struct config **ret_config)
{
	char *text = NULL;
	size_t size = 0;
	int r = yaml_text_read_file(path, diag, &text, &size);

	return r < 0 ? r : new_config(path, text, size, ret_config);
}

int config_begin_again(struct config *from, struct config **ret_config)
{
	char *text = from->text;

	from->text = NULL;
	return new_config(from->path, text, from->text_bytes, ret_config);
}

int config_fill(struct config *config, const struct host *host, struct diag *diag)
{
	struct yaml_node *root __attribute__((cleanup(free_tree))) = NULL;
	size_t before = diag_count(diag);
	int r = yaml_tree_read_text(config->text, config->text_bytes, diag, &root);

	if (r < 0)
		return r;
	struct config_loader loader = {
		.schema = {.diag = diag}, .config = config, .host = host, .root = root};
	loader.schema.context = &loader;
	r = read_root(&loader);
	if (r < 0)
		return r;
	if (diag_count(diag) > before)
		return -EINVAL;
	config_warn_mqtt(&loader);
	r = config_check_board(&loader);
	return r < 0 ? r : config_fingerprints(config);
}

int config_load(
	const char *path, const struct host *host, struct diag *diag, struct config **ret_config)
{
	struct config *config __attribute__((cleanup(free_config))) = NULL;
	int r = config_read_file(path, diag, &config);

	if (r == 0)
		r = config_fill(config, host, diag);
	if (r < 0)
		return r;
	*ret_config = config;
	config = NULL;
	return 0;
}
