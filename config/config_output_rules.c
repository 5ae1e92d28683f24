/* SPDX-License-Identifier: MIT */
/* Options that outputs of every kind share: one row each. The daemon decides by them. */
#include "config_load.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MS   1e3 /* in the base unit of durations, us */
#define HOUR 3600e6

const char *const config_rule_keys[CONFIG_RULE_OPTIONS + 1] = {
	"failsafe", "max_on", "interlock", "interlock_pause", "start", "limits", NULL};

static const struct schema_option MAX_ON = {.key = "max_on",
	.help = "the longest time that it may be on",
	SCHEMA_FIELD(struct config_output, max_on_us),
	.type = SCHEMA_DURATION,
	.min = 10 * MS,
	.max = 24 * HOUR};

static const struct schema_option INTERLOCK = {.key = "interlock",
	.help = "of the outputs with the same word here at most one is on",
	SCHEMA_FIELD(struct config_output, interlock),
	.type = SCHEMA_NAME};

static const struct schema_option INTERLOCK_PAUSE = {.key = "interlock_pause",
	.help = "the time between two of them",
	SCHEMA_FIELD(struct config_output, interlock_pause_us),
	.type = SCHEMA_DURATION,
	.max = 60e6,
	.initial = "500ms"};

static const struct schema_choice OFF_ON[] = {
	{"off", CONFIG_START_OFF}, {"on", CONFIG_START_ON}, {"last", CONFIG_START_LAST}, {0}};
static const struct schema_choice OFF_OR_NUMBER[] = {
	{"off", CONFIG_START_OFF}, {"last", CONFIG_START_LAST}, {0}};

/* Of a kind with a goal: a number may be given instead of a word, and is that choice then. */
static void take_number(const struct output_kind *kind, struct schema_option *option,
	unsigned choice, struct schema_option *row)
{
	int goal = output_goal_key(kind);

	if (goal < 0)
		return;
	row->key = option->key;
	row->type = SCHEMA_NUMBER;
	row->min = (double)kind->keys[goal].min / output_key_scale(&kind->keys[goal]);
	row->max = (double)kind->keys[goal].max / output_key_scale(&kind->keys[goal]);
	option->or_number = row;
	option->number_choice = choice;
}

/* --- limits --- */

static int direction_of(const struct output_kind *kind, const char *word)
{
	for (int i = 0; kind->directions[i]; i++)
		if (strcmp(kind->directions[i], word) == 0)
			return i;
	return -1;
}

static int read_limit(
	struct schema *schema, const struct yaml_node *node, struct config_output *output)
{
	struct config_loader *loader = config_loader_of(schema);
	int direction = direction_of(loader->kind, node->key);
	const struct config_chip *chip;
	size_t index;

	if (direction < 0) {
		schema_unknown(
			schema, node->key_place, "direction", node->key, loader->kind->directions);
		return 0;
	}
	if (!schema_expect_like(schema, node, YAML_SCALAR, "limits: {forward: top}"))
		return 0;
	index = config_chip_index(loader->config, node->text, strlen(node->text));
	if (index == CONFIG_NO_INDEX)
		return config_unknown_chip(loader, node, strlen(node->text));
	chip = &loader->config->chips[index];
	if (!chip->driver)
		return 0; /* a mistake of its own */
	if (!chip->driver->is_level) {
		diag_error(schema->diag, node->place, "name a chip of driver: switch",
			"limits: %s is a %s, and a limit is a switch on a line of its own",
			chip->name, chip->driver->name);
		return 0;
	}
	output->limits[direction] = index;
	output->has_limits |= 1U << direction;
	return 0;
}

static int read_limits(struct schema *schema, const struct yaml_node *node, void *field)
{
	int r = 0;

	/* Field is the output itself. */
	if (!schema_expect_like(schema, node, YAML_MAP, "limits: {forward: top, backward: bottom}"))
		return 0;
	for (size_t i = 0; i < node->n_items && r == 0; i++)
		r = read_limit(schema, node->items[i], field);
	return r;
}

static const struct schema_option LIMITS = {.key = "limits",
	.help = "the switches that end its way",
	.type = SCHEMA_CUSTOM,
	.offset = 0,
	.read = read_limits};

static struct schema_option failsafe_option(
	const struct output_kind *kind, struct config_rule_words *words)
{
	struct schema_option option = {
		.key = "failsafe",
		.help = "what it does while there is no broker",
		SCHEMA_FIELD(struct config_output, failsafe),
		.type = SCHEMA_ENUM,
		.choices = words->failsafe,
		.initial = kind->failsafe[0].word,
	};

	config_failsafe_choices(kind, words->failsafe);
	words->failsafe_number =
		(struct schema_option){SCHEMA_FIELD(struct config_output, failsafe_number)};
	take_number(kind, &option, (unsigned)kind->n_failsafe, &words->failsafe_number);
	return option;
}

static struct schema_option start_option(
	const struct output_kind *kind, struct config_rule_words *words)
{
	struct schema_option option = {
		.key = "start",
		.help = "what it is after a start of tosd, without an action",
		SCHEMA_FIELD(struct config_output, start.word),
		.type = SCHEMA_ENUM,
		.choices = output_toggle_key(kind) < 0 ? OFF_OR_NUMBER : OFF_ON,
		.initial = "off",
	};

	words->start_number =
		(struct schema_option){SCHEMA_FIELD(struct config_output, start.number)};
	take_number(kind, &option, CONFIG_START_NUMBER, &words->start_number);
	return option;
}

size_t config_rule_options(const struct output_kind *kind, struct config_rule_words *words,
	struct schema_option ret_options[CONFIG_RULE_OPTIONS])
{
	size_t n = 0;

	ret_options[n++] = failsafe_option(kind, words);
	ret_options[n++] = MAX_ON;
	ret_options[n++] = INTERLOCK;
	ret_options[n++] = INTERLOCK_PAUSE;
	/* Others go on only by an action. */
	if (output_toggle_key(kind) >= 0 || output_goal_key(kind) >= 0)
		ret_options[n++] = start_option(kind, words);
	if (kind->directions)
		ret_options[n++] = LIMITS;
	return n;
}

/* The key that is the goal, and the keys that it implies. */
static struct output_values reach(const struct output_kind *kind, double number)
{
	int goal = output_goal_key(kind);
	struct output_values values = {0};

	for (size_t i = 0; goal >= 0 && i < kind->n_keys; i++)
		if (kind->keys[i].is_implied)
			output_values_set(&values, i, kind->keys[i].implied);
	if (goal >= 0)
		output_values_set(&values, (size_t)goal,
			(int)lround(number * output_key_scale(&kind->keys[goal])));
	return values;
}

struct output_values config_output_start(const struct config_output *output)
{
	int toggled = output_toggle_key(output->kind);
	struct output_values values = {0};

	if (output->start.word == CONFIG_START_NUMBER)
		return reach(output->kind, output->start.number);
	if (output->start.word == CONFIG_START_ON && toggled >= 0)
		output_values_set(&values, (size_t)toggled, 1);
	return values;
}

static void check_goal(struct schema *schema, const struct yaml_node *node,
	const struct config_output *output, double number)
{
	const struct output_kind *kind = output->kind;
	size_t goal = (size_t)output_goal_key(kind);
	const struct output_range range = output_key_range(kind, goal, output->params);
	int scale = output_key_scale(&kind->keys[goal]);
	int reached = reach(kind, number).numbers[goal];

	if (reached < range.min || reached > range.max)
		diag_error(schema->diag, node->place, NULL, "%s: %.40s is outside %g..%g",
			node->key, node->text, (double)range.min / scale,
			(double)range.max / scale);
}

void config_check_goals(
	struct schema *schema, const struct yaml_node *node, const struct config_output *output)
{
	const struct yaml_node *start = yaml_node_get(node, "start");
	const struct yaml_node *failsafe = yaml_node_get(node, "failsafe");

	if (start && output->start.word == CONFIG_START_NUMBER)
		check_goal(schema, start, output, output->start.number);
	if (failsafe && output->failsafe == output->kind->n_failsafe)
		check_goal(schema, failsafe, output, output->failsafe_number);
}

void config_note_rules(const struct yaml_node *node, struct config_output *output)
{
	output->has_failsafe = yaml_node_get(node, "failsafe") != NULL;
	output->goal = (struct output_failsafe){
		.away = reach(output->kind, output->failsafe_number), .end = output->kind->rest};
}

static const struct yaml_node *node_of(
	const struct config_loader *loader, const struct config_output *output, const char *key)
{
	return yaml_node_get(config_item(loader, output->kind->section, output->index), key);
}

static bool is_same_group(const struct config_output *a, const struct config_output *b)
{
	return a != b && a->interlock && b->interlock && strcmp(a->interlock, b->interlock) == 0;
}

static bool goes_on_at_start(const struct config_output *output)
{
	return output->start.word == CONFIG_START_ON || output->start.word == CONFIG_START_NUMBER;
}

/* Two of one interlock. */
static void check_pair(struct config_loader *loader, const struct yaml_node *group,
	const struct config_output *a, const struct config_output *b)
{
	struct diag *diag = loader->schema.diag;

	if (config_output_acts_away(a) && config_output_acts_away(b))
		diag_error(diag, group->place, "failsafe: on is for one of them",
			"interlock: without a broker both %s and %s would go on", a->name, b->name);
	if (goes_on_at_start(a) && goes_on_at_start(b))
		diag_error(diag, group->place, "start: on is for one of them",
			"interlock: at the start both %s and %s would go on", a->name, b->name);
}

static void check_interlock(struct config_loader *loader, const struct config_output *output)
{
	const struct config *config = loader->config;
	const struct yaml_node *group = node_of(loader, output, "interlock");
	const struct yaml_node *pause = node_of(loader, output, "interlock_pause");
	struct diag *diag = loader->schema.diag;
	size_t n = 0;

	if (pause && !group)
		diag_error(diag, pause->key_place, "add interlock, or remove it",
			"interlock_pause: %s is in no interlock", output->name);
	if (!output->interlock || !group)
		return;
	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct config_output *other = &config->outputs[i];

		n += is_same_group(output, other);
		if (is_same_group(output, other) && other < output)
			check_pair(loader, group, other, output);
	}
	if (n == 0)
		diag_error(diag, group->place, "name the same in another output, or remove it",
			"interlock: %s is alone in \"%s\"", output->name, output->interlock);
}

/* Only an action turns on an output with max_on or an interlock. */
static void check_last(struct config_loader *loader, const struct config_output *output)
{
	static const char *const KEYS[] = {"max_on", "interlock"};
	const struct yaml_node *start = node_of(loader, output, "start");

	if (!start || output->start.word != CONFIG_START_LAST)
		return;
	for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++)
		if (node_of(loader, output, KEYS[i]))
			diag_error(loader->schema.diag, start->place,
				"take start: off, and turn it on by an action",
				"start: last does not go with %s, of %s", KEYS[i], output->name);
}

static void check_limits(struct config_loader *loader, const struct config_output *output)
{
	const struct yaml_node *node = node_of(loader, output, "limits");
	const struct output_kind *kind = output->kind;
	enum port_type ports[OUTPUT_PORTS_MAX];
	struct diag *diag = loader->schema.diag;

	if (!output->has_limits)
		return;
	config_output_ports(output, ports);
	for (unsigned i = 0; kind->directions[i]; i++) {
		if (!(output->has_limits >> i & 1))
			continue;
		loader->config->chips[output->limits[i]].is_limit = true;
		if (!(kind->can_move(ports) >> i & 1))
			diag_error(diag, yaml_node_get(node, kind->directions[i])->key_place,
				"remove it", "limits: %s does not move %s", output->name,
				kind->directions[i]);
		for (unsigned j = 0; j < i; j++)
			if (output->has_limits >> j & 1 && output->limits[i] == output->limits[j])
				diag_error(diag, yaml_node_get(node, kind->directions[i])->place,
					"each end needs a switch of its own",
					"limits: %s, reached once, would hold %s in both "
					"directions",
					loader->config->chips[output->limits[i]].name,
					output->name);
	}
}

void config_check_rules(struct config_loader *loader)
{
	for (size_t i = 0; i < loader->config->n_outputs; i++) {
		check_interlock(loader, &loader->config->outputs[i]);
		check_last(loader, &loader->config->outputs[i]);
		check_limits(loader, &loader->config->outputs[i]);
	}
}
