/* SPDX-License-Identifier: MIT */
/*
 * NXP PCF8591: analog-digital converter of 8 bits on I2C, with four inputs. Its analog output stays
 * off.
 *
 * Datasheet: PCF8591, Rev. 7, 27 June 2013. Section numbers are its own.
 *
 * - Each byte read starts a conversion, which is sent with the next byte. So the first byte is the
 *   previous conversion, of whatever input it was, or 0x80 after power-on (8.4). It is discarded.
 * - The control byte cannot be read back. It is sent in the same transaction as the bytes are read,
 *   so that no other program and no dip of the supply can choose another input in between.
 * - The part has neither an identity nor a checksum, and an input at ground reads as zero, like a
 *   wire that is held low. Zeros are accepted only if an address that no part can have does not
 *   answer with zeros as well.
 */
#include "adc8.h"

enum {
	CONTROL_SINGLE_ENDED = 0x00, /* 8.2: four inputs, output off, the input in bits 1 and 0 */
	CONTROL_DIFFERENCES = 0x30,
	CONTROL_INCREMENT = 0x04,
	CONTROL_INPUT = 0x03,

	AFTER_POWER_ON = 0x80,
};

enum { CHANNELS = 4 };
enum { BYTE_BEFORE, BYTE_RESULT, BYTES };

static uint8_t command_of(unsigned channel)
{
	return (uint8_t)(CONTROL_SINGLE_ENDED | channel);
}

/* The simulated part. */

struct pcf8591_model {
	struct adc8_shown shown;
	uint8_t control;
	uint8_t before; /* the conversion that the next byte shows */
};

static uint8_t model_convert(struct pcf8591_model *model)
{
	unsigned input = model->control & CONTROL_INPUT;

	if (model->control & CONTROL_INCREMENT)
		model->control =
			(model->control & (uint8_t)~CONTROL_INPUT) | ((input + 1) & CONTROL_INPUT);
	/* Differences are not used here, and are not what an input shows. */
	if (model->control & CONTROL_DIFFERENCES)
		return AFTER_POWER_ON;
	return model->shown.loaded ? model->shown.result : model->shown.codes[input];
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	(void)size; /* a second byte is for the analog output */
	(void)now_us;
	((struct pcf8591_model *)state)->control = data[0];
	return 0;
}

static int model_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct pcf8591_model *model = state;

	(void)now_us;
	for (size_t i = 0; i < size; i++) {
		data[i] = model->before;
		model->before = model_convert(model);
	}
	return 0;
}

/* raw: the part's answer: the previous conversion, then that of the input. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	struct pcf8591_model *model = state;

	if (size == BYTES) {
		model->before = raw[BYTE_BEFORE];
		model->shown.result = raw[BYTE_RESULT];
		model->shown.loaded = true;
	}
}

static void model_reset(void *state)
{
	*(struct pcf8591_model *)state = (struct pcf8591_model){.before = AFTER_POWER_ON};
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct pcf8591_model),
	.reset = model_reset,
	.i2c_write = model_write,
	.i2c_read = model_read,
	.set_value = adc8_set_value,
	.load = model_load,
};

static const struct driver_channel CHANNEL_TABLE[CHANNELS] = {
	ADC8_INPUT("0"), ADC8_INPUT("1"), ADC8_INPUT("2"), ADC8_INPUT("3")};

/* 8.1: 1001 and the pins A2 to A0. */
static const uint8_t ADDRESSES[] = {0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F};

/* 8.4, figure 9: the code is the input in steps of (VREF - VAGND) / 256. */
static const struct driver_vector VECTORS[] = {
	{.source = "PCF8591 Rev. 7, 8.4: the first byte after power-on is 0x80; 1/4 of VREF is 64",
		.channel = 0,
		DRIVER_RAW(0x80, 0x40),
		.value = 64},
	{.source = "PCF8591 Rev. 7, 8.4: the first byte is the conversion before; the highest code",
		.channel = 3,
		DRIVER_RAW(0x07, 0xFF),
		.value = 255},
	{.source = "PCF8591 Rev. 7, 8.4: the lowest code",
		.channel = 2,
		DRIVER_RAW(0xFF, 0x00),
		.value = 0},
};

static const struct adc8 VARIANT = {command_of, BYTES};

const struct driver driver_pcf8591 = {
	.name = "pcf8591",
	.description = "NXP analog-digital converter, 8 bits, 4 inputs",
	.datasheet = "NXP PCF8591, Rev. 7, 27 June 2013",
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
