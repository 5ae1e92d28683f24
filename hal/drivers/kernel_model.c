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

/* IIO's drivers mostly give ambient quantities as values, and all others as a converter's numbers.
 * */
static bool has_input(const struct driver *driver, const struct driver_channel *channel)
{
	static const char *const ambient[] = {"temperature", "humidity", "pressure", "illuminance",
		"UV index", "mass concentration", "count"};

	for (size_t i = 0; i < KERNEL_COUNT(ambient); i++) {
		if (strcmp(channel->quantity, ambient[i]) == 0)
			return true;
	}
	return !has_raw(driver);
}

static int shown_attribute(const struct kernel_model *model, const struct driver_channel *channel,
	double shown, const char *what, char *text, size_t size)
{
	double per = kernel_units_per(model->driver, channel);
	double value = shown * per;
	double scale = channel->step * per;
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

/* A channel beyond the table shows its type's typical value until it is given another. */
static int named_attribute(
	const struct kernel_model *model, const char *name, char *text, size_t size)
{
	const struct driver *driver = model->driver;
	const char *what = strrchr(name, '_');
	char channel_name[DRIVER_CHANNEL_NAME_BYTES];
	struct driver_channel_text channel;

	if (!what || !driver->parse_channel || (size_t)(what - name) >= sizeof(channel_name))
		return -ENOENT;
	(void)snprintf(channel_name, sizeof(channel_name), "%.*s", (int)(what - name), name);
	int number = driver->parse_channel(channel_name);

	if (number < 0 || driver->describe_channel((unsigned)number, &channel) < 0)
		return -ENOENT;
	double shown = channel.channel.typical;

	for (size_t i = 0; i < model->n_named; i++) {
		if (model->named[i].channel == (unsigned)number)
			shown = model->named[i].shown;
	}
	return shown_attribute(model, &channel.channel, shown, what + 1, text, size);
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
		const struct driver_channel *channel = &driver->channels[i];
		size_t length = strlen(channel->name);

		/* in_temp_ambient_input does not belong to temp. */
		if (strncmp(name, channel->name, length) == 0 && name[length] == '_' &&
			shown_attribute(model, channel, model->shown[i], name + length + 1, text,
				size) == 0)
			return 0;
	}
	return named_attribute(model, name, text, size);
}

static void show_named(struct kernel_model *model, unsigned channel, double value)
{
	size_t i = 0;

	while (i < model->n_named && model->named[i].channel != channel)
		i++;
	if (i == KERNEL_NAMED_MAX)
		return;
	if (i == model->n_named)
		model->named[model->n_named++].channel = channel;
	model->named[i].shown = value;
}

void kernel_model_set_value(void *state, unsigned channel, double value)
{
	struct kernel_model *model = state;

	model->loaded[0] = '\0';
	if (channel < model->driver->n_channels)
		model->shown[channel] = value;
	else
		show_named(model, channel, value);
}

/* raw: the attributes as lines. */
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
