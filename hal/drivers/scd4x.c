/* SPDX-License-Identifier: MIT */
/*
 * Sensirion SCD4x (SCD40, SCD41, SCD43): carbon dioxide, temperature and humidity on I2C.
 *
 * Datasheet: SCD4x, version 1.5 (July 2023). Section numbers are its own.
 *
 * It measures periodically, the only way of the SCD40: there is a new value every 5 s, which can be
 * read once (3.5.2). So a measurement here is the wait for the next value, and readings do not wait
 * for it.
 *
 * - A part that measures accepts few commands (3.4, table 9). An earlier program may have left it
 *   measuring, so it is stopped first, which takes 500 ms.
 * - After a dip of the supply it no longer measures, and has nothing to read until the deadline.
 * - There is no identity except a serial number, whose words have a CRC.
 * - The CO2 is correct for the pressure at sea level. Another altitude can be set in the part,
 *   which keeps it, by other means.
 */
#include "answer_once.h"
#include "sensirion.h"

#include <errno.h>
#include <math.h>

enum {
	/* Commands, and their execution times: 3.4, table 9. */
	START_PERIODIC = 0x21B1,
	STOP_PERIODIC = 0x3F86,
	SERIAL_NUMBER = 0x3682,
	DATA_READY = 0xE4B8,
	READ_MEASUREMENT = 0xEC05,

	STOP_US = 500000,
	COMMAND_US = 1000,

	SERIAL_NUMBER_WORDS = 3,
	READY_BITS = 0x07FF, /* 3.8.2: all zero: no data */
	PERIOD_US = 5000000, /* 3.5.1 */
	POLL_US = 100000,
	CODES = 65535,
};

enum { CHANNEL_CO2, CHANNEL_TEMPERATURE, CHANNEL_HUMIDITY, CHANNELS };
enum { RAW_BYTES = CHANNELS * 2 }; /* of a vector */

struct scd4x_state {
	unsigned step;   /* of the set-up */
	bool is_reading; /* data were ready, and their read command was sent; false: still asking */
};

static int scd4x_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	static const struct sensirion_step STEPS[] = {
		{STOP_PERIODIC, STOP_US}, {SERIAL_NUMBER, COMMAND_US}};
	static const struct sensirion_dialogue SETUP = {.part = "SCD4x",
		.command_bytes = 2,
		.steps = STEPS,
		.n_steps = sizeof(STEPS) / sizeof(*STEPS),
		.answer_words = SERIAL_NUMBER_WORDS};
	struct scd4x_state *state = chip->state;
	int r = sensirion_configure(chip, &SETUP, &state->step, ret_wait_us);

	if (r == 0)
		r = sensirion_command(chip, START_PERIODIC);
	if (r == 0)
		*ret_wait_us = COMMAND_US;
	return r;
}

/*
 * Asks for data_ready, which a part answers while it measures and while it does not (3.4, table 9,
 * here in version 1.3); it gives its serial number only while it does not. Both have a CRC.
 */
static int scd4x_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain)
{
	static const struct sensirion_step STEP = {DATA_READY, COMMAND_US};
	static const struct sensirion_dialogue ASK = {.part = "SCD4x",
		.command_bytes = 2,
		.steps = &STEP,
		.n_steps = 1,
		.answer_words = 1};
	struct scd4x_state *state = chip->state;

	return sensirion_identify(chip, &ASK, &state->step, ret_wait_us, ret_is_certain);
}

static int scd4x_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	struct scd4x_state *state = chip->state;
	int r = sensirion_command(chip, DATA_READY);

	(void)channel;
	state->is_reading = false;
	if (r == 0)
		*ret_wait_us = COMMAND_US;
	return r;
}

/* Evaluates whether data are ready and sends the next command. -EAGAIN, or an error. */
static int ask(struct chip *chip)
{
	struct scd4x_state *state = chip->state;
	uint16_t ready;
	int r = sensirion_collect(chip, 1, &ready);

	if (r < 0)
		return r;
	r = sensirion_command(chip, ready & READY_BITS ? READ_MEASUREMENT : DATA_READY);
	if (r < 0)
		return r;
	state->is_reading = ready & READY_BITS;
	return -EAGAIN;
}

/*
 * 3.5.2: CO2 = word 0, T = -45 + 175 * word 1 / (2^16 - 1), RH = 100 * word 2 / (2^16 - 1). The
 * first versions of the datasheet divide by 2^16, a difference of 0.003 °C at most.
 */
static int scd4x_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	const struct scd4x_state *state = chip->state;
	uint16_t words[CHANNELS];

	(void)channel;
	if (!state->is_reading)
		return ask(chip);
	int r = sensirion_collect(chip, CHANNELS, words);

	if (r < 0)
		return r;
	ret_values[CHANNEL_CO2] = words[CHANNEL_CO2];
	ret_values[CHANNEL_TEMPERATURE] = -45.0 + 175.0 * words[CHANNEL_TEMPERATURE] / CODES;
	ret_values[CHANNEL_HUMIDITY] = 100.0 * words[CHANNEL_HUMIDITY] / CODES;
	return 0;
}

/*
 * The simulated part. An answer is ready after the command's time. A vector has the three words
 * without their CRC.
 */

struct scd4x_model {
	struct answer_once once;
	uint64_t answer_us; /* when the answer is ready */
	uint64_t idle_us;   /* when the stop is done; earlier commands are refused */
	bool periodic;
	uint64_t next_us; /* of the period: when the next data are ready */
	bool has_data;
	uint16_t data[CHANNELS];
};

static uint16_t model_code(double value, double min, double span)
{
	return (uint16_t)fmin(fmax(round((value - min) * CODES / span), 0), CODES);
}

static void model_advance(struct scd4x_model *model, uint64_t now_us)
{
	const struct answer_once *once = &model->once;

	if (!model->periodic || once->busy || now_us < model->next_us)
		return;
	model->next_us = now_us + PERIOD_US - (now_us - model->next_us) % PERIOD_US;
	model->has_data = true;
	model->data[CHANNEL_CO2] = (uint16_t)fmin(fmax(round(once->shown[CHANNEL_CO2]), 0), CODES);
	model->data[CHANNEL_TEMPERATURE] = model_code(once->shown[CHANNEL_TEMPERATURE], -45, 175);
	model->data[CHANNEL_HUMIDITY] = model_code(once->shown[CHANNEL_HUMIDITY], 0, 100);
	for (size_t i = 0; i < CHANNELS && once->loaded; i++)
		model->data[i] = (uint16_t)(once->raw[2 * i] << 8 | once->raw[2 * i + 1]);
}

static void model_answer(
	struct scd4x_model *model, const uint16_t *words, size_t n, uint64_t now_us)
{
	for (size_t i = 0; i < n; i++)
		sensirion_put(model->once.answer + i * SENSIRION_WORD_BYTES, words[i]);
	model->once.answer_bytes = n * SENSIRION_WORD_BYTES;
	model->answer_us = now_us + COMMAND_US;
}

/* Table 9: the commands that a part accepts while it measures, and while it does not. */
static void model_command(struct scd4x_model *model, unsigned command, uint64_t now_us)
{
	static const uint16_t SERIAL[SERIAL_NUMBER_WORDS] = {0xF896, 0x9F07, 0x3BBE};
	const uint16_t ready = model->has_data ? 0x8006 : 0x8000;

	model->once.answer_bytes = 0;
	if (command == DATA_READY) {
		model_answer(model, &ready, 1, now_us);
	} else if (command == READ_MEASUREMENT && model->has_data) {
		model_answer(model, model->data, CHANNELS, now_us);
		model->has_data = false;
	} else if (command == STOP_PERIODIC) {
		model->periodic = model->has_data = false;
		model->idle_us = now_us + STOP_US;
	} else if (command == START_PERIODIC && !model->periodic) {
		model->periodic = true;
		model->next_us = now_us + PERIOD_US;
	} else if (command == SERIAL_NUMBER && !model->periodic) {
		model_answer(model, SERIAL, SERIAL_NUMBER_WORDS, now_us);
	}
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct scd4x_model *model = state;

	model_advance(model, now_us);
	if (now_us < model->idle_us)
		return -ENXIO;
	if (size == 2)
		model_command(model, (unsigned)(data[0] << 8 | data[1]), now_us);
	return 0;
}

static int model_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct scd4x_model *model = state;

	model_advance(model, now_us);
	return now_us < model->answer_us ? -ENXIO : answer_once_take(&model->once, data, size);
}

static void model_reset(void *state)
{
	*(struct scd4x_model *)state = (struct scd4x_model){.once = {.raw_bytes = RAW_BYTES}};
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct scd4x_model),
	.reset = model_reset,
	.i2c_write = model_write,
	.i2c_read = model_read,
	.set_value = answer_once_set_value,
	.set_busy = answer_once_set_busy,
	.load = answer_once_load,
};

/* 1.1, 1.2 and 1.3: the output of the SCD40 and SCD41 ends at 40,000 ppm. */
static const struct driver_channel CHANNEL_TABLE[CHANNELS] = {
	[CHANNEL_CO2] = {"co2", "concentration", "ppm", 0, 40000, 1, 600},
	[CHANNEL_TEMPERATURE] = {"temperature", "temperature", "°C", -10, 60, 0.0027, 21.5},
	[CHANNEL_HUMIDITY] = {"humidity", "humidity", "%", 0, 100, 0.0016, 45},
};

static const uint8_t ADDRESSES[] = {0x62};

/*
 * The example of 3.5.2 (table 11): 500 ppm, 25 °C, 37 % are 0x01F4, 0x6667, 0x5EB9. The CRC that it
 * has for the first word, 0x7B, is a misprint: by 3.11 it is 0x33, and those of the others fit.
 */
#define EXAMPLE DRIVER_RAW(0x01, 0xF4, 0x66, 0x67, 0x5E, 0xB9)

static const struct driver_vector VECTORS[] = {
	{.source = "SCD4x version 1.5, 3.5.2, example: 500 ppm",
		.channel = CHANNEL_CO2,
		EXAMPLE,
		.value = 500},
	{.source = "SCD4x version 1.5, 3.5.2, example: 25 °C",
		.channel = CHANNEL_TEMPERATURE,
		EXAMPLE,
		.value = 25,
		.tolerance = 0.003},
	{.source = "SCD4x version 1.5, 3.5.2, example: 37 %",
		.channel = CHANNEL_HUMIDITY,
		EXAMPLE,
		.value = 37,
		.tolerance = 0.002},
};

static const struct driver_identity IDENTITIES[] = {
	{.source = "Sensirion's driver: none of the 11 lowest bits is not ready; CRC worked out",
		.answers = (const uint8_t[]){0x80, 0x00, 0xA2},
		.n_answers = 3,
		.is_certain = true},
	{.source = "SHT3x-DIS version 5, 4.12, the same CRC: 0xBEEF has 0x92, so 0x93 is another "
		   "part's",
		.answers = (const uint8_t[]){0xBE, 0xEF, 0x93},
		.n_answers = 3,
		.result = -EBADMSG},
};

const struct driver driver_scd4x = {
	.name = "scd4x",
	.description = "Sensirion carbon dioxide, temperature and humidity sensor",
	.datasheet = "Sensirion SCD4x, version 1.5 (July 2023)",
	.also_called = "scd40, scd41, scd43",
	.bus = DRIVER_BUS_I2C,
	.addresses = ADDRESSES,
	.n_addresses = sizeof(ADDRESSES),
	.channels = CHANNEL_TABLE,
	.n_channels = CHANNELS,
	.channels_together = true,
	.integrity = DRIVER_INTEGRITY_CRC,
	.poll_us = POLL_US,
	.deadline_us = 2 * PERIOD_US,
	.is_slow = true,
	.state_bytes = sizeof(struct scd4x_state),
	.configure = scd4x_configure,
	.identify = scd4x_identify,
	.identifies_by_command = true,
	.identities = IDENTITIES,
	.n_identities = sizeof(IDENTITIES) / sizeof(*IDENTITIES),
	.start = scd4x_start,
	.collect = scd4x_collect,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(*VECTORS),
	.model = &MODEL,
};
