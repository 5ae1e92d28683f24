/* SPDX-License-Identifier: MIT */
/* Parts on lines: inputs that have a state, and inputs that have only events. */
#include "home_assistant_internal.h"
#include "topic.h"

static bool has_state(const struct driver *driver)
{
	for (size_t i = 0; i < driver->n_events; i++)
		if (driver->events[i].state)
			return true;
	return false;
}

static size_t count(const struct config *config)
{
	return config->n_chips;
}

static bool describe(const struct config *config, size_t index, const char **ret_platform,
	const char **ret_word, const char **ret_name)
{
	const struct config_chip *chip = &config->chips[index];

	(void)ret_word;
	*ret_platform = has_state(chip->driver) ? "binary_sensor" : "event";
	*ret_name = chip->name;
	return chip->driver->n_events > 0;
}

static void write_state(
	struct json_writer *json, const struct home_assistant *ha, const struct config_chip *chip)
{
	char parent[TOPIC_MAX], topic[TOPIC_MAX];

	topic_below(parent, ha->config->mqtt.topic, "state/input");
	topic_below(topic, parent, chip->name);
	json_text(json, "stat_t", topic);
	json_text(json, "pl_on", "on");
	json_text(json, "pl_off", "off");
}

/* All events come on one topic; one of another input renders to nothing, which is ignored. */
static void write_event(
	struct json_writer *json, const struct home_assistant *ha, const struct config_chip *chip)
{
	json_text(json, "dev_cla", "button");
	json_array(json, "evt_typ");
	for (size_t i = 0; i < chip->driver->n_events; i++)
		json_text(json, NULL, chip->driver->events[i].word);
	json_array_end(json);
	home_assistant_topic(json, "stat_t", ha, "events");
	home_assistant_text(json, "val_tpl",
		"{%% if '%s' in value_json %%}{\"event_type\":\"{{ value_json['%s'] }}\"}"
		"{%% endif %%}",
		chip->name, chip->name);
}

static void write_input(struct json_writer *json, const struct home_assistant *ha, size_t index)
{
	const struct config_chip *chip = &ha->config->chips[index];

	json_text(json, "name", chip->name);
	if (has_state(chip->driver))
		write_state(json, ha, chip);
	else
		write_event(json, ha, chip);
}

const struct home_assistant_group home_assistant_inputs = {"input", count, describe, write_input};
