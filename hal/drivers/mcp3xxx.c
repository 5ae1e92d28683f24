/* SPDX-License-Identifier: MIT */
/*
 * Microchip MCP3204/MCP3208 (12 bits) and MCP3004/MCP3008 (10 bits): analog-digital converters on
 * SPI with four and eight inputs.
 *
 * Datasheets: MCP3204/3208 DS21298E (2008), MCP3004/3008 DS21295D (2008). Both describe the same
 * dialogue; only the number of bits and of inputs differs.
 *
 * One transfer is one conversion (figure 5-1). The start bit is the first one that is high:
 *
 *   DIN    0 .. 0 | start  SGL/DIFF  D2 D1 D0 | don't care ...
 *   DOUT   not driven ..................... | null | B11 .. B1 B0 | B1 .. B11 | 0 0 ...
 *
 * The number of leading zeros is chosen so that B0 ends the third byte (section 6.1).
 *
 * There is no checksum, but the answer itself tells something:
 * - The null bit is low. If it and all that follows is high, nothing pulls the line down: no part.
 * - With further clocks the part sends the result a second time, least significant bit first
 *   (figure 5-2; B0 is shared). The driver reads both, and they must agree. That reveals a line
 *   that floats in noise, and every single wrong bit but B0, which is sent only once.
 * - A missing part on a line that is pulled down reads as zeros, exactly like an input at 0 V.
 */
#include "chip.h"

#include <errno.h>
#include <string.h>

enum {
	COMMAND_SINGLE_ENDED = 0x18, /* start bit and SGL/DIFF, above the channel's three bits */
	COMMAND_CHANNEL_MASK = 0x07,
	RESULT_END_CLOCK = 24,  /* the number of clocks when B0 has been read */
	TRANSFER_BYTES = 5,     /* room for the result and its repetition */
	SPEED_MIN_HZ = 10000,   /* slower, the sample capacitor loses charge: section 6.2 */
	SPEED_2V7_HZ = 1000000, /* MCP320x at 2.7 V; the MCP300x takes 1.35 MHz */
	SPEED_5V_12_HZ = 2000000,
	SPEED_5V_10_HZ = 3600000,
};

/* The differences between the parts. */
struct mcp3xxx_variant {
	unsigned bits;
};

static const struct mcp3xxx_variant VARIANT_12 = {.bits = 12};
static const struct mcp3xxx_variant VARIANT_10 = {.bits = 10};

/* The 40 bits of a transfer as a number, so that clock 0 is bit 39. */
static uint64_t bits_of(const uint8_t data[TRANSFER_BYTES])
{
	uint64_t bits = 0;

	for (size_t i = 0; i < TRANSFER_BYTES; i++)
		bits = bits << 8 | data[i];
	return bits;
}

/* The n bits that end before the given clock. */
static uint32_t bits_before(uint64_t bits, unsigned clock, unsigned n)
{
	return (uint32_t)(bits >> (TRANSFER_BYTES * 8 - clock)) & ((1u << n) - 1);
}

static uint32_t mirrored(uint32_t value, unsigned bits)
{
	/* Reverses the order: neighbouring bits change places, then pairs, fours and eights. */
	value = (value & 0x5555) << 1 | (value >> 1 & 0x5555);
	value = (value & 0x3333) << 2 | (value >> 2 & 0x3333);
	value = (value & 0x0f0f) << 4 | (value >> 4 & 0x0f0f);
	value = (value & 0x00ff) << 8 | (value >> 8 & 0x00ff);
	return value >> (16 - bits);
}

/* -ENXIO and -EBADMSG as described at the top. */
static int decode(const uint8_t answer[TRANSFER_BYTES], unsigned bits, uint32_t *ret_result)
{
	uint64_t all = bits_of(answer);
	uint32_t with_null = bits_before(all, RESULT_END_CLOCK, bits + 1);
	uint32_t result = bits_before(all, RESULT_END_CLOCK, bits);
	/* B0, the first bit of the repetition, is the last one of the result. */
	uint32_t repeated = bits_before(all, RESULT_END_CLOCK + bits - 1, bits);

	if (with_null == (1u << (bits + 1)) - 1 && repeated == (1u << bits) - 1)
		return -ENXIO;
	if (with_null != result || mirrored(repeated, bits) != result)
		return -EBADMSG;
	*ret_result = result;
	return 0;
}

static int convert(struct chip *chip, unsigned channel, uint32_t *ret_result)
{
	const struct mcp3xxx_variant *variant = chip->driver->variant;
	/* The command is followed by the clocks of sampling and of the null bit, then by the
	 * result. */
	uint32_t command = (COMMAND_SINGLE_ENDED | channel) << (variant->bits + 2);
	const uint8_t out[TRANSFER_BYTES] = {
		(uint8_t)(command >> 16), (uint8_t)(command >> 8), (uint8_t)command};
	uint8_t in[TRANSFER_BYTES];
	int r = spi_transfer(chip->spi, out, in, sizeof(out));

	return r < 0 ? r : decode(in, variant->bits, ret_result);
}

/* There is nothing to set up. A conversion shows that a part is there. */
static int mcp3xxx_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	uint32_t result;
	int r = convert(chip, 0, &result);

	if (r == 0)
		*ret_wait_us = 0;
	return r;
}

/* The part converts while it is read. */
static int mcp3xxx_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	(void)chip;
	(void)channel;
	*ret_wait_us = 0;
	return 0;
}

static int mcp3xxx_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	uint32_t result;
	int r = convert(chip, channel, &result);

	if (r == 0)
		ret_values[channel] = result;
	return r;
}

/* The simulated part: DIN is read and DOUT is driven clock by clock, as in figure 5-2. */

struct mcp3xxx_model {
	unsigned bits;
	unsigned channels;
	uint32_t shown[8];
	bool loaded; /* a vector's answer stands on the wire, whatever is asked */
	uint8_t answer[TRANSFER_BYTES];
};

/* clock counts from the start bit. While the part does not drive the line, it floats high here. */
static bool model_output(const struct mcp3xxx_model *model, uint32_t result, unsigned clock)
{
	const unsigned null_clock = 6;
	unsigned bit = clock - null_clock; /* 1 to bits: the result; then its repetition */

	if (clock < null_clock)
		return true;
	if (bit == 0 || bit >= 2 * model->bits)
		return false;
	return result >> (bit <= model->bits ? model->bits - bit : bit - model->bits) & 1u;
}

static int model_transfer(
	void *state, const uint8_t *out, uint8_t *in, size_t size, uint64_t now_us)
{
	const struct mcp3xxx_model *model = state;
	const unsigned command_bits = 5;
	unsigned clock = 0; /* 0: waits for the start bit */
	uint32_t command = 0;
	bool answers = false;

	(void)now_us;
	memset(in, 0, size);
	for (size_t i = 0; i < size * 8; i++) {
		unsigned bit = 7 - i % 8;
		bool output = true;

		if (answers) {
			output = model_output(
				model, model->shown[command % model->channels], clock++);
		} else if (clock < command_bits) {
			command = command * 2 + (out[i / 8] >> bit & 1);
			clock += command > 0;
			answers = clock == command_bits &&
				(command & COMMAND_SINGLE_ENDED) == COMMAND_SINGLE_ENDED;
		}
		in[i / 8] |= (uint8_t)(output << bit);
	}
	if (model->loaded)
		memcpy(in, model->answer, size < TRANSFER_BYTES ? size : TRANSFER_BYTES);
	return 0;
}

static void model_set_value(void *state, unsigned channel, double value)
{
	struct mcp3xxx_model *model = state;
	double max = (double)((1u << model->bits) - 1);

	model->loaded = false;
	model->shown[channel] = (uint32_t)(value < 0 ? 0 : value > max ? max : value + 0.5);
}

/* raw: DOUT as clocked in, TRANSFER_BYTES. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	struct mcp3xxx_model *model = state;

	if (size == TRANSFER_BYTES) {
		memcpy(model->answer, raw, size);
		model->loaded = true;
	}
}

static void model_power_on(struct mcp3xxx_model *model, unsigned bits, unsigned channels)
{
	*model = (struct mcp3xxx_model){.bits = bits, .channels = channels};
}

static void mcp3208_reset(void *state)
{
	model_power_on(state, 12, 8);
}

static void mcp3204_reset(void *state)
{
	model_power_on(state, 12, 4);
}

static void mcp3008_reset(void *state)
{
	model_power_on(state, 10, 8);
}

static void mcp3004_reset(void *state)
{
	model_power_on(state, 10, 4);
}

/* clang-format off */
#define MODEL(reset_function)                                                                      \
	{                                                                                          \
		.state_bytes = sizeof(struct mcp3xxx_model), .reset = (reset_function),            \
		.spi_transfer = model_transfer, .set_value = model_set_value, .load = model_load,  \
	}
/* clang-format on */

static const struct driver_model MCP3208_MODEL = MODEL(mcp3208_reset);
static const struct driver_model MCP3204_MODEL = MODEL(mcp3204_reset);
static const struct driver_model MCP3008_MODEL = MODEL(mcp3008_reset);
static const struct driver_model MCP3004_MODEL = MODEL(mcp3004_reset);

/* The parts' tables. */

/* clang-format off */
#define CHANNEL(number, full_scale)                                                                \
	{                                                                                          \
		number, "raw", "raw", 0, full_scale, 1, (full_scale) / 2.0                         \
	}
/* clang-format on */

static const struct driver_channel CHANNELS_12[] = {
	CHANNEL("0", 4095),
	CHANNEL("1", 4095),
	CHANNEL("2", 4095),
	CHANNEL("3", 4095),
	CHANNEL("4", 4095),
	CHANNEL("5", 4095),
	CHANNEL("6", 4095),
	CHANNEL("7", 4095),
};

static const struct driver_channel CHANNELS_10[] = {
	CHANNEL("0", 1023),
	CHANNEL("1", 1023),
	CHANNEL("2", 1023),
	CHANNEL("3", 1023),
	CHANNEL("4", 1023),
	CHANNEL("5", 1023),
	CHANNEL("6", 1023),
	CHANNEL("7", 1023),
};

static const struct driver_param PARAMS_12[] = {{
	.key = "speed",
	.type = DRIVER_PARAM_FREQUENCY,
	.min = SPEED_MIN_HZ,
	.max = SPEED_5V_12_HZ,
	.default_value = SPEED_2V7_HZ,
	.help = "SPI clock: up to 1 MHz at 2.7 V or 3.3 V, 2 MHz at 5 V",
}};

static const struct driver_param PARAMS_10[] = {{
	.key = "speed",
	.type = DRIVER_PARAM_FREQUENCY,
	.min = SPEED_MIN_HZ,
	.max = SPEED_5V_10_HZ,
	.default_value = SPEED_2V7_HZ,
	.help = "SPI clock: up to 1.35 MHz at 2.7 V or 3.3 V, 3.6 MHz at 5 V",
}};

/*
 * Equation 4-2: output code = 4096 * Vin / Vref (MCP320x), 1024 * Vin / Vref (MCP300x). The answers
 * are laid out by hand as in figures 5-2 and 6-1, with clocks that are not driven read as high.
 */

static const struct driver_vector VECTORS_12[] = {
	/* 2.5 V of 5 V: 1000 0000 0000, then 000 0000 0001. */
	{.source = "DS21298E, equation 4-2, figures 5-2 and 6-1: half of Vref is 2048",
		.channel = 0,
		DRIVER_RAW(0xFF, 0xE8, 0x00, 0x00, 0x20),
		.value = 2048},
	/* 1010 1011 1100, then 011 1101 0101. */
	{.source = "DS21298E, figures 5-2 and 6-1, worked out by hand: 0xABC",
		.channel = 3,
		DRIVER_RAW(0xFF, 0xEA, 0xBC, 0x7A, 0xA0),
		.value = 0xABC},
	{.source = "DS21298E, equation 4-2: full scale is 4095, above a null bit that is low",
		.channel = 1,
		DRIVER_RAW(0xFF, 0xEF, 0xFF, 0xFF, 0xE0),
		.value = 4095},
};

static const struct driver_vector VECTORS_10[] = {
	/* 10 0000 0000, then 0 0000 0001. */
	{.source = "DS21295D, equation 4-2, figures 5-2 and 6-1: half of Vref is 512",
		.channel = 0,
		DRIVER_RAW(0xFF, 0xFA, 0x00, 0x00, 0x80),
		.value = 512},
	/* 10 1011 0110, then 1 1011 0101. */
	{.source = "DS21295D, figures 5-2 and 6-1, worked out by hand: 0x2B6",
		.channel = 3,
		DRIVER_RAW(0xFF, 0xFA, 0xB6, 0xDA, 0x80),
		.value = 0x2B6},
	{.source = "DS21295D, equation 4-2: full scale is 1023, above a null bit that is low",
		.channel = 1,
		DRIVER_RAW(0xFF, 0xFB, 0xFF, 0xFF, 0x80),
		.value = 1023},
};

/* clang-format off */
#define COMMON(n)                                                                                  \
	.bus = DRIVER_BUS_SPI, .spi = {.mode = 0, .speed_hz = SPEED_2V7_HZ, .bits = 8},            \
	.integrity = DRIVER_INTEGRITY_NONE, .variant = &VARIANT_##n, .channels = CHANNELS_##n,     \
	.params = PARAMS_##n, .n_params = DRIVER_COUNT(PARAMS_##n),                                \
	.vectors = VECTORS_##n, .n_vectors = DRIVER_COUNT(VECTORS_##n),                            \
	.configure = mcp3xxx_configure, .start = mcp3xxx_start, .collect = mcp3xxx_collect
/* clang-format on */

const struct driver driver_mcp3208 = {
	COMMON(12),
	.name = "mcp3208",
	.description = "Microchip analog-digital converter, 12 bits, 8 inputs",
	.datasheet = "Microchip DS21298E, revision E (2008)",
	.n_channels = 8,
	.model = &MCP3208_MODEL,
};

const struct driver driver_mcp3204 = {
	COMMON(12),
	.name = "mcp3204",
	.description = "Microchip analog-digital converter, 12 bits, 4 inputs",
	.datasheet = "Microchip DS21298E, revision E (2008)",
	.n_channels = 4,
	.model = &MCP3204_MODEL,
};

const struct driver driver_mcp3008 = {
	COMMON(10),
	.name = "mcp3008",
	.description = "Microchip analog-digital converter, 10 bits, 8 inputs",
	.datasheet = "Microchip DS21295D, revision D (2008)",
	.n_channels = 8,
	.model = &MCP3008_MODEL,
};

const struct driver driver_mcp3004 = {
	COMMON(10),
	.name = "mcp3004",
	.description = "Microchip analog-digital converter, 10 bits, 4 inputs",
	.datasheet = "Microchip DS21295D, revision D (2008)",
	.n_channels = 4,
	.model = &MCP3004_MODEL,
};
