/* SPDX-License-Identifier: MIT */
/*
 * The channels of Industrial I/O. Instead of a datasheet there is the kernel's document:
 * Documentation/ABI/testing/sysfs-bus-iio, as of Linux 6.12. kernel_sensors.c reads them.
 */
#include "kernel_sensors.h"

#include <string.h>

extern const struct driver driver_iio;

static const struct kernel_unit UNITS[] = {
	{"temperature", 1000},     /* milli degrees Celsius */
	{"humidity", 1000},        /* milli percent */
	{"pressure", 0.1},         /* kilopascal */
	{"voltage", 1000},         /* millivolts */
	{"current", 1000},         /* milliamps */
	{"power", 1000},           /* milliwatts */
	{"concentration", 0.0001}, /* percent */
	{NULL, 1},
};

/*
 * The kernel's driver of the BME680 gives the humidity in percent (drivers/iio/chemical/
 * bme680_core.c, bme680_read_humid(), as of Linux 6.12), and not in thousandths of it like all
 * others and sysfs-bus-iio. If that changes, it shows: no air has less than 0.1 %.
 */
static int mend(struct chip *chip, const struct driver_channel *channel, double *value)
{
	const struct kernel_state *state = chip->state;

	if (strcmp(state->name, "bme680") == 0 && strcmp(channel->quantity, "humidity") == 0 &&
		*value <= 0.1)
		*value *= 1000;
	return 0;
}

static const struct kernel_variant VARIANT = {
	.prefix = "in_", .has_raw = true, .units = UNITS, .mend = mend};
static const struct attributes_class CLASS = {"bus/iio/devices", "iio:device", "in_"};

/* clang-format off */
#define PRESSURE(name)             {name, "pressure", "hPa", 0, 1e5, 0.001, 1013.25}
#define ILLUMINANCE(name)          {name, "illuminance", "lx", 0, 1e6, 0.001, 300}
#define INTENSITY(name)            {name, "intensity", "raw", 0, 1e9, 1, 1000}
#define RESISTANCE(name)           {name, "resistance", "Ω", 0, 1e9, 1, 10000}
#define CAPACITANCE(name)          {name, "capacitance", "nF", -1e9, 1e9, 0.001, 10}
#define DISTANCE(name, typical)    {name, "distance", "m", 0, 1e4, 0.001, (typical)}
#define CONCENTRATION(name, typical) {name, "concentration", "ppm", 0, 1e6, 0.001, (typical)}
#define PARTICLES(name)            {name, "mass concentration", "µg/m³", 0, 1e6, 0.001, 8}
#define ACCELERATION(name)         {name, "acceleration", "m/s²", -1e4, 1e4, 0.01, 0}
#define ROTATION(name)             {name, "angular velocity", "rad/s", -1e4, 1e4, 0.001, 0}
#define FIELD(name)                {name, "magnetic field", "G", -1e4, 1e4, 0.001, 0.3}
#define DEGREES(name)              {name, "angle", "°", -360, 360, 0.01, 0}

/* INPUTS(1) is voltage10 to voltage19. */
#define INPUT(number) KERNEL_VOLTAGE("voltage" number, 0.000125, 1.5)
#define INPUTS(ten)                                                                                \
	INPUT(ten "0"), INPUT(ten "1"), INPUT(ten "2"), INPUT(ten "3"), INPUT(ten "4"),            \
	INPUT(ten "5"), INPUT(ten "6"), INPUT(ten "7"), INPUT(ten "8"), INPUT(ten "9")
#define PAIR(a, b) KERNEL_VOLTAGE("voltage" a "-voltage" b, 0.000125, 0)
/* clang-format on */

/* The measurements of sysfs-bus-iio: no events, no buffers, no outputs, no timestamps. */
static const struct driver_channel CHANNELS[] = {
	KERNEL_TEMPERATURE("temp", 21.5),
	KERNEL_HUMIDITY("humidityrelative"),
	PRESSURE("pressure"),
	ILLUMINANCE("illuminance"),
	INPUTS(""),
	INPUTS("1"),
	INPUTS("2"),
	INPUT("30"),
	INPUT("31"),
	PAIR("0", "1"),
	PAIR("0", "3"),
	PAIR("1", "3"),
	PAIR("2", "3"),
	PAIR("4", "5"),
	PAIR("6", "7"),
	KERNEL_CURRENT("current0"),
	KERNEL_CURRENT("current1"),
	KERNEL_CURRENT("current2"),
	KERNEL_CURRENT("current3"),
	KERNEL_POWER("power0", 0.001),
	KERNEL_POWER("power1", 0.001),
	KERNEL_POWER("power2", 0.001),
	KERNEL_POWER("power3", 0.001),
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
	KERNEL_TEMPERATURE("temp0", 21.5),
	KERNEL_TEMPERATURE("temp1", 21.5),
	KERNEL_TEMPERATURE("temp2", 21.5),
	KERNEL_TEMPERATURE("temp3", 21.5),
	KERNEL_TEMPERATURE("temp_ambient", 21.5),
	KERNEL_TEMPERATURE("temp_object", 21.5),
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

/* Indices of channels in the table. */
enum {
	TEMP = 0,
	PRESSURE = 2,
	VOLTAGE0 = 4,
	PAIR = VOLTAGE0 + 32,
	CONCENTRATION_VOC = PAIR + 23,
	PM2P5 = CONCENTRATION_VOC + 5,
	ANGLVEL_X = PM2P5 + 12,
	MAGN_X = ANGLVEL_X + 3,
	ILLUMINANCE0 = MAGN_X + 16,
	INTENSITY_BOTH = ILLUMINANCE0 + 4,
	UVINDEX = INTENSITY_BOTH + 9,
};

static const struct driver_vector VECTORS[] = {
	{.source = "sysfs-bus-iio, in_temp_input: milli degrees Celsius",
		.channel = TEMP,
		KERNEL_LINES("in_temp_input 23410\n"),
		.value = 23.41,
		.tolerance = 1e-9},
	{.source = "sysfs-bus-iio, in_pressure_input: kilopascal",
		.channel = PRESSURE,
		KERNEL_LINES("in_pressure_input 100.653266000\n"),
		.value = 1006.53266,
		.tolerance = 1e-9},
	/* A part with 12 bits at 3.3 V: 3300 mV / 4096. */
	{.source = "sysfs-bus-iio, in_voltageY_raw: millivolts; a scale for all of the type",
		.channel = VOLTAGE0 + 3,
		KERNEL_LINES("in_voltage3_raw 2048\nin_voltage_scale 0.805664062\n"),
		.value = 1.65,
		.tolerance = 1e-6},
	{.source = "sysfs-bus-iio, in_voltageY-voltageZ_raw; a scale of its own goes first",
		.channel = PAIR,
		KERNEL_LINES("in_voltage0-voltage1_raw -400\nin_voltage-voltage_scale 1\n"
			     "in_voltage0-voltage1_scale 0.125\n"),
		.value = -0.05,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_voltageY_raw, an input beyond the eighth",
		.channel = VOLTAGE0 + 17,
		KERNEL_LINES("in_voltage17_raw 100\nin_voltage17_scale 2.5\n"),
		.value = 0.25,
		.tolerance = 1e-12},
	/* The CCS811's driver: 1e-7 % for each ppb. */
	{.source = "sysfs-bus-iio, in_concentration_voc_raw: percents; 1 % is 10000 ppm",
		.channel = CONCENTRATION_VOC,
		KERNEL_LINES(
			"in_concentration_voc_raw 125\nin_concentration_voc_scale 0.0000001\n"),
		.value = 0.125,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_massconcentration_pm2p5_input: ug / m^3",
		.channel = PM2P5,
		KERNEL_LINES("in_massconcentration_pm2p5_input 12.340000\n"),
		.value = 12.34,
		.tolerance = 1e-12},
	/* ±250 °/s over 16 bits: pi / 180 / 131. */
	{.source = "sysfs-bus-iio, in_anglvel_x_raw: radians per second",
		.channel = ANGLVEL_X,
		KERNEL_LINES("in_anglvel_x_raw -131\nin_anglvel_scale 0.000133231\n"),
		.value = -0.017453261,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_magn_x_raw: Gauss; offset, then scale",
		.channel = MAGN_X,
		KERNEL_LINES("in_magn_x_raw 460\nin_magn_offset 40\nin_magn_x_scale 0.001\n"),
		.value = 0.5,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_illuminanceY_input: lux",
		.channel = ILLUMINANCE0,
		KERNEL_LINES("in_illuminance0_input 321.5\n"),
		.value = 321.5,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_intensityY_both_raw: unit-less, a scale says nothing",
		.channel = INTENSITY_BOTH,
		KERNEL_LINES("in_intensity_both_raw 4711\nin_intensity_scale 16\n"),
		.value = 4711,
		.tolerance = 1e-12},
	{.source = "sysfs-bus-iio, in_uvindex_input: 0 to 11 and more",
		.channel = UVINDEX,
		KERNEL_LINES("in_uvindex_input 7.25\n"),
		.value = 7.25,
		.tolerance = 1e-12},
	/* The SHT21's formula -46.85 + 175.72 * raw / 2^16 °C, as the kernel's si7020 has it. */
	{.source = "sysfs-bus-iio, in_temp_offset: added to raw prior to scaling",
		.channel = TEMP,
		KERNEL_LINES(
			"in_temp_raw 26388\nin_temp_offset -4368\nin_temp_scale 10.725097656\n"),
		.value = 236.166650,
		.tolerance = 1e-5},
};

static void reset(void *state)
{
	kernel_model_power_on(state, &driver_iio);
}

static const struct driver_model MODEL = KERNEL_MODEL(reset);

const struct driver driver_iio = {
	KERNEL_DRIVER,
	.name = "iio",
	.description = "any sensor that has a driver in the kernel's Industrial I/O",
	.parse_channel = kernel_channel_parse,
	.describe_channel = kernel_channel_describe,
	.datasheet = "Linux 6.12, Documentation/ABI/testing/sysfs-bus-iio",
};
