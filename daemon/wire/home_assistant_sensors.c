/* SPDX-License-Identifier: MIT */
/* The values of a reading. */
#include "home_assistant_internal.h"
#include "topic.h"
#include <string.h>

static size_t count(const struct config *config)
{
	return config->n_sensors;
}

static bool describe(const struct config *config, size_t index, const char **ret_platform,
	const char **ret_word, const char **ret_name)
{
	(void)ret_word;
	*ret_platform = "sensor";
	*ret_name = config->sensors[index].name;
	return true;
}

/* True if it is a count of the part that only goes up. */
static bool is_counter(const struct config *config, const struct config_sensor *sensor)
{
	struct driver_channel_text text;
	const struct driver *driver;

	if (sensor->derived || sensor->calibrate || sensor->scale <= 0 ||
		sensor->sampling_size != 1)
		return false;
	driver = config->chips[sensor->chip].driver;
	return strcmp(driver_channel(driver, sensor->channel, &text)->quantity, "count") == 0;
}

static const char *state_class(
	const struct config *config, const struct config_sensor *sensor, const char *class)
{
	if (is_counter(config, sensor))
		return "total_increasing";
	return home_assistant_class_is_total(class) ? "total" : "measurement";
}

/* The gateway is there, and the sensor does not fail. It may be missing in the health for a moment
 * after a reload. */
static void add_availability(
	struct json_writer *json, const struct home_assistant *ha, const char *name)
{
	json_array(json, "avty");
	json_object(json, NULL);
	home_assistant_topic(json, "t", ha, "status");
	json_object_end(json);
	json_object(json, NULL);
	home_assistant_topic(json, "t", ha, "health");
	home_assistant_text(json, "val_tpl",
		"{{ 'online' if value_json.sensors.get('%s',{}).get('ok') else 'offline' }}", name);
	json_object_end(json);
	json_array_end(json);
	json_text(json, "avty_mode", "all");
}

/* A null of the combined reading is "unknown"; one that is rare comes on a topic of its own. */
static void add_state(struct json_writer *json, const struct home_assistant *ha,
	const struct config_sensor *sensor)
{
	char parent[TOPIC_MAX], topic[TOPIC_MAX];

	topic_below(parent, ha->config->mqtt.topic, "sensors");
	topic_below(topic, parent, sensor->name);
	json_text(json, "stat_t", sensor->is_rare ? topic : parent);
	if (!sensor->is_rare)
		home_assistant_text(json, "val_tpl", "{{ value_json['%s'] }}", sensor->name);
}

/* The unit of what is counted or of no dimension says nothing beside a name. */
static bool is_said(const char *quantity)
{
	static const char *const OTHERS[] = {"state", "raw"};

	for (size_t i = 0; quantity && i < sizeof(OTHERS) / sizeof(*OTHERS); i++)
		if (strcmp(quantity, OTHERS[i]) == 0)
			return false;
	return true;
}

static void write_sensor(struct json_writer *json, const struct home_assistant *ha, size_t index)
{
	const struct config_sensor *sensor = &ha->config->sensors[index];
	struct config_description description;
	const char *class;

	config_describe_sensor(ha->config, index, &description);
	class = home_assistant_class(description.quantity, description.unit);
	json_text(json, "name", description.label ? description.label : sensor->name);
	if (class)
		json_text(json, "dev_cla", class);
	if (description.unit && is_said(description.quantity))
		json_text(json, "unit_of_meas", description.unit);
	json_text(json, "stat_cla", state_class(ha->config, sensor, class));
	json_integer(json, "sug_dsp_prc", sensor->decimals);
	add_state(json, ha, sensor);
	add_availability(json, ha, sensor->name);
}

const struct home_assistant_group home_assistant_sensors = {
	"sensor", count, describe, write_sensor};
