/* SPDX-License-Identifier: MIT */
/*
 * Bosch BME280 and BMP280: declarations shared by the driver, its formulas and the simulated part.
 * bme280.c names the datasheets; sections are those of the BME280's.
 */
#pragma once

#include "chip.h"

enum {
	REG_CALIBRATION_LOW = 0x88, /* calib00..calib25 */
	REG_ID = 0xD0,
	REG_RESET = 0xE0,
	REG_CALIBRATION_HIGH = 0xE1, /* calib26..calib32, as far as they are used */
	REG_CTRL_HUM = 0xF2,
	REG_STATUS = 0xF3,
	REG_CTRL_MEAS = 0xF4,
	REG_CONFIG = 0xF5,
	REG_DATA = 0xF7, /* pressure and temperature: three bytes each; humidity: two */

	ID_BME280 = 0x60,
	ID_BMP280 = 0x58,
	RESET_WORD = 0xB6,
	STATUS_MEASURING = 0x08,
	STATUS_IM_UPDATE = 0x01, /* the calibration is being copied from the non-volatile memory */
	CTRL_HUM_OSRS = 0x07,    /* the other bits are reserved */
	CTRL_MEAS_MODE = 0x03,
	MODE_SLEEP = 0x00,
	MODE_FORCED = 0x01, /* 10 is the same */
	MODE_NORMAL = 0x03,
	CONFIG_FILTER = 0x1C,

	CALIBRATION_LOW_BYTES = 26, /* the last two are for humidity */
	CALIBRATION_BMP280_BYTES = 24,
	CALIBRATION_HIGH_BYTES = 7,
	CALIBRATION_BYTES = CALIBRATION_LOW_BYTES + CALIBRATION_HIGH_BYTES,
	DATA_BYTES = 8,
	DATA_BMP280_BYTES = 6,
	ADC_RESET_20_BITS = 0x80000, /* also shown by a measurement that is switched off */
	ADC_RESET_16_BITS = 0x8000,

	START_UP_US = 2000, /* table 1: start-up time, maximum */
};

enum { CHANNEL_TEMPERATURE, CHANNEL_HUMIDITY, CHANNEL_PRESSURE, CHANNELS };
/* Channels of the BMP280. */
enum { BMP280_TEMPERATURE, BMP280_PRESSURE, BMP280_CHANNELS };

/* Reads consecutive registers, on I2C or SPI. Like bme280_write(): 0 or an error of hal_error.h. */
int bme280_read(struct chip *chip, uint8_t first, uint8_t *data, size_t size);

enum { BME280_PAIRS_BYTES = 4 }; /* the most in one write */

/* Writes registers: pairs of number and value, at most BME280_PAIRS_BYTES. */
int bme280_write(struct chip *chip, const uint8_t *pairs, size_t size);

/* The differences between the parts. */
struct bme280_variant {
	const char *name;
	uint8_t id, first_id; /* samples of the BMP280 have the ids below */
	bool has_humidity;
};

extern const struct bme280_variant bme280_variant, bmp280_variant;

static inline const struct bme280_variant *bme280_variant_of(const struct chip *chip)
{
	return chip->driver->variant;
}

/* --- bme280_identity.c --- */

/* As driver.identify. The message names another part that was found. */
int bme280_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain);

enum { BME280_IDENTITIES = 2 };
extern const struct driver_identity bme280_identities[BME280_IDENTITIES];
extern const struct driver_identity bmp280_identities[BME280_IDENTITIES];

/* --- bme280_convert.c --- */

/* Table 16. */
struct bme280_calibration {
	uint16_t t1;
	int16_t t2, t3;
	uint16_t p1;
	int16_t p2, p3, p4, p5, p6, p7, p8, p9;
	uint8_t h1;
	int16_t h2;
	uint8_t h3;
	int16_t h4, h5; /* 12 bits, signed */
	int8_t h6;
};

/* bytes: calib00..calib25, calib26..calib32. Pure, as are all functions below. */
struct bme280_calibration bme280_calibration_from(const uint8_t bytes[CALIBRATION_BYTES]);

/* t_fine, an input of the other formulas: the temperature in steps of 1/5120 °C. */
double bme280_fine_temperature(const struct bme280_calibration *c, uint32_t adc);
double bme280_celsius(double t_fine);
/* 0 if the calibration makes no sense. */
double bme280_hectopascal(const struct bme280_calibration *c, double t_fine, uint32_t adc);
/* Relative humidity, 0 to 100. */
double bme280_percent(const struct bme280_calibration *c, double t_fine, uint32_t adc);

/* Calibration and data of the vectors; the simulated part has the same calibration. */
extern const uint8_t bme280_example[CALIBRATION_BYTES + DATA_BYTES];

extern const struct driver_channel bme280_channels[CHANNELS];
extern const struct driver_model bme280_model, bmp280_model;
