/* SPDX-License-Identifier: MIT */
/*
 * Texas Instruments INA219: supply voltage and, through a shunt, its current, on I2C.
 *
 * Datasheet: SBOS448G (August 2008, revised December 2015). Section numbers are its own.
 *
 * It measures on demand (triggered), with the widest ranges: 32 V, and 320 mV across the shunt,
 * whose steps are 10 uV in every range (8.6.3.1).
 *
 * - The part's own Current and Power registers are not used. They need the Calibration register,
 * and
 *   after a dip of the supply they read as zero, which looks like no current (8.6.1). The driver
 *   computes the current from the shunt voltage.
 * - After such a dip the part measures continuously with its default settings. So mode and settings
 *   are read back with each result.
 * - CNVR, which signals a result, is cleared by a new mode or by reading the Power register
 *   (8.6.3.2). Triggering again is no new mode, so that register is read first.
 * - The upper 13 bits of the Bus Voltage register are the voltage; below them are CNVR and OVF.
 * - There is neither an identity nor a checksum. The settings must read back as written.
 */
#include "chip.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum {
	REG_CONFIG = 0,
	REG_SHUNT = 1,
	REG_BUS = 2,
	REG_POWER = 3,
	REG_CALIBRATION = 5,
	REGISTERS = 6,

	CONFIG_AT_RESET = 0x399F,
	CONFIG_RESET = 0x8000,
	CONFIG_32_V = 0x2000,
	CONFIG_320_MV = 0x1800,
	CONFIG_UPPER = 0xF800, /* reset, one that is not used, and the ranges */
	CONFIG_BUS_SHIFT = 7,
	CONFIG_SHUNT_SHIFT = 3,
	CONFIG_AVERAGE = 0x8, /* in a converter's setting; the bits below are log2 of the samples */
	MODE_MASK = 0x7,
	MODE_TRIGGERED = 0x3, /* shunt and bus; 7 is the same continuously */

	BUS_CNVR = 0x0002,
	BUS_SHIFT = 3,

	CONVERSION_MAX_US = 586, /* 7.5: 12 bits, one sample; 532 us typically */
	CONVERSION_US = 532,
	SHUNT_CODE_MAX = 32000, /* 320 mV; beyond, the converter clips */
	BUS_CODE_MAX = 8000,
};

#define SHUNT_STEP_V 10e-6
#define BUS_STEP_V   4e-3
#define SHUNT_OHM    0.1 /* on the usual modules */

enum { CHANNEL_VOLTAGE, CHANNEL_CURRENT, CHANNELS };
enum { PARAM_SHUNT, PARAM_SAMPLES };

static uint16_t config_of(const struct chip *chip)
{
	unsigned converter = CONFIG_AVERAGE | (unsigned)ilogb(chip->params[PARAM_SAMPLES]);

	return (uint16_t)(CONFIG_32_V | CONFIG_320_MV | converter << CONFIG_BUS_SHIFT |
		converter << CONFIG_SHUNT_SHIFT | MODE_TRIGGERED);
}

static int check_config(struct chip *chip)
{
	uint16_t wanted = config_of(chip), config;
	int r = i2c_read_be16(chip->i2c, chip->address, REG_CONFIG, &config);

	if (r < 0 || config == wanted)
		return r;
	return hal_error_set(&chip->words, -EBADMSG,
		"its settings read as 0x%04x instead of 0x%04x: another part, or its supply dipped",
		config, wanted);
}

static int ina219_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	int r = i2c_write_be16(chip->i2c, chip->address, REG_CONFIG, config_of(chip));

	if (r == 0)
		r = check_config(chip);
	if (r == 0)
		*ret_wait_us = 0;
	return r;
}

/* By the widest ranges in its Configuration register, which it has after a reset and by this
 * driver, and by the lowest bit of Calibration, which is always 0 (8.6.4.1). */
static int ina219_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain)
{
	uint16_t config = 0, calibration = 0;
	int r = i2c_read_be16(chip->i2c, chip->address, REG_CONFIG, &config);

	if (r == 0)
		r = i2c_read_be16(chip->i2c, chip->address, REG_CALIBRATION, &calibration);
	(void)ret_wait_us;
	if (r < 0)
		return r;
	*ret_is_certain = false;
	if ((config & CONFIG_UPPER) != (CONFIG_32_V | CONFIG_320_MV) || calibration & 1)
		return -EBADMSG;
	return 0;
}

static int ina219_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	uint16_t power;
	int r = i2c_read_be16(chip->i2c, chip->address, REG_POWER, &power);

	(void)channel;
	if (r == 0)
		r = i2c_write_be16(chip->i2c, chip->address, REG_CONFIG, config_of(chip));
	if (r == 0)
		*ret_wait_us = (uint32_t)(2 * CONVERSION_MAX_US * chip->params[PARAM_SAMPLES]);
	return r;
}

static int ina219_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	uint16_t bus = 0, shunt = 0;
	int r = check_config(chip);

	(void)channel;
	if (r == 0)
		r = i2c_read_be16(chip->i2c, chip->address, REG_BUS, &bus);
	if (r < 0)
		return r;
	if (!(bus & BUS_CNVR))
		return -EAGAIN;
	r = i2c_read_be16(chip->i2c, chip->address, REG_SHUNT, &shunt);
	if (r < 0)
		return r;
	ret_values[CHANNEL_VOLTAGE] = (bus >> BUS_SHIFT) * BUS_STEP_V;
	/* 8.5.3: "current is measured by reading the shunt voltage". */
	ret_values[CHANNEL_CURRENT] = (int16_t)shunt * SHUNT_STEP_V / chip->params[PARAM_SHUNT];
	return 0;
}

/* At the first and the last code the converter clips: the current is that or anywhere beyond. */
static void ina219_narrow(const double *params, unsigned channel, double *min, double *max)
{
	double limit_a = (SHUNT_CODE_MAX - 1) * SHUNT_STEP_V / params[PARAM_SHUNT];

	if (channel == CHANNEL_CURRENT) {
		*min = -limit_a;
		*max = limit_a;
	}
}

/* The simulated part, with its shunt. It measures the bus and the shunt one after the other. */

struct ina219_model {
	uint8_t pointer;
	uint16_t registers[REGISTERS];
	bool busy, converting;
	uint64_t converted_us;
	double shunt_ohm; /* a component outside the part */
	double voltage_v, current_a;
	bool loaded; /* a vector's registers, instead of what is shown */
	uint16_t bus, shunt;
};

/* 8.6.2.1, ADC settings, for one of the two converters. */
static uint64_t model_conversion_us(unsigned converter)
{
	static const uint16_t SINGLE_US[] = {84, 148, 276, CONVERSION_US};

	if (converter & CONFIG_AVERAGE)
		return (uint64_t)CONVERSION_US << (converter & 7u);
	return SINGLE_US[converter & 3u];
}

static uint64_t model_measuring_us(uint16_t config)
{
	return model_conversion_us(config >> CONFIG_BUS_SHIFT & 15u) +
		model_conversion_us(config >> CONFIG_SHUNT_SHIFT & 15u);
}

static double clamp_round(double value, double min, double max)
{
	return fmin(fmax(round(value), min), max);
}

static void model_convert(struct ina219_model *model)
{
	unsigned gain = model->registers[REG_CONFIG] >> 11 & 3u; /* 0 is 40 mV, 3 is 320 mV */
	double full = (double)(4000u << gain);
	double shunt = model->current_a * model->shunt_ohm / SHUNT_STEP_V;
	double bus_full = model->registers[REG_CONFIG] & CONFIG_32_V ? BUS_CODE_MAX : 4000;
	double bus = clamp_round(model->voltage_v / BUS_STEP_V, 0, bus_full);

	model->registers[REG_SHUNT] = (uint16_t)(int16_t)clamp_round(shunt, -full, full);
	model->registers[REG_BUS] = (uint16_t)((unsigned)bus << BUS_SHIFT | BUS_CNVR);
	if (model->loaded) {
		model->registers[REG_SHUNT] = model->shunt;
		model->registers[REG_BUS] = (model->bus & (uint16_t)~7u) | BUS_CNVR;
	}
}

static void model_advance(struct ina219_model *model, uint64_t now_us)
{
	uint16_t config = model->registers[REG_CONFIG];
	bool continuous = (config & MODE_MASK) == MODE_MASK;

	if (!model->converting || model->busy || now_us < model->converted_us)
		return;
	model_convert(model);
	model->converting = continuous;
	model->converted_us = now_us + model_measuring_us(config);
}

static void model_write_config(struct ina219_model *model, uint16_t config, uint64_t now_us)
{
	uint16_t before = model->registers[REG_CONFIG];

	model->registers[REG_CONFIG] = config;
	model->converting =
		(config & MODE_MASK) == MODE_TRIGGERED || (config & MODE_MASK) == MODE_MASK;
	model->converted_us = now_us + model_measuring_us(config);
	if ((before ^ config) & MODE_MASK)
		model->registers[REG_BUS] &= (uint16_t)~BUS_CNVR;
}

static void power_on(struct ina219_model *model)
{
	memset(model->registers, 0, sizeof(model->registers));
	model->registers[REG_CONFIG] = CONFIG_AT_RESET;
	model->pointer = REG_CONFIG;
	model->converting = true;
	model->converted_us = 0;
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct ina219_model *model = state;

	model_advance(model, now_us);
	model->pointer = data[0];
	if (size != 3)
		return 0;
	uint16_t value = (uint16_t)(data[1] << 8 | data[2]);

	if (model->pointer == REG_CONFIG && value & CONFIG_RESET)
		power_on(model);
	else if (model->pointer == REG_CONFIG)
		model_write_config(model, value, now_us);
	else if (model->pointer == REG_CALIBRATION)
		model->registers[REG_CALIBRATION] = value & (uint16_t)~1u;
	return 0;
}

static int model_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct ina219_model *model = state;

	model_advance(model, now_us);
	uint16_t value = model->pointer < REGISTERS ? model->registers[model->pointer] : 0;

	for (size_t i = 0; i < size; i++)
		data[i] = i < 2 ? (uint8_t)(i ? value : value >> 8) : 0xFF;
	if (model->pointer == REG_POWER)
		model->registers[REG_BUS] &= (uint16_t)~BUS_CNVR;
	return 0;
}

static void model_set_value(void *state, unsigned channel, double value)
{
	struct ina219_model *model = state;

	model->loaded = false;
	if (channel == CHANNEL_VOLTAGE)
		model->voltage_v = value;
	else
		model->current_a = value;
}

static void model_set_busy(void *state, bool busy)
{
	((struct ina219_model *)state)->busy = busy;
}

/* raw: the registers Shunt Voltage and Bus Voltage after the next measurement. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	struct ina219_model *model = state;

	if (size == 4) {
		model->shunt = (uint16_t)(raw[0] << 8 | raw[1]);
		model->bus = (uint16_t)(raw[2] << 8 | raw[3]);
		model->loaded = true;
	}
}

static void model_reset(void *state)
{
	struct ina219_model *model = state;

	*model = (struct ina219_model){.shunt_ohm = SHUNT_OHM};
	power_on(model);
}

static void model_wire(void *state, const double *params)
{
	((struct ina219_model *)state)->shunt_ohm = params[PARAM_SHUNT];
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct ina219_model),
	.reset = model_reset,
	.wire = model_wire,
	.i2c_write = model_write,
	.i2c_read = model_read,
	.set_value = model_set_value,
	.set_busy = model_set_busy,
	.load = model_load,
};

/* 7.1: the bus takes 26 V. The current is that of the smallest shunt; the map's shunt narrows it.
 * */
static const struct driver_channel CHANNEL_TABLE[CHANNELS] = {
	[CHANNEL_VOLTAGE] = {"voltage", "voltage", "V", 0, 26, 0.004, 5},
	[CHANNEL_CURRENT] = {"current", "current", "A", -320, 320, 0.0001, 0.25},
};

/* 8.5.5.1: chosen by A1 and A0. */
static const uint8_t ADDRESSES[] = {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
	0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F};
static const double SAMPLES[] = {1, 2, 4, 8, 16, 32, 64, 128};

static const struct driver_param PARAMS[] = {
	[PARAM_SHUNT] = {.key = "shunt",
		.min = 0.001,
		.max = 100,
		.default_value = SHUNT_OHM,
		.help = "resistance of the shunt in ohm"},
	[PARAM_SAMPLES] = {.key = "samples",
		.min = 1,
		.max = 128,
		.default_value = 1,
		.choices = SAMPLES,
		.n_choices = sizeof(SAMPLES) / sizeof(*SAMPLES),
		.help = "how many samples the part averages: less noise, more time"},
};

static const double SHUNT_2_MILLIOHM[] = {[PARAM_SHUNT] = 0.002, [PARAM_SAMPLES] = 1};

/*
 * The example of 9.2.2.1 has a shunt of 2 milliohm with 10 A through it: 20 mV are 2000 steps,
 * 0x07D0, and 11.98 V are 2995, 0x0BB3, which is 0x5D98 in the register.
 */
static const struct driver_vector VECTORS[] = {
	{.source = "SBOS448G, 9.2.2.1, register results: 10 A",
		.channel = CHANNEL_CURRENT,
		.params = SHUNT_2_MILLIOHM,
		DRIVER_RAW(0x07, 0xD0, 0x5D, 0x98),
		.value = 10,
		.tolerance = 1e-9},
	{.source = "SBOS448G, 9.2.2.1, register results: 11.98 V",
		.channel = CHANNEL_VOLTAGE,
		.params = SHUNT_2_MILLIOHM,
		DRIVER_RAW(0x07, 0xD0, 0x5D, 0x98),
		.value = 11.98,
		.tolerance = 1e-9},
	/* -80 mV are -8000 steps, 0xE0C0. */
	{.source = "SBOS448G, 8.6.3.1, worked out: two's complement, -80 mV over 0.1 ohm",
		.channel = CHANNEL_CURRENT,
		DRIVER_RAW(0xE0, 0xC0, 0x00, 0x00),
		.value = -0.8,
		.tolerance = 1e-9},
};

static const struct driver_identity IDENTITIES[] = {
	{.source = "SBOS448G, table 2: 399Fh and 0000h after a reset",
		DRIVER_ANSWER(0x39, 0x9F, 0x00, 0x00)},
	{.source = "SBOS448G, 8.6.2.1: the ranges of 16 V and 40 mV, as nobody here leaves it",
		DRIVER_ANSWER(0x01, 0x9F, 0x00, 0x00),
		.result = -EBADMSG},
	{.source = "SBOS448G, 8.6.4.1: FS0 is always 0",
		DRIVER_ANSWER(0x39, 0x9F, 0x00, 0x01),
		.result = -EBADMSG},
};

const struct driver driver_ina219 = {
	.name = "ina219",
	.description = "Texas Instruments voltage and current of a supply",
	.datasheet = "Texas Instruments SBOS448G, revision G (December 2015)",
	.also_called = "ina220",
	.bus = DRIVER_BUS_I2C,
	.addresses = ADDRESSES,
	.n_addresses = sizeof(ADDRESSES),
	.channels = CHANNEL_TABLE,
	.n_channels = CHANNELS,
	.channels_together = true,
	.params = PARAMS,
	.n_params = sizeof(PARAMS) / sizeof(*PARAMS),
	.integrity = DRIVER_INTEGRITY_NONE,
	.deadline_us = 50000,
	.configure = ina219_configure,
	.identify = ina219_identify,
	.identities = IDENTITIES,
	.n_identities = sizeof(IDENTITIES) / sizeof(*IDENTITIES),
	.start = ina219_start,
	.collect = ina219_collect,
	.narrow = ina219_narrow,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(*VECTORS),
	.model = &MODEL,
};
