/* SPDX-License-Identifier: MIT */
/* NXP PCA9685: the simulated part, with all its registers and the duty at each pin. */
#include "pca9685.h"

#include <errno.h>
#include <string.h>

enum { PRE_SCALE_RESET = 0x1e }; /* 200 Hz */

struct model {
	uint8_t registers[256];
	uint8_t pointer;
	double pins[N_CHANNELS]; /* duty, before INVRT */
};

static void model_reset(void *state)
{
	struct model *model = state;

	memset(model, 0, sizeof(*model));
	model->registers[REG_MODE1] = MODE1_SLEEP | MODE1_ALLCALL;
	model->registers[REG_MODE2] = MODE2_OUTDRV;
	memcpy(model->registers + REG_SUBADR1, pca9685_other_addresses,
		sizeof(pca9685_other_addresses));
	for (unsigned i = 0; i < N_CHANNELS; i++)
		model->registers[pca9685_led_register(i) + 3] = LED_FULL;
	model->registers[REG_PRE_SCALE] = PRE_SCALE_RESET;
}

static double model_register_duty(const struct model *model, unsigned channel)
{
	const uint8_t *led = model->registers + pca9685_led_register(channel);
	unsigned on = led[0] | (led[1] & 0x0fU) << 8;
	unsigned off = led[2] | (led[3] & 0x0fU) << 8;

	if (led[3] & LED_FULL)
		return 0;
	if (led[1] & LED_FULL)
		return 1;
	return ((off - on) & (STEPS - 1)) / (double)STEPS;
}

/*
 * On STOP. In sleep the outputs cannot be changed. The data sheet does not say what they show then,
 * so the model assumes the worst case: they keep their level. With RESTART set they wait for it.
 */
static void model_update_pins(struct model *model)
{
	if (model->registers[REG_MODE1] & (MODE1_SLEEP | MODE1_RESTART))
		return;
	for (unsigned i = 0; i < N_CHANNELS; i++)
		model->pins[i] = model_register_duty(model, i);
}

static void model_write_mode1(struct model *model, uint8_t value)
{
	uint8_t *mode1 = model->registers + REG_MODE1;
	uint8_t flags = *mode1 & (MODE1_RESTART | MODE1_EXTCLK);
	bool active = false;

	for (unsigned i = 0; i < N_CHANNELS; i++)
		active = active || !(model->registers[pca9685_led_register(i) + 3] & LED_FULL);
	if ((value & MODE1_SLEEP) && !(*mode1 & MODE1_SLEEP) && active)
		flags |= MODE1_RESTART;
	if ((value & MODE1_RESTART) && !(value & MODE1_SLEEP))
		flags &= (uint8_t)~MODE1_RESTART;
	if ((value & MODE1_EXTCLK) && (*mode1 & value & MODE1_SLEEP))
		flags |= MODE1_EXTCLK;
	*mode1 = (uint8_t)((value & ~(MODE1_RESTART | MODE1_EXTCLK)) | flags);
}

static void model_write_led(struct model *model, uint8_t reg, uint8_t value)
{
	bool high = (reg - REG_LED0_ON_L) % 2 == 1;

	model->registers[reg] = high ? value & LED_WRITABLE_H : value;
	model->registers[REG_MODE1] &= (uint8_t)~MODE1_RESTART;
}

static int model_write_register(struct model *model, uint8_t reg, uint8_t value)
{
	if (reg == REG_MODE1) {
		model_write_mode1(model, value);
	} else if (reg == REG_MODE2) {
		model->registers[reg] = value & MODE2_WRITABLE;
	} else if (reg <= REG_ALLCALLADR) {
		model->registers[reg] = value & 0xfe;
	} else if (reg <= REG_LED15_OFF_H) {
		model_write_led(model, reg, value);
	} else if (reg >= REG_ALL_LED_ON_L && reg <= REG_ALL_LED_OFF_H) {
		for (unsigned i = 0; i < N_CHANNELS; i++)
			model_write_led(model,
				(uint8_t)(pca9685_led_register(i) + reg - REG_ALL_LED_ON_L), value);
	} else if (reg == REG_PRE_SCALE) {
		if (model->registers[REG_MODE1] & MODE1_SLEEP)
			model->registers[reg] = value < PRE_SCALE_MIN ? PRE_SCALE_MIN : value;
	} else {
		return -ENXIO; /* reserved addresses are not acknowledged (table 4) */
	}
	return 0;
}

/* Table 4, remark: after register 69, and after 254, it continues at 0. */
static void model_advance(struct model *model)
{
	if (!(model->registers[REG_MODE1] & MODE1_AUTO_INCREMENT))
		return;
	if (model->pointer == REG_LED15_OFF_H || model->pointer == REG_PRE_SCALE)
		model->pointer = REG_MODE1;
	else
		model->pointer++;
}

static int model_i2c_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct model *model = state;
	int r = 0;

	(void)now_us;
	model->pointer = data[0];
	for (size_t i = 1; i < size && r == 0; i++) {
		r = model_write_register(model, model->pointer, data[i]);
		model_advance(model);
	}
	model_update_pins(model);
	return r;
}

static int model_i2c_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct model *model = state;

	(void)now_us;
	for (size_t i = 0; i < size; i++) {
		data[i] = model->registers[model->pointer];
		model_advance(model);
	}
	return 0;
}

static void model_peek(const void *state, uint8_t reg, uint8_t *data, size_t size)
{
	const struct model *model = state;

	for (size_t i = 0; i < size; i++)
		data[i] = model->registers[(reg + i) & 0xff];
}

static double model_duty(const void *state, unsigned channel)
{
	const struct model *model = state;
	bool inverted = model->registers[REG_MODE2] & MODE2_INVRT;

	return inverted ? 1 - model->pins[channel] : model->pins[channel];
}

const struct driver_model pca9685_model = {
	.state_bytes = sizeof(struct model),
	.reset = model_reset,
	.i2c_write = model_i2c_write,
	.i2c_read = model_i2c_read,
	.peek = model_peek,
	.duty = model_duty,
};
