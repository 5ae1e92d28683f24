/* SPDX-License-Identifier: MIT */
/* What the map says of outputs of every kind, and what the daemon decides by: a row each. */
#include "config_load.h"

#define MS   1e3 /* in the base unit of durations, us */
#define HOUR 3600e6

const char *const config_rule_keys[CONFIG_RULE_OPTIONS + 1] = {"failsafe", "max_on", NULL};

static const struct schema_option MAX_ON = {.key = "max_on",
	SCHEMA_FIELD(struct config_output, max_on_us),
	.type = SCHEMA_DURATION,
	.min = 10 * MS,
	.max = 24 * HOUR};

size_t config_rule_options(const struct output_kind *kind, struct config_rule_words *words,
	struct schema_option ret_options[CONFIG_RULE_OPTIONS])
{
	size_t n = 0;

	config_failsafe_choices(kind, words->failsafe);
	ret_options[n++] = (struct schema_option){
		.key = "failsafe",
		SCHEMA_FIELD(struct config_output, failsafe),
		.type = SCHEMA_ENUM,
		.choices = words->failsafe,
		.initial = kind->failsafe[0].word,
	};
	ret_options[n++] = MAX_ON;
	return n;
}

void config_note_rules(const struct yaml_node *node, struct config_output *output)
{
	output->has_failsafe = yaml_node_get(node, "failsafe") != NULL;
}
