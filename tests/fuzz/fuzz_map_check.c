/* SPDX-License-Identifier: MIT */
#include "fuzz_map_check.h"
#include "fuzz.h"
#include "outbox.h"
#include "payload.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 63 };

static void check_name(const char *name)
{
	FUZZ_CHECK(name && name[0] && strlen(name) <= NAME_MAX_BYTES);
	fuzz_check_printable(name, strlen(name));
}

/* Below the root, and short enough for the outbox. */
static void check_topic(const struct config *config, const char *kind, const char *name)
{
	char *topic = NULL;

	FUZZ_CHECK(asprintf(&topic, "%s/%s%s", config->mqtt.topic, kind, name) > 0);
	FUZZ_CHECK(strlen(topic) < TOPIC_MAX);
	FUZZ_CHECK(!strpbrk(topic, "+#") && topic[0] != '/');
	fuzz_check_printable(topic, strlen(topic));
	free(topic);
}

static void check_mqtt(const struct config *config)
{
	const struct config_mqtt *mqtt = &config->mqtt;

	FUZZ_CHECK(mqtt->n_urls >= 1);
	for (size_t i = 0; i < mqtt->n_urls; i++)
		FUZZ_CHECK(strncmp(mqtt->urls[i], "mqtt", 4) == 0);
	FUZZ_CHECK(mqtt->client_id && mqtt->client_id[0] && mqtt->fingerprint);
	FUZZ_CHECK(!mqtt->password_file || mqtt->username);
	FUZZ_CHECK(mqtt->keepalive_s >= 5 && mqtt->keepalive_s <= UINT16_MAX);
	FUZZ_CHECK(mqtt->qos <= 2 && mqtt->will.qos <= 2);
	FUZZ_CHECK(!mqtt->will.topic || mqtt->will.payload);
	FUZZ_CHECK(mqtt->version == CONFIG_MQTT_VERSION_AUTO ||
		mqtt->version == CONFIG_MQTT_VERSION_3_1_1 ||
		mqtt->version == CONFIG_MQTT_VERSION_5);
	check_topic(config, "sensors/", "backlog");
	check_topic(config, "actions/", "leds");
}

static void check_chip(const struct config_chip *chip)
{
	const struct driver *driver = chip->driver;
	bool found = driver->n_addresses == 0;

	check_name(chip->name);
	FUZZ_CHECK(driver && driver_find(driver->name) == driver);
	FUZZ_CHECK(chip->bus && chip->bus[0] && chip->fingerprint);
	if (driver->bus != DRIVER_BUS_LINES)
		FUZZ_CHECK((driver->bus == DRIVER_BUS_ATTRIBUTES) == !strchr(chip->bus, '/'));
	for (size_t i = 0; i < driver->n_addresses; i++)
		found = found || driver->addresses[i] == chip->address;
	FUZZ_CHECK(found);
	for (size_t i = 0; i < driver->n_params; i++) {
		FUZZ_CHECK(chip->params[i] >= driver->params[i].min);
		FUZZ_CHECK(chip->params[i] <= driver->params[i].max);
	}
}

static void check_processing(const struct config_sensor *sensor)
{
	FUZZ_CHECK(sensor->decimals <= 9);
	FUZZ_CHECK(sensor->sampling_size >= 1 && sensor->sampling_size <= sensor->sampling->max);
	FUZZ_CHECK(!sensor->sampling->is_odd || sensor->sampling_size % 2 == 1);
	FUZZ_CHECK(sensor->ema > 0 && sensor->ema <= 1);
	FUZZ_CHECK(isfinite(sensor->scale) && sensor->scale != 0 && isfinite(sensor->offset));
	FUZZ_CHECK(sensor->min < sensor->max);
	FUZZ_CHECK(isfinite(sensor->deadband) && sensor->deadband >= 0);
	FUZZ_CHECK(!sensor->calibrate == (sensor->n_calibrate == 0));
	for (size_t i = 1; i < sensor->n_calibrate; i++)
		FUZZ_CHECK(sensor->calibrate[i].raw > sensor->calibrate[i - 1].raw);
}

/* As round and derivation take it for granted. */
static void check_derived(const struct config *config, const struct config_sensor *sensor)
{
	const struct derived *derived = sensor->derived;

	FUZZ_CHECK(sensor->n_of >= derived->n_sources && sensor->n_of <= DERIVED_SOURCES_MAX);
	FUZZ_CHECK(derived->takes_more || sensor->n_of == derived->n_sources);
	for (size_t i = 0; i < sensor->n_of; i++)
		FUZZ_CHECK(sensor->of[i] < (size_t)(sensor - config->sensors));
	for (size_t i = 0; i < derived->n_arguments; i++) {
		FUZZ_CHECK(sensor->arguments[i] >= derived->arguments[i].min);
		FUZZ_CHECK(sensor->arguments[i] <= derived->arguments[i].max);
	}
	FUZZ_CHECK(!sensor->simulated && sensor->every_us == 0);
}

static void check_sensor(const struct config *config, const struct config_sensor *sensor)
{
	const struct config_chip *chip;
	struct driver_channel_text text;
	double min, max;

	check_name(sensor->name);
	check_topic(config, "sensors/", sensor->name);
	FUZZ_CHECK(sensor->fingerprint);
	if (sensor->derived) {
		check_derived(config, sensor);
		check_processing(sensor);
		return;
	}
	FUZZ_CHECK(sensor->chip < config->n_chips);
	chip = &config->chips[sensor->chip];
	FUZZ_CHECK(driver_has_channel(chip->driver, sensor->channel));
	const char *name = driver_channel(chip->driver, sensor->channel, &text)->name;

	FUZZ_CHECK(driver_channel_find(chip->driver, name) == (int)sensor->channel);
	check_processing(sensor);
	if (!sensor->simulated)
		return;
	driver_channel_range(chip->driver, chip->params, sensor->channel, &min, &max);
	FUZZ_CHECK(sensor->simulate.min >= min && sensor->simulate.min <= max);
	if (sensor->simulate.kind == SIM_WAVE_CONSTANT)
		return;
	FUZZ_CHECK(sensor->simulate.max >= sensor->simulate.min && sensor->simulate.max <= max);
	FUZZ_CHECK(sensor->simulate.period_us >= 1);
}

static void check_packed(const struct config *config, const struct config_packed *packed)
{
	FUZZ_CHECK(packed->n_fields >= 1);
	check_topic(config, "sensors/", packed->topic);
	for (size_t i = 0; i < packed->n_fields; i++) {
		FUZZ_CHECK(
			packed->fields[i].letter && strchr("bBhHiIqQfd", packed->fields[i].letter));
		FUZZ_CHECK(packed->fields[i].sensor < config->n_sensors);
	}
}

static void check_output(const struct config *config, const struct config_port *output)
{
	switch (output->type) {
	case PORT_NONE:
		return;
	case PORT_SOFT_PWM:
		FUZZ_CHECK(output->line && output->line[0] && !output->pwm_chip);
		FUZZ_CHECK(output->frequency_hz >= 10);
		return;
	case PORT_LINE:
		FUZZ_CHECK(output->line && output->line[0] && !output->pwm_chip);
		return;
	case PORT_CHIP_PWM:
		FUZZ_CHECK(output->chip < config->n_chips && !output->line);
		FUZZ_CHECK(output->channel < config->chips[output->chip].driver->n_pwm);
		return;
	case PORT_SOC_PWM:
		FUZZ_CHECK(output->pwm_chip && output->pwm_chip[0] && !output->line);
		FUZZ_CHECK(output->frequency_hz >= 10 && output->frequency_hz <= 100e3);
		return;
	case PORT_KERNEL_LED:
		FUZZ_CHECK(output->kernel_led && output->kernel_led[0] && !output->line);
		FUZZ_CHECK(!strchr(output->kernel_led, '/') && !output->pwm_chip);
		return;
	default:
		fuzz_failed(__FILE__, __LINE__, "an output of no kind");
	}
}

static void check_param(const struct driver_param *param, double value)
{
	size_t n_words = 0;

	while (param->words && param->words[n_words])
		n_words++;
	if (param->words)
		FUZZ_CHECK(value >= 0 && value < (double)n_words);
	else
		FUZZ_CHECK(value >= param->min && value <= param->max);
}

/* A word of the kind, or a number, which says where to go. */
static void check_failsafe(const struct config_output *output)
{
	FUZZ_CHECK(output->failsafe <= output->kind->n_failsafe);
	FUZZ_CHECK(output->failsafe < output->kind->n_failsafe ||
		config_output_failsafe(output)->away.given);
}

static void check_one(const struct config *config, const struct config_output *output)
{
	const struct output_kind *kind = output->kind;
	bool is_wired = false;

	check_name(output->name);
	for (size_t i = 0; i < OUTPUT_PORTS_MAX; i++) {
		check_output(config, &output->ports[i]);
		is_wired = is_wired || output->ports[i].type != PORT_NONE;
		/* Named ports may stand in for the one without a name. */
		if (output->ports[i].type == PORT_NONE && i < kind->n_ports)
			FUZZ_CHECK(kind->ports[i].is_optional || !kind->ports[i].key);
	}
	FUZZ_CHECK(is_wired && output->fingerprint);
	check_failsafe(output);
	for (size_t i = 0; i < kind->n_params; i++)
		check_param(&kind->params[i], output->params[i]);
}

static void check_kinds(const struct config *config)
{
	size_t n = 0;

	for (size_t i = 0; output_kind_table[i]; i++) {
		const struct config_outputs_of *of = &config->outputs_of[i];

		FUZZ_CHECK(of->n <= output_kind_table[i]->max);
		for (size_t j = 0; j < of->n; j++) {
			FUZZ_CHECK(config->outputs[of->first + j].kind == output_kind_table[i]);
			FUZZ_CHECK(config->outputs[of->first + j].index == j);
		}
		n += of->n;
	}
	FUZZ_CHECK(n == config->n_outputs && n <= CONFIG_OUTPUTS_MAX);
}

/* Checks that the gateway's messages with such a map fit, even with the longest numbers. */
static void check_words(const struct config *config)
{
	static char text[OUTBOX_PAYLOAD_MAX];
	double values[CONFIG_SENSORS_MAX];
	const struct reading reading = {.n_values = config->n_sensors, .values = values};
	int r;

	for (size_t i = 0; i < config->n_sensors; i++)
		values[i] = -1.0 / 3;
	FUZZ_CHECK(payload_format_reading(config, &reading, text, sizeof(text)) > 0);
	for (size_t i = 0; i < config->n_packed; i++) {
		r = payload_pack(
			config, &config->packed[i], &reading, (uint8_t *)text, sizeof(text));
		FUZZ_CHECK(r > 0 || r == -ERANGE);
	}
}

void fuzz_map_check(const struct config *config)
{
	FUZZ_CHECK(config->path && config->n_chips <= CONFIG_CHIPS_MAX);
	FUZZ_CHECK(config->n_sensors <= CONFIG_SENSORS_MAX);
	FUZZ_CHECK(config->n_packed <= CONFIG_PACKED_MAX);
	check_kinds(config);
	FUZZ_CHECK(config->interval.min_ms >= 1);
	FUZZ_CHECK(config->interval.min_ms <= config->interval.default_ms);
	FUZZ_CHECK(config->interval.default_ms <= config->interval.max_ms);
	check_mqtt(config);
	for (size_t i = 0; i < config->n_chips; i++)
		check_chip(&config->chips[i]);
	for (size_t i = 0; i < config->n_sensors; i++)
		check_sensor(config, &config->sensors[i]);
	for (size_t i = 0; i < config->n_packed; i++)
		check_packed(config, &config->packed[i]);
	for (size_t i = 0; i < config->n_outputs; i++)
		check_one(config, &config->outputs[i]);
	check_words(config);
}
