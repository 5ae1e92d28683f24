/* SPDX-License-Identifier: MIT */
/*
 * What a driver of the kernel measures: Industrial I/O (IIO) and hardware monitoring (hwmon). The
 * kernel's documents stand for the datasheet: Documentation/ABI/testing/sysfs-bus-iio and
 * sysfs-class-hwmon, and Documentation/hwmon/sysfs-interface.rst, as of Linux 6.12.
 *
 * A channel has the name that it has there: in_voltage0_raw is the channel voltage0, temp1_input is
 * temp1. The quantity says the unit, and that the kernel's is another one, mostly a thousandth.
 *
 * hwmon (sysfs-class-hwmon, <type>Y_input): the value itself, an integer.
 *   temp1_input 47236  is 47.236 °C
 * When <type>Y_fault says 1, as for a wire that has come off, the value means nothing.
 *
 * IIO (sysfs-bus-iio): "in_<type>_input" is the value itself ("Scaled ... measurement"). Otherwise
 * there is in_<type>Y_raw, with "offset to be added to <type>[Y]_raw prior to scaling by
 * <type>[Y]_scale in order to obtain value in the <type> units":
 *   value = (raw + offset) * scale
 * "If Y or axis <x|y|z> is not present, then the offset applies to all in channels of <type>", and
 * so does the scale. An offset that is not there is 0. A scale that is not there is "unknown": then
 * nobody knows what the number means, and it is not taken for a value. Intensities have no unit
 * anyway: they are given raw.
 */
#include "chip.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NAME_BYTES = 48, LOADED_BYTES = 128 };

/* How many of the kernel's units are one of the channel's. */
struct kernel_unit {
	const char *quantity;
	double per;
};

struct kernel_variant {
	const char *prefix; /* of all attributes */
	bool has_raw, has_fault;
	const struct kernel_unit *units; /* ends without a quantity; others are the same in both */
};

static const struct kernel_unit IIO_UNITS[] = {
	{"temperature", 1000},     /* milli degrees Celsius */
	{"humidity", 1000},        /* milli percent */
	{"pressure", 0.1},         /* kilopascal */
	{"voltage", 1000},         /* millivolts */
	{"current", 1000},         /* milliamps */
	{"power", 1000},           /* milliwatts */
	{"concentration", 0.0001}, /* percent */
	{NULL, 1},
};

static const struct kernel_unit HWMON_UNITS[] = {
	{"temperature", 1000}, /* millidegree Celsius */
	{"humidity", 1000},    /* milli-percent */
	{"voltage", 1000},     /* millivolt */
	{"current", 1000},     /* milliampere */
	{"power", 1000000},    /* microWatt */
	{NULL, 1},
};

static const struct kernel_variant IIO = {.prefix = "in_", .has_raw = true, .units = IIO_UNITS};
static const struct kernel_variant HWMON = {.prefix = "", .has_fault = true, .units = HWMON_UNITS};

static double units_per(const struct driver *driver, unsigned channel)
{
	const struct kernel_variant *variant = driver->variant;
	const struct kernel_unit *unit = variant->units;

	while (unit->quantity && strcmp(unit->quantity, driver->channels[channel].quantity) != 0)
		unit++;
	return unit->per;
}

/* "voltage-voltage" of "voltage0-voltage1", "accel" of "accel_x". */
static void type_of(const char *channel, char ret_type[NAME_BYTES])
{
	size_t used = 0;

	for (; *channel && *channel != '_' && used < NAME_BYTES - 1; channel++) {
		if (*channel < '0' || *channel > '9')
			ret_type[used++] = *channel;
	}
	ret_type[used] = '\0';
}

static int read_number(struct chip *chip, const char *channel, const char *what, double *ret_value)
{
	const struct kernel_variant *variant = chip->driver->variant;
	char attribute[3 * NAME_BYTES];

	(void)snprintf(attribute, sizeof(attribute), "%s%s_%s", variant->prefix, channel, what);
	int r = attributes_read_number(chip->attributes, attribute, ret_value);
	if (r == -EBADMSG)
		return hal_error_set(&chip->words, r, "%s is no number", attribute);
	return r;
}

/* The channel's own, or the one that it shares. */
static int read_shared(struct chip *chip, const char *channel, const char *what, double *ret_value)
{
	char type[NAME_BYTES];
	int r = read_number(chip, channel, what, ret_value);

	type_of(channel, type);
	if (r == -ENOENT && strcmp(type, channel) != 0)
		r = read_number(chip, type, what, ret_value);
	return r;
}

/* "Multiplying intensity by intensity_scale does not yield value with any standardized unit." */
static bool is_unitless(const struct driver_channel *channel)
{
	return strcmp(channel->unit, "raw") == 0;
}

static int read_raw(struct chip *chip, const struct driver_channel *channel, double *ret_value)
{
	const char *name = channel->name;
	double raw, scale, offset = 0;
	int r = read_number(chip, name, "raw", &raw);

	if (r < 0)
		return r;
	if (is_unitless(channel)) {
		*ret_value = raw;
		return 0;
	}
	r = read_shared(chip, name, "offset", &offset);
	if (r < 0 && r != -ENOENT)
		return r;
	r = read_shared(chip, name, "scale", &scale);
	if (r == -ENOENT)
		return hal_error_set(&chip->words, -EOPNOTSUPP,
			"%s has no scale, so that its value is unknown", name);
	if (r == 0)
		*ret_value = (raw + offset) * scale;
	return r;
}

static int check_fault(struct chip *chip, const char *name)
{
	double fault = 0;
	int r = read_number(chip, name, "fault", &fault);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (fault < 0 || fault > 0)
		return hal_error_set(&chip->words, -ERANGE, "%s reports a fault", name);
	return 0;
}

/* The device is found when its bus is opened, and has nothing to set up. */
static int kernel_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	(void)chip;
	*ret_wait_us = 0;
	return 0;
}

/* Reading measures. */
static int kernel_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	(void)chip;
	(void)channel;
	*ret_wait_us = 0;
	return 0;
}

static int kernel_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	const struct kernel_variant *variant = chip->driver->variant;
	const char *name = chip->driver->channels[channel].name;
	double value;
	int r = variant->has_fault ? check_fault(chip, name) : 0;

	if (r == 0)
		r = read_number(chip, name, "input", &value);
	if (r == -ENOENT && variant->has_raw)
		r = read_raw(chip, &chip->driver->channels[channel], &value);
	if (r == -ENOENT)
		return hal_error_set(
			&chip->words, -EOPNOTSUPP, "the device has no channel %s", name);
	if (r == 0)
		ret_values[channel] = value / units_per(chip->driver, channel);
	return r;
}

/* The simulated device: attributes as text. */

struct kernel_model {
	const struct driver *driver;
	double shown[DRIVER_CHANNELS_MAX];
	char loaded[LOADED_BYTES]; /* lines "attribute text" of a vector, instead of shown */
};

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
		"UV index", "mass concentration", "steps"};

	for (size_t i = 0; i < COUNT(ambient); i++) {
		if (strcmp(driver->channels[channel].quantity, ambient[i]) == 0)
			return true;
	}
	return driver->variant == &HWMON;
}

static int shown_attribute(const struct kernel_model *model, unsigned channel, const char *what,
	char *text, size_t size)
{
	double per = units_per(model->driver, channel);
	double value = model->shown[channel] * per;
	double scale = model->driver->channels[channel].step * per;
	bool input = has_input(model->driver, channel);

	if (input && strcmp(what, "input") == 0)
		(void)snprintf(
			text, size, model->driver->variant == &HWMON ? "%.0f" : "%.9f", value);
	else if (!input && strcmp(what, "raw") == 0)
		(void)snprintf(text, size, "%.0f", value / scale);
	else if (!input && strcmp(what, "scale") == 0)
		(void)snprintf(text, size, "%.9f", scale);
	else
		return -ENOENT;
	return 0;
}

static int model_attribute(const void *state, const char *attribute, char *text, size_t size)
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

static void model_set_value(void *state, unsigned channel, double value)
{
	struct kernel_model *model = state;

	model->loaded[0] = '\0';
	model->shown[channel] = value;
}

/* raw: the lines. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	struct kernel_model *model = state;

	if (size < LOADED_BYTES) {
		memcpy(model->loaded, raw, size);
		model->loaded[size] = '\0';
	}
}

static void power_on(struct kernel_model *model, const struct driver *driver)
{
	*model = (struct kernel_model){.driver = driver};
	for (size_t i = 0; i < driver->n_channels; i++)
		model->shown[i] = driver->channels[i].typical;
}

extern const struct driver driver_iio, driver_hwmon;

static void iio_reset(void *state)
{
	power_on(state, &driver_iio);
}

static void hwmon_reset(void *state)
{
	power_on(state, &driver_hwmon);
}

/* clang-format off */
#define MODEL(reset_function)                                                                      \
	{                                                                                          \
		.state_bytes = sizeof(struct kernel_model), .reset = (reset_function),             \
		.attribute = model_attribute, .set_value = model_set_value, .load = model_load,    \
	}
/* clang-format on */

static const struct driver_model IIO_MODEL = MODEL(iio_reset);
static const struct driver_model HWMON_MODEL = MODEL(hwmon_reset);

/*
 * Limits are those of the quantity, since the kernel's devices do not tell theirs: the map's min
 * and max say more. Humidity sensors reach a little over both ends, and tell it.
 */
/* clang-format off */
#define TEMPERATURE(name, typical) {name, "temperature", "°C", -273.15, 2000, 0.001, (typical)}
#define HUMIDITY(name)             {name, "humidity", "%", -10, 120, 0.001, 45}
#define PRESSURE(name)             {name, "pressure", "hPa", 0, 1e5, 0.001, 1013.25}
#define ILLUMINANCE(name)          {name, "illuminance", "lx", 0, 1e6, 0.001, 300}
#define INTENSITY(name)            {name, "intensity", "raw", 0, 1e9, 1, 1000}
#define VOLTAGE(name, step, typical) {name, "voltage", "V", -1000, 1000, (step), (typical)}
#define CURRENT(name)              {name, "current", "A", -1000, 1000, 0.001, 0.5}
#define POWER(name, step)          {name, "power", "W", -1e5, 1e5, (step), 2.5}
#define RESISTANCE(name)           {name, "resistance", "Ω", 0, 1e9, 1, 10000}
#define CAPACITANCE(name)          {name, "capacitance", "nF", -1e9, 1e9, 0.001, 10}
#define DISTANCE(name, typical)    {name, "distance", "m", 0, 1e4, 0.001, (typical)}
#define CONCENTRATION(name, typical) {name, "concentration", "ppm", 0, 1e6, 0.001, (typical)}
#define PARTICLES(name)            {name, "mass concentration", "µg/m³", 0, 1e6, 0.001, 8}
#define ACCELERATION(name)         {name, "acceleration", "m/s²", -1e4, 1e4, 0.01, 0}
#define ROTATION(name)             {name, "angular velocity", "rad/s", -1e4, 1e4, 0.001, 0}
#define FIELD(name)                {name, "magnetic field", "G", -1e4, 1e4, 0.001, 0.3}
#define DEGREES(name)              {name, "angle", "°", -360, 360, 0.01, 0}
#define SPEED(name)                {name, "speed", "RPM", 0, 1e6, 1, 1200}

/* VOLTAGES(1) is voltage10 to voltage19. */
#define VOLTAGES(ten)                                                                              \
	VOLTAGE("voltage" ten "0", 0.000125, 1.5), VOLTAGE("voltage" ten "1", 0.000125, 1.5),      \
	VOLTAGE("voltage" ten "2", 0.000125, 1.5), VOLTAGE("voltage" ten "3", 0.000125, 1.5),      \
	VOLTAGE("voltage" ten "4", 0.000125, 1.5), VOLTAGE("voltage" ten "5", 0.000125, 1.5),      \
	VOLTAGE("voltage" ten "6", 0.000125, 1.5), VOLTAGE("voltage" ten "7", 0.000125, 1.5),      \
	VOLTAGE("voltage" ten "8", 0.000125, 1.5), VOLTAGE("voltage" ten "9", 0.000125, 1.5)
#define PAIR(a, b) VOLTAGE("voltage" a "-voltage" b, 0.000125, 0)
/* clang-format on */

/* Of sysfs-bus-iio, what a device measures: no events, no buffers, no outputs, no timestamps. */
static const struct driver_channel IIO_CHANNELS[] = {
	TEMPERATURE("temp", 21.5),
	HUMIDITY("humidityrelative"),
	PRESSURE("pressure"),
	ILLUMINANCE("illuminance"),
	VOLTAGES(""),
	VOLTAGES("1"),
	VOLTAGES("2"),
	VOLTAGE("voltage30", 0.000125, 1.5),
	VOLTAGE("voltage31", 0.000125, 1.5),
	PAIR("0", "1"),
	PAIR("0", "3"),
	PAIR("1", "3"),
	PAIR("2", "3"),
	PAIR("4", "5"),
	PAIR("6", "7"),
	CURRENT("current0"),
	CURRENT("current1"),
	CURRENT("current2"),
	CURRENT("current3"),
	POWER("power0", 0.001),
	POWER("power1", 0.001),
	POWER("power2", 0.001),
	POWER("power3", 0.001),
	RESISTANCE("resistance"),
	RESISTANCE("resistance0"),
	CAPACITANCE("capacitance0"),
	CAPACITANCE("capacitance1"),
	DISTANCE("distance", 1.2),
	DISTANCE("proximity", 0.1),
	DISTANCE("proximity0", 0.1),
	CONCENTRATION("concentration", 600),
	CONCENTRATION("concentration_co2", 600),
	CONCENTRATION("concentration_voc", 0.1),
	CONCENTRATION("concentration_ethanol", 0.1),
	CONCENTRATION("concentration_h2", 0.1),
	CONCENTRATION("concentration_o2", 209500),
	PARTICLES("massconcentration_pm1"),
	PARTICLES("massconcentration_pm2p5"),
	PARTICLES("massconcentration_pm4"),
	PARTICLES("massconcentration_pm10"),
	ACCELERATION("accel_x"),
	ACCELERATION("accel_y"),
	ACCELERATION("accel_z"),
	ACCELERATION("accel_linear_x"),
	ACCELERATION("accel_linear_y"),
	ACCELERATION("accel_linear_z"),
	ACCELERATION("gravity_x"),
	ACCELERATION("gravity_y"),
	ACCELERATION("gravity_z"),
	ROTATION("anglvel_x"),
	ROTATION("anglvel_y"),
	ROTATION("anglvel_z"),
	FIELD("magn_x"),
	FIELD("magn_y"),
	FIELD("magn_z"),
	DEGREES("incli_x"),
	DEGREES("incli_y"),
	DEGREES("incli_z"),
	DEGREES("rot_from_north_magnetic"),
	{"angl", "angle", "rad", -1e4, 1e4, 0.001, 0},
	TEMPERATURE("temp0", 21.5),
	TEMPERATURE("temp1", 21.5),
	TEMPERATURE("temp2", 21.5),
	TEMPERATURE("temp3", 21.5),
	TEMPERATURE("temp_ambient", 21.5),
	TEMPERATURE("temp_object", 21.5),
	PRESSURE("pressure0"),
	PRESSURE("pressure1"),
	ILLUMINANCE("illuminance0"),
	ILLUMINANCE("illuminance1"),
	ILLUMINANCE("illuminance_ir"),
	ILLUMINANCE("illuminance_clear"),
	INTENSITY("intensity_both"),
	INTENSITY("intensity_ir"),
	INTENSITY("intensity_red"),
	INTENSITY("intensity_green"),
	INTENSITY("intensity_blue"),
	INTENSITY("intensity_clear"),
	INTENSITY("intensity_uv"),
	INTENSITY("intensity0"),
	INTENSITY("intensity1"),
	{"uvindex", "UV index", "UVI", 0, 100, 0.001, 3},
	{"ph", "pH", "pH", -2, 16, 0.001, 7},
	{"electricalconductivity", "conductivity", "S/m", 0, 1e6, 0.0001, 0.05},
	{"energy", "energy", "J", 0, 1e12, 1, 1000},
	{"steps", "count", "steps", 0, 1e12, 1, 1000},
};

static const struct driver_channel HWMON_CHANNELS[] = {
	TEMPERATURE("temp1", 45),
	TEMPERATURE("temp2", 45),
	TEMPERATURE("temp3", 45),
	TEMPERATURE("temp4", 45),
	TEMPERATURE("temp5", 45),
	TEMPERATURE("temp6", 45),
	HUMIDITY("humidity1"),
	VOLTAGE("in0", 0.001, 3.3),
	VOLTAGE("in1", 0.001, 3.3),
	VOLTAGE("in2", 0.001, 3.3),
	VOLTAGE("in3", 0.001, 3.3),
	VOLTAGE("in4", 0.001, 3.3),
	VOLTAGE("in5", 0.001, 3.3),
	VOLTAGE("in6", 0.001, 3.3),
	VOLTAGE("in7", 0.001, 3.3),
	CURRENT("curr1"),
	CURRENT("curr2"),
	CURRENT("curr3"),
	CURRENT("curr4"),
	POWER("power1", 0.000001),
	POWER("power2", 0.000001),
	POWER("power3", 0.000001),
	SPEED("fan1"),
	SPEED("fan2"),
	SPEED("fan3"),
	SPEED("fan4"),
};

static const struct attributes_class IIO_CLASS = {"bus/iio/devices", "iio:device"};
static const struct attributes_class HWMON_CLASS = {"class/hwmon", "hwmon"};

/* The channel's number in its table. */
enum {
	IIO_TEMP = 0,
	IIO_PRESSURE = 2,
	IIO_VOLTAGE0 = 4,
	IIO_PAIR = IIO_VOLTAGE0 + 32,
	IIO_CONCENTRATION_VOC = IIO_PAIR + 23,
	IIO_PM2P5 = IIO_CONCENTRATION_VOC + 5,
	IIO_ANGLVEL_X = IIO_PM2P5 + 12,
	IIO_MAGN_X = IIO_ANGLVEL_X + 3,
	IIO_ILLUMINANCE0 = IIO_MAGN_X + 16,
	IIO_INTENSITY_BOTH = IIO_ILLUMINANCE0 + 4,
	IIO_UVINDEX = IIO_INTENSITY_BOTH + 9,
};
enum { HWMON_TEMP1 = 0, HWMON_IN0 = 7, HWMON_POWER1 = 19, HWMON_FAN2 = 23 };

#define LINES(text) .raw = (const uint8_t *)(text), .raw_bytes = sizeof(text) - 1

static const struct driver_vector IIO_VECTORS[] = {
	{.source = "sysfs-bus-iio, in_temp_input: milli degrees Celsius",
		.channel = IIO_TEMP,
		LINES("in_temp_input 23410\n"),
		.value = 23.41,
		.tolerance = 1e-9},
	{.source = "sysfs-bus-iio, in_pressure_input: kilopascal",
		.channel = IIO_PRESSURE,
		LINES("in_pressure_input 100.653266000\n"),
		.value = 1006.53266,
		.tolerance = 1e-9},
	/* A part with 12 bits at 3.3 V: 3300 mV / 4096. */
	{.source = "sysfs-bus-iio, in_voltageY_raw: millivolts; a scale for all of the type",
		.channel = IIO_VOLTAGE0 + 3,
		LINES("in_voltage3_raw 2048\nin_voltage_scale 0.805664062\n"),
		.value = 1.65,
		.tolerance = 1e-6},
	{.source = "sysfs-bus-iio, in_voltageY-voltageZ_raw; a scale of its own goes first",
		.channel = IIO_PAIR,
		LINES("in_voltage0-voltage1_raw -400\nin_voltage-voltage_scale 1\n"
		      "in_voltage0-voltage1_scale 0.125\n"),
		.value = -0.05,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_voltageY_raw, an input beyond the eighth",
		.channel = IIO_VOLTAGE0 + 17,
		LINES("in_voltage17_raw 100\nin_voltage17_scale 2.5\n"),
		.value = 0.25,
		.tolerance = 1e-12},
	/* The CCS811's driver: 1e-7 % for each ppb. */
	{.source = "sysfs-bus-iio, in_concentration_voc_raw: percents; 1 % is 10000 ppm",
		.channel = IIO_CONCENTRATION_VOC,
		LINES("in_concentration_voc_raw 125\nin_concentration_voc_scale 0.0000001\n"),
		.value = 0.125,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_massconcentration_pm2p5_input: ug / m^3",
		.channel = IIO_PM2P5,
		LINES("in_massconcentration_pm2p5_input 12.340000\n"),
		.value = 12.34,
		.tolerance = 1e-12},
	/* ±250 °/s over 16 bits: pi / 180 / 131. */
	{.source = "sysfs-bus-iio, in_anglvel_x_raw: radians per second",
		.channel = IIO_ANGLVEL_X,
		LINES("in_anglvel_x_raw -131\nin_anglvel_scale 0.000133231\n"),
		.value = -0.017453261,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_magn_x_raw: Gauss; offset, then scale",
		.channel = IIO_MAGN_X,
		LINES("in_magn_x_raw 460\nin_magn_offset 40\nin_magn_x_scale 0.001\n"),
		.value = 0.5,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_illuminanceY_input: lux",
		.channel = IIO_ILLUMINANCE0,
		LINES("in_illuminance0_input 321.5\n"),
		.value = 321.5,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_intensityY_both_raw: unit-less, a scale says nothing",
		.channel = IIO_INTENSITY_BOTH,
		LINES("in_intensity_both_raw 4711\nin_intensity_scale 16\n"),
		.value = 4711,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_uvindex_input: 0 to 11 and more",
		.channel = IIO_UVINDEX,
		LINES("in_uvindex_input 7.25\n"),
		.value = 7.25,
		.tolerance = 1e-12},
	/* The SHT21's formula -46.85 + 175.72 * raw / 2^16 °C, as the kernel's si7020 writes it. */
	{.source = "sysfs-bus-iio, in_temp_offset: added to raw prior to scaling",
		.channel = IIO_TEMP,
		LINES("in_temp_raw 26388\nin_temp_offset -4368\nin_temp_scale 10.725097656\n"),
		.value = 236.166650,
		.tolerance = 1e-5},
};

static const struct driver_vector HWMON_VECTORS[] = {
	{.source = "sysfs-class-hwmon, tempY_input: millidegree Celsius",
		.channel = HWMON_TEMP1,
		LINES("temp1_input 47236\n"),
		.value = 47.236,
		.tolerance = 1e-9},
	{.source = "sysfs-class-hwmon, inY_input: millivolt",
		.channel = HWMON_IN0,
		LINES("in0_input -1250\n"),
		.value = -1.25,
		.tolerance = 1e-9},
	{.source = "sysfs-class-hwmon, powerY_input: microWatt",
		.channel = HWMON_POWER1,
		LINES("power1_input 2500000\n"),
		.value = 2.5,
		.tolerance = 1e-9},
	{.source = "sysfs-class-hwmon, fanY_input: RPM; fanY_fault: 0 is Ok",
		.channel = HWMON_FAN2,
		LINES("fan2_input 1187\nfan2_fault 0\n"),
		.value = 1187,
		.tolerance = 1e-9},
};

/* clang-format off */
#define COMMON(NAME)                                                                               \
	.bus = DRIVER_BUS_ATTRIBUTES, .attributes = &NAME##_CLASS, .variant = &(NAME),             \
	.channels = NAME##_CHANNELS, .n_channels = COUNT(NAME##_CHANNELS),                         \
	.vectors = NAME##_VECTORS, .n_vectors = COUNT(NAME##_VECTORS), .model = &NAME##_MODEL,     \
	.integrity = DRIVER_INTEGRITY_NONE, .deadline_us = 100000,                                 \
	.configure = kernel_configure, .start = kernel_start, .collect = kernel_collect
/* clang-format on */

const struct driver driver_iio = {
	COMMON(IIO),
	.name = "iio",
	.description = "any sensor that has a driver in the kernel's Industrial I/O",
	.datasheet = "Linux 6.12, Documentation/ABI/testing/sysfs-bus-iio",
};

const struct driver driver_hwmon = {
	COMMON(HWMON),
	.name = "hwmon",
	.description = "any sensor that has a driver in the kernel's hardware monitoring",
	.datasheet = "Linux 6.12, Documentation/ABI/testing/sysfs-class-hwmon",
};
