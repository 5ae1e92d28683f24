/* SPDX-License-Identifier: MIT */
/* The option simulate of a sensor: a number, or a wave. */
#include "config_load.h"

#define MS         1e3 /* in the base unit of durations, us */
#define HOUR       3600e6
#define BIG        1e12
#define ANY_NUMBER .type = SCHEMA_NUMBER, .min = -BIG, .max = BIG

static const struct schema_choice waves[] = {
	{"sine", SIM_WAVE_SINE},
	{"ramp", SIM_WAVE_RAMP},
	{"noise", SIM_WAVE_NOISE},
	{"step", SIM_WAVE_STEP},
	{0},
};

static const struct schema_option wave_options[] = {
	{.key = "wave",
		SCHEMA_FIELD(struct sim_wave, kind),
		.type = SCHEMA_ENUM,
		.choices = waves,
		.required = true},
	{.key = "min", SCHEMA_FIELD(struct sim_wave, min), ANY_NUMBER, .required = true},
	{.key = "max", SCHEMA_FIELD(struct sim_wave, max), ANY_NUMBER, .required = true},
	{.key = "period",
		SCHEMA_FIELD(struct sim_wave, period_us),
		.type = SCHEMA_DURATION,
		.min = MS,
		.max = 24 * HOUR,
		.initial = "60s"},
	{0},
};

static const struct schema_option constant_option = {
	SCHEMA_FIELD(struct sim_wave, min), ANY_NUMBER};

/* The simulated part cannot show more than the real one. */
static void check_shown(struct config_loader *loader, const struct yaml_node *node,
	const struct config_sensor *sensor, double value)
{
	if (sensor->chip == CONFIG_NO_INDEX)
		return;
	const struct config_chip *chip = &loader->config->chips[sensor->chip];
	struct driver_channel_text text;
	double min = 0, max = 0;
	driver_channel_range(chip->driver, chip->params, sensor->channel, &min, &max);
	if (value < min || value > max)
		diag_error(loader->schema.diag, node->place, NULL,
			"simulate: %g is outside what %s can show, %g..%g %s", value,
			chip->driver->name, min, max,
			driver_channel(chip->driver, sensor->channel, &text)->unit);
}

int config_read_simulate(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_loader *loader = config_loader_of(schema);
	struct config_sensor *sensor = field;
	struct sim_wave *wave = &sensor->simulate;
	size_t before = diag_count(schema->diag);

	sensor->simulated = true;
	if (node->kind != YAML_MAP) {
		int r = schema_read_value(schema, node, &constant_option, wave);
		if (r < 0 || diag_count(schema->diag) > before)
			return r;
		wave->kind = SIM_WAVE_CONSTANT;
		wave->max = wave->min;
		wave->period_us = 1;
		check_shown(loader, node, sensor, wave->min);
		return 0;
	}
	int r = schema_read_map(schema, node, wave_options, wave);
	if (r < 0 || diag_count(schema->diag) > before)
		return r;
	const struct yaml_node *min = yaml_node_get(node, "min"), *max = yaml_node_get(node, "max");
	if (wave->min >= wave->max)
		diag_error(schema->diag, max->place, NULL, "max: %g is not above min, %g",
			wave->max, wave->min);
	check_shown(loader, min, sensor, wave->min);
	check_shown(loader, max, sensor, wave->max);
	return 0;
}
