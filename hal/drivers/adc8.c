/* SPDX-License-Identifier: MIT */
#include "adc8.h"

#include <errno.h>
#include <math.h>

static int convert(struct chip *chip, unsigned channel, uint8_t *ret_code)
{
	const struct adc8 *part = chip->driver->variant;
	const uint8_t command = part->command(channel);
	uint8_t answer[ADC8_ANSWER_MAX], code;
	int r = i2c_write_read(chip->i2c, chip->address, &command, 1, answer, part->answer_bytes);

	if (r < 0)
		return r;
	code = answer[part->answer_bytes - 1];
	if (code == 0 && i2c_is_held(chip->i2c))
		return -EBADMSG;
	*ret_code = code;
	return 0;
}

int adc8_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	uint8_t code;
	int r = convert(chip, 0, &code);

	if (r == 0)
		*ret_wait_us = 0;
	return r;
}

/* The read starts the conversion. */
int adc8_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	(void)chip;
	(void)channel;
	*ret_wait_us = 0;
	return 0;
}

int adc8_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	uint8_t code;
	int r = convert(chip, channel, &code);

	if (r == 0)
		ret_values[channel] = code;
	return r;
}

void adc8_set_value(void *state, unsigned channel, double value)
{
	struct adc8_shown *shown = state;

	shown->loaded = false;
	shown->codes[channel] = (uint8_t)fmin(fmax(round(value), 0), ADC8_CODE_MAX);
}
