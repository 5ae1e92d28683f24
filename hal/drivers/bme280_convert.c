/* SPDX-License-Identifier: MIT */
/*
 * Bosch BME280: turns the converter's numbers into values.
 */
#include "bme280.h"

#include <math.h>

static uint16_t u16_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static int16_t s16_at(const uint8_t *bytes)
{
	return (int16_t)u16_at(bytes);
}

/*
 * Table 16: dig_H4 [11:4] / [3:0] is 0xE4 / 0xE5[3:0], dig_H5 [3:0] / [11:4] is 0xE5[7:4] / 0xE6.
 * The table calls them "signed short"; the sign is that of the byte with the upper bits.
 */
static int16_t s12(uint8_t upper_8, uint8_t lower_4)
{
	return (int16_t)((int8_t)upper_8 * 16 + lower_4);
}

struct bme280_calibration bme280_calibration_from(const uint8_t bytes[CALIBRATION_BYTES])
{
	const uint8_t *low = bytes, *high = bytes + CALIBRATION_LOW_BYTES;

	return (struct bme280_calibration){
		.t1 = u16_at(low),
		.t2 = s16_at(low + 2),
		.t3 = s16_at(low + 4),
		.p1 = u16_at(low + 6),
		.p2 = s16_at(low + 8),
		.p3 = s16_at(low + 10),
		.p4 = s16_at(low + 12),
		.p5 = s16_at(low + 14),
		.p6 = s16_at(low + 16),
		.p7 = s16_at(low + 18),
		.p8 = s16_at(low + 20),
		.p9 = s16_at(low + 22),
		.h1 = low[25], /* 0xA1; 0xA0 is reserved */
		.h2 = s16_at(high),
		.h3 = high[2],
		.h4 = s12(high[3], high[4] & 0x0F),
		.h5 = s12(high[5], high[4] >> 4),
		.h6 = (int8_t)high[6],
	};
}

/*
 * These are the datasheets' formulas in double precision (8.1 in both), meant for machines with a
 * floating point unit, and without the overflows that the integer versions invite. t_fine stays a
 * double here. The datasheets cut it to an integer, which makes a difference of 0.0002 °C.
 *
 *   var1 = (adc_T / 16384.0 - dig_T1 / 1024.0) * dig_T2
 *   var2 = (adc_T / 131072.0 - dig_T1 / 8192.0)^2 * dig_T3
 *   t_fine = var1 + var2
 */
double bme280_fine_temperature(const struct bme280_calibration *c, uint32_t adc)
{
	double difference = adc / 131072.0 - c->t1 / 8192.0;

	return difference * 8.0 * c->t2 + difference * difference * c->t3;
}

/* T = t_fine / 5120.0 */
double bme280_celsius(double t_fine)
{
	return t_fine / 5120.0;
}

/*
 *   var1 = t_fine / 2.0 - 64000.0
 *   var2 = var1 * var1 * dig_P6 / 32768.0
 *   var2 = var2 + var1 * dig_P5 * 2.0
 *   var2 = var2 / 4.0 + dig_P4 * 65536.0
 *   var1 = (dig_P3 * var1 * var1 / 524288.0 + dig_P2 * var1) / 524288.0
 *   var1 = (1.0 + var1 / 32768.0) * dig_P1
 *   p = 1048576.0 - adc_P
 *   p = (p - var2 / 4096.0) * 6250.0 / var1         (0 when var1 is 0)
 *   var1 = dig_P9 * p * p / 2147483648.0
 *   var2 = p * dig_P8 / 32768.0
 *   p = p + (var1 + var2 + dig_P7) / 16.0           in Pa
 */
double bme280_hectopascal(const struct bme280_calibration *c, double t_fine, uint32_t adc)
{
	double t = t_fine / 2.0 - 64000.0;
	double offset = (t * t * c->p6 / 32768.0 + t * c->p5 * 2.0) / 4.0 + c->p4 * 65536.0;
	double slope = (c->p3 * t * t / 524288.0 + c->p2 * t) / 524288.0;
	double sensitivity = (1.0 + slope / 32768.0) * c->p1;

	if (sensitivity == 0.0)
		return 0.0;
	double p = (1048576.0 - adc - offset / 4096.0) * 6250.0 / sensitivity;

	return (p + (c->p9 * p * p / 2147483648.0 + p * c->p8 / 32768.0 + c->p7) / 16.0) / 100.0;
}

/*
 *   var_H = t_fine - 76800.0
 *   var_H = (adc_H - (dig_H4 * 64.0 + dig_H5 / 16384.0 * var_H))
 *         * (dig_H2 / 65536.0 * (1.0 + dig_H6 / 67108864.0 * var_H
 *                                       * (1.0 + dig_H3 / 67108864.0 * var_H)))
 *   var_H = var_H * (1.0 - dig_H1 * var_H / 524288.0)
 *   between 0.0 and 100.0                           in % relative humidity
 */
double bme280_percent(const struct bme280_calibration *c, double t_fine, uint32_t adc)
{
	double t = t_fine - 76800.0;
	double gain =
		c->h2 / 65536.0 * (1.0 + c->h6 / 67108864.0 * t * (1.0 + c->h3 / 67108864.0 * t));
	double h = (adc - (c->h4 * 64.0 + c->h5 / 16384.0 * t)) * gain;

	return fmin(fmax(h * (1.0 - c->h1 * h / 524288.0), 0.0), 100.0);
}
