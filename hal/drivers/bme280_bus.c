/* SPDX-License-Identifier: MIT */
/*
 * Bosch BME280 and BMP280: access to the registers on I2C and SPI. bme280.c names the datasheets.
 */
#include "bme280.h"

#include <string.h>

/*
 * 6.3: "only 7 bits of the register addresses are used; the MSB of register address is not used and
 * replaced by a read/write bit".
 */
enum { SPI_READ = 0x80, SPI_READ_MAX = 1 + CALIBRATION_LOW_BYTES };

/* 6.3.2: one control byte, then consecutive registers. */
static int spi_read(struct chip *chip, uint8_t first, uint8_t *data, size_t size)
{
	uint8_t out[SPI_READ_MAX] = {first | SPI_READ}, in[SPI_READ_MAX];
	int r = spi_transfer(chip->spi, out, in, 1 + size);

	if (r == 0)
		memcpy(data, in + 1, size);
	return r;
}

/* 6.3.1: pairs of control byte and data. */
static int spi_write(struct chip *chip, const uint8_t *pairs, size_t size)
{
	uint8_t out[BME280_PAIRS_BYTES], in[BME280_PAIRS_BYTES];

	for (size_t i = 0; i < size; i++)
		out[i] = i % 2 ? pairs[i] : pairs[i] & (uint8_t)~SPI_READ;
	return spi_transfer(chip->spi, out, in, size);
}

int bme280_read(struct chip *chip, uint8_t first, uint8_t *data, size_t size)
{
	return chip->spi ? spi_read(chip, first, data, size)
			 : i2c_read_registers(chip->i2c, chip->address, first, data, size);
}

int bme280_write(struct chip *chip, const uint8_t *pairs, size_t size)
{
	return chip->spi ? spi_write(chip, pairs, size)
			 : i2c_write(chip->i2c, chip->address, pairs, size);
}
