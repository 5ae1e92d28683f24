/* SPDX-License-Identifier: MIT */
/* The simulated device of Industrial I/O or hardware monitoring. */
#include "kernel_sensors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool has_raw(const struct driver *driver)
{
	const struct kernel_variant *variant = driver->variant;

	return variant->has_raw;
}

static int loaded_attribute(const char *loaded, const char *attribute, char *text, size_t size)
{
	size_t length = strlen(attribute);

	for (const char *line = loaded; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, attribute, length) != 0 || line[length] != ' ')
			continue;
		line += length + 1;
		(void)snprintf(text, size, "%.*s", (int)strcspn(line, "\n"), line);
		return 0;
	}
	return -ENOENT;
}

/* Ambient quantities as IIO's drivers mostly give them, all others as numbers of a converter. */
static bool has_input(const struct driver *driver, unsigned channel)
{
	static const char *const ambient[] = {"temperature", "humidity", "pressure", "illuminance",
		"UV index", "mass concentration", "count"};

	for (size_t i = 0; i < KERNEL_COUNT(ambient); i++) {
		if (strcmp(driver->channels[channel].quantity, ambient[i]) == 0)
			return true;
	}
	return !has_raw(driver);
}

static int shown_attribute(const struct kernel_model *model, unsigned channel, const char *what,
	char *text, size_t size)
{
	double per = kernel_units_per(model->driver, channel);
	double value = model->shown[channel] * per;
	double scale = model->driver->channels[channel].step * per;
	bool input = has_input(model->driver, channel);

	if (input && strcmp(what, "input") == 0)
		(void)snprintf(text, size, !has_raw(model->driver) ? "%.0f" : "%.9f", value);
	else if (!input && strcmp(what, "raw") == 0)
		(void)snprintf(text, size, "%.0f", value / scale);
	else if (!input && strcmp(what, "scale") == 0)
		(void)snprintf(text, size, "%.9f", scale);
	else
		return -ENOENT;
	return 0;
}

int kernel_model_attribute(const void *state, const char *attribute, char *text, size_t size)
{
	const struct kernel_model *model = state;
	const struct driver *driver = model->driver;
	const struct kernel_variant *variant = driver->variant;
	const char *name = attribute + strlen(variant->prefix);

	if (model->loaded[0])
		return loaded_attribute(model->loaded, attribute, text, size);
	for (unsigned i = 0; i < driver->n_channels; i++) {
		size_t length = strlen(driver->channels[i].name);

		/* in_temp_ambient_input is not temp's. */
		if (strncmp(name, driver->channels[i].name, length) == 0 && name[length] == '_' &&
			shown_attribute(model, i, name + length + 1, text, size) == 0)
			return 0;
	}
	return -ENOENT;
}

void kernel_model_set_value(void *state, unsigned channel, double value)
{
	struct kernel_model *model = state;

	model->loaded[0] = '\0';
	model->shown[channel] = value;
}

/* raw: the lines. */
void kernel_model_load(void *state, const uint8_t *raw, size_t size)
{
	struct kernel_model *model = state;

	if (size < KERNEL_LOADED_BYTES) {
		memcpy(model->loaded, raw, size);
		model->loaded[size] = '\0';
	}
}

void kernel_model_power_on(struct kernel_model *model, const struct driver *driver)
{
	*model = (struct kernel_model){.driver = driver};
	for (size_t i = 0; i < driver->n_channels; i++)
		model->shown[i] = driver->channels[i].typical;
}
