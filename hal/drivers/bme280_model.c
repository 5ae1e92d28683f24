/* SPDX-License-Identifier: MIT */
/*
 * Bosch BME280 and BMP280: the simulated part, on I2C or SPI, with registers, a calibration, and
 * measurements that take their time. In normal mode, which other programs use, measurements follow
 * each other without standby. The IIR filter is left out, as if the value had been steady for long.
 */
#include "bme280.h"

#include <math.h>
#include <string.h>

/* A little longer than the datasheet's start-up time, so that the driver has to ask again. */
enum { COPY_US = START_UP_US + 500 };

struct model {
	bool has_humidity;
	uint8_t registers[256];
	uint8_t pointer;
	uint8_t humidity_code; /* ctrl_hum as of the last write to ctrl_meas */
	bool measuring, busy;
	uint64_t measured_us; /* when the measurement ends */
	uint64_t copied_us;   /* when the calibration has been copied */
	double shown[CHANNELS];
	bool is_converted; /* the registers hold what is shown, also after another measurement */
	bool loaded;       /* a vector's data, instead of shown */
	uint8_t data[DATA_BYTES];
};

/* Section 9.1: t_measure,typ = 1 + 2 * T + (2 * P + 0.5) + (2 * H + 0.5) ms */
static uint64_t model_measuring_us(const struct model *model)
{
	uint8_t meas = model->registers[REG_CTRL_MEAS];
	const unsigned codes[] = {meas >> 5, meas >> 2 & 7u, model->humidity_code & 7u};
	uint64_t time_us = 2000;

	for (size_t i = 0; i < 3; i++)
		time_us += codes[i] ? 2000u << (codes[i] - 1) : 0;
	return time_us;
}

typedef double compensate(const struct bme280_calibration *c, double t_fine, uint32_t adc);

static double compensate_celsius(const struct bme280_calibration *c, double t_fine, uint32_t adc)
{
	(void)t_fine;
	return bme280_celsius(bme280_fine_temperature(c, adc));
}

/* For each quantity: the formula from the converter's number to the value, and the number's width.
 * */
static const struct {
	compensate *compensation;
	unsigned bits;
} QUANTITIES[CHANNELS] = {
	[CHANNEL_TEMPERATURE] = {compensate_celsius, 20},
	[CHANNEL_HUMIDITY] = {bme280_percent, 16},
	[CHANNEL_PRESSURE] = {bme280_hectopascal, 20},
};

/* The difference between shown and value; huge if shown is outside the part's range. */
static double distance(const struct driver_channel *channel, double shown, double value)
{
	return shown < channel->min || shown > channel->max ? HUGE_VAL : fabs(shown - value);
}

/*
 * The converter's number for a value: the compensation inverted by bisection. bits is the
 * resolution; the number is left-aligned.
 */
static uint32_t model_adc(const struct model *model, unsigned channel,
	const struct bme280_calibration *c, double t_fine, unsigned bits)
{
	compensate *compensation = QUANTITIES[channel].compensation;
	double value = model->shown[channel];
	unsigned shift = QUANTITIES[channel].bits - bits;
	uint32_t low = 0, high = (1u << bits) - 1;
	bool rising = compensation(c, t_fine, 0) < compensation(c, t_fine, high << shift);

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if ((compensation(c, t_fine, middle << shift) < value) == rising)
			low = middle + 1;
		else
			high = middle;
	}
	uint32_t adc = low << shift, below = (low > 0 ? low - 1 : 0) << shift;
	double here = distance(&bme280_channels[channel], compensation(c, t_fine, adc), value);
	double there = distance(&bme280_channels[channel], compensation(c, t_fine, below), value);

	return there < here ? below : adc;
}

/* 3.4.2: 16 bits at x1, one more with each doubling; 20 bits with the filter. */
static unsigned model_bits(const struct model *model, unsigned code)
{
	return model->registers[REG_CONFIG] & CONFIG_FILTER || code > 5 ? 20 : 15 + code;
}

static void model_measure(struct model *model)
{
	uint8_t *data = model->registers + REG_DATA, bytes[CALIBRATION_BYTES];
	unsigned code_t = model->registers[REG_CTRL_MEAS] >> 5;
	unsigned code_p = model->registers[REG_CTRL_MEAS] >> 2 & 7;
	uint32_t adc_t = ADC_RESET_20_BITS, adc_p = ADC_RESET_20_BITS, adc_h = ADC_RESET_16_BITS;

	if (model->is_converted)
		return;
	model->is_converted = true;
	memcpy(bytes, model->registers + REG_CALIBRATION_LOW, CALIBRATION_LOW_BYTES);
	memcpy(bytes + CALIBRATION_LOW_BYTES, model->registers + REG_CALIBRATION_HIGH,
		CALIBRATION_HIGH_BYTES);
	struct bme280_calibration c = bme280_calibration_from(bytes);

	if (code_t)
		adc_t = model_adc(model, CHANNEL_TEMPERATURE, &c, 0, model_bits(model, code_t));
	double t_fine = bme280_fine_temperature(&c, adc_t);

	if (code_p)
		adc_p = model_adc(model, CHANNEL_PRESSURE, &c, t_fine, model_bits(model, code_p));
	if (model->humidity_code)
		adc_h = model_adc(model, CHANNEL_HUMIDITY, &c, t_fine, 16);
	for (int i = 0; i < 3; i++) {
		data[i] = (uint8_t)(adc_p << 4 >> (16 - 8 * i));
		data[3 + i] = (uint8_t)(adc_t << 4 >> (16 - 8 * i));
	}
	data[6] = (uint8_t)(adc_h >> 8);
	data[7] = (uint8_t)adc_h;
	if (model->loaded)
		memcpy(data, model->data, DATA_BYTES);
	if (!model->has_humidity)
		memset(data + DATA_BMP280_BYTES, 0, DATA_BYTES - DATA_BMP280_BYTES);
}

/* Brings the part's own processes up to now. */
static void model_advance(struct model *model, uint64_t now_us)
{
	if (model->measuring && !model->busy && now_us >= model->measured_us) {
		model_measure(model);
		model->measuring = false;
		model->registers[REG_CTRL_MEAS] &= (uint8_t)~CTRL_MEAS_MODE;
	}
	if ((model->registers[REG_CTRL_MEAS] & CTRL_MEAS_MODE) == MODE_NORMAL && !model->busy &&
		now_us >= model->measured_us)
		model_measure(model);
	model->registers[REG_STATUS] = (uint8_t)((model->measuring ? STATUS_MEASURING : 0) |
		(now_us < model->copied_us ? STATUS_IM_UPDATE : 0));
}

static void model_soft_reset(struct model *model)
{
	static const uint8_t DATA_AT_RESET[DATA_BYTES] = {0x80, 0, 0, 0x80, 0, 0, 0x80, 0};

	memset(model->registers + REG_CTRL_HUM, 0, REG_DATA - REG_CTRL_HUM);
	memcpy(model->registers + REG_DATA, DATA_AT_RESET, DATA_BYTES);
	model->is_converted = false;
	model->measuring = false;
	model->humidity_code = 0;
	if (!model->has_humidity)
		memset(model->registers + REG_DATA + DATA_BMP280_BYTES, 0,
			DATA_BYTES - DATA_BMP280_BYTES);
}

static void model_write_register(struct model *model, uint8_t reg, uint8_t value, uint64_t now_us)
{
	if (reg == REG_RESET && value == RESET_WORD) {
		model_soft_reset(model);
		model->copied_us = now_us + COPY_US;
	}
	if ((reg == REG_CTRL_HUM && model->has_humidity) || reg == REG_CTRL_MEAS ||
		reg == REG_CONFIG) {
		uint8_t mode = reg == REG_CTRL_MEAS ? CTRL_MEAS_MODE : 0;

		/* The same value again only begins another measurement. */
		if ((model->registers[reg] ^ value) & ~mode)
			model->is_converted = false;
		model->registers[reg] = value;
	}
	if (reg == REG_CTRL_MEAS) {
		uint8_t mode = value & CTRL_MEAS_MODE;

		model->humidity_code = model->registers[REG_CTRL_HUM] & CTRL_HUM_OSRS;
		model->measuring = mode != MODE_SLEEP && mode != MODE_NORMAL;
		model->measured_us = now_us + model_measuring_us(model);
	}
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct model *model = state;

	model_advance(model, now_us);
	model->pointer = data[0];
	for (size_t i = 0; i + 1 < size; i += 2)
		model_write_register(model, data[i], data[i + 1], now_us);
	return 0;
}

static int model_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct model *model = state;

	model_advance(model, now_us);
	for (size_t i = 0; i < size; i++)
		data[i] = model->registers[model->pointer++];
	return 0;
}

/* 6.3: bit 7 of the first byte is the direction; in the register's own address that bit is 1. */
static int model_spi(void *state, const uint8_t *out, uint8_t *in, size_t size, uint64_t now_us)
{
	struct model *model = state;

	memset(in, 0xFF, size); /* SDO is not driven before the first data bit */
	model_advance(model, now_us);
	if (out[0] & 0x80) {
		model->pointer = out[0];
		return model_read(state, in + 1, size - 1, now_us);
	}
	for (size_t i = 0; i + 1 < size; i += 2)
		model_write_register(model, out[i] | 0x80, out[i + 1], now_us);
	return 0;
}

static void model_set_busy(void *state, bool busy)
{
	((struct model *)state)->busy = busy;
}

/* raw: 0x88..0xA1, 0xE1..0xE7, 0xF7..0xFE; a BMP280 takes the registers that it has. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	struct model *model = state;

	if (size < CALIBRATION_BYTES)
		return;
	model->is_converted = false;
	memcpy(model->registers + REG_CALIBRATION_LOW, raw,
		model->has_humidity ? CALIBRATION_LOW_BYTES : CALIBRATION_BMP280_BYTES);
	if (model->has_humidity)
		memcpy(model->registers + REG_CALIBRATION_HIGH, raw + CALIBRATION_LOW_BYTES,
			CALIBRATION_HIGH_BYTES);
	model->loaded = size == CALIBRATION_BYTES + DATA_BYTES;
	if (model->loaded)
		memcpy(model->data, raw + CALIBRATION_BYTES, DATA_BYTES);
}

static void model_set_value(void *state, unsigned channel, double value)
{
	const struct driver_channel *shows = &bme280_channels[channel];
	struct model *model = state;

	value = fmin(fmax(value, shows->min), shows->max);
	if (model->loaded || value != model->shown[channel])
		model->is_converted = false;
	model->loaded = false;
	model->shown[channel] = value;
}

static void bmp280_set_value(void *state, unsigned channel, double value)
{
	model_set_value(
		state, channel == BMP280_PRESSURE ? CHANNEL_PRESSURE : CHANNEL_TEMPERATURE, value);
}

static void power_on(struct model *model, uint8_t id)
{
	*model = (struct model){.has_humidity = id == ID_BME280, .registers[REG_ID] = id};
	model_soft_reset(model);
	model_load(model, bme280_example, CALIBRATION_BYTES);
	for (unsigned i = 0; i < CHANNELS; i++)
		model_set_value(model, i, bme280_channels[i].typical);
}

static void bme280_reset(void *state)
{
	power_on(state, ID_BME280);
}

static void bmp280_reset(void *state)
{
	power_on(state, ID_BMP280);
}

/* clang-format off */
#define MODEL(reset_function, set_value_function)                                                  \
	{                                                                                          \
		.state_bytes = sizeof(struct model), .reset = (reset_function),                    \
		.i2c_write = model_write, .i2c_read = model_read, .spi_transfer = model_spi,       \
		.set_value = (set_value_function), .set_busy = model_set_busy,                     \
		.load = model_load,                                                                \
	}
/* clang-format on */

const struct driver_model bme280_model = MODEL(bme280_reset, model_set_value);
const struct driver_model bmp280_model = MODEL(bmp280_reset, bmp280_set_value);
