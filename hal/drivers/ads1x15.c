/* SPDX-License-Identifier: MIT */
/*
 * Texas Instruments ADS1115 (16 bits) and ADS1015 (12 bits): analog-digital converters on I2C with
 * four inputs, a multiplexer, and an amplifier with six ranges.
 *
 * Datasheets: ADS1115 SBAS444E (May 2009, revised December 2024), ADS1015 SBAS473E (May 2009,
 * revised January 2018). The parts differ in data rates and in the bits of a result; sections are
 * the same.
 *
 * Single-shot: a write to the Config register with OS = 1 begins a conversion, which ends with
 * OS = 1 when read.
 *
 * A value is only as good as the knowledge of which input it came from:
 * - OS has no effect while a conversion runs, but the other bits take effect. The result of a
 *   conversion that nobody waited for would then pass for the next channel's. So a start that may
 *   meet a running conversion checks first, and collect() begins the new one when the old one is
 *   done.
 * - A result is only accepted if the Config register still reads as it was written. That catches
 *   another master, and a reset by a dip of the supply.
 * - COMP_LAT is set so that the register's default never matches. It has no other effect as long as
 *   the comparator is off.
 */
#include "ads1x15.h"

#include <errno.h>
#include <math.h>

static const double RANGES[] = {6.144, 4.096, 2.048, 1.024, 0.512, 0.256};
static const double ADS1115_RATES[] = {8, 16, 32, 64, 128, 250, 475, 860};
static const double ADS1015_RATES[] = {128, 250, 490, 920, 1600, 2400, 3300};

/* clang-format off */
#define RANGE_PARAM                                                                                \
	{                                                                                          \
		.key = "range", .type = DRIVER_PARAM_VOLTAGE, .min = 0.256, .max = 6.144,          \
		.default_value = 4.096, .choices = RANGES, .n_choices = DRIVER_COUNT(RANGES),      \
		.help = "full scale, in both directions; an input beyond it is a failed read",     \
	}
#define RATE_PARAM(rates, slowest, fastest, at_reset)                                              \
	{                                                                                          \
		.key = "rate", .min = (slowest), .max = (fastest), .default_value = (at_reset),    \
		.choices = (rates), .n_choices = DRIVER_COUNT(rates),                              \
		.help = "samples a second: slower is less noisy",                                  \
	}
/* clang-format on */

static const struct driver_param ADS1115_PARAMS[] = {
	[PARAM_RANGE] = RANGE_PARAM,
	[PARAM_RATE] = RATE_PARAM(ADS1115_RATES, 8, 860, 128),
};
static const struct driver_param ADS1015_PARAMS[] = {
	[PARAM_RANGE] = RANGE_PARAM,
	[PARAM_RATE] = RATE_PARAM(ADS1015_RATES, 128, 3300, 1600),
};

const struct ads1x15_variant ads1115_variant = {.code_step = 1, .params = ADS1115_PARAMS};
const struct ads1x15_variant ads1015_variant = {.code_step = 16, .params = ADS1015_PARAMS};

/* A value's index among the param's choices is its code in the Config register. */
static unsigned choice_of(const struct driver_param *param, double value)
{
	unsigned nearest = 0;

	for (unsigned i = 1; i < param->n_choices; i++) {
		if (fabs(param->choices[i] - value) < fabs(param->choices[nearest] - value))
			nearest = i;
	}
	return nearest;
}

static uint16_t config_for(const struct chip *chip, unsigned channel)
{
	const struct driver_param *params = chip->driver->params;
	unsigned range = choice_of(&params[PARAM_RANGE], chip->params[PARAM_RANGE]);
	unsigned rate = choice_of(&params[PARAM_RATE], chip->params[PARAM_RATE]);

	return (uint16_t)(ads1x15_multiplexer_of(channel) << CONFIG_MUX_SHIFT |
		range << CONFIG_PGA_SHIFT | rate << CONFIG_RATE_SHIFT | CONFIG_SINGLE_SHOT |
		CONFIG_COMP_LAT | CONFIG_COMP_OFF);
}

struct ads1x15_state {
	uint16_t config; /* as asked by the last start, without OS */
	bool running;    /* a conversion may be running */
	bool deferred;   /* the conversion asked for has yet to begin */
};

static int write_config(struct chip *chip, unsigned config)
{
	return i2c_write_be16(chip->i2c, chip->address, REG_CONFIG, (uint16_t)config);
}

/* 1/DR plus the wake-up, for a data rate up to 10 % too low (6.5). */
static uint32_t conversion_us(double rate)
{
	return (uint32_t)ceil(1e6 / (0.9 * rate)) + WAKE_UP_US;
}

/*
 * The parts have no identity. The settings must read back as written, which excludes most other
 * parts. The write also ends a continuous conversion that an earlier program left running.
 */
static int ads1x15_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	struct ads1x15_state *state = chip->state;
	uint16_t written = config_for(chip, 0), config;
	int r = write_config(chip, written);

	if (r < 0)
		return r;
	r = i2c_read_be16(chip->i2c, chip->address, REG_CONFIG, &config);
	if (r < 0)
		return r;
	if ((config & ~CONFIG_OS) != written)
		return -EBADMSG;
	state->running = true;
	*ret_wait_us = 0;
	return 0;
}

/* By its Config register, as it is after a reset or as this driver leaves it. */
static int ads1x15_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain)
{
	enum { OURS = CONFIG_SINGLE_SHOT | CONFIG_COMP_LAT | CONFIG_COMP_OFF, LOW_BITS = 0x001F };
	uint16_t config;
	int r = i2c_read_be16(chip->i2c, chip->address, REG_CONFIG, &config);

	(void)ret_wait_us;
	if (r < 0)
		return r;
	*ret_is_certain = false;
	if (config == CONFIG_AT_RESET ||
		((config & CONFIG_SINGLE_SHOT) && (config & LOW_BITS) == (OURS & LOW_BITS) &&
			config != UINT16_MAX))
		return 0;
	return -EBADMSG;
}

static int begin(struct chip *chip)
{
	struct ads1x15_state *state = chip->state;
	int r = write_config(chip, CONFIG_OS | state->config);

	if (r == 0) {
		state->running = true;
		state->deferred = false;
	}
	return r;
}

static int ads1x15_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	struct ads1x15_state *state = chip->state;
	uint16_t config = CONFIG_OS;
	int r = 0;

	state->config = config_for(chip, channel);
	if (state->running)
		r = i2c_read_be16(chip->i2c, chip->address, REG_CONFIG, &config);
	if (r < 0)
		return r;
	if (config & CONFIG_OS)
		r = begin(chip);
	else
		state->deferred = true;
	if (r == 0)
		*ret_wait_us = conversion_us(chip->params[PARAM_RATE]);
	return r;
}

/*
 * Tables "Input signal versus ideal output code" and "Full-scale range and LSB size":
 * V = code * FSR / 2^15 (ADS1015: code * FSR / 2^11, and the code is left-aligned).
 */
static double volts(double range, int code)
{
	return code * range / (double)CODES;
}

/*
 * At the first and the last code of the range the output clips: the input is at that code or
 * anywhere beyond it. Neither code counts as measured.
 */
static void narrow(const struct ads1x15_variant *variant, double range, double *min, double *max)
{
	*min = fmax(*min, volts(range, variant->code_step - CODES));
	*max = fmin(*max, volts(range, CODES - 2 * variant->code_step));
}

static void ads1115_narrow(const double *params, unsigned channel, double *min, double *max)
{
	(void)channel;
	narrow(&ads1115_variant, params[PARAM_RANGE], min, max);
}

static void ads1015_narrow(const double *params, unsigned channel, double *min, double *max)
{
	(void)channel;
	narrow(&ads1015_variant, params[PARAM_RANGE], min, max);
}

static int ads1x15_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	const struct ads1x15_variant *variant = chip->driver->variant;
	struct ads1x15_state *state = chip->state;
	uint16_t config, conversion;
	int r = i2c_read_be16(chip->i2c, chip->address, REG_CONFIG, &config);

	if (r < 0)
		return r;
	if (!(config & CONFIG_OS))
		return -EAGAIN;
	if (state->deferred) {
		r = begin(chip);
		return r < 0 ? r : -EAGAIN;
	}
	if ((config & ~CONFIG_OS) != state->config || state->config != config_for(chip, channel))
		return -EBADMSG;
	r = i2c_read_be16(chip->i2c, chip->address, REG_CONVERSION, &conversion);
	if (r < 0)
		return r;
	state->running = false;
	ret_values[channel] =
		volts(chip->params[PARAM_RANGE], (int16_t)conversion & ~(variant->code_step - 1));
	return 0;
}

/*
 * The pins take 0.3 V below ground to 0.3 V above a supply of at most 5.5 V (6.1, 6.3). The range
 * narrows that. The typical value fits into all ranges.
 */
/* clang-format off */
#define SINGLE(name, step)                                                                         \
	{                                                                                          \
		name, "voltage", "V", -0.3, 5.8, step, 0.2                                         \
	}
#define DIFFERENTIAL(name, step)                                                                   \
	{                                                                                          \
		name, "voltage", "V", -6.1, 6.1, step, 0                                           \
	}
/* The step is that of the default range. The order is that of ads1x15_multiplexer_of(). */
#define CHANNEL_TABLE(step)                                                                        \
	{                                                                                          \
		SINGLE("0", step), SINGLE("1", step), SINGLE("2", step), SINGLE("3", step),        \
			DIFFERENTIAL("0-1", step), DIFFERENTIAL("0-3", step),                      \
			DIFFERENTIAL("1-3", step), DIFFERENTIAL("2-3", step),                      \
	}
/* clang-format on */

static const struct driver_channel ADS1115_CHANNELS[CHANNELS] = CHANNEL_TABLE(0.000125);
static const struct driver_channel ADS1015_CHANNELS[CHANNELS] = CHANNEL_TABLE(0.002);

static const double NARROW_16_BITS[] = {[PARAM_RANGE] = 0.256, [PARAM_RATE] = 860};
static const double WIDE_12_BITS[] = {[PARAM_RANGE] = 6.144, [PARAM_RATE] = 3300};

static const struct driver_vector ADS1115_VECTORS[] = {
	{.source = "SBAS444E, LSB size: 125 uV at 4.096 V; ideal output code 0001h is +FS/2^15",
		.channel = 0,
		DRIVER_RAW(0x00, 0x01),
		.value = 0.000125,
		.tolerance = 1e-12},
	{.source = "SBAS444E, ideal output codes, worked out: half of full scale is 4000h",
		.channel = 3,
		DRIVER_RAW(0x40, 0x00),
		.value = 2.048,
		.tolerance = 1e-12},
	{.source = "SBAS444E, LSB size: 7.8125 uV at 0.256 V; ideal output code FFFFh is -FS/2^15",
		.channel = 4,
		.params = NARROW_16_BITS,
		DRIVER_RAW(0xFF, 0xFF),
		.value = -7.8125e-6,
		.tolerance = 1e-12},
};

static const struct driver_vector ADS1015_VECTORS[] = {
	{.source = "SBAS473E, LSB size: 2 mV at 4.096 V; ideal output code 001h is +FS/2^11",
		.channel = 0,
		DRIVER_RAW(0x00, 0x10),
		.value = 0.002,
		.tolerance = 1e-12},
	{.source = "SBAS473E, LSB size: 3 mV at 6.144 V, worked out: 1666 LSB are 4.998 V",
		.channel = 2,
		.params = WIDE_12_BITS,
		DRIVER_RAW(0x68, 0x20),
		.value = 4.998,
		.tolerance = 1e-12},
	{.source = "SBAS473E, LSB size: 2 mV at 4.096 V; ideal output code FFFh is -FS/2^11",
		.channel = 7,
		DRIVER_RAW(0xFF, 0xF0),
		.value = -0.002,
		.tolerance = 1e-12},
};

/* Both parts have the same register (SBAS473E, Config register: 8583h after a reset too). */
static const struct driver_identity IDENTITIES[] = {
	{.source = "SBAS444E, Config register: 8583h after a reset", DRIVER_ANSWER(0x85, 0x83)},
	{.source = "SBAS444E, Config register: single-shot, latching, no comparator, as this "
		   "driver writes it",
		DRIVER_ANSWER(0xC3, 0x87)},
	{.source = "SBAS444E, Config register: continuous conversion, as nobody here leaves it",
		DRIVER_ANSWER(0x84, 0x83),
		.result = -EBADMSG},
	{.source = "SBAS302, page 11: an ADS7830 takes 01h for a command, and answers with a code",
		DRIVER_ANSWER(0x7F, 0xFF),
		.result = -EBADMSG},
};

static const uint8_t ADDRESSES[] = {0x48, 0x49, 0x4A, 0x4B}; /* ADDR at GND, VDD, SDA, SCL */

#define COMMON(part, variant_of, model_of)                                                         \
	.bus = DRIVER_BUS_I2C, .addresses = ADDRESSES, .n_addresses = DRIVER_COUNT(ADDRESSES),     \
	.channels = part##_CHANNELS, .n_channels = CHANNELS, .params = part##_PARAMS,              \
	.n_params = DRIVER_COUNT(part##_PARAMS), .integrity = DRIVER_INTEGRITY_NONE,               \
	.state_bytes = sizeof(struct ads1x15_state), .configure = ads1x15_configure,               \
	.start = ads1x15_start, .collect = ads1x15_collect, .variant = &(variant_of),              \
	.vectors = part##_VECTORS, .n_vectors = DRIVER_COUNT(part##_VECTORS),                      \
	.model = &(model_of), .identify = ads1x15_identify, .identities = IDENTITIES,              \
	.n_identities = DRIVER_COUNT(IDENTITIES)

/* The deadlines leave room for an old conversion and a new one at the lowest rate. */
const struct driver driver_ads1115 = {
	COMMON(ADS1115, ads1115_variant, ads1115_model),
	.name = "ads1115",
	.description = "Texas Instruments analog-digital converter, 16 bits, 4 inputs",
	.datasheet = "Texas Instruments SBAS444E, revision E",
	.narrow = ads1115_narrow,
	.deadline_us = 300000,
};

const struct driver driver_ads1015 = {
	COMMON(ADS1015, ads1015_variant, ads1015_model),
	.name = "ads1015",
	.description = "Texas Instruments analog-digital converter, 12 bits, 4 inputs",
	.datasheet = "Texas Instruments SBAS473E, revision E",
	.narrow = ads1015_narrow,
	.deadline_us = 30000,
};
