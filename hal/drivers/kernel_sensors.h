/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files of the kernel's own sensors: the common part of Industrial I/O and hardware
 * monitoring, and the differences between them.
 */
#pragma once

#include "chip.h"

/* The number of the kernel's units in one unit of the channel. */
struct kernel_unit {
	const char *quantity;
	double per;
};

struct kernel_variant {
	const char *prefix; /* of all attributes */
	bool has_raw, has_fault;
	const struct kernel_unit *units; /* ends with a NULL quantity; other units are the same */
	/*
	 * Corrects known wrong values of the device, by its name in kernel_state. *value is in the
	 * channel's unit. 0, or an error with its words.
	 */
	int (*mend)(struct chip *chip, const struct driver_channel *channel, double *value);
};

/* chip->state. */
struct kernel_state {
	char name[ATTRIBUTE_BYTES]; /* the kernel's name; "" for a simulated device */
	double last;                /* the last value that was accepted */
	bool has_last;
};

#define KERNEL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The number of the kernel's units in one unit of the channel. */
double kernel_units_per(const struct driver *driver, const struct driver_channel *channel);

/* The grammar of IIO's names: parse_channel() and describe_channel() of driver.h. */
int kernel_channel_parse(const char *name);
int kernel_channel_describe(unsigned number, struct driver_channel_text *ret_text);

/* The drivers' functions, see driver.h. */
int kernel_configure(struct chip *chip, uint32_t *ret_wait_us);
int kernel_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us);
int kernel_collect(struct chip *chip, unsigned channel, double *ret_values);

/* The simulated device: attributes as text. Each driver's reset makes it a device of its kind. */
enum { KERNEL_LOADED_BYTES = 128, KERNEL_NAMED_MAX = 64 };

struct kernel_model {
	const struct driver *driver;
	double shown[DRIVER_CHANNELS_MAX];
	struct {
		unsigned channel;
		double shown;
	} named[KERNEL_NAMED_MAX]; /* beyond the table */
	size_t n_named;
	char loaded[KERNEL_LOADED_BYTES]; /* a vector's lines "attribute text", instead of shown */
};

void kernel_model_power_on(struct kernel_model *model, const struct driver *driver);
int kernel_model_attribute(const void *state, const char *attribute, char *text, size_t size);
void kernel_model_set_value(void *state, unsigned channel, double value);
void kernel_model_load(void *state, const uint8_t *raw, size_t size);

/* Rows of the tables. Limits are those of the quantity, since the kernel's devices do not state
 * theirs; the map's min and max can narrow them. Humidity sensors reach a little past both ends. */
/* clang-format off */
#define KERNEL_TEMPERATURE(name, show) {name, "temperature", "°C", -273.15, 2000, 0.001, (show)}
#define KERNEL_HUMIDITY(name)             {name, "humidity", "%", -10, 120, 0.001, 45}
#define KERNEL_VOLTAGE(name, step, typical) {name, "voltage", "V", -1000, 1000, (step), (typical)}
#define KERNEL_CURRENT(name)              {name, "current", "A", -1000, 1000, 0.001, 0.5}
#define KERNEL_POWER(name, step)          {name, "power", "W", -1e5, 1e5, (step), 2.5}

#define KERNEL_MODEL(reset_function)                                                               \
	{                                                                                          \
		.state_bytes = sizeof(struct kernel_model), .reset = (reset_function),             \
		.attribute = kernel_model_attribute, .set_value = kernel_model_set_value,          \
		.load = kernel_model_load,                                                         \
	}

/* A vector's device: its attributes as lines. */
#define KERNEL_LINES(text) .raw = (const uint8_t *)(text), .raw_bytes = sizeof(text) - 1

#define KERNEL_DRIVER                                                                              \
	.bus = DRIVER_BUS_ATTRIBUTES, .attributes = &CLASS, .variant = &VARIANT,                   \
	.channels = CHANNELS, .n_channels = KERNEL_COUNT(CHANNELS), .vectors = VECTORS,            \
	.n_vectors = KERNEL_COUNT(VECTORS), .model = &MODEL,                                       \
	.integrity = DRIVER_INTEGRITY_NONE, .deadline_us = 100000,                                 \
	.state_bytes = sizeof(struct kernel_state),                                                \
	.configure = kernel_configure, .start = kernel_start, .collect = kernel_collect
/* clang-format on */
