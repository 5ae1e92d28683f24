/* SPDX-License-Identifier: MIT */
/* The gateway itself: its interval, a reading now, and its condition. */
#include "home_assistant_internal.h"
#include <stdio.h>

static void write_interval(struct json_writer *json, const struct home_assistant *ha)
{
	json_text(json, "ent_cat", "config");
	json_text(json, "dev_cla", "duration");
	json_text(json, "unit_of_meas", "ms");
	json_integer(json, "min", ha->config->interval.min_ms);
	json_integer(json, "max", ha->config->interval.max_ms);
	json_integer(json, "step", 1);
	json_text(json, "mode", "box");
	home_assistant_topic(json, "cmd_t", ha, "sensors/interval");
	json_text(json, "cmd_tpl", "{{ value }}ms"); /* right with either unit of the topic */
	home_assistant_topic(json, "stat_t", ha, "state");
	json_text(json, "val_tpl", "{{ value_json.sensors.interval }}");
}

static void write_read(struct json_writer *json, const struct home_assistant *ha)
{
	home_assistant_topic(json, "cmd_t", ha, "actions");
	json_text(json, "pl_prs", "{\"sensors\":{\"read\":true}}");
}

static void write_connection(struct json_writer *json, const struct home_assistant *ha)
{
	json_text(json, "ent_cat", "diagnostic");
	json_text(json, "dev_cla", "connectivity");
	json_array(json, "avty"); /* it is what tells that the others are not available */
	json_array_end(json);
	home_assistant_topic(json, "stat_t", ha, "status");
	json_text(json, "pl_on", "online");
	json_text(json, "pl_off", "offline");
}

static void write_health(struct json_writer *json, const struct home_assistant *ha)
{
	json_text(json, "ent_cat", "diagnostic");
	home_assistant_topic(json, "stat_t", ha, "health");
}

static void write_memory(struct json_writer *json, const struct home_assistant *ha)
{
	write_health(json, ha);
	json_text(json, "dev_cla", "data_size");
	json_text(json, "unit_of_meas", "kB");
	json_text(json, "stat_cla", "measurement");
	json_text(json, "val_tpl", "{{ value_json.rss_kb }}");
}

static void write_queue(struct json_writer *json, const struct home_assistant *ha)
{
	write_health(json, ha);
	json_text(json, "stat_cla", "measurement");
	json_text(json, "val_tpl", "{{ value_json.queued }}");
}

static void write_reconnects(struct json_writer *json, const struct home_assistant *ha)
{
	write_health(json, ha);
	json_text(json, "stat_cla", "total_increasing");
	json_text(json, "val_tpl", "{{ value_json.reconnects }}");
}

/* Sensors, outputs and the disk, as far as they fail. */
static void write_faults(struct json_writer *json, const struct home_assistant *ha)
{
	write_health(json, ha);
	json_text(json, "stat_cla", "measurement");
	home_assistant_text(json, "val_tpl",
		"{{ (value_json.sensors.values()|list + [value_json.disk]%s)"
		"|rejectattr('ok')|list|count }}",
		ha->config->n_outputs > 0 ? " + value_json.actuators.values()|list" : "");
}

static void write_version(struct json_writer *json, const struct home_assistant *ha)
{
	write_health(json, ha);
	json_text(json, "val_tpl", "{{ value_json.version }}");
}

static const struct entity {
	const char *word, *name, *platform;
	void (*write)(struct json_writer *json, const struct home_assistant *ha);
} ENTITIES[] = {
	{"interval", "Interval", "number", write_interval},
	{"read", "Read now", "button", write_read},
	{"connection", "Connection", "binary_sensor", write_connection},
	{"memory", "Memory", "sensor", write_memory},
	{"queue", "Queue", "sensor", write_queue},
	{"reconnects", "Reconnects", "sensor", write_reconnects},
	{"faults", "Faults", "sensor", write_faults},
	{"version", "Version", "sensor", write_version},
};

static size_t count(const struct config *config)
{
	(void)config;
	return sizeof(ENTITIES) / sizeof(*ENTITIES);
}

static bool describe(const struct config *config, size_t index, const char **ret_platform,
	const char **ret_word, const char **ret_name)
{
	(void)config;
	(void)ret_word;
	*ret_platform = ENTITIES[index].platform;
	*ret_name = ENTITIES[index].word;
	return true;
}

static void write_own(struct json_writer *json, const struct home_assistant *ha, size_t index)
{
	json_text(json, "name", ENTITIES[index].name);
	ENTITIES[index].write(json, ha);
}

const struct home_assistant_group home_assistant_own = {"gateway", count, describe, write_own};
