/* SPDX-License-Identifier: MIT */
/*
 * ROHM BH1750FVI: illuminance on I2C.
 *
 * Datasheet: BH1750FVI technical note, 2009.04, revision B. Page numbers are its own.
 *
 * Each measurement is a single one with high resolution; the part powers down by itself afterwards.
 *
 * The part has no identity, no checksum and no sign that a measurement has ended. In the dark it
 * reads as zeros, like a wire that is held low. Therefore:
 * - The driver waits for the longest time. Earlier, the part would answer with the previous result.
 * - Setting up clears the part, so anything that then answers with non-zero bytes is another part.
 * - Zeros are accepted only if an address that no part can have does not answer with zeros as well.
 * - A part that lost its supply while measuring reads as dark, too. This cannot be detected.
 */
#include "chip.h"

#include <errno.h>
#include <math.h>

enum {
	/* Instructions, page 5. Each goes alone between START and STOP (page 10). */
	POWER_DOWN = 0x00,
	POWER_ON = 0x01,
	RESET = 0x07, /* clears the data register; not when powered down */
	ONE_TIME_HIGH_RESOLUTION = 0x20,
	TIME_HIGH = 0x40, /* and bits 7 to 5 of MTreg */
	TIME_LOW = 0x60,  /* and bits 4 to 0 */

	TIME_DEFAULT = 69,   /* page 11; another program may have changed it */
	MEASURE_US = 180000, /* page 2: 120 ms typically, 180 ms at most */
};

static const double COUNTS_PER_LUX = 1.2; /* page 2: typically, at the default of MTreg */

/* Reads the count. -EBADMSG: the zeros come from a wire that is held low, not from this part. */
static int read_data(struct chip *chip, uint16_t *ret_count)
{
	uint8_t bytes[2];
	int r = i2c_read(chip->i2c, chip->address, bytes, sizeof(bytes));

	if (r < 0)
		return r;
	uint16_t count = (uint16_t)(bytes[0] << 8 | bytes[1]);

	if (count == 0 && i2c_is_held(chip->i2c))
		return -EBADMSG;
	*ret_count = count;
	return 0;
}

static int bh1750_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	static const uint8_t SETUP[] = {
		POWER_ON, RESET, TIME_HIGH | TIME_DEFAULT >> 5, TIME_LOW | (TIME_DEFAULT & 0x1F)};
	uint16_t count = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(SETUP); i++)
		r = i2c_write(chip->i2c, chip->address, &SETUP[i], 1);
	if (r == 0)
		r = read_data(chip, &count);
	if (r < 0)
		return r;
	if (count != 0)
		return hal_error_set(&chip->words, -EBADMSG,
			"after a reset it shows 0x%04x instead of zero: another part?", count);
	*ret_wait_us = 0;
	return 0;
}

static int bh1750_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	const uint8_t measure = ONE_TIME_HIGH_RESOLUTION;
	int r = i2c_write(chip->i2c, chip->address, &measure, 1);

	(void)channel;
	if (r == 0)
		*ret_wait_us = MEASURE_US;
	return r;
}

/* Page 10: lx = count / 1.2. */
static int bh1750_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	uint16_t count;
	int r = read_data(chip, &count);

	if (r == 0)
		ret_values[channel] = count / COUNTS_PER_LUX;
	return r;
}

/* The simulated part. */

struct bh1750_model {
	bool powered, measuring;
	uint64_t measured_us;
	uint8_t time; /* MTreg */
	uint16_t data;
	double shown;
	bool loaded; /* a vector's count, instead of shown */
	uint16_t count;
};

static uint16_t model_convert(const struct bh1750_model *model)
{
	double counts = model->shown * COUNTS_PER_LUX * model->time / TIME_DEFAULT;

	return (uint16_t)fmin(fmax(round(counts), 0), UINT16_MAX);
}

static void model_advance(struct bh1750_model *model, uint64_t now_us)
{
	if (!model->measuring || now_us < model->measured_us)
		return;
	model->measuring = model->powered = false;
	model->data = model->loaded ? model->count : model_convert(model);
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct bh1750_model *model = state;
	uint8_t instruction = data[0];

	(void)size; /* bytes after the first are not accepted */
	model_advance(model, now_us);
	if (instruction == POWER_DOWN || instruction == POWER_ON) {
		model->powered = instruction == POWER_ON;
		model->measuring = false;
	} else if (instruction == RESET && model->powered) {
		model->data = 0;
	} else if (instruction == ONE_TIME_HIGH_RESOLUTION) {
		model->powered = model->measuring = true;
		model->measured_us = now_us + (uint64_t)MEASURE_US * model->time / TIME_DEFAULT;
	} else if ((instruction & 0xF8) == TIME_HIGH) {
		model->time = (uint8_t)((instruction & 0x07) << 5 | (model->time & 0x1F));
	} else if ((instruction & 0xE0) == TIME_LOW) {
		model->time = (uint8_t)((model->time & 0xE0) | (instruction & 0x1F));
	}
	return 0;
}

static int model_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct bh1750_model *model = state;

	model_advance(model, now_us);
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i == 0 ? model->data >> 8 : i == 1 ? model->data : 0xFF);
	return 0;
}

static void model_set_value(void *state, unsigned channel, double value)
{
	struct bh1750_model *model = state;

	(void)channel;
	model->loaded = false;
	model->shown = value;
}

/* raw: the data register after the next measurement. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	struct bh1750_model *model = state;

	if (size == 2) {
		model->count = (uint16_t)(raw[0] << 8 | raw[1]);
		model->loaded = true;
	}
}

/* At its last count the part clips: the light is that bright or brighter. */
static const struct driver_channel CHANNELS[] = {
	{"illuminance", "illuminance", "lx", 0, 54611, 0.84, 300},
};

static void model_reset(void *state)
{
	*(struct bh1750_model *)state =
		(struct bh1750_model){.time = TIME_DEFAULT, .shown = CHANNELS[0].typical};
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct bh1750_model),
	.reset = model_reset,
	.i2c_write = model_write,
	.i2c_read = model_read,
	.set_value = model_set_value,
	.load = model_load,
};

static const struct driver_vector VECTORS[] = {
	{.source = "BH1750FVI revision B, page 10: 0x8390 is about 28067 lx",
		DRIVER_RAW(0x83, 0x90),
		.value = 28067,
		.tolerance = 0.5},
	{.source = "BH1750FVI revision B, page 10, worked out: one count is 1 / 1.2 lx",
		DRIVER_RAW(0x00, 0x01),
		.value = 0.83333333,
		.tolerance = 1e-6},
	{.source = "BH1750FVI revision B, page 2: in the dark it shows 0", DRIVER_RAW(0x00, 0x00)},
};

static const uint8_t ADDRESSES[] = {0x23, 0x5C}; /* ADDR at GND, VCC */

const struct driver driver_bh1750 = {
	.name = "bh1750",
	.also_called = "BH1750FVI, GY-30, GY-302",
	.description = "ROHM illuminance sensor",
	.datasheet = "ROHM BH1750FVI technical note, revision B (April 2009)",
	.bus = DRIVER_BUS_I2C,
	.addresses = ADDRESSES,
	.n_addresses = sizeof(ADDRESSES),
	.channels = CHANNELS,
	.n_channels = sizeof(CHANNELS) / sizeof(*CHANNELS),
	.integrity = DRIVER_INTEGRITY_NONE,
	.configure = bh1750_configure,
	.start = bh1750_start,
	.collect = bh1750_collect,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(*VECTORS),
	.model = &MODEL,
};
