/* SPDX-License-Identifier: MIT */
/*
 * Bosch BME280: temperature, humidity and pressure, and BMP280: the same without humidity; both on
 * I2C or SPI.
 *
 * Datasheets: BST-BME280-DS002-15, revision 1.6 (September 2018), whose section numbers are used
 * here, and BST-BMP280-DS001-23, revision 1.23 (2020). Registers, formulas and times of temperature
 * and pressure are the same in both; the BMP280 has no ctrl_hum, 24 bytes of calibration (3.11.2
 * there) and 6 bytes of data (3.9 there).
 *
 * It measures in forced mode: one measurement on demand, sleep in between.
 *
 * - The two look alike and are sold as each other. The chip id tells them apart.
 * - ctrl_hum takes effect with the next write to ctrl_meas (5.4.3).
 * - config is written once, because each write restarts the IIR filter (3.4.4).
 * - There is no checksum. The calibration, which all values depend on, is read twice. The settings
 *   are read back with each result: a part that lost its supply for a moment has forgotten them,
 *   and its data registers hold the reset values.
 */
#include "bme280.h"
#include "chip.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum {
	COPY_POLL_US = 1000,
	COPY_POLLS_MAX = 20,
};

enum { PARAM_OVERSAMPLING, PARAM_FILTER, PARAM_SPEED };

struct bme280_state {
	bool reset; /* the part was found, and the reset was sent */
	unsigned copy_polls;
	struct bme280_calibration calibration;
};

/* 1, 2, 4, 8, 16 become 0 to 4; 0 becomes 0 as well. */
static unsigned exponent_of(double power_of_two)
{
	return power_of_two < 1.0 ? 0 : (unsigned)ilogb(power_of_two);
}

/* osrs_t, osrs_p, osrs_h: 001 is x1, 101 is x16; 000 is switched off (5.4.3, 5.4.5). */
static uint8_t oversampling_code(const struct chip *chip)
{
	return (uint8_t)(exponent_of(chip->params[PARAM_OVERSAMPLING]) + 1);
}

/* Without the mode bits, which the part changes itself. */
static uint8_t ctrl_meas_of(const struct chip *chip)
{
	uint8_t code = oversampling_code(chip);

	return (uint8_t)(code << 5 | code << 2);
}

/* filter[2:0]: 000 is off, 001 is 2, 100 is 16 (5.4.6). */
static uint8_t config_of(const struct chip *chip)
{
	return (uint8_t)(exponent_of(chip->params[PARAM_FILTER]) << 2);
}

static int find(struct chip *chip)
{
	static const uint8_t RESET[] = {REG_RESET, RESET_WORD};
	uint32_t wait_us;
	bool is_certain;
	int r = bme280_identify(chip, &wait_us, &is_certain);

	return r < 0 ? r : bme280_write(chip, RESET, sizeof(RESET));
}

static int read_calibration_bytes(struct chip *chip, uint8_t bytes[CALIBRATION_BYTES])
{
	bool has_humidity = bme280_variant_of(chip)->has_humidity;
	int r = bme280_read(chip, REG_CALIBRATION_LOW, bytes,
		has_humidity ? CALIBRATION_LOW_BYTES : CALIBRATION_BMP280_BYTES);

	if (r < 0 || !has_humidity)
		return r;
	return bme280_read(
		chip, REG_CALIBRATION_HIGH, bytes + CALIBRATION_LOW_BYTES, CALIBRATION_HIGH_BYTES);
}

static int read_calibration(struct chip *chip, struct bme280_calibration *ret_calibration)
{
	uint8_t first[CALIBRATION_BYTES] = {0}, second[CALIBRATION_BYTES] = {0};
	int r = read_calibration_bytes(chip, first);

	if (r == 0)
		r = read_calibration_bytes(chip, second);
	if (r < 0)
		return r;
	if (memcmp(first, second, sizeof(first)) != 0)
		return -EBADMSG;
	*ret_calibration = bme280_calibration_from(first);
	return 0;
}

/* After the reset: waits until the calibration is copied, reads it, and sets the filter. */
static int set_up(struct chip *chip, uint32_t *ret_wait_us)
{
	struct bme280_state *state = chip->state;
	uint8_t status;
	int r = bme280_read(chip, REG_STATUS, &status, 1);

	if (r < 0)
		return r;
	if (status & STATUS_IM_UPDATE) {
		if (++state->copy_polls > COPY_POLLS_MAX)
			return -ETIMEDOUT;
		*ret_wait_us = COPY_POLL_US;
		return -EAGAIN;
	}
	r = read_calibration(chip, &state->calibration);
	if (r < 0)
		return r;
	const uint8_t config[] = {REG_CONFIG, config_of(chip)};

	r = bme280_write(chip, config, sizeof(config));
	if (r == 0)
		*ret_wait_us = 0;
	return r;
}

static int bme280_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	struct bme280_state *state = chip->state;
	int r;

	if (state->reset)
		return set_up(chip, ret_wait_us);
	r = find(chip);
	if (r < 0)
		return r;
	state->reset = true;
	*ret_wait_us = START_UP_US;
	return -EAGAIN;
}

static int bme280_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	/* Registers and values alternate (6.2.1, 6.3.1). */
	const uint8_t settings[] = {REG_CTRL_HUM, oversampling_code(chip), REG_CTRL_MEAS,
		ctrl_meas_of(chip) | MODE_FORCED};
	bool has_humidity = bme280_variant_of(chip)->has_humidity;
	size_t skipped = has_humidity ? 0 : 2;
	int r = bme280_write(chip, settings + skipped, sizeof(settings) - skipped);

	(void)channel;
	if (r < 0)
		return r;
	/*
	 * 9.1: t_measure,max = 1.25 + 2.3 * T_oversampling + (2.3 * P_oversampling + 0.575)
	 *                      + (2.3 * H_oversampling + 0.575) ms
	 * The BMP280's datasheet has no formula: the greatest times of its table 13 (3.8.1) are
	 * those without the last term.
	 */
	double quantities = has_humidity ? 3 : 2;

	*ret_wait_us = (uint32_t)(1250 + (quantities - 1) * 575 +
		quantities * 2300 * chip->params[PARAM_OVERSAMPLING]);
	return 0;
}

/*
 * -EAGAIN while the part measures. -EBADMSG if it does not hold the settings: then the status is
 * not this part's answer, whatever it says.
 */
static int check_measured(struct chip *chip)
{
	uint8_t registers[4] = {0}; /* ctrl_hum, status, ctrl_meas, config */
	bool has_humidity = bme280_variant_of(chip)->has_humidity;
	size_t first = has_humidity ? 0 : REG_STATUS - REG_CTRL_HUM;
	int r = bme280_read(chip, (uint8_t)(REG_CTRL_HUM + first), registers + first,
		sizeof(registers) - first);

	if (r < 0)
		return r;
	if ((has_humidity && (registers[0] & CTRL_HUM_OSRS) != oversampling_code(chip)) ||
		(registers[REG_CTRL_MEAS - REG_CTRL_HUM] & ~CTRL_MEAS_MODE) != ctrl_meas_of(chip) ||
		(registers[REG_CONFIG - REG_CTRL_HUM] & CONFIG_FILTER) != config_of(chip))
		return -EBADMSG;
	return registers[REG_STATUS - REG_CTRL_HUM] & STATUS_MEASURING ? -EAGAIN : 0;
}

static int bme280_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	const struct bme280_state *state = chip->state;
	bool has_humidity = bme280_variant_of(chip)->has_humidity;
	uint8_t data[DATA_BYTES] = {[DATA_BMP280_BYTES] = ADC_RESET_16_BITS >> 8};
	int r = check_measured(chip);

	(void)channel;
	if (r == 0) /* one burst, so that all bytes belong to one measurement (4) */
		r = bme280_read(
			chip, REG_DATA, data, has_humidity ? DATA_BYTES : DATA_BMP280_BYTES);
	if (r < 0)
		return r;
	uint32_t adc_p = (uint32_t)(data[0] << 12 | data[1] << 4 | data[2] >> 4);
	uint32_t adc_t = (uint32_t)(data[3] << 12 | data[4] << 4 | data[5] >> 4);
	uint32_t adc_h = (uint32_t)(data[6] << 8 | data[7]);

	/*
	 * Nothing was measured. Each reset value could be a result (0x80000 may be 26 °C), and by
	 * the settings above each quantity was measured; but all of them at once mean a reset.
	 */
	if (adc_p == ADC_RESET_20_BITS && adc_t == ADC_RESET_20_BITS && adc_h == ADC_RESET_16_BITS)
		return -ERANGE;

	double t_fine = bme280_fine_temperature(&state->calibration, adc_t);

	ret_values[CHANNEL_TEMPERATURE] = bme280_celsius(t_fine);
	ret_values[has_humidity ? CHANNEL_PRESSURE : BMP280_PRESSURE] =
		bme280_hectopascal(&state->calibration, t_fine, adc_p);
	if (has_humidity)
		ret_values[CHANNEL_HUMIDITY] = bme280_percent(&state->calibration, t_fine, adc_h);
	return 0;
}

/* clang-format off */
#define TEMPERATURE {"temperature", "temperature", "°C", -40, 85, 0.005, 21.5}
#define PRESSURE    {"pressure", "pressure", "hPa", 300, 1100, 0.0262, 1013.25}
/* clang-format on */

const struct driver_channel bme280_channels[CHANNELS] = {
	[CHANNEL_TEMPERATURE] = TEMPERATURE,
	[CHANNEL_HUMIDITY] = {"humidity", "humidity", "%", 0, 100, 0.008, 45},
	[CHANNEL_PRESSURE] = PRESSURE,
};

static const struct driver_channel BMP280_CHANNEL_TABLE[BMP280_CHANNELS] = {
	[BMP280_TEMPERATURE] = TEMPERATURE,
	[BMP280_PRESSURE] = PRESSURE,
};

static const uint8_t ADDRESSES[] = {0x77, 0x76};
enum { SPEED_HZ = 1000000 };
static const double OVERSAMPLING[] = {1, 2, 4, 8, 16};
static const double FILTER[] = {0, 2, 4, 8, 16};

static const struct driver_param PARAMS[] = {
	[PARAM_OVERSAMPLING] = {.key = "oversampling",
		.min = 1,
		.max = 16,
		.default_value = 1,
		.choices = OVERSAMPLING,
		.n_choices = sizeof(OVERSAMPLING) / sizeof(*OVERSAMPLING),
		.help = "samples that the part averages for one value: less noise, more time"},
	[PARAM_FILTER] = {.key = "filter",
		.min = 0,
		.max = 16,
		.default_value = 0,
		.choices = FILTER,
		.n_choices = sizeof(FILTER) / sizeof(*FILTER),
		.help = "coefficient of the part's low-pass filter for temperature and pressure"},
	/* On SPI alone; the parts go to 10 MHz (6.4.3). */
	[PARAM_SPEED] = {.key = "speed",
		.type = DRIVER_PARAM_FREQUENCY,
		.min = 10e3,
		.max = 10e6,
		.default_value = SPEED_HZ,
		.help = "SPI clock; slower is more robust on long wires"},
};
enum { PARAMS_I2C = PARAM_SPEED, PARAMS_SPI };

/*
 * Temperature and pressure: the example of the BMP280's datasheet, whose registers and formulas are
 * the same: adc_P 415148, adc_T 519888. The datasheets have no example for humidity. Its
 * calibration here is dig_H1 75, H2 361, H3 0, H4 324, H5 50, H6 30. By 8.1, worked out
 * independently of this code, adc_H 31000 at t_fine 128422.29 is 56.491 %. (The integer version,
 * 4.2.3, gives 56.488 %.)
 */
const uint8_t bme280_example[] = {
	/* 0x88..0xA1 */
	0x70, 0x6B, 0x43, 0x67, 0x18, 0xFC, 0x7D, 0x8E, 0x43, 0xD6, 0xD0, 0x0B, 0x27, 0x0B, 0x8C,
	0x00, 0xF9, 0xFF, 0x8C, 0x3C, 0xF8, 0xC6, 0x70, 0x17, 0x00, 0x4B,
	/* 0xE1..0xE7 */
	0x69, 0x01, 0x00, 0x14, 0x24, 0x03, 0x1E,
	/* 0xF7..0xFE */
	0x65, 0x5A, 0xC0, 0x7E, 0xED, 0x00, 0x79, 0x18};

/* clang-format off */
#define RAW .raw = bme280_example, .raw_bytes = sizeof(bme280_example)
#define CELSIUS_VECTOR(number)                                                                     \
	{                                                                                          \
		.source = "BST-BMP280-DS001, section 3.12: 25.08 °C",                             \
		.channel = (number), RAW, .value = 25.08, .tolerance = 0.005,                      \
	}
#define PRESSURE_VECTOR(number)                                                                    \
	{                                                                                          \
		.source = "BST-BMP280-DS001, section 3.12: 100653.27 Pa", .channel = (number),     \
		RAW, .value = 1006.5327, .tolerance = 0.0001,                                      \
	}
/* clang-format on */

static const struct driver_vector BME280_VECTORS[] = {
	CELSIUS_VECTOR(CHANNEL_TEMPERATURE),
	PRESSURE_VECTOR(CHANNEL_PRESSURE),
	{.source = "BST-BME280-DS002-15, section 8.1, worked out apart",
		.channel = CHANNEL_HUMIDITY,
		RAW,
		.value = 56.491326,
		.tolerance = 0.00001},
};

static const struct driver_vector BMP280_VECTORS[] = {
	CELSIUS_VECTOR(BMP280_TEMPERATURE),
	PRESSURE_VECTOR(BMP280_PRESSURE),
};

/* clang-format off */
#define COMMON                                                                                     \
	.channels_together = true, .params = PARAMS, .integrity = DRIVER_INTEGRITY_NONE,           \
	.deadline_us = 50000, .state_bytes = sizeof(struct bme280_state),                          \
	.configure = bme280_configure, .start = bme280_start, .collect = bme280_collect
#define IDENTIFIED_AS(table)                                                                       \
	.identify = bme280_identify, .identities = (table), .n_identities = BME280_IDENTITIES
#define BME280_PART                                                                                \
	.description = "Bosch temperature, humidity and pressure sensor",                          \
	.datasheet = "Bosch BST-BME280-DS002-15, revision 1.6", .variant = &bme280_variant,        \
	.channels = bme280_channels, .n_channels = CHANNELS, .vectors = BME280_VECTORS,            \
	.n_vectors = DRIVER_COUNT(BME280_VECTORS), .model = &bme280_model
#define BMP280_PART                                                                                \
	.description = "Bosch temperature and pressure sensor",                                    \
	.datasheet = "Bosch BST-BMP280-DS001-23, revision 1.23", .variant = &bmp280_variant,       \
	.channels = BMP280_CHANNEL_TABLE, .n_channels = BMP280_CHANNELS,                           \
	.vectors = BMP280_VECTORS, .n_vectors = DRIVER_COUNT(BMP280_VECTORS), .model = &bmp280_model
#define ON_I2C                                                                                     \
	.bus = DRIVER_BUS_I2C, .addresses = ADDRESSES, .n_addresses = sizeof(ADDRESSES),           \
	.n_params = PARAMS_I2C
#define ON_SPI                                                                                     \
	.bus = DRIVER_BUS_SPI, .spi = {.mode = 0, .speed_hz = SPEED_HZ, .bits = 8},                \
	.n_params = PARAMS_SPI
/* clang-format on */

const struct driver driver_bme280_spi = {COMMON, BME280_PART, ON_SPI, .name = "bme280_spi"};
const struct driver driver_bmp280_spi = {COMMON, BMP280_PART, ON_SPI, .name = "bmp280_spi"};
const struct driver driver_bme280 = {COMMON, BME280_PART, ON_I2C, IDENTIFIED_AS(bme280_identities),
	.name = "bme280", .on_spi = &driver_bme280_spi};
const struct driver driver_bmp280 = {COMMON, BMP280_PART, ON_I2C, IDENTIFIED_AS(bmp280_identities),
	.name = "bmp280", .on_spi = &driver_bmp280_spi};
