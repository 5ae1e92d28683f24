/* SPDX-License-Identifier: MIT */
/*
 * The outputs of a map that has mistakes. Each chip and each port is read for itself, as if it
 * were the only one. One with a mistake is read again without the keys that do not matter at rest;
 * if a mistake is left then, nobody can say what its lines do, and it is missed.
 *
 * A key that nobody knows matters: it may be a misspelt active_low, and a wrong level would start
 * the motor that is to be stopped.
 */
#include "config_load.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the loader reads, one item a call. */
struct item_kind {
	const char *section;
	size_t max;
	int (*read)(struct schema *schema, const struct yaml_node *node, void *config);
	const char *const *harmless; /* keys that do not matter at rest; NULL: see needed */
	const char *const *needed;   /* keys beside which nothing matters */
};

static const char *const CHIP_NEEDS[] = {"driver", "bus", "address", NULL};
static const char *const LED_HARMLESS[] = {"name", "min_duty", "gamma", "frequency", NULL};
static const char *const MOTOR_HARMLESS[] = {
	"name", "pwm", "stop", "ramp", "reverse_pause", "min_duty", "frequency", NULL};

static const struct item_kind CHIPS = {
	"chips", CONFIG_CHIPS_MAX, config_read_chips, NULL, CHIP_NEEDS};
static const struct item_kind LEDS = {
	"leds", CONFIG_LEDS_MAX, config_read_leds, LED_HARMLESS, NULL};
static const struct item_kind MOTORS = {
	"motors", CONFIG_MOTORS_MAX, config_read_motors, MOTOR_HARMLESS, NULL};

struct rescue {
	struct config_loader loader; /* its diag is heard by nobody */
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

static bool matters(const struct item_kind *kind, const char *key)
{
	return kind->needed ? is_among(key, kind->needed) : !is_among(key, kind->harmless);
}

/* Whether the text breaks off, or names a key twice, where it matters. */
static bool is_broken(const struct item_kind *kind, const struct yaml_node *item)
{
	for (size_t i = 0; item->kind == YAML_MAP && i < item->n_items; i++)
		if (item->items[i]->broken && matters(kind, item->items[i]->key))
			return true;
	return item->kind != YAML_MAP || item->broken;
}

static void free_config(struct config **config)
{
	config_free(*config);
}

/* A section with that item alone. *ret_read: what it gave, or NULL if there was a mistake. */
static int read_alone(struct rescue *rescue, const struct item_kind *kind,
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
	r = kind->read(schema, &alone, read);
	if (r < 0 || diag_count(schema->diag) > before)
		return r;
	*ret_read = read;
	read = NULL;
	return 0;
}

static int read_what_matters(struct rescue *rescue, const struct item_kind *kind,
	const struct yaml_node *section, const struct yaml_node *item, struct config **ret_read)
{
	struct yaml_node bare = *item;
	int r;

	bare.items = calloc(item->n_items + 1, sizeof(struct yaml_node *));
	if (!bare.items)
		return -ENOMEM;
	bare.n_items = 0;
	for (size_t i = 0; i < item->n_items; i++)
		if (matters(kind, item->items[i]->key))
			bare.items[bare.n_items++] = item->items[i];
	r = read_alone(rescue, kind, section, &bare, ret_read);
	free(bare.items);
	return r;
}

/* *ret_read: a config that has this one item and can be relied upon, or NULL. */
static int read_item(struct rescue *rescue, const struct item_kind *kind,
	const struct yaml_node *section, size_t index, struct config **ret_read)
{
	struct yaml_node *item = section->items[index];
	int r;

	*ret_read = NULL;
	if (is_broken(kind, item))
		return 0;
	r = read_alone(rescue, kind, section, item, ret_read);
	if (r < 0 || *ret_read)
		return r;
	return read_what_matters(rescue, kind, section, item, ret_read);
}

/* The section of that name, or the one that was meant. */
static const struct yaml_node *find_section(const struct yaml_node *root, const char *name)
{
	enum { WORDS_MAX = 32 };
	const char *words[WORDS_MAX + 1] = {NULL};
	const struct yaml_node *node = yaml_node_get(root, name);

	for (size_t i = 0; i < WORDS_MAX && config_sections[i].key; i++)
		words[i] = config_sections[i].key;
	for (size_t i = 0; !node && i < root->n_items; i++) {
		const char *key = root->items[i]->key;
		const char *meant = is_among(key, words) ? NULL : diag_nearest(key, words);

		if (meant && strcmp(meant, name) == 0)
			node = root->items[i];
	}
	return node;
}

/* One for each place in the section, so that outputs find theirs. Those that were not understood
 * have no driver, and an port on one of them is missed. */
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

static bool has(const struct yaml_node *item, const char *key, const struct config_port *port)
{
	return !yaml_node_get(item, key) || port->kind != CONFIG_PORT_NONE;
}

/* false: one of its outputs is on a chip that was not understood. */
static bool take_led(struct config *config, struct config *read, const struct yaml_node *item)
{
	const struct config_led *led = &read->leds[0];

	(void)item;
	if (led->port.kind == CONFIG_PORT_NONE)
		return false;
	config->leds[config->n_leds++] = *led;
	read->n_leds = 0;
	return true;
}

static bool take_motor(struct config *config, struct config *read, const struct yaml_node *item)
{
	const struct config_motor *motor = &read->motors[0];

	if (!has(item, "forward", &motor->forward) || !has(item, "backward", &motor->backward) ||
		!has(item, "phase", &motor->phase) || !has(item, "enable", &motor->enable))
		return false;
	config->motors[config->n_motors++] = *motor;
	read->n_motors = 0;
	return true;
}

/* The list of outputs of that kind; NULL: there is none, and what is to be said of it was said. */
static const struct yaml_node *find_outputs(
	struct rescue *rescue, const struct yaml_node *root, const struct item_kind *kind)
{
	const struct yaml_node *section = find_section(root, kind->section);

	if (!section && root->broken)
		miss(rescue, kind->section, 0);
	if (!section)
		return NULL;
	if (section->kind != YAML_LIST || section->broken || section->n_items > kind->max)
		miss_node(rescue, section);
	return section->kind == YAML_LIST ? section : NULL;
}

static int rescue_outputs(struct rescue *rescue, const struct yaml_node *section,
	const struct item_kind *kind,
	bool (*take)(struct config *config, struct config *read, const struct yaml_node *item))
{
	for (size_t i = 0; i < section->n_items && i < kind->max; i++) {
		struct config *read __attribute__((cleanup(free_config))) = NULL;
		int r = read_item(rescue, kind, section, i, &read);

		if (r < 0)
			return r;
		if (!read || !take(rescue->loader.config, read, section->items[i]))
			miss_node(rescue, section->items[i]);
	}
	return 0;
}

static const struct schema_option *leds_option(void)
{
	const struct schema_option *option = config_failsafe_options;

	while (strcmp(option->key, "leds") != 0)
		option++;
	return option;
}

/* What becomes of the LEDs. false: nobody can say. */
static bool read_failsafe(struct rescue *rescue, const struct yaml_node *root)
{
	static const char *const KEYS[] = {"after", "motors", "leds", NULL};
	const struct yaml_node *section = find_section(root, "failsafe");
	const struct yaml_node *leds = yaml_node_get(section, "leds");
	struct schema *schema = &rescue->loader.schema;
	size_t before = diag_count(schema->diag);

	if (!section)
		return !root->broken;
	if (section->kind != YAML_MAP || (!leds && section->broken) || (leds && leds->broken))
		return false;
	for (size_t i = 0; !leds && i < section->n_items; i++) {
		const char *key = section->items[i]->key;
		const char *meant = is_among(key, KEYS) ? NULL : diag_nearest(key, KEYS);

		if (meant && strcmp(meant, "leds") == 0)
			return false;
	}
	return !leds ||
		(schema_read_value(schema, leds, leds_option(), &rescue->loader.config->failsafe) ==
				0 &&
			diag_count(schema->diag) == before);
}

/* LEDs that are kept as they are need nothing. */
static int rescue_leds(struct rescue *rescue, const struct yaml_node *root)
{
	struct config *config = rescue->loader.config;
	bool is_known = read_failsafe(rescue, root);
	const struct yaml_node *section = NULL;

	if (!is_known || config->failsafe.leds != CONFIG_FAILSAFE_LEDS_KEEP)
		section = find_outputs(rescue, root, &LEDS);
	if (!section)
		return 0;
	if (!is_known) {
		miss(rescue, "failsafe.leds", 0);
		return 0;
	}
	config->leds = calloc(section->n_items + 1, sizeof(*config->leds));
	return config->leds ? rescue_outputs(rescue, section, &LEDS, take_led) : -ENOMEM;
}

static int rescue_motors(struct rescue *rescue, const struct yaml_node *root)
{
	const struct yaml_node *section = find_outputs(rescue, root, &MOTORS);
	struct config *config = rescue->loader.config;

	if (!section)
		return 0;
	config->motors = calloc(section->n_items + 1, sizeof(*config->motors));
	return config->motors ? rescue_outputs(rescue, section, &MOTORS, take_motor) : -ENOMEM;
}

static void move_output(struct config_port *port, const size_t *places)
{
	if (port->kind == CONFIG_PORT_CHIP_PWM)
		port->chip = places[port->chip];
}

/* Chips without a driver are of no use to anybody. */
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
	for (size_t i = 0; i < config->n_leds; i++)
		move_output(&config->leds[i].port, places);
	for (size_t i = 0; i < config->n_motors; i++) {
		move_output(&config->motors[i].forward, places);
		move_output(&config->motors[i].backward, places);
		move_output(&config->motors[i].phase, places);
		move_output(&config->motors[i].enable, places);
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
		r = rescue_motors(rescue, root);
	if (r == 0)
		r = rescue_leds(rescue, root);
	if (r == 0)
		drop_chips(rescue->loader.config);
	yaml_tree_free(root);
	return r;
}

static int rescue_outputs_of(
	struct config *config, const char *hostname, const struct config_missed *missed)
{
	struct diag *unheard = NULL;
	int r = diag_new("", &unheard);

	if (r < 0)
		return r;
	struct rescue rescue = {
		.loader = {.schema = {.diag = unheard}, .config = config, .hostname = hostname},
		.missed = missed,
	};
	rescue.loader.schema.context = &rescue.loader;
	r = rescue_all(&rescue);
	diag_free(unheard);
	return r;
}

int config_load_outputs(const char *path, const char *hostname, struct diag *diag,
	const struct config_missed *missed, struct config **ret_config, bool *ret_whole)
{
	struct config *config __attribute__((cleanup(free_config))) = NULL;
	struct config *bare __attribute__((cleanup(free_config))) = NULL;
	int r = config_read_file(path, diag, &config);

	if (r < 0)
		return r;
	r = config_fill(config, hostname, diag);
	if (r == 0) {
		*ret_whole = true;
		*ret_config = config;
		config = NULL;
		return 0;
	}
	if (r != -EINVAL)
		return r;
	/* What has mistakes is begun again, from the same bytes. */
	r = config_begin_again(config, &bare);
	if (r == 0)
		r = rescue_outputs_of(bare, hostname, missed);
	if (r < 0)
		return r;
	*ret_whole = false;
	*ret_config = bare;
	bare = NULL;
	return 0;
}
