/* SPDX-License-Identifier: MIT */
/*
 * The settings of an object as one text. Every setting ends with a line feed, and none can contain
 * one except the will's payload, which is preceded by its size. So equal fingerprints mean equal
 * settings.
 */
#include "config_load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_text(const char *name, const char *text, FILE *out)
{
	if (text)
		fprintf(out, "%s %s\n", name, text);
}

/* The connection. Settings that the gateway reads anew for each message are left out. */
static void print_mqtt(const struct config_mqtt *mqtt, FILE *out)
{
	for (size_t i = 0; i < mqtt->n_urls; i++)
		print_text("url", mqtt->urls[i], out);
	fprintf(out, "url_order %d\n", mqtt->url_order);
	print_text("topic", mqtt->topic, out);
	print_text("client_id", mqtt->client_id, out);
	print_text("discovery", mqtt->discovery, out); /* there is a subscription below it */
	print_text("username", mqtt->username, out);
	print_text("password_file", mqtt->password_file, out);
	print_text("ca", mqtt->tls.ca, out);
	print_text("cert", mqtt->tls.cert, out);
	print_text("key", mqtt->tls.key, out);
	fprintf(out, "keepalive %u\n", mqtt->keepalive_s);
	print_text("will.topic", mqtt->will.topic, out);
	fprintf(out, "will.payload %zu %s\n", strlen(mqtt->will.payload), mqtt->will.payload);
	fprintf(out, "will.qos %u\nwill.retain %d\n", mqtt->will.qos, mqtt->will.retain);
	fprintf(out, "version %d\nqos %u\nclean_start %d\n", mqtt->version, mqtt->qos,
		mqtt->clean_start);
	fprintf(out, "session_expiry %u\nwill_delay %u\n", mqtt->session_expiry_s,
		mqtt->will_delay_s);
}

static void print_chip(const struct config_chip *chip, FILE *out)
{
	fprintf(out, "chip %s\ndriver %s\nbus %s\naddress %u\n", chip->name, chip->driver->name,
		chip->bus, chip->address);
	if (chip->driver->bus == DRIVER_BUS_LINES)
		fprintf(out, "bias %d\nactive_low %d\ndebounce %u\n", (int)chip->lines.bias,
			chip->lines.active_low, chip->lines.debounce_us);
	/* Another thread reads it then, so it is opened anew. */
	if (chip->is_limit)
		fprintf(out, "limit\n");
	for (size_t i = 0; i < chip->driver->n_params; i++)
		fprintf(out, "%s %.17g\n", chip->driver->params[i].key, chip->params[i]);
}

/* A derived sensor has only the names of its sources: with their fingerprints, which may contain
 * sources in turn, the text would grow without end. */
static void print_derived(
	const struct config *config, const struct config_sensor *sensor, FILE *out)
{
	fprintf(out, "derive %s\n", sensor->derived->name);
	for (size_t i = 0; i < sensor->n_of; i++)
		print_text("of", config->sensors[sensor->of[i]].name, out);
	for (size_t i = 0; i < sensor->derived->n_arguments; i++)
		fprintf(out, "%s %.17g\n", sensor->derived->arguments[i].key, sensor->arguments[i]);
}

static void print_sensor(const struct config *config, const struct config_sensor *sensor, FILE *out)
{
	fprintf(out, "sensor %s\nchannel %u\ndecimals %u\n", sensor->name, sensor->channel,
		sensor->decimals);
	fprintf(out, "%s %llu\n", sensor->sampling->key, (unsigned long long)sensor->sampling_size);
	fprintf(out, "ema %.17g\nscale %.17g\noffset %.17g\n", sensor->ema, sensor->scale,
		sensor->offset);
	for (size_t i = 0; i < sensor->n_calibrate; i++)
		fprintf(out, "point %.17g %.17g\n", sensor->calibrate[i].raw,
			sensor->calibrate[i].value);
	fprintf(out, "min %.17g\nmax %.17g\ndeadband %.17g\n", sensor->min, sensor->max,
		sensor->deadband);
	fprintf(out, "every %llu\ntopic %d\n", (unsigned long long)sensor->every_us, sensor->topic);
	if (sensor->simulated)
		fprintf(out, "simulate %d %.17g %.17g %llu\n", (int)sensor->simulate.kind,
			sensor->simulate.min, sensor->simulate.max,
			(unsigned long long)sensor->simulate.period_us);
	if (sensor->derived)
		print_derived(config, sensor, out);
	else
		print_chip(&config->chips[sensor->chip], out);
}

static void print_port(
	const struct config *config, const struct config_port *port, size_t index, FILE *out)
{
	fprintf(out, "port %zu %d\n", index, (int)port->type);
	print_text("line", port->line, out);
	print_text("pwm_chip", port->pwm_chip, out);
	print_text("kernel_led", port->kernel_led, out);
	fprintf(out, "channel %u\nfrequency %.17g\n", port->channel, port->frequency_hz);
	if (port->type == PORT_CHIP_PWM)
		print_chip(&config->chips[port->chip], out);
}

static void print_output(const struct config *config, const struct config_output *output, FILE *out)
{
	const struct output_kind *kind = output->kind;

	fprintf(out, "%s %s\nactive_low %d\n", kind->word, output->name, output->active_low);
	fprintf(out, "drive %d\nbias %d\n", (int)output->drive, (int)output->bias);
	for (size_t i = 0; i < kind->n_params; i++)
		fprintf(out, "%s %.17g\n", kind->params[i].key, output->params[i]);
	for (size_t i = 0; i < kind->n_ports; i++)
		print_port(config, &output->ports[i], i, out);
}

enum object { MQTT, CHIP, SENSOR, OUTPUT };

static int new_fingerprint(
	const struct config *config, enum object object, size_t index, char **ret_text)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	switch (object) {
	case MQTT:
		print_mqtt(&config->mqtt, out);
		break;
	case CHIP:
		print_chip(&config->chips[index], out);
		break;
	case SENSOR:
		print_sensor(config, &config->sensors[index], out);
		break;
	case OUTPUT:
		print_output(config, &config->outputs[index], out);
		break;
	}
	if (fclose(out) != 0) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	return 0;
}

int config_fingerprints(struct config *config)
{
	int r = new_fingerprint(config, MQTT, 0, &config->mqtt.fingerprint);

	for (size_t i = 0; i < config->n_chips && r == 0; i++)
		r = new_fingerprint(config, CHIP, i, &config->chips[i].fingerprint);
	for (size_t i = 0; i < config->n_sensors && r == 0; i++)
		r = new_fingerprint(config, SENSOR, i, &config->sensors[i].fingerprint);
	for (size_t i = 0; i < config->n_outputs && r == 0; i++)
		r = new_fingerprint(config, OUTPUT, i, &config->outputs[i].fingerprint);
	return r;
}
