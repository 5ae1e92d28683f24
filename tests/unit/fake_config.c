/* SPDX-License-Identifier: MIT */
#include "fake_config.h"
#include "config_param.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* config.h has char *, as its strings are allocated; nobody writes to these. */
static char *text(const char *literal)
{
	union {
		const char *in;
		char *out;
	} cast = {literal};

	return cast.out;
}

static struct config_sensor sensor(
	const char *name, size_t chip, unsigned channel, unsigned decimals)
{
	return (struct config_sensor){
		.name = text(name),
		.chip = chip,
		.channel = channel,
		.decimals = decimals,
		.sampling = &sampling_average,
		.sampling_size = 1,
		.ema = 1,
		.scale = 1,
		.min = -(double)INFINITY,
		.max = (double)INFINITY,
		.fingerprint = text(name),
	};
}

static void init_chips(struct fake_config *fake)
{
	fake->chips[FAKE_CLIMATE] = (struct config_chip){
		.name = text("climate"),
		.driver = driver_find("bme280"),
		.bus = text("/dev/i2c-1"),
		.address = 0x77,
		.fingerprint = text("bme280 /dev/i2c-1 119"),
	};
	fake->chips[FAKE_ADC] = (struct config_chip){
		.name = text("adc"),
		.driver = driver_find("mcp3208"),
		.bus = text("/dev/spidev0.0"),
		.fingerprint = text("mcp3208 /dev/spidev0.0"),
	};
}

void fake_config_add(struct fake_config *fake, const char *word, const char *name)
{
	const struct output_kind *kind = output_kind_find(word);
	struct config_outputs_of *of = &fake->config.outputs_of[output_kind_index(kind)];

	if (of->n == 0)
		of->first = fake->config.n_outputs;
	fake->outputs[fake->config.n_outputs++] = (struct config_output){
		.kind = kind, .index = of->n++, .name = text(name), .fingerprint = text(name)};
}

void fake_config_add_other_kinds(struct fake_config *fake)
{
	for (size_t i = 0; output_kind_table[i]; i++) {
		const struct output_kind *kind = output_kind_table[i];
		struct config_output *output = &fake->outputs[fake->config.n_outputs];

		if (fake->config.outputs_of[i].n > 0)
			continue;
		fake_config_add(fake, kind->word, "other");
		config_param_defaults(kind->params, kind->n_params, output->params);
	}
}

void fake_config_clear_outputs(struct fake_config *fake)
{
	fake->config.n_outputs = 0;
	memset(fake->config.outputs_of, 0, sizeof(fake->config.outputs_of));
}

void fake_config_init(struct fake_config *fake)
{
	memset(fake, 0, sizeof(*fake));
	init_chips(fake);
	fake->sensors[FAKE_TEMP] = sensor("temp", FAKE_CLIMATE, 0, 0);
	fake->sensors[FAKE_HUMI] = sensor("humi", FAKE_CLIMATE, 1, 1);
	fake->sensors[FAKE_CDS] = sensor("cds", FAKE_ADC, 2, 0);
	fake->sensors[FAKE_SOUND] = sensor("sound", FAKE_ADC, 1, 2);
	fake->config = (struct config){
		.path = text("fake.yaml"),
		.mqtt = {.topic = text("tos"), .qos = 1, .timestamp = true},
		.chips = fake->chips,
		.n_chips = FAKE_CHIPS,
		.sensors = fake->sensors,
		.n_sensors = FAKE_SENSORS,
		.interval = {.default_ms = 500,
			.min_ms = 20,
			.max_ms = 3600000,
			.topic_unit_ms = 1},
		.outputs = fake->outputs,
	};
	fake_config_add(fake, "led", "red");
	fake_config_add(fake, "led", "green");
	fake_config_add(fake, "motor", "left");
	fake_config_add(fake, "motor", "right");
}
