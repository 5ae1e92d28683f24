/* SPDX-License-Identifier: MIT */
/*
 * Aosong AHT10 and AHT20 (AHT21, DHT20): temperature and humidity on I2C.
 *
 * Datasheets: AHT10 technical manual, version 1.1, chapter 5; AHT20 product manual, version 1.1
 * (April 2020), chapter 5; DHT20, version 1.0 (May 2021), chapters 7 and 8, which describes the
 * CRC. The dialogue is the same except for the first command and the CRC, which the AHT10 lacks.
 *
 * An answer begins with the status; 20 bits of humidity and 20 of temperature follow.
 *
 * - If the part is not calibrated (status bit 3), the numbers mean nothing. A part that lost its
 *   supply may stay so until it is initialized again. Zeros from a wire held low look the same.
 * - While the part is busy, it answers with the previous result.
 * - Each measurement warms the part. The datasheets advise at most one in two seconds.
 */
#include "sensirion.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum {
	COMMAND_INITIALIZE_10 = 0xE1,
	COMMAND_INITIALIZE_20 = 0xBE,
	COMMAND_RESET = 0xBA,
	COMMAND_MEASURE = 0xAC,

	STATUS_BUSY = 0x80,
	STATUS_CALIBRATED = 0x08,

	RESET_US = 20000,      /* at most; the AHT10's time after power-on is the same */
	INITIALIZE_US = 10000, /* AHT20, 5.4 */
	MEASURE_US = 80000,    /* AHT20, 5.4; the AHT10 takes 75 ms */
	POLL_US = 10000,
	POLLS_MAX = 10,

	DATA_BYTES = 6, /* without the CRC */
	CODES = 1 << 20,
};
enum { CHANNEL_TEMPERATURE, CHANNEL_HUMIDITY, CHANNELS };

/* The differences between the parts. */
struct aht_variant {
	uint8_t initialize;
	size_t answer_bytes; /* DATA_BYTES, and one with a CRC */
};

static const struct aht_variant AHT10 = {COMMAND_INITIALIZE_10, DATA_BYTES};
static const struct aht_variant AHT20 = {COMMAND_INITIALIZE_20, DATA_BYTES + 1};

struct aht_state {
	bool reset, initialized; /* the command has been sent */
	unsigned polls;
};

static int send(struct chip *chip, uint8_t command, uint8_t parameter)
{
	const uint8_t bytes[] = {command, parameter, 0};

	return i2c_write(chip->i2c, chip->address, bytes, sizeof(bytes));
}

static int check_calibrated(struct chip *chip, uint32_t *ret_wait_us)
{
	struct aht_state *state = chip->state;
	uint8_t status;
	int r = i2c_read(chip->i2c, chip->address, &status, 1);

	if (r < 0)
		return r;
	if (status & STATUS_BUSY) {
		*ret_wait_us = POLL_US;
		return ++state->polls > POLLS_MAX ? -ETIMEDOUT : -EAGAIN;
	}
	if (!(status & STATUS_CALIBRATED))
		return hal_error_set(&chip->words, -EBADMSG,
			"its status 0x%02x is that of a part without calibration", status);
	*ret_wait_us = 0;
	return 0;
}

static int aht_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	const struct aht_variant *variant = chip->driver->variant;
	struct aht_state *state = chip->state;
	const uint8_t reset = COMMAND_RESET;
	int r;

	if (!state->reset) {
		r = i2c_write(chip->i2c, chip->address, &reset, 1);
		*ret_wait_us = RESET_US;
		state->reset = r == 0;
		return r < 0 ? r : -EAGAIN;
	}
	if (!state->initialized) {
		r = send(chip, variant->initialize, 0x08);
		*ret_wait_us = INITIALIZE_US;
		state->initialized = r == 0;
		return r < 0 ? r : -EAGAIN;
	}
	return check_calibrated(chip, ret_wait_us);
}

/*
 * A plain read, which sends nothing: a port expander at the same address would take a command for
 * its outputs. That one repeats a single byte. Before its first measurement an AHT20 has no CRC.
 */
static int aht_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain)
{
	const struct aht_variant *variant = chip->driver->variant;
	uint8_t answer[DATA_BYTES + 1];
	int r = i2c_read(chip->i2c, chip->address, answer, variant->answer_bytes);

	(void)ret_wait_us;
	if (r < 0)
		return r;
	if (!(answer[0] & STATUS_CALIBRATED) || answer[0] & STATUS_BUSY ||
		memcmp(answer, answer + 1, DATA_BYTES - 1) == 0)
		return -EBADMSG;
	*ret_is_certain = variant->answer_bytes > DATA_BYTES &&
		crc8_of(SENSIRION_CRC_INITIAL, answer, DATA_BYTES) == answer[DATA_BYTES];
	return 0;
}

static int aht_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	int r = send(chip, COMMAND_MEASURE, 0x33);

	(void)channel;
	if (r == 0)
		*ret_wait_us = MEASURE_US;
	return r;
}

/* Chapter 6 (DHT20: 8): RH = S_RH / 2^20 * 100 %, T = S_T / 2^20 * 200 - 50 °C. */
static int aht_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	const struct aht_variant *variant = chip->driver->variant;
	uint8_t data[DATA_BYTES + 1];
	int r = i2c_read(chip->i2c, chip->address, data, variant->answer_bytes);

	(void)channel;
	if (r < 0)
		return r;
	if (data[0] & STATUS_BUSY)
		return -EAGAIN;
	if (variant->answer_bytes > DATA_BYTES &&
		crc8_of(SENSIRION_CRC_INITIAL, data, DATA_BYTES) != data[DATA_BYTES])
		return -EBADMSG;
	if (!(data[0] & STATUS_CALIBRATED))
		return -EBADMSG;
	uint32_t humidity = (uint32_t)(data[1] << 12 | data[2] << 4 | data[3] >> 4);
	uint32_t temperature = (uint32_t)((data[3] & 0x0F) << 16 | data[4] << 8 | data[5]);

	ret_values[CHANNEL_TEMPERATURE] = temperature * 200.0 / CODES - 50;
	ret_values[CHANNEL_HUMIDITY] = humidity * 100.0 / CODES;
	return 0;
}

/* The simulated part. */

struct aht_model {
	const struct aht_variant *variant;
	uint8_t status;
	bool busy;
	uint64_t measured_us;
	uint8_t answer[DATA_BYTES + 1]; /* of the previous measurement */
	double shown[CHANNELS];
	bool loaded; /* a vector's data, instead of shown */
	uint8_t data[DATA_BYTES + 1];
};

static uint32_t model_code(double value, double lowest, double span)
{
	return (uint32_t)fmin(fmax(round((value - lowest) / span * CODES), 0), CODES - 1);
}

static void model_measure(struct aht_model *model)
{
	uint32_t humidity = model_code(model->shown[CHANNEL_HUMIDITY], 0, 100);
	uint32_t temperature = model_code(model->shown[CHANNEL_TEMPERATURE], -50, 200);
	const uint8_t answer[DATA_BYTES] = {model->status, (uint8_t)(humidity >> 12),
		(uint8_t)(humidity >> 4), (uint8_t)(humidity << 4 | temperature >> 16),
		(uint8_t)(temperature >> 8), (uint8_t)temperature};

	memcpy(model->answer, answer, sizeof(answer));
	model->answer[DATA_BYTES] = crc8_of(SENSIRION_CRC_INITIAL, answer, sizeof(answer));
	if (model->loaded)
		memcpy(model->answer, model->data, sizeof(model->data));
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct aht_model *model = state;

	if (size == 1 && data[0] == COMMAND_RESET)
		model->status = 0;
	if (size == 3 && data[0] == model->variant->initialize)
		model->status = 0x10 | STATUS_CALIBRATED;
	if (size == 3 && data[0] == COMMAND_MEASURE && data[1] == 0x33) {
		model->status |= STATUS_BUSY;
		model->measured_us = now_us + MEASURE_US;
	}
	return 0;
}

static int model_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct aht_model *model = state;
	size_t answer_bytes = model->variant->answer_bytes;

	if (model->status & STATUS_BUSY && !model->busy && now_us >= model->measured_us) {
		model->status &= (uint8_t)~STATUS_BUSY;
		model_measure(model);
	}
	memset(data, 0xFF, size);
	memcpy(data, model->answer, size < answer_bytes ? size : answer_bytes);
	data[0] = model->status;
	return 0;
}

static void model_set_value(void *state, unsigned channel, double value)
{
	struct aht_model *model = state;

	model->loaded = false;
	model->shown[channel] = value;
}

static void model_set_busy(void *state, bool busy)
{
	((struct aht_model *)state)->busy = busy;
}

/* raw: the answer, with the CRC if the part has one. The part sets the status itself. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	struct aht_model *model = state;

	if (size == model->variant->answer_bytes) {
		memcpy(model->data, raw, size);
		model->loaded = true;
	}
}

/*
 * The resolution is from tables 1 and 2. They specify -40 to 85 °C; the numbers go on a little
 * beyond. Zeros would be -50 °C.
 */
static const struct driver_channel AHT_CHANNELS[CHANNELS] = {
	[CHANNEL_TEMPERATURE] = {"temperature", "temperature", "°C", -40, 100, 0.01, 21.5},
	[CHANNEL_HUMIDITY] = {"humidity", "humidity", "%", 0, 100, 0.024, 45},
};

static void power_on(struct aht_model *model, const struct aht_variant *variant)
{
	*model = (struct aht_model){.variant = variant};
	for (unsigned i = 0; i < CHANNELS; i++)
		model->shown[i] = AHT_CHANNELS[i].typical;
}

static void aht10_reset(void *state)
{
	power_on(state, &AHT10);
}

static void aht20_reset(void *state)
{
	power_on(state, &AHT20);
}

/* clang-format off */
#define MODEL(reset_function)                                                                      \
	{                                                                                          \
		.state_bytes = sizeof(struct aht_model), .reset = (reset_function),                \
		.i2c_write = model_write, .i2c_read = model_read, .set_value = model_set_value,    \
		.set_busy = model_set_busy, .load = model_load,                                    \
	}
/* clang-format on */

static const struct driver_model AHT10_MODEL = MODEL(aht10_reset);
static const struct driver_model AHT20_MODEL = MODEL(aht20_reset);

/*
 * The datasheets have no worked example. 0x80000 is half of the range, 0x60000 is 3/8 of it. The
 * CRCs were worked out independently of this code; the third one came from a real part.
 */

static const struct driver_vector AHT10_VECTORS[] = {
	{.source = "AHT10 version 1.1, chapter 6, worked out: 2^19 / 2^20 * 100 % is 50 %",
		.channel = CHANNEL_HUMIDITY,
		DRIVER_RAW(0x18, 0x80, 0x00, 0x06, 0x00, 0x00),
		.value = 50},
	{.source = "AHT10 version 1.1, chapter 6, worked out: 3/8 * 200 - 50 °C is 25 °C",
		.channel = CHANNEL_TEMPERATURE,
		DRIVER_RAW(0x18, 0x80, 0x00, 0x06, 0x00, 0x00),
		.value = 25},
};

static const struct driver_vector AHT20_VECTORS[] = {
	{.source = "DHT20 version 1.0, 8.1, worked out: 2^19 / 2^20 * 100 % is 50 %",
		.channel = CHANNEL_HUMIDITY,
		DRIVER_RAW(0x18, 0x80, 0x00, 0x06, 0x00, 0x00, 0x23),
		.value = 50},
	{.source = "DHT20 version 1.0, 8.2, worked out: 3/8 * 200 - 50 °C is 25 °C",
		.channel = CHANNEL_TEMPERATURE,
		DRIVER_RAW(0x18, 0x80, 0x00, 0x06, 0x00, 0x00, 0x23),
		.value = 25},
	{.source = "DHT20 version 1.0, 7.4 and 8.1, of a real part: 0x93AC9 is 57.685 %",
		.channel = CHANNEL_HUMIDITY,
		DRIVER_RAW(0x18, 0x93, 0xAC, 0x95, 0x2A, 0xC5, 0xB3),
		.value = 57.685184,
		.tolerance = 1e-6},
	{.source = "DHT20 version 1.0, 7.4 and 8.2, of a real part: 0x52AC5 is 14.588 °C",
		.channel = CHANNEL_TEMPERATURE,
		DRIVER_RAW(0x18, 0x93, 0xAC, 0x95, 0x2A, 0xC5, 0xB3),
		.value = 14.588356,
		.tolerance = 1e-6},
};

/* 0x38 is in 5.3 of the manual; 0x39 is what boards with the pin ADR (figure 1) at VDD have. */

static const struct driver_identity AHT10_IDENTITIES[] = {
	{.source = "AHT10 manual, 5.3, table 10: bit 3 is calibrated; a result as Linux's aht10 "
		   "reads it",
		DRIVER_ANSWER(0x18, 0x80, 0x00, 0x06, 0x00, 0x00)},
	{.source = "AHT10 manual, 5.3, table 10: without bit 3 it is not calibrated",
		DRIVER_ANSWER(0x10, 0x80, 0x00, 0x06, 0x00, 0x00),
		.result = -EBADMSG},
	{.source = "NXP PCF8574A, reading the port: it repeats the level of its lines",
		DRIVER_ANSWER(0x18, 0x18, 0x18, 0x18, 0x18, 0x18),
		.result = -EBADMSG},
};

static const struct driver_identity AHT20_IDENTITIES[] = {
	{.source = "read from a real AHT20, as published with a CRC checker for it; CRC: DHT20 "
		   "version 1.0, 7.4",
		DRIVER_ANSWER(0x1C, 0xB8, 0xF5, 0xA5, 0x9C, 0xD0, 0xA3),
		.is_certain = true},
	{.source = "DHT20 version 1.0, 7.3, table 9: bit 3 is calibrated; the CRC is not its own",
		DRIVER_ANSWER(0x18, 0x93, 0xAC, 0x95, 0x2A, 0xC5, 0xFF)},
	{.source = "DHT20 version 1.0, 7.3, table 9: bit 7 is busy",
		DRIVER_ANSWER(0x98, 0, 0, 0, 0, 0, 0),
		.result = -EBADMSG},
};

static const uint8_t AHT10_ADDRESSES[] = {0x38, 0x39};
static const uint8_t AHT20_ADDRESSES[] = {0x38};

#define COMMON(part)                                                                               \
	.bus = DRIVER_BUS_I2C, .addresses = part##_ADDRESSES,                                      \
	.n_addresses = DRIVER_COUNT(part##_ADDRESSES), .channels = AHT_CHANNELS,                   \
	.n_channels = CHANNELS, .channels_together = true, .deadline_us = 100000,                  \
	.state_bytes = sizeof(struct aht_state), .configure = aht_configure, .start = aht_start,   \
	.collect = aht_collect, .variant = &(part), .vectors = part##_VECTORS,                     \
	.n_vectors = DRIVER_COUNT(part##_VECTORS), .model = &part##_MODEL,                         \
	.identify = aht_identify, .identities = part##_IDENTITIES,                                 \
	.n_identities = DRIVER_COUNT(part##_IDENTITIES)

const struct driver driver_aht10 = {
	COMMON(AHT10),
	.name = "aht10",
	.description = "Aosong temperature and humidity sensor, without a checksum",
	.datasheet = "Aosong AHT10, version 1.1",
	.integrity = DRIVER_INTEGRITY_NONE,
};

const struct driver driver_aht20 = {
	COMMON(AHT20),
	.name = "aht20",
	.also_called = "AHT21, DHT20",
	.description = "Aosong temperature and humidity sensor",
	.datasheet = "Aosong AHT20, version 1.1 (April 2020)",
	.integrity = DRIVER_INTEGRITY_CRC,
};
