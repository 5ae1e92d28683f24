/* SPDX-License-Identifier: MIT */
#include "config_load.h"
#include <stdlib.h>

static void free_mqtt(struct config_mqtt *mqtt)
{
	for (size_t i = 0; i < mqtt->n_urls; i++)
		free(mqtt->urls[i]);
	free(mqtt->urls);
	free(mqtt->topic);
	free(mqtt->client_id);
	free(mqtt->username);
	free(mqtt->password_file);
	free(mqtt->tls.ca);
	free(mqtt->tls.cert);
	free(mqtt->tls.key);
	free(mqtt->will.topic);
	free(mqtt->will.payload);
	free(mqtt->discovery);
	free(mqtt->fingerprint);
}

static void free_chip(struct config_chip *chip)
{
	free(chip->name);
	free(chip->bus);
	free(chip->params);
	free(chip->fingerprint);
}

static void free_sensor(struct config_sensor *sensor)
{
	free(sensor->name);
	free(sensor->of);
	free(sensor->arguments);
	free(sensor->calibrate);
	free(sensor->label);
	free(sensor->class);
	free(sensor->unit);
	free(sensor->fingerprint);
}

static void free_packed(struct config_packed *packed)
{
	free(packed->topic);
	free(packed->fields);
}

static void free_port(struct config_port *port)
{
	free(port->line);
	free(port->pwm_chip);
	free(port->kernel_led);
}

void config_free_output(struct config_output *output)
{
	free(output->name);
	free(output->interlock);
	for (size_t i = 0; i < OUTPUT_PORTS_MAX; i++)
		free_port(&output->ports[i]);
	free(output->fingerprint);
}

struct config *config_free(struct config *config)
{
	if (!config)
		return NULL;
	free(config->path);
	free(config->text);
	free_mqtt(&config->mqtt);
	free(config->device.name);
	free(config->device.area);
	for (size_t i = 0; i < config->n_chips; i++)
		free_chip(&config->chips[i]);
	free(config->chips);
	for (size_t i = 0; i < config->n_sensors; i++)
		free_sensor(&config->sensors[i]);
	free(config->sensors);
	for (size_t i = 0; i < config->n_packed; i++)
		free_packed(&config->packed[i]);
	free(config->packed);
	for (size_t i = 0; i < config->n_outputs; i++)
		config_free_output(&config->outputs[i]);
	free(config->outputs);
	free(config);
	return NULL;
}
