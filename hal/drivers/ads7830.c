/* SPDX-License-Identifier: MIT */
/*
 * Texas Instruments ADS7830: analog-digital converter of 8 bits on I2C, with eight inputs.
 *
 * Datasheet: SBAS302 (December 2003). Page numbers are its own.
 *
 * It measures against the voltage that the board connects to REF. Its own reference of 2.5 V stays
 * off.
 *
 * - The command byte chooses the input and begins the conversion, which is read after a repeated
 *   start: nobody else can choose another input in between (page 11).
 * - The inputs are not in the order of their bits: the lowest bit of the number comes first.
 * - The part has neither an identity nor a checksum, and an input at ground reads as zero, like a
 *   wire that is held low. Zeros are accepted only if an address that no part can have does not
 *   answer with zeros as well.
 */
#include "adc8.h"

enum {
	/* The command byte, page 11: SD C2 C1 C0 PD1 PD0 X X. */
	COMMAND_SINGLE_ENDED = 0x80,
	COMMAND_INPUT_SHIFT = 4,
	COMMAND_CONVERTER_ON = 0x04, /* PD1 PD0 = 01: the reference is off */
	COMMAND_REFERENCE_ON = 0x08,
};

enum { CHANNELS = 8 };

/* C2 C1 C0 are 000 for CH0, 100 for CH1, 001 for CH2, 101 for CH3 and so on (table II). */
static uint8_t command_of(unsigned channel)
{
	unsigned input = channel >> 1 | (channel & 1u) << 2;

	return (uint8_t)(COMMAND_SINGLE_ENDED | input << COMMAND_INPUT_SHIFT |
		COMMAND_CONVERTER_ON);
}

/* The simulated part. */

struct ads7830_model {
	struct adc8_shown shown;
	uint8_t command, code;
	uint8_t loaded_command; /* of a vector: to which its result is the answer */
};

/* Table II, single-ended: which input the bits SD C2 C1 C0 connect. */
static const uint8_t MODEL_INPUTS[] = {0, 2, 4, 6, 1, 3, 5, 7};

static uint8_t model_convert(const struct ads7830_model *model)
{
	/* An input does not show differences, nor values by the reference of 2.5 V. */
	if (!(model->command & COMMAND_SINGLE_ENDED) || model->command & COMMAND_REFERENCE_ON)
		return 0xAA;
	if (model->shown.loaded)
		return model->command == model->loaded_command ? model->shown.result : 0xAA;
	return model->shown.codes[MODEL_INPUTS[model->command >> COMMAND_INPUT_SHIFT & 7u]];
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct ads7830_model *model = state;

	(void)size;
	(void)now_us;
	model->command = data[0];
	model->code = model_convert(model);
	return 0;
}

static int model_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	const struct ads7830_model *model = state;

	(void)now_us;
	for (size_t i = 0; i < size; i++)
		data[i] = model->code;
	return 0;
}

/* raw: a command byte, and the part's answer to it. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	struct ads7830_model *model = state;

	if (size == 2) {
		model->loaded_command = raw[0];
		model->shown.result = raw[1];
		model->shown.loaded = true;
	}
}

static void model_reset(void *state)
{
	*(struct ads7830_model *)state = (struct ads7830_model){.code = 0};
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct ads7830_model),
	.reset = model_reset,
	.i2c_write = model_write,
	.i2c_read = model_read,
	.set_value = adc8_set_value,
	.load = model_load,
};

static const struct driver_channel CHANNEL_TABLE[CHANNELS] = {ADC8_INPUT("0"), ADC8_INPUT("1"),
	ADC8_INPUT("2"), ADC8_INPUT("3"), ADC8_INPUT("4"), ADC8_INPUT("5"), ADC8_INPUT("6"),
	ADC8_INPUT("7")};

/* Page 11: 10010 and the pins A1 and A0. */
static const uint8_t ADDRESSES[] = {0x48, 0x49, 0x4A, 0x4B};

/* 256 steps of REF; the command bytes are laid out by hand. */
static const struct driver_vector VECTORS[] = {
	/* SD 1, C 000, PD 01 */
	{.source = "SBAS302, page 11, table II: CH0 single-ended; half of the reference is 128",
		.channel = 0,
		DRIVER_RAW(0x84, 0x80),
		.value = 128},
	/* SD 1, C 101, PD 01 */
	{.source = "SBAS302, page 11, table II: CH3 single-ended; the highest code",
		.channel = 3,
		DRIVER_RAW(0xD4, 0xFF),
		.value = 255},
	/* SD 1, C 011, PD 01 */
	{.source = "SBAS302, page 11, table II: CH6 single-ended; the lowest code",
		.channel = 6,
		DRIVER_RAW(0xB4, 0x00),
		.value = 0},
};

static const struct adc8 VARIANT = {command_of, 1};

const struct driver driver_ads7830 = {
	.name = "ads7830",
	.description = "Texas Instruments analog-digital converter, 8 bits, 8 inputs",
	.datasheet = "Texas Instruments SBAS302, December 2003",
	.bus = DRIVER_BUS_I2C,
	.addresses = ADDRESSES,
	.n_addresses = sizeof(ADDRESSES),
	.channels = CHANNEL_TABLE,
	.n_channels = CHANNELS,
	.integrity = DRIVER_INTEGRITY_NONE,
	.deadline_us = 10000,
	.configure = adc8_configure,
	.start = adc8_start,
	.collect = adc8_collect,
	.variant = &VARIANT,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(*VECTORS),
	.model = &MODEL,
};
