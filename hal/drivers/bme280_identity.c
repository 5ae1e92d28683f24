/* SPDX-License-Identifier: MIT */
/* Bosch BME280 and BMP280: which of them it is, by the chip id, or which other part. */
#include "bme280.h"

#include <errno.h>

#define KERNELS(name) "the kernel's driver reads it, driver: iio with dtoverlay=i2c-sensor," name
#define BMP280        "a BMP280, which measures no humidity: driver: bmp280"

const struct bme280_variant bme280_variant = {
	.name = "BME280", .id = ID_BME280, .first_id = ID_BME280, .has_humidity = true};
const struct bme280_variant bmp280_variant = {.name = "BMP280", .id = ID_BMP280, .first_id = 0x56};

/* Other parts sold as this one or put in its place, by their chip id in register 0xD0. */
static const struct {
	uint8_t id;
	const char *words;
} OTHER_PARTS[] = {
	{ID_BME280, "a BME280, which measures humidity too: driver: bme280"},
	/* BST-BMP280-DS001, 4.3.1; 0x56 and 0x57 are samples, by Bosch's own driver. */
	{ID_BMP280, BMP280},
	{0x57, BMP280},
	{0x56, BMP280},
	/* BST-BMP180-DS000, 4. */
	{0x55, "a BMP180 or BMP085, which measures no humidity: " KERNELS("bmp180")},
	/* BST-BME680-DS001, 5.3.1.1. */
	{0x61, "a BME680 or BME688: " KERNELS("bme680")},
};

static int fail_identity(struct chip *chip, uint8_t id)
{
	const struct bme280_variant *variant = bme280_variant_of(chip);

	/* SPI has no acknowledge: without a part, the line reads as its pull. */
	if (chip->spi && (id == 0 || id == 0xFF))
		return hal_error_set(
			&chip->words, -ENXIO, "no answer: all that is read is 0x%02x", id);
	for (size_t i = 0; i < sizeof(OTHER_PARTS) / sizeof(*OTHER_PARTS); i++) {
		if (OTHER_PARTS[i].id == id)
			return hal_error_set(
				&chip->words, -EBADMSG, "this is %s", OTHER_PARTS[i].words);
	}
	return hal_error_set(&chip->words, -EBADMSG,
		"its id reads as 0x%02x, and that of a %s is 0x%02x", id, variant->name,
		variant->id);
}

int bme280_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain)
{
	const struct bme280_variant *variant = bme280_variant_of(chip);
	uint8_t id;
	int r = bme280_read(chip, REG_ID, &id, 1);

	(void)ret_wait_us;
	if (r < 0)
		return r;
	if (id < variant->first_id || id > variant->id)
		return fail_identity(chip, id);
	*ret_is_certain = true;
	return 0;
}

/* clang-format off */
#define ID(text, id, ...)                                                                          \
	{                                                                                          \
		.source = (text), .answers = (const uint8_t[]){id}, .n_answers = 1, __VA_ARGS__    \
	}
/* clang-format on */

const struct driver_identity bme280_identities[BME280_IDENTITIES] = {
	ID("BST-BME280-DS002-15, 5.4.1: chip_id is 0x60", 0x60, .is_certain = true),
	ID("BST-BMP280-DS001-23, 4.3.1: 0x58 is a BMP280", 0x58, .result = -EBADMSG),
};

const struct driver_identity bmp280_identities[BME280_IDENTITIES] = {
	ID("BST-BMP280-DS001-23, 4.3.1: chip_id is 0x58", 0x58, .is_certain = true),
	ID("BST-BME280-DS002-15, 5.4.1: 0x60 is a BME280", 0x60, .result = -EBADMSG),
};
