/* SPDX-License-Identifier: MIT */
/* The section sensors. */
#include "config_sensors.h"
#include "schema_text.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS         1e3 /* in the base unit of durations, us */
#define HOUR       3600e6
#define BIG        1e12 /* above any physical value; keeps results computed from it finite */
#define ANY_NUMBER .type = SCHEMA_NUMBER, .min = -BIG, .max = BIG

#define FROM_EXAMPLE "from: climate.temperature"
#define EXAMPLE      "temp: {" FROM_EXAMPLE "}"

/* Limited, so that one message can describe all sensors to a client. */
enum { LABEL_MAX_BYTES = 64, CLASS_MAX_BYTES = 32, UNIT_MAX_BYTES = 16 };

static int read_from(struct schema *schema, const struct yaml_node *node, void *field);
static int read_calibrate(struct schema *schema, const struct yaml_node *node, void *field);

const struct schema_option config_sensor_options[] = {
	{.key = "decimals",
		.help = "of the value in a reading",
		SCHEMA_FIELD(struct config_sensor, decimals),
		.type = SCHEMA_INTEGER,
		.min = 0,
		.max = 9,
		.initial = "0"},
	{.key = "ema",
		.help = "smoothing: the weight of the new value; 1 is none",
		SCHEMA_FIELD(struct config_sensor, ema),
		.type = SCHEMA_NUMBER,
		.min = 0.001,
		.max = 1,
		.initial = "1"},
	{.key = "min",
		.help = "a value below it is a failed read",
		SCHEMA_FIELD(struct config_sensor, min),
		ANY_NUMBER},
	{.key = "max",
		.help = "a value above it is a failed read",
		SCHEMA_FIELD(struct config_sensor, max),
		ANY_NUMBER},
	{.key = "deadband",
		.help = "its own topic is published only if the value has changed by more",
		SCHEMA_FIELD(struct config_sensor, deadband),
		.type = SCHEMA_NUMBER,
		.min = 0,
		.max = BIG,
		.initial = "0"},
	{.key = "topic",
		.help = "whether the value is also published alone, as plain text",
		SCHEMA_FIELD(struct config_sensor, topic),
		.type = SCHEMA_BOOL,
		.initial = "false"},
	{.key = "label",
		.help = "its name for people",
		SCHEMA_FIELD(struct config_sensor, label),
		.type = SCHEMA_STRING,
		.max = LABEL_MAX_BYTES},
	{.key = "class",
		.help = "what it measures, as temperature",
		SCHEMA_FIELD(struct config_sensor, class),
		.type = SCHEMA_NAME,
		.max = CLASS_MAX_BYTES},
	{.key = "unit",
		.help = "its unit, for programs that show it",
		SCHEMA_FIELD(struct config_sensor, unit),
		.type = SCHEMA_STRING,
		.max = UNIT_MAX_BYTES},
	{0},
};

const struct schema_option config_measured_options[] = {
	{.key = "from",
		.help = "chip.channel, as climate.temperature; the chip alone if it has one "
			"channel",
		.type = SCHEMA_CUSTOM,
		.read = read_from,
		.required = true},
	{.key = "scale",
		.help = "value x scale + offset",
		SCHEMA_FIELD(struct config_sensor, scale),
		ANY_NUMBER,
		.initial = "1"},
	{.key = "offset",
		.help = "value x scale + offset",
		SCHEMA_FIELD(struct config_sensor, offset),
		ANY_NUMBER,
		.initial = "0"},
	{.key = "calibrate",
		.help = "two or more points [raw, value], rising in raw",
		.type = SCHEMA_CUSTOM,
		.read = read_calibrate},
	{.key = "every",
		.help = "a slower rhythm: in the readings between, the value is null",
		SCHEMA_FIELD(struct config_sensor, every_us),
		.type = SCHEMA_DURATION,
		.min = 10 * MS,
		.max = 24 * HOUR},
	{.key = "simulate",
		.help = "what the part shows on the simulated board: a number, or a wave",
		.type = SCHEMA_CUSTOM,
		.read = config_read_simulate},
	{0},
};

static int unknown_channel(
	struct schema *schema, const struct yaml_node *node, const struct driver *driver)
{
	const char *channel = strchr(node->text, '.') + 1;
	const char **names = calloc(driver->n_channels + 1, sizeof(*names));
	struct diag_place place = node->place;
	char what[96], cure[160];

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < driver->n_channels; i++)
		names[i] = driver->channels[i].name;
	if (node->plain && *channel) {
		place.column += (size_t)(channel - node->text);
		place.width = strlen(channel);
	}
	(void)snprintf(what, sizeof(what), "channel of %s", driver->name);
	if (driver->attributes)
		(void)snprintf(cure, sizeof(cure),
			"ls /sys/%s/%s*/ shows what there is; tosd.yaml(5) tells how it is called",
			driver->attributes->folder, driver->attributes->prefix);
	schema_unknown_of_many(
		schema, place, what, channel, names, driver->attributes ? cure : NULL);
	free(names);
	return 0;
}

/* True if the chip has a single channel, which then need not be named, or none. */
static bool needs_no_channel(const struct config *config, const char *name)
{
	size_t chip = config_chip_index(config, name, strlen(name));

	return chip != CONFIG_NO_INDEX && config->chips[chip].driver &&
		(config->chips[chip].driver->n_channels == 1 ||
			(config->chips[chip].driver->n_channels == 0 &&
				config->chips[chip].driver->n_events > 0));
}

static int read_from(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_loader *loader = config_loader_of(schema);
	struct config_sensor *sensor = field;

	if (!schema_expect_like(schema, node, YAML_SCALAR, FROM_EXAMPLE))
		return 0;
	const char *dot = strchr(node->text, '.');
	size_t length = dot ? (size_t)(dot - node->text) : strlen(node->text);
	if (!dot && !needs_no_channel(loader->config, node->text)) {
		diag_error(schema->diag, node->place, NULL,
			"from takes <chip>.<channel>, not \"%.40s\"", node->text);
		return 0;
	}
	size_t chip = config_chip_index(loader->config, node->text, length);
	if (chip == CONFIG_NO_INDEX)
		return config_unknown_chip(loader, node, length);
	const struct driver *driver = loader->config->chips[chip].driver;
	if (!driver)
		return 0; /* reported already, at the chip */
	if (driver->n_channels == 0) {
		diag_error(schema->diag, node->place, NULL, "from: %s %s and measures nothing",
			driver->name,
			driver->n_events ? "sends events by itself" : "is for outputs");
		return 0;
	}
	int channel = dot ? driver_channel_find(driver, dot + 1) : 0;
	if (channel < 0)
		return unknown_channel(schema, node, driver);
	sensor->chip = chip;
	sensor->channel = (unsigned)channel;
	return 0;
}

/* Every point is [raw, value]. */
static int read_point(
	struct schema *schema, const struct yaml_node *node, struct config_point *point)
{
	static const struct schema_option rows[] = {
		{SCHEMA_FIELD(struct config_point, raw), ANY_NUMBER},
		{SCHEMA_FIELD(struct config_point, value), ANY_NUMBER},
	};

	if (node->kind != YAML_LIST || node->n_items != 2) {
		diag_error(schema->diag, node->place, NULL, "calibrate: a point is [raw, value]");
		return 0;
	}
	int r = schema_read_value(schema, node->items[0], &rows[0], point);
	return r < 0 ? r : schema_read_value(schema, node->items[1], &rows[1], point);
}

static int read_calibrate(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_sensor *sensor = field;
	size_t before = diag_count(schema->diag);

	if (!schema_expect_like(
		    schema, node, YAML_LIST, "calibrate: [[0, 0], [4095, 100]], raw and value"))
		return 0;
	if (node->n_items < 2) {
		diag_error(schema->diag, node->place, NULL,
			"calibrate takes two or more points: [[raw, value], [raw, value]]");
		return 0;
	}
	sensor->calibrate = calloc(node->n_items, sizeof(*sensor->calibrate));
	if (!sensor->calibrate)
		return -ENOMEM;
	sensor->n_calibrate = node->n_items;
	for (size_t i = 0; i < node->n_items; i++) {
		int r = read_point(schema, node->items[i], &sensor->calibrate[i]);
		if (r < 0)
			return r;
	}
	for (size_t i = 1; i < node->n_items && diag_count(schema->diag) == before; i++) {
		if (sensor->calibrate[i].raw <= sensor->calibrate[i - 1].raw)
			diag_error(schema->diag, node->items[i]->place, NULL,
				"calibrate: the raw values must rise, and %g does not follow %g",
				sensor->calibrate[i].raw, sensor->calibrate[i - 1].raw);
	}
	return 0;
}

static void check_limits(
	struct schema *schema, const struct yaml_node *node, const struct config_sensor *sensor)
{
	const struct yaml_node *min = yaml_node_get(node, "min"), *max = yaml_node_get(node, "max");
	const struct yaml_node *scale = yaml_node_get(node, "scale");

	if (min && max && sensor->min >= sensor->max)
		diag_error(schema->diag, max->place, NULL, "max: %g is not above min, %g",
			sensor->max, sensor->min);
	if (scale && sensor->scale == 0)
		diag_error(schema->diag, scale->place, NULL,
			"scale: with 0 the value would always be the offset");
}

static void check_name(struct schema *schema, const struct yaml_node *node)
{
	const char *wrong = schema_text_wrong(SCHEMA_NAME, node->key);

	if (!wrong && strcmp(node->key, "ts") == 0)
		wrong = "is the reading's time";
	if (wrong)
		diag_error(schema->diag, node->key_place, NULL, "the name \"%.40s\" %s", node->key,
			wrong);
}

static int check_measured_keys(struct schema *schema, const struct yaml_node *map)
{
	struct schema_option *options = NULL;
	int r = config_new_measured_options(&options);

	if (r == 0)
		r = schema_check_keys(schema, map, options, config_sensor_options);
	free(options);
	return r;
}

/* True for derive, and for of whose derive was forgotten. */
static bool has_derive(const struct yaml_node *map)
{
	return yaml_node_get(map, "derive") ||
		(yaml_node_get(map, "of") && !yaml_node_get(map, "from"));
}

static int read_keys(
	struct schema *schema, const struct yaml_node *node, struct config_sensor *sensor)
{
	const struct yaml_node *map = node->kind == YAML_MAP ? node : NULL;
	bool is_derived = map && has_derive(map);
	int r;

	if (is_derived)
		r = config_read_derived(schema, map, sensor);
	else if (schema_expect_like(schema, node, YAML_MAP, EXAMPLE))
		r = check_measured_keys(schema, map);
	else
		r = 0;
	/* For a derived sensor: the defaults. */
	if (r == 0)
		r = config_read_sampling(schema, is_derived ? NULL : map, sensor);
	if (r == 0)
		r = schema_read_options(
			schema, is_derived ? NULL : map, config_measured_options, sensor);
	return r < 0 ? r : schema_read_options(schema, map, config_sensor_options, sensor);
}

static int read_sensor(
	struct schema *schema, const struct yaml_node *node, struct config_sensor *sensor)
{
	/* A field that a mistake leaves untouched must not look like another mistake below. */
	sensor->chip = CONFIG_NO_INDEX;
	sensor->scale = 1;
	sensor->min = -HUGE_VAL; /* INFINITY is a float */
	sensor->max = HUGE_VAL;
	check_name(schema, node);
	sensor->name = strdup(node->key);
	if (!sensor->name)
		return -ENOMEM;
	int r = read_keys(schema, node, sensor);
	if (r < 0)
		return r;
	check_limits(schema, node, sensor);
	return 0;
}

int config_read_sensors(struct schema *schema, const struct yaml_node *node, void *field)
{
	static const struct config_section section = {YAML_MAP, sizeof(struct config_sensor),
		CONFIG_SENSORS_MAX, "sensors: {" EXAMPLE "}"};
	struct config *config = field;
	void *sensors = NULL;

	int r = config_new_items(schema, node, &section, &sensors, &config->n_sensors);
	config->sensors = sensors;
	for (size_t i = 0; i < config->n_sensors && r == 0; i++)
		r = read_sensor(schema, node->items[i], &config->sensors[i]);
	return r;
}
