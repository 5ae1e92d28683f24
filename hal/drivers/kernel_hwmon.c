/* SPDX-License-Identifier: MIT */
/*
 * The channels of hardware monitoring. Instead of a datasheet there is the kernel's document:
 * Documentation/ABI/testing/sysfs-class-hwmon, as of Linux 6.12. kernel_sensors.c reads them.
 */
#include "kernel_sensors.h"

#include <errno.h>
#include <math.h>
#include <string.h>

extern const struct driver driver_hwmon;

static const struct kernel_unit UNITS[] = {
	{"temperature", 1000}, /* millidegree Celsius */
	{"humidity", 1000},    /* milli-percent */
	{"voltage", 1000},     /* millivolt */
	{"current", 1000},     /* milliampere */
	{"power", 1000000},    /* microWatt */
	{NULL, 1},
};

enum { POWER_ON_CELSIUS = 85, NEAR_CELSIUS = 10 };

/*
 * A DS18B20 or DS18S20 that lost its power before it had measured shows its initial value: "the
 * power-on reset value of the temperature register is +85°C" (Maxim 19-7487, "Memory"). The kernel
 * takes it for a temperature, unless root asks for a check (w1_therm's file "features"). It is
 * believed if the part was nearly as warm before.
 */
static int mend(struct chip *chip, const struct driver_channel *channel, double *value)
{
	struct kernel_state *state = chip->state;

	(void)channel;
	if (strcmp(state->name, "w1_slave_temp") != 0)
		return 0;
	if (fabs(*value - POWER_ON_CELSIUS) < 1e-6 &&
		(!state->has_last || fabs(state->last - POWER_ON_CELSIUS) > NEAR_CELSIUS))
		return hal_error_set(&chip->words, -ERANGE,
			"85 °C is what the part shows after a loss of power");
	state->last = *value;
	state->has_last = true;
	return 0;
}

static const struct kernel_variant VARIANT = {
	.prefix = "", .has_fault = true, .units = UNITS, .mend = mend};
static const struct attributes_class CLASS = {"class/hwmon", "hwmon", ""};

/* clang-format off */
#define SPEED(name) {name, "speed", "RPM", 0, 1e6, 1, 1200}
/* clang-format on */

static const struct driver_channel CHANNELS[] = {
	KERNEL_TEMPERATURE("temp1", 45),
	KERNEL_TEMPERATURE("temp2", 45),
	KERNEL_TEMPERATURE("temp3", 45),
	KERNEL_TEMPERATURE("temp4", 45),
	KERNEL_TEMPERATURE("temp5", 45),
	KERNEL_TEMPERATURE("temp6", 45),
	KERNEL_HUMIDITY("humidity1"),
	KERNEL_VOLTAGE("in0", 0.001, 3.3),
	KERNEL_VOLTAGE("in1", 0.001, 3.3),
	KERNEL_VOLTAGE("in2", 0.001, 3.3),
	KERNEL_VOLTAGE("in3", 0.001, 3.3),
	KERNEL_VOLTAGE("in4", 0.001, 3.3),
	KERNEL_VOLTAGE("in5", 0.001, 3.3),
	KERNEL_VOLTAGE("in6", 0.001, 3.3),
	KERNEL_VOLTAGE("in7", 0.001, 3.3),
	KERNEL_CURRENT("curr1"),
	KERNEL_CURRENT("curr2"),
	KERNEL_CURRENT("curr3"),
	KERNEL_CURRENT("curr4"),
	KERNEL_POWER("power1", 0.000001),
	KERNEL_POWER("power2", 0.000001),
	KERNEL_POWER("power3", 0.000001),
	SPEED("fan1"),
	SPEED("fan2"),
	SPEED("fan3"),
	SPEED("fan4"),
};

/* Indices of channels in the table. */
enum { TEMP1 = 0, IN0 = 7, POWER1 = 19, FAN2 = 23 };

static const struct driver_vector VECTORS[] = {
	{.source = "sysfs-class-hwmon, tempY_input: millidegree Celsius",
		.channel = TEMP1,
		KERNEL_LINES("temp1_input 47236\n"),
		.value = 47.236,
		.tolerance = 1e-9},
	{.source = "sysfs-class-hwmon, inY_input: millivolt",
		.channel = IN0,
		KERNEL_LINES("in0_input -1250\n"),
		.value = -1.25,
		.tolerance = 1e-9},
	{.source = "sysfs-class-hwmon, powerY_input: microWatt",
		.channel = POWER1,
		KERNEL_LINES("power1_input 2500000\n"),
		.value = 2.5,
		.tolerance = 1e-9},
	{.source = "sysfs-class-hwmon, fanY_input: RPM; fanY_fault: 0 is Ok",
		.channel = FAN2,
		KERNEL_LINES("fan2_input 1187\nfan2_fault 0\n"),
		.value = 1187,
		.tolerance = 1e-9},
};

static void reset(void *state)
{
	kernel_model_power_on(state, &driver_hwmon);
}

static const struct driver_model MODEL = KERNEL_MODEL(reset);

const struct driver driver_hwmon = {
	KERNEL_DRIVER,
	.name = "hwmon",
	.description = "any sensor that has a driver in the kernel's hardware monitoring",
	.datasheet = "Linux 6.12, Documentation/ABI/testing/sysfs-class-hwmon",
};
