/* SPDX-License-Identifier: MIT */
/*
 * Texas Instruments INA219: the simulated part, with its shunt. It measures the bus and the shunt
 * one after the other.
 */
#include "ina219.h"

#include <math.h>
#include <string.h>

struct model {
	uint8_t pointer;
	uint16_t registers[REGISTERS];
	bool busy, converting;
	uint64_t converted_us;
	double shunt_ohm; /* a component outside the part */
	double voltage_v, current_a;
	bool loaded; /* a vector's registers, instead of what is shown */
	uint16_t bus, shunt;
};

/* 8.6.2.1, ADC settings, for one of the two converters. */
static uint64_t model_conversion_us(unsigned converter)
{
	static const uint16_t SINGLE_US[] = {84, 148, 276, CONVERSION_US};

	if (converter & CONFIG_AVERAGE)
		return (uint64_t)CONVERSION_US << (converter & 7u);
	return SINGLE_US[converter & 3u];
}

static uint64_t model_measuring_us(uint16_t config)
{
	return model_conversion_us(config >> CONFIG_BUS_SHIFT & 15u) +
		model_conversion_us(config >> CONFIG_SHUNT_SHIFT & 15u);
}

static double clamp_round(double value, double min, double max)
{
	return fmin(fmax(round(value), min), max);
}

static void model_convert(struct model *model)
{
	unsigned gain = model->registers[REG_CONFIG] >> 11 & 3u; /* 0 is 40 mV, 3 is 320 mV */
	double full = (double)(4000u << gain);
	double shunt = model->current_a * model->shunt_ohm / SHUNT_STEP_V;
	double bus_full = model->registers[REG_CONFIG] & CONFIG_32_V ? BUS_CODE_MAX : 4000;
	double bus = clamp_round(model->voltage_v / BUS_STEP_V, 0, bus_full);

	model->registers[REG_SHUNT] = (uint16_t)(int16_t)clamp_round(shunt, -full, full);
	model->registers[REG_BUS] = (uint16_t)((unsigned)bus << BUS_SHIFT | BUS_CNVR);
	if (model->loaded) {
		model->registers[REG_SHUNT] = model->shunt;
		model->registers[REG_BUS] = (model->bus & (uint16_t)~7u) | BUS_CNVR;
	}
}

static void model_advance(struct model *model, uint64_t now_us)
{
	uint16_t config = model->registers[REG_CONFIG];
	bool continuous = (config & MODE_MASK) == MODE_MASK;

	if (!model->converting || model->busy || now_us < model->converted_us)
		return;
	model_convert(model);
	model->converting = continuous;
	model->converted_us = now_us + model_measuring_us(config);
}

static void model_write_config(struct model *model, uint16_t config, uint64_t now_us)
{
	uint16_t before = model->registers[REG_CONFIG];

	model->registers[REG_CONFIG] = config;
	model->converting =
		(config & MODE_MASK) == MODE_TRIGGERED || (config & MODE_MASK) == MODE_MASK;
	model->converted_us = now_us + model_measuring_us(config);
	if ((before ^ config) & MODE_MASK)
		model->registers[REG_BUS] &= (uint16_t)~BUS_CNVR;
}

static void power_on(struct model *model)
{
	memset(model->registers, 0, sizeof(model->registers));
	model->registers[REG_CONFIG] = CONFIG_AT_RESET;
	model->pointer = REG_CONFIG;
	model->converting = true;
	model->converted_us = 0;
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct model *model = state;

	model_advance(model, now_us);
	model->pointer = data[0];
	if (size != 3)
		return 0;
	uint16_t value = (uint16_t)(data[1] << 8 | data[2]);

	if (model->pointer == REG_CONFIG && value & CONFIG_RESET)
		power_on(model);
	else if (model->pointer == REG_CONFIG)
		model_write_config(model, value, now_us);
	else if (model->pointer == REG_CALIBRATION)
		model->registers[REG_CALIBRATION] = value & (uint16_t)~1u;
	return 0;
}

static int model_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct model *model = state;

	model_advance(model, now_us);
	uint16_t value = model->pointer < REGISTERS ? model->registers[model->pointer] : 0;

	for (size_t i = 0; i < size; i++)
		data[i] = i < 2 ? (uint8_t)(i ? value : value >> 8) : 0xFF;
	if (model->pointer == REG_POWER)
		model->registers[REG_BUS] &= (uint16_t)~BUS_CNVR;
	return 0;
}

static void model_set_value(void *state, unsigned channel, double value)
{
	struct model *model = state;

	model->loaded = false;
	if (channel == CHANNEL_VOLTAGE)
		model->voltage_v = value;
	else
		model->current_a = value;
}

static void model_set_busy(void *state, bool busy)
{
	((struct model *)state)->busy = busy;
}

/* raw: the registers Shunt Voltage and Bus Voltage after the next measurement. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	struct model *model = state;

	if (size == 4) {
		model->shunt = (uint16_t)(raw[0] << 8 | raw[1]);
		model->bus = (uint16_t)(raw[2] << 8 | raw[3]);
		model->loaded = true;
	}
}

static void model_reset(void *state)
{
	struct model *model = state;

	*model = (struct model){.shunt_ohm = SHUNT_OHM};
	power_on(model);
}

static void model_wire(void *state, const double *params)
{
	((struct model *)state)->shunt_ohm = params[PARAM_SHUNT];
}

const struct driver_model ina219_model = {
	.state_bytes = sizeof(struct model),
	.reset = model_reset,
	.wire = model_wire,
	.i2c_write = model_write,
	.i2c_read = model_read,
	.set_value = model_set_value,
	.set_busy = model_set_busy,
	.load = model_load,
};
