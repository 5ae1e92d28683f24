/* SPDX-License-Identifier: MIT */
/*
 * Sensirion SHT3x (SHT30, SHT31, SHT35, SHT85) and SHT4x (SHT40, SHT41, SHT43, SHT45): temperature
 * and humidity on I2C.
 *
 * Datasheets: SHT3x-DIS, version 5 (May 2018); SHT4x, version 6 (February 2023). The dialogue is
 * the same: a command, its time, and words with a CRC each. The commands differ (those of the SHT4x
 * have one byte), and so do the formulas.
 *
 * It measures on demand, with the highest repeatability and without clock stretching, which the
 * controller of a Raspberry Pi 0 to 4 cannot handle: while a part measures, it acknowledges no
 * read.
 *
 * There is no identity. The SHT3x can report its status, and the SHT4x its serial number. Both have
 * a CRC, and neither part knows the other's command.
 */
#include "answer_once.h"
#include "sensirion.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { CHANNEL_TEMPERATURE, CHANNEL_HUMIDITY, CHANNELS };
enum {
	IDENTITY_WORDS_MAX = 2,
	DATA_BYTES = CHANNELS * SENSIRION_WORD_BYTES,
	CODES = 65535, /* from the lowest value to the highest */
};

/* The differences between the parts. */
struct sht_variant {
	struct sensirion_dialogue setup;
	uint16_t measure;
	uint32_t measure_us;              /* at most */
	double humidity_0, humidity_span; /* %: of code 0, and from there to the last code */
};

static const struct sensirion_step SHT3X_SETUP[] = {
	{0x3093, 1000}, /* break, which ends a periodic measurement (4.8) */
	{0x30A2, 2000}, /* soft reset, at most 1.5 ms (section 2); the heater is off then */
	{0xF32D, 1000}, /* status (4.11) */
};

static const struct sht_variant SHT3X = {
	.setup = {.part = "sht3x",
		.command_bytes = 2,
		.steps = SHT3X_SETUP,
		.n_steps = DRIVER_COUNT(SHT3X_SETUP),
		.answer_words = 1},
	.measure = 0x2400,   /* table 9 */
	.measure_us = 15500, /* section 2: below 2.4 V; 15 ms from there on */
	.humidity_0 = 0,
	.humidity_span = 100,
};

static const struct sensirion_step SHT4X_SETUP[] = {
	{0x94, 2000},  /* soft reset, at most 1 ms */
	{0x89, 10000}, /* serial number */
};

static const struct sht_variant SHT4X = {
	.setup = {.part = "sht4x",
		.command_bytes = 1,
		.steps = SHT4X_SETUP,
		.n_steps = DRIVER_COUNT(SHT4X_SETUP),
		.answer_words = 2},
	.measure = 0xFD,
	.measure_us = 8300,
	.humidity_0 = -6,
	.humidity_span = 125,
};

struct sht_state {
	unsigned step; /* of the set-up */
};

static int sht_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	const struct sht_variant *variant = chip->driver->variant;
	struct sht_state *state = chip->state;

	return sensirion_configure(chip, &variant->setup, &state->step, ret_wait_us);
}

/* The last command of the set-up alone, which changes nothing, and its answer. */
static int sht_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain)
{
	const struct sht_variant *variant = chip->driver->variant;
	struct sensirion_dialogue ask = variant->setup;
	struct sht_state *state = chip->state;

	ask.steps += ask.n_steps - 1;
	ask.n_steps = 1;
	return sensirion_identify(chip, &ask, &state->step, ret_wait_us, ret_is_certain);
}

static int sht_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	const struct sht_variant *variant = chip->driver->variant;
	int r = sensirion_send(chip, variant->setup.command_bytes, variant->measure);

	(void)channel;
	if (r == 0)
		*ret_wait_us = variant->measure_us;
	return r;
}

/*
 * SHT3x, 4.13: T = -45 + 175 * S_T / (2^16 - 1), RH = 100 * S_RH / (2^16 - 1).
 * SHT4x, "Conversion of Signal Output": the same T, RH = -6 + 125 * S_RH / (2^16 - 1), cropped to 0
 * to 100.
 */
static int sht_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	const struct sht_variant *variant = chip->driver->variant;
	uint16_t words[CHANNELS];
	int r = sensirion_collect(chip, CHANNELS, words);

	(void)channel;
	if (r < 0)
		return r;
	double humidity = variant->humidity_0 + variant->humidity_span * words[1] / CODES;

	ret_values[CHANNEL_TEMPERATURE] = -45.0 + 175.0 * words[0] / CODES;
	ret_values[CHANNEL_HUMIDITY] = fmin(fmax(humidity, 0), 100);
	return 0;
}

/* The simulated part. A vector has both words with their CRC. */

struct sht_model {
	struct answer_once once;
	const struct sht_variant *variant;
};

static uint16_t model_code(double value, double lowest, double span)
{
	return (uint16_t)round(fmin(fmax((value - lowest) / span, 0), 1) * CODES);
}

static void model_measure(void *state)
{
	struct sht_model *model = state;
	struct answer_once *once = &model->once;
	const struct sht_variant *variant = model->variant;

	sensirion_put(once->answer, model_code(once->shown[0], -45, 175));
	sensirion_put(once->answer + SENSIRION_WORD_BYTES,
		model_code(once->shown[1], variant->humidity_0, variant->humidity_span));
	if (once->loaded)
		memcpy(once->answer, once->raw, DATA_BYTES);
	once->answer_bytes = DATA_BYTES;
}

static void model_identify(struct sht_model *model)
{
	/* The SHT3x's status after a reset; a serial number. */
	static const uint16_t WORDS[IDENTITY_WORDS_MAX] = {0x8010, 0x1234};
	const size_t n = model->variant->setup.answer_words;

	for (size_t i = 0; i < n && i < IDENTITY_WORDS_MAX; i++)
		sensirion_put(model->once.answer + i * SENSIRION_WORD_BYTES, WORDS[i]);
	model->once.answer_bytes = n * SENSIRION_WORD_BYTES;
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct sht_model *model = state;
	const struct sht_variant *variant = model->variant;
	const struct sensirion_dialogue *setup = &variant->setup;

	if (model->once.measuring && now_us < model->once.measured_us)
		return -ENXIO;
	if (size != setup->command_bytes)
		return 0; /* ended too early, or a command of the other part */
	uint16_t command = (uint16_t)(size == 2 ? data[0] << 8 | data[1] : data[0]);

	model->once.answer_bytes = 0;
	model->once.measuring = command == variant->measure;
	model->once.measured_us = now_us + variant->measure_us;
	if (command == setup->steps[setup->n_steps - 1].command)
		model_identify(model);
	return 0;
}

/* The datasheets' resolution (table 1); the temperature's limits are those of the formula. */
static const struct driver_channel SHT_CHANNELS[CHANNELS] = {
	[CHANNEL_TEMPERATURE] = {"temperature", "temperature", "°C", -45, 130, 0.01, 21.5},
	[CHANNEL_HUMIDITY] = {"humidity", "humidity", "%", 0, 100, 0.01, 45},
};

static void power_on(struct sht_model *model, const struct sht_variant *variant)
{
	*model = (struct sht_model){
		.once = {.raw_bytes = DATA_BYTES, .measure = model_measure}, .variant = variant};
	for (unsigned i = 0; i < CHANNELS; i++)
		model->once.shown[i] = SHT_CHANNELS[i].typical;
}

static void sht3x_reset(void *state)
{
	power_on(state, &SHT3X);
}

static void sht4x_reset(void *state)
{
	power_on(state, &SHT4X);
}

/* clang-format off */
#define MODEL(reset_function)                                                                      \
	{                                                                                          \
		.state_bytes = sizeof(struct sht_model), .reset = (reset_function),                \
		.i2c_write = model_write, .i2c_read = answer_once_read,                            \
		.set_value = answer_once_set_value, .set_busy = answer_once_set_busy,              \
		.load = answer_once_load,                                                          \
	}
/* clang-format on */

static const struct driver_model SHT3X_MODEL = MODEL(sht3x_reset);
static const struct driver_model SHT4X_MODEL = MODEL(sht4x_reset);

/*
 * The datasheets have no worked example of a value. The word 0xBEEF with the CRC 0x92 is from
 * "Checksum Calculation" in both; the other CRCs were worked out independently of this code.
 */

static const struct driver_vector SHT3X_VECTORS[] = {
	{.source = "SHT3x-DIS version 5, 4.12 and 4.13, worked out: 0xBEEF is 85.52 °C",
		.channel = CHANNEL_TEMPERATURE,
		DRIVER_RAW(0xBE, 0xEF, 0x92, 0x80, 0x00, 0xA2),
		.value = 85.523003,
		.tolerance = 1e-6},
	{.source = "SHT3x-DIS version 5, 4.13, worked out: 0x8000 is half and a little",
		.channel = CHANNEL_HUMIDITY,
		DRIVER_RAW(0xBE, 0xEF, 0x92, 0x80, 0x00, 0xA2),
		.value = 50.000763,
		.tolerance = 1e-6},
};

static const struct driver_vector SHT4X_VECTORS[] = {
	{.source = "SHT4x version 6, Conversion of Signal Output, worked out: 0xBEEF is 85.52 °C",
		.channel = CHANNEL_TEMPERATURE,
		DRIVER_RAW(0xBE, 0xEF, 0x92, 0x80, 0x00, 0xA2),
		.value = 85.523003,
		.tolerance = 1e-6},
	{.source = "SHT4x version 6, Conversion of Signal Output, worked out: -6 + 125 * 32768 / "
		   "65535",
		.channel = CHANNEL_HUMIDITY,
		DRIVER_RAW(0xBE, 0xEF, 0x92, 0x80, 0x00, 0xA2),
		.value = 56.500954,
		.tolerance = 1e-6},
	{.source = "SHT4x version 6, Conversion of Signal Output: -6 % is cropped to 0 %",
		.channel = CHANNEL_HUMIDITY,
		DRIVER_RAW(0xBE, 0xEF, 0x92, 0x00, 0x00, 0x81)},
	{.source = "SHT4x version 6, Conversion of Signal Output: 119 % is cropped to 100 %",
		.channel = CHANNEL_HUMIDITY,
		DRIVER_RAW(0xBE, 0xEF, 0x92, 0xFF, 0xFF, 0xAC),
		.value = 100},
};

static const struct driver_identity SHT3X_IDENTITIES[] = {
	{.source = "SHT3x-DIS version 5, 4.11 and 4.12: the status after a reset, 0x8010, and its "
		   "CRC",
		DRIVER_ANSWER(0x80, 0x10, 0xE1),
		.is_certain = true},
	{.source = "SHT3x-DIS version 5, 4.12: 0xBEEF has the CRC 0x92, so 0x93 is another part's",
		DRIVER_ANSWER(0xBE, 0xEF, 0x93),
		.result = -EBADMSG},
};

static const struct driver_identity SHT4X_IDENTITIES[] = {
	{.source = "Sensirion's driver: the serial number is two words with their CRC; 0xBEEF has "
		   "0x92",
		DRIVER_ANSWER(0xBE, 0xEF, 0x92, 0xBE, 0xEF, 0x92),
		.is_certain = true},
	{.source = "Sensirion's driver: each word has its CRC; the second one's is wrong",
		DRIVER_ANSWER(0xBE, 0xEF, 0x92, 0xBE, 0xEF, 0x00),
		.result = -EBADMSG},
};

static const uint8_t SHT3X_ADDRESSES[] = {0x44, 0x45};       /* ADDR at GND, VDD */
static const uint8_t SHT4X_ADDRESSES[] = {0x44, 0x45, 0x46}; /* the A, B, C of its order number */

#define COMMON(part)                                                                               \
	.bus = DRIVER_BUS_I2C, .addresses = part##_ADDRESSES,                                      \
	.n_addresses = DRIVER_COUNT(part##_ADDRESSES), .channels = SHT_CHANNELS,                   \
	.n_channels = CHANNELS, .channels_together = true, .integrity = DRIVER_INTEGRITY_CRC,      \
	.deadline_us = 20000, .state_bytes = sizeof(struct sht_state), .configure = sht_configure, \
	.start = sht_start, .collect = sht_collect, .variant = &(part), .vectors = part##_VECTORS, \
	.n_vectors = DRIVER_COUNT(part##_VECTORS), .model = &part##_MODEL,                         \
	.identify = sht_identify, .identifies_by_command = true, .identities = part##_IDENTITIES,  \
	.n_identities = DRIVER_COUNT(part##_IDENTITIES)

const struct driver driver_sht3x = {
	COMMON(SHT3X),
	.name = "sht3x",
	.also_called = "SHT30, SHT31, SHT35, SHT85",
	.description = "Sensirion temperature and humidity sensor, third generation",
	.datasheet = "Sensirion SHT3x-DIS, version 5 (May 2018)",
};

const struct driver driver_sht4x = {
	COMMON(SHT4X),
	.name = "sht4x",
	.also_called = "SHT40, SHT41, SHT43, SHT45",
	.description = "Sensirion temperature and humidity sensor, fourth generation",
	.datasheet = "Sensirion SHT4x, version 6 (February 2023)",
};
