/* SPDX-License-Identifier: MIT */
/*
 * Texas Instruments ADS1115 and ADS1015: the simulated part, with a conversion that takes its time.
 * In continuous conversion a result is always ready.
 */
#include "ads1x15.h"

#include <math.h>
#include <string.h>

struct model {
	const struct ads1x15_variant *variant;
	uint8_t pointer;
	uint16_t config; /* without OS */
	uint16_t conversion;
	bool converting, busy;
	uint16_t latched;      /* config when the running conversion began */
	uint64_t converted_us; /* when it ends */
	double shown[CHANNELS];
	bool loaded; /* a vector's result, instead of shown */
	uint16_t result;
};

static double model_param(const struct model *model, unsigned param, unsigned shift)
{
	const struct driver_param *p = &model->variant->params[param];
	unsigned code = model->latched >> shift & 7u;

	/* The codes past the table mean the same as its last row. */
	return p->choices[code < p->n_choices ? code : p->n_choices - 1];
}

static uint16_t model_convert(const struct model *model)
{
	unsigned channel = ads1x15_multiplexer_of(model->latched >> CONFIG_MUX_SHIFT & 7u);
	double range = model_param(model, PARAM_RANGE, CONFIG_PGA_SHIFT);
	int step = model->variant->code_step;
	double code = round(model->shown[channel] * (double)CODES / range / step) * step;

	return (uint16_t)(int16_t)fmin(fmax(code, INT16_MIN), INT16_MAX + 1 - step);
}

static void model_advance(struct model *model, uint64_t now_us)
{
	if (model->converting && !model->busy && now_us >= model->converted_us) {
		model->conversion = model->loaded ? model->result : model_convert(model);
		model->converting = false;
	}
	if (!model->converting && !(model->config & CONFIG_SINGLE_SHOT)) {
		model->latched = model->config;
		model->conversion = model->loaded ? model->result : model_convert(model);
	}
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct model *model = state;

	model_advance(model, now_us);
	model->pointer = data[0];
	if (model->pointer != REG_CONFIG || size != 3)
		return 0;
	unsigned config = (unsigned)(data[1] << 8 | data[2]);

	model->config = config & ~(unsigned)CONFIG_OS & UINT16_MAX;
	if (config & CONFIG_OS && config & CONFIG_SINGLE_SHOT && !model->converting) {
		model->converting = true;
		model->latched = model->config;
		model->converted_us = now_us + WAKE_UP_US +
			(uint64_t)(1e6 / model_param(model, PARAM_RATE, CONFIG_RATE_SHIFT));
	}
	return 0;
}

static int model_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct model *model = state;

	model_advance(model, now_us);
	uint16_t value = model->pointer == REG_CONVERSION
		? model->conversion
		: (uint16_t)(model->config | (model->converting ? 0 : CONFIG_OS));

	memset(data, 0xFF, size);
	data[0] = (uint8_t)(value >> 8);
	if (size > 1)
		data[1] = (uint8_t)value;
	return 0;
}

/*
 * Each row of the table shows the value it was given. Keeping "0-1" equal to the difference of 0
 * and 1 is left to the user.
 */
static void model_set_value(void *state, unsigned channel, double value)
{
	struct model *model = state;

	model->loaded = false;
	model->shown[channel] = value;
}

static void model_set_busy(void *state, bool busy)
{
	((struct model *)state)->busy = busy;
}

/* raw: the Conversion register after the next conversion. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	struct model *model = state;

	if (size == 2) {
		model->result = (uint16_t)(raw[0] << 8 | raw[1]);
		model->loaded = true;
	}
}

static void power_on(struct model *model, const struct ads1x15_variant *variant)
{
	*model = (struct model){.variant = variant, .config = CONFIG_AT_RESET & ~CONFIG_OS};
}

static void ads1115_reset(void *state)
{
	power_on(state, &ads1115_variant);
}

static void ads1015_reset(void *state)
{
	power_on(state, &ads1015_variant);
}

/* clang-format off */
#define MODEL(reset_function)                                                                      \
	{                                                                                          \
		.state_bytes = sizeof(struct model), .reset = (reset_function),            \
		.i2c_write = model_write, .i2c_read = model_read, .set_value = model_set_value,    \
		.set_busy = model_set_busy, .load = model_load,                                    \
	}
/* clang-format on */

const struct driver_model ads1115_model = MODEL(ads1115_reset);
const struct driver_model ads1015_model = MODEL(ads1015_reset);
