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
 *   and after a dip of the supply they read as zero, which looks like no current (8.6.1). The
 *   driver computes the current from the shunt voltage.
 * - After such a dip the part measures continuously with its default settings. So mode and settings
 *   are read back with each result.
 * - CNVR, which signals a result, is cleared by a new mode or by reading the Power register
 *   (8.6.3.2). Triggering again is no new mode, so that register is read first.
 * - The upper 13 bits of the Bus Voltage register are the voltage; below them are CNVR and OVF.
 * - There is neither an identity nor a checksum. The settings must read back as written.
 */
#include "ina219.h"

#include <errno.h>
#include <math.h>

enum {
	CONVERSION_MAX_US = 586, /* 7.5: 12 bits, one sample */
	SHUNT_CODE_MAX = 32000,  /* 320 mV; beyond, the converter clips */
};

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

/* 7.1: the bus takes 26 V. The current is that of the smallest shunt, and the map's narrows it. */
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
	.model = &ina219_model,
};
