/* SPDX-License-Identifier: MIT */
/*
 * The outputs of a map that has mistakes. Each chip and each output is read by itself, as if it
 * were the only one. If it has a mistake, it is read again without the keys that do not matter at
 * rest. If a mistake is left then, nobody can say what its lines do, and it is reported as missed.
 *
 * An unknown key matters: it may be a misspelt active_low, and a wrong level would start the motor
 * that is to be stopped.
 */
#include "config_load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kind of items being read, one item a call: chips, or outputs of a kind. */
struct items {
	const char *section;
	size_t max;
	const struct output_kind *kind; /* NULL: chips */
};

static const struct items CHIPS = {"chips", CONFIG_CHIPS_MAX, NULL};

struct rescue {
	struct config_loader loader; /* nobody reads its diag */
	const struct config_missed *missed;
};

static void miss(const struct rescue *rescue, const char *what, size_t line)
{
	rescue->missed->missed(rescue->missed->userdata, what, line);
}

static void miss_node(const struct rescue *rescue, const struct yaml_node *node)
{
	char path[YAML_PATH_MAX];

	yaml_node_path(node, path);
	miss(rescue, path, yaml_node_name_place(node).line);
}

static bool is_among(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* True for all of a chip's keys except the driver's own. */
static bool matters_for_chip(const char *key)
{
	static const char *const NEEDS[] = {"driver", "bus", "address", NULL};

	return is_among(key, NEEDS);
}

/* False for the name, how fast or how bright it is, and the like. */
static bool matters_at_rest(const struct output_kind *kind, const char *key)
{
	bool is_soft = strcmp(key, "pwm") == 0 && kind->ports[0].key;

	if (strcmp(key, "start") == 0)
		return false;
	/* An output that moves is stopped in any case. */
	if (kind->moves && is_among(key, config_rule_keys))
		return false;
	if (strcmp(key, "name") == 0 || strcmp(key, "frequency") == 0 || is_soft)
		return false;
	for (size_t i = 0; i < kind->n_params; i++)
		if (strcmp(kind->params[i].key, key) == 0)
			return false;
	return true;
}

static bool matters(const struct items *items, const char *key)
{
	return items->kind ? matters_at_rest(items->kind, key) : matters_for_chip(key);
}

/* True if the text breaks off, or has a key twice, at a place that matters. */
static bool is_broken(const struct items *items, const struct yaml_node *item)
{
	for (size_t i = 0; item->kind == YAML_MAP && i < item->n_items; i++)
		if (item->items[i]->broken && matters(items, item->items[i]->key))
			return true;
	return item->kind != YAML_MAP || item->broken;
}

static void free_config(struct config **config)
{
	config_free(*config);
}

/* Reads a section with that item alone. *ret_read: the result, or NULL if there was a mistake. */
static int read_alone(struct rescue *rescue, const struct items *items,
	const struct yaml_node *section, struct yaml_node *item, struct config **ret_read)
{
	struct config *read __attribute__((cleanup(free_config))) = calloc(1, sizeof(*read));
	struct schema *schema = &rescue->loader.schema;
	size_t before = diag_count(schema->diag);
	struct yaml_node alone = *section;
	int r;

	if (!read)
		return -ENOMEM;
	alone.items = &item;
	alone.n_items = 1;
	if (items->kind)
		r = config_read_outputs(schema, &alone, items->kind, read);
	else
		r = config_read_chips(schema, &alone, read);
	if (r < 0 || diag_count(schema->diag) > before)
		return r;
	*ret_read = read;
	read = NULL;
	return 0;
}

static int read_what_matters(struct rescue *rescue, const struct items *items,
	const struct yaml_node *section, const struct yaml_node *item, struct config **ret_read)
{
	struct yaml_node bare = *item;
	int r;

	bare.items = calloc(item->n_items + 1, sizeof(struct yaml_node *));
	if (!bare.items)
		return -ENOMEM;
	bare.n_items = 0;
	for (size_t i = 0; i < item->n_items; i++)
		if (matters(items, item->items[i]->key))
			bare.items[bare.n_items++] = item->items[i];
	r = read_alone(rescue, items, section, &bare, ret_read);
	free(bare.items);
	return r;
}

/* Reads one item. *ret_read: a config with this item alone that can be relied upon, or NULL. */
static int read_item(struct rescue *rescue, const struct items *items,
	const struct yaml_node *section, size_t index, struct config **ret_read)
{
	struct yaml_node *item = section->items[index];
	int r;

	*ret_read = NULL;
	if (is_broken(items, item))
		return 0;
	r = read_alone(rescue, items, section, item, ret_read);
	if (r < 0 || *ret_read)
		return r;
	return read_what_matters(rescue, items, section, item, ret_read);
}

/* Finds the section of that name, or the one that was meant. */
static const struct yaml_node *find_section(const struct yaml_node *root, const char *name)
{
	struct schema_option sections[CONFIG_SECTIONS_MAX];
	const char *words[CONFIG_SECTIONS_MAX] = {NULL};
	const struct yaml_node *node = yaml_node_get(root, name);

	config_sections(sections);
	for (size_t i = 0; sections[i].key; i++)
		words[i] = sections[i].key;
	for (size_t i = 0; !node && i < root->n_items; i++) {
		const char *key = root->items[i]->key;
		const char *meant = is_among(key, words) ? NULL : diag_nearest(key, words);

		if (meant && strcmp(meant, name) == 0)
			node = root->items[i];
	}
	return node;
}

/* Keeps a chip for each place in the section, so that outputs find theirs. A chip that was not
 * understood has no driver, and an output on it is missed. */
static int rescue_chips(struct rescue *rescue, const struct yaml_node *root)
{
	const struct yaml_node *section = find_section(root, CHIPS.section);
	struct config *config = rescue->loader.config;

	if (!section || section->kind != YAML_MAP)
		return 0;
	config->chips = calloc(section->n_items + 1, sizeof(*config->chips));
	if (!config->chips)
		return -ENOMEM;
	for (size_t i = 0; i < section->n_items && i < CHIPS.max; i++) {
		struct config *read __attribute__((cleanup(free_config))) = NULL;
		struct config_chip *chip = &config->chips[config->n_chips];
		int r = read_item(rescue, &CHIPS, section, i, &read);

		if (r < 0)
			return r;
		config->n_chips++;
		if (read) {
			*chip = read->chips[0];
			read->n_chips = 0;
			continue;
		}
		chip->name = strdup(section->items[i]->key);
		if (!chip->name)
			return -ENOMEM;
	}
	return 0;
}

/* Takes over the output. False: one of its ports is on a chip that was not understood. */
static int take(
	struct config *config, struct config *read, const struct yaml_node *item, bool *ret_taken)
{
	bool taken = config_has_ports(&read->outputs[0], item);
	int r = taken ? config_add_output(config, &read->outputs[0]) : 0;

	if (taken && r == 0)
		read->n_outputs = 0;
	*ret_taken = taken;
	return r;
}

/* Finds the list of outputs of that kind. NULL: there is none; problems were reported already. */
static const struct yaml_node *find_outputs(
	struct rescue *rescue, const struct yaml_node *root, const struct items *items)
{
	const struct yaml_node *section = find_section(root, items->section);

	if (!section && root->broken)
		miss(rescue, items->section, 0);
	if (!section)
		return NULL;
	if (section->kind != YAML_LIST || section->broken || section->n_items > items->max)
		miss_node(rescue, section);
	return section->kind == YAML_LIST ? section : NULL;
}

/* True if the item has, or was meant to have, a fail-safe of its own. */
static bool has_own_end(const struct yaml_node *item)
{
	for (size_t i = 0; item->kind == YAML_MAP && i < item->n_items; i++) {
		const char *key = item->items[i]->key;

		if (is_among(key, config_rule_keys) || diag_nearest(key, config_rule_keys))
			return true;
	}
	return false;
}

/* only_own: only those with a fail-safe of their own. */
static int rescue_items(struct rescue *rescue, const struct yaml_node *section,
	const struct items *items, bool only_own)
{
	for (size_t i = 0; i < section->n_items && i < items->max; i++) {
		struct config *read __attribute__((cleanup(free_config))) = NULL;
		bool taken = false;
		int r;

		if (only_own && !has_own_end(section->items[i]))
			continue;
		r = read_item(rescue, items, section, i, &read);
		if (r == 0 && read)
			r = take(rescue->loader.config, read, section->items[i], &taken);
		if (r < 0)
			return r;
		if (!taken)
			miss_node(rescue, section->items[i]);
	}
	return 0;
}

/* True if the key of the section failsafe is, or was meant to be, the one of this kind. */
static bool is_key_of(const char *key, const struct output_kind *kind)
{
	const char *keys[OUTPUT_KINDS_MAX + 2] = {"after"};
	const char *meant;
	size_t n = 1;

	for (size_t i = 0; output_kind_table[i]; i++)
		if (output_kind_table[i]->is_failsafe_shared)
			keys[n++] = output_kind_table[i]->section;
	keys[n] = NULL;
	meant = is_among(key, keys) ? NULL : diag_nearest(key, keys);
	return meant && strcmp(meant, kind->section) == 0;
}

/* Reads the fail-safe of a kind whose outputs share one. False: it is not clear. */
static bool read_failsafe(
	struct rescue *rescue, const struct yaml_node *root, const struct output_kind *kind)
{
	const struct yaml_node *section = find_section(root, "failsafe");
	const struct yaml_node *node = yaml_node_get(section, kind->section);
	struct schema_choice choices[DRIVER_WORDS_MAX + 1];
	const struct schema_option option = config_failsafe_option(kind, choices);
	struct schema *schema = &rescue->loader.schema;
	size_t before = diag_count(schema->diag);

	if (!section)
		return !root->broken;
	if (section->kind != YAML_MAP || (!node && section->broken) || (node && node->broken))
		return false;
	for (size_t i = 0; !node && i < section->n_items; i++)
		if (is_key_of(section->items[i]->key, kind))
			return false;
	return !node ||
		(schema_read_value(schema, node, &option, &rescue->loader.config->failsafe) == 0 &&
			diag_count(schema->diag) == before);
}

/* True if the map may say that outputs of the kind are kept as they are. */
static bool may_be_kept(const struct output_kind *kind)
{
	for (size_t i = 0; kind->is_failsafe_shared && i < kind->n_failsafe; i++)
		if (!kind->failsafe[i].end.given)
			return true;
	return false;
}

/* Outputs that are kept as they are need nothing. */
static int rescue_kind(
	struct rescue *rescue, const struct yaml_node *root, const struct output_kind *kind)
{
	const struct items items = {kind->section, kind->max, kind};
	const unsigned *failsafe =
		&rescue->loader.config->failsafe.of_kind[output_kind_index(kind)];
	bool is_known = !may_be_kept(kind) || read_failsafe(rescue, root, kind);
	bool is_kept = is_known && kind->is_failsafe_shared && !kind->failsafe[*failsafe].end.given;
	const struct yaml_node *section = NULL;
	char path[64];

	if (is_kept)
		section = find_section(root, items.section);
	else
		section = find_outputs(rescue, root, &items);
	if (!section || section->kind != YAML_LIST)
		return 0;
	if (!is_known) {
		(void)snprintf(path, sizeof(path), "failsafe.%s", kind->section);
		miss(rescue, path, 0);
	}
	return rescue_items(rescue, section, &items, is_kept || !is_known);
}

/* Outputs that move come first. */
static int rescue_kinds(struct rescue *rescue, const struct yaml_node *root)
{
	int r = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; output_kind_table[i] && r == 0; i++)
			if (output_kind_table[i]->moves == (pass == 0))
				r = rescue_kind(rescue, root, output_kind_table[i]);
	config_spread_failsafe(rescue->loader.config);
	return r;
}

/* Removes chips without a driver, which are of no use. */
static void drop_chips(struct config *config)
{
	size_t places[CONFIG_CHIPS_MAX] = {0};
	size_t n = 0;

	for (size_t i = 0; i < config->n_chips; i++) {
		struct config_chip chip = config->chips[i];

		places[i] = n;
		config->chips[i] = (struct config_chip){0};
		if (chip.driver)
			config->chips[n++] = chip;
		else
			free(chip.name);
	}
	config->n_chips = n;
	for (size_t i = 0; i < config->n_outputs; i++) {
		for (size_t j = 0; j < OUTPUT_PORTS_MAX; j++) {
			struct config_port *port = &config->outputs[i].ports[j];

			if (port->type == PORT_CHIP_PWM)
				port->chip = places[port->chip];
		}
	}
}

static int rescue_all(struct rescue *rescue)
{
	const struct config *config = rescue->loader.config;
	struct yaml_node *root = NULL;
	int r = yaml_tree_read_broken_text(config->text, config->text_bytes, &root);

	if (r == 0 && root->kind != YAML_MAP)
		r = -EINVAL;
	rescue->loader.root = root;
	if (r == 0)
		r = rescue_chips(rescue, root);
	if (r == 0)
		r = rescue_kinds(rescue, root);
	if (r == 0)
		drop_chips(rescue->loader.config);
	yaml_tree_free(root);
	return r;
}

static int rescue_outputs_of(
	struct config *config, const struct host *host, const struct config_missed *missed)
{
	struct diag *unheard = NULL;
	int r = diag_new("", &unheard);

	if (r < 0)
		return r;
	struct rescue rescue = {
		.loader = {.schema = {.diag = unheard},
			.config = config,
			.host = host,
			.is_rescue = true},
		.missed = missed,
	};
	rescue.loader.schema.context = &rescue.loader;
	r = rescue_all(&rescue);
	diag_free(unheard);
	return r;
}

int config_load_outputs(const char *path, const struct host *host, struct diag *diag,
	const struct config_missed *missed, struct config **ret_config, bool *ret_whole)
{
	struct config *config __attribute__((cleanup(free_config))) = NULL;
	struct config *bare __attribute__((cleanup(free_config))) = NULL;
	int r = config_read_file(path, diag, &config);

	if (r < 0)
		return r;
	r = config_fill(config, host, diag);
	if (r == 0) {
		*ret_whole = true;
		*ret_config = config;
		config = NULL;
		return 0;
	}
	if (r != -EINVAL)
		return r;
	/* With mistakes, start again from the same bytes. */
	r = config_begin_again(config, &bare);
	if (r == 0)
		r = rescue_outputs_of(bare, host, missed);
	if (r < 0)
		return r;
	*ret_whole = false;
	*ret_config = bare;
	bare = NULL;
	return 0;
}
