/* SPDX-License-Identifier: MIT */
/*
 * Silicon Labs Si7021 (Si7020, Si7006) and TE (Measurement Specialties) HTU21D (HTU20D):
 * temperature and humidity on I2C.
 *
 * Datasheets: Si7021-A20, revision 1.1, chapter 5; HTU21D(F), HPC199_3 (October 2013). The commands
 * and the formulas are the same; the times differ.
 *
 * - Only the commands without "hold master" are used. The others stretch the clock, which the
 *   controller of a Raspberry Pi 0 to 4 cannot handle. Without it, a part that measures
 *   acknowledges no read.
 * - The CRC starts at 0x00, so the zeros from a wire held low pass it. But bit 1 of a result tells
 *   the quantity, and is 1 for humidity; and zeros as a temperature are -46.85 °C, which is out of
 *   range.
 * - The two parts have no identity in common: that of the Si7021 is in its electronic ID, and the
 *   HTU21D's datasheet mentions one without a command for it. The user register after a reset is
 *   checked instead: full resolution, heater off.
 * - Each channel is measured alone. After a humidity measurement the Si7021 could also give its
 *   temperature (0xE0), but without a CRC.
 */
#include "answer_once.h"
#include "sensirion.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum {
	COMMAND_RESET = 0xFE,
	COMMAND_READ_USER = 0xE7,
	COMMAND_READ_ID = 0xFC, /* and the byte below: the second half of the electronic ID */
	COMMAND_READ_ID_2 = 0xC9,
	COMMAND_TEMPERATURE = 0xF3, /* no hold master */
	COMMAND_HUMIDITY = 0xF5,    /* no hold master */

	USER_LOOKED_AT = 0x87, /* resolution (7, 0), heater (2), and bit 1, which is 1 in both */
	USER_AS_RESET = 0x02,
	RESET_US = 15000, /* at most, both datasheets (Si7021: table 2, power-up time) */

	RESULT_STATUS = 0x0003, /* not part of the number */
	RESULT_IS_HUMIDITY = 0x0002,
	ID_BYTES = 3, /* of it: SNB_3, which names the part, SNB_2, CRC */

	RESULT_BYTES = 3, /* high byte, low byte, CRC */
	CRC_INITIAL = 0x00,
};
enum { CHANNEL_TEMPERATURE, CHANNEL_HUMIDITY, CHANNELS };

/* The differences between the parts. */
struct si_variant {
	uint32_t measure_us[CHANNELS]; /* at most, at full resolution */
	uint8_t user_register;         /* after a reset */
	uint8_t id;                    /* SNB_3 of the electronic ID; 0: none */
	uint16_t number;               /* the bits that the formulas take */
};

/* Table 2: 14 bits of temperature 10.8 ms, 12 bits of humidity 12 ms, after a temperature (its note
 * 1). User register 1, "Reset Settings = 0011_1010": the reserved bits read as 1 (chapter 6). */
static const struct si_variant SI7021 = {{10800, 22800}, 0x3A, 0x15, 0xFFFF};
/* 14 bits of temperature 50 ms, 12 bits of humidity 16 ms; "status bits must be set to 0". */
static const struct si_variant HTU21D = {{50000, 16000}, 0x02, 0, 0xFFFF & ~RESULT_STATUS};

struct si_state {
	bool reset; /* the command has been sent */
};

static int send(struct chip *chip, uint8_t command)
{
	return i2c_write(chip->i2c, chip->address, &command, 1);
}

static int si_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	struct si_state *state = chip->state;
	uint8_t user;
	int r;

	if (!state->reset) {
		r = send(chip, COMMAND_RESET);
		*ret_wait_us = RESET_US;
		state->reset = r == 0;
		return r < 0 ? r : -EAGAIN;
	}
	r = i2c_read_registers(chip->i2c, chip->address, COMMAND_READ_USER, &user, 1);
	if (r < 0)
		return r;
	if ((user & USER_LOOKED_AT) != USER_AS_RESET)
		return hal_error_set(&chip->words, -EBADMSG,
			"its user register after a reset is 0x%02x: another part?", user);
	*ret_wait_us = 0;
	return 0;
}

/* The command and the CRC are in chapter 5. SNB_3 is 0x15 for the Si7021, 0x14 for the Si7020, and
 * 0x06 for the Si7006, as Silicon Labs' own driver (sl_si70xx.h) has it. */
static int si7021_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain)
{
	static const uint8_t ASK[] = {COMMAND_READ_ID, COMMAND_READ_ID_2},
			     PARTS[] = {0x15, 0x14, 0x06};
	uint8_t id[ID_BYTES];
	int r = i2c_write_read(chip->i2c, chip->address, ASK, sizeof(ASK), id, sizeof(id));

	(void)ret_wait_us;
	if (r < 0)
		return r;
	if (crc8_of(CRC_INITIAL, id, 2) != id[2] || !memchr(PARTS, id[0], sizeof(PARTS)))
		return -EBADMSG;
	*ret_is_certain = true;
	return 0;
}

/* By its user register alone, as it is after a reset. "Default values of reserved bits may change":
 * a part with others is not found, since a Si7021 has the same bits besides them. */
static int htu21d_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain)
{
	uint8_t user;
	int r = i2c_read_registers(chip->i2c, chip->address, COMMAND_READ_USER, &user, 1);

	(void)ret_wait_us;
	if (r < 0)
		return r;
	*ret_is_certain = false;
	return user == HTU21D.user_register ? 0 : -EBADMSG;
}

static int si_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	const struct si_variant *variant = chip->driver->variant;
	int r = send(chip, channel == CHANNEL_HUMIDITY ? COMMAND_HUMIDITY : COMMAND_TEMPERATURE);

	if (r == 0)
		*ret_wait_us = variant->measure_us[channel];
	return r;
}

/*
 * Si7021, 5.1.1 and 5.1.2; HTU21D, "Conversion of signal outputs":
 * T = -46.85 + 175.72 * S_T / 2^16, RH = -6 + 125 * S_RH / 2^16. A part may show a little less than
 * 0 % or more than 100 %, which count as 0 % and 100 %.
 */
static double value_of(unsigned channel, unsigned number)
{
	if (channel == CHANNEL_TEMPERATURE)
		return -46.85 + 175.72 * number / 65536.0;
	return fmin(fmax(-6 + 125.0 * number / 65536.0, 0), 100);
}

static int si_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	const struct si_variant *variant = chip->driver->variant;
	unsigned kind = channel == CHANNEL_HUMIDITY ? RESULT_IS_HUMIDITY : 0;
	uint8_t bytes[RESULT_BYTES];
	int r = i2c_read(chip->i2c, chip->address, bytes, sizeof(bytes));

	if (r == -ENXIO)
		return -EAGAIN;
	if (r < 0)
		return r;
	unsigned result = (unsigned)(bytes[0] << 8 | bytes[1]);

	if (crc8_of(CRC_INITIAL, bytes, 2) != bytes[2] || (result & RESULT_IS_HUMIDITY) != kind)
		return -EBADMSG;
	ret_values[channel] = value_of(channel, result & variant->number);
	return 0;
}

/* The simulated part. A vector is a result with its CRC, of either channel. */

struct si_model {
	struct answer_once once;
	const struct si_variant *variant;
	unsigned channel; /* the last one that was measured */
};

/* 14 bits, with the status below them. */
static void model_measure(void *state)
{
	static const double ZERO[CHANNELS] = {-46.85, -6}, SPAN[CHANNELS] = {175.72, 125};
	const struct si_model *model = state;
	struct answer_once *once = state;
	unsigned status = model->channel == CHANNEL_HUMIDITY ? RESULT_IS_HUMIDITY : 0;
	double number =
		(once->shown[model->channel] - ZERO[model->channel]) / SPAN[model->channel] * 65536;
	unsigned result = (unsigned)fmin(fmax(round(number / 4), 0), 0x3FFF) << 2 | status;

	once->answer[0] = (uint8_t)(result >> 8);
	once->answer[1] = (uint8_t)result;
	once->answer[2] = crc8_of(CRC_INITIAL, once->answer, 2);
	if (once->loaded)
		memcpy(once->answer, once->raw, RESULT_BYTES);
	once->answer_bytes = RESULT_BYTES;
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct si_model *model = state;
	struct answer_once *once = &model->once;

	if (once->measuring && now_us < once->measured_us)
		return -ENXIO;
	once->measuring = data[0] == COMMAND_TEMPERATURE || data[0] == COMMAND_HUMIDITY;
	model->channel = data[0] == COMMAND_HUMIDITY ? CHANNEL_HUMIDITY : CHANNEL_TEMPERATURE;
	once->measured_us = now_us + model->variant->measure_us[model->channel];
	once->answer_bytes = data[0] == COMMAND_READ_USER;
	once->answer[0] = model->variant->user_register;
	if (data[0] == COMMAND_READ_ID && size == 2 && model->variant->id) {
		once->answer[0] = model->variant->id;
		once->answer[1] = 0xFF;
		once->answer[2] = crc8_of(CRC_INITIAL, once->answer, 2);
		once->answer_bytes = ID_BYTES;
	}
	return 0;
}

/* The resolution at 14 and 12 bits. */
static const struct driver_channel SI_CHANNELS[CHANNELS] = {
	[CHANNEL_TEMPERATURE] = {"temperature", "temperature", "°C", -40, 125, 0.01, 21.5},
	[CHANNEL_HUMIDITY] = {"humidity", "humidity", "%", 0, 100, 0.04, 45},
};

static void power_on(struct si_model *model, const struct si_variant *variant)
{
	*model = (struct si_model){
		.once = {.raw_bytes = RESULT_BYTES, .measure = model_measure}, .variant = variant};
	for (unsigned i = 0; i < CHANNELS; i++)
		model->once.shown[i] = SI_CHANNELS[i].typical;
}

static void si7021_reset(void *state)
{
	power_on(state, &SI7021);
}

static void htu21d_reset(void *state)
{
	power_on(state, &HTU21D);
}

/* clang-format off */
#define MODEL(reset_function)                                                                      \
	{                                                                                          \
		.state_bytes = sizeof(struct si_model), .reset = (reset_function),                 \
		.i2c_write = model_write, .i2c_read = answer_once_read,                            \
		.set_value = answer_once_set_value, .set_busy = answer_once_set_busy,              \
		.load = answer_once_load,                                                          \
	}
/* clang-format on */

static const struct driver_model SI7021_MODEL = MODEL(si7021_reset);
static const struct driver_model HTU21D_MODEL = MODEL(htu21d_reset);

/* The Si7021's datasheet has no worked example; the CRC was worked out independently of this code.
 * */
static const struct driver_vector SI7021_VECTORS[] = {
	{.source = "Si7021-A20 revision 1.1, 5.1.1, worked out: 0x7C82 is 54.795 %",
		.channel = CHANNEL_HUMIDITY,
		DRIVER_RAW(0x7C, 0x82, 0x97),
		.value = 54.794830,
		.tolerance = 1e-6},
	{.source = "Si7021-A20 revision 1.1, 5.1.2, worked out: 0x6684 is 23.517 °C",
		.channel = CHANNEL_TEMPERATURE,
		DRIVER_RAW(0x66, 0x84, 0xB1),
		.value = 23.517366,
		.tolerance = 1e-6},
};

static const struct driver_vector HTU21D_VECTORS[] = {
	{.source = "HPC199_3, the figure of No Hold Master: 0x7C82, CRC 0x97, is 54.8 %",
		.channel = CHANNEL_HUMIDITY,
		DRIVER_RAW(0x7C, 0x82, 0x97),
		.value = 54.791016,
		.tolerance = 1e-6},
	{.source = "HPC199_3, CRC Checksum: 0x683A, CRC 0x7C; worked out",
		.channel = CHANNEL_HUMIDITY,
		DRIVER_RAW(0x68, 0x3A, 0x7C),
		.value = 44.888062,
		.tolerance = 1e-6},
	{.source = "HPC199_3, CRC Checksum: 0x4E85, CRC 0x6B; worked out",
		.channel = CHANNEL_TEMPERATURE,
		DRIVER_RAW(0x4E, 0x85, 0x6B),
		.value = 7.043616,
		.tolerance = 1e-6},
};

/* The CRCs were worked out independently of this code. */
static const struct driver_identity SI7021_IDENTITIES[] = {
	{.source = "Silicon Labs sl_si70xx.h: SNB_3 0x15 is a Si7021",
		DRIVER_ANSWER(0x15, 0xFF, 0xB5),
		.is_certain = true},
	{.source = "Silicon Labs sl_si70xx.h: SNB_3 0x14 is a Si7020",
		DRIVER_ANSWER(0x14, 0xFF, 0x41),
		.is_certain = true},
	{.source = "Silicon Labs sl_si70xx.h: SNB_3 0x06 is a Si7006",
		DRIVER_ANSWER(0x06, 0xFF, 0xF6),
		.is_certain = true},
	{.source = "Silicon Labs sl_si70xx.h: SNB_3 0x0D is a Si7013, which is wired otherwise",
		DRIVER_ANSWER(0x0D, 0xFF, 0xEC),
		.result = -EBADMSG},
	{.source = "Si7021-A20 revision 1.1, 5.1: the checksum starts at 0x00; this one is wrong",
		DRIVER_ANSWER(0x15, 0xFF, 0x00),
		.result = -EBADMSG},
};

static const struct driver_identity HTU21D_IDENTITIES[] = {
	{.source = "HPC199_3, User register: 0x02 after a reset", DRIVER_ANSWER(0x02)},
	{.source = "a Si7021 has 0x3A after a reset, as Adafruit's driver expects it",
		DRIVER_ANSWER(0x3A),
		.result = -EBADMSG},
};

static const uint8_t ADDRESSES[] = {0x40};

#define COMMON(part)                                                                               \
	.bus = DRIVER_BUS_I2C, .addresses = ADDRESSES, .n_addresses = DRIVER_COUNT(ADDRESSES),     \
	.channels = SI_CHANNELS, .n_channels = CHANNELS, .integrity = DRIVER_INTEGRITY_CRC,        \
	.deadline_us = 50000, .state_bytes = sizeof(struct si_state), .configure = si_configure,   \
	.start = si_start, .collect = si_collect, .variant = &(part), .vectors = part##_VECTORS,   \
	.n_vectors = DRIVER_COUNT(part##_VECTORS), .model = &part##_MODEL,                         \
	.identities = part##_IDENTITIES, .n_identities = DRIVER_COUNT(part##_IDENTITIES)

const struct driver driver_si7021 = {
	COMMON(SI7021),
	.identify = si7021_identify,
	.identifies_by_command = true,
	.name = "si7021",
	.also_called = "Si7006, Si7020",
	.description = "Silicon Labs temperature and humidity sensor",
	.datasheet = "Silicon Labs Si7021-A20, revision 1.1",
};

const struct driver driver_htu21d = {
	COMMON(HTU21D),
	.identify = htu21d_identify,
	.name = "htu21d",
	.also_called = "HTU20D, HTU21",
	.description = "TE temperature and humidity sensor",
	.datasheet = "TE (Measurement Specialties) HPC199_3, October 2013",
};
