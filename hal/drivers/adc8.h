/* SPDX-License-Identifier: MIT */
/*
 * Analog-digital converters of 8 bits on I2C that convert while they are read: a command byte
 * selects the input, and the last byte of the answer is the code.
 */
#pragma once

#include "chip.h"
#include <stddef.h>
#include <stdint.h>

enum { ADC8_CODE_MAX = 255, ADC8_ANSWER_MAX = 2, ADC8_CHANNELS_MAX = 8 };

/* driver.variant of such a part. */
struct adc8 {
	uint8_t (*command)(unsigned channel);
	size_t answer_bytes; /* up to ADC8_ANSWER_MAX */
};

/* As of struct driver. There is nothing to set up, but the part must answer. */
int adc8_configure(struct chip *chip, uint32_t *ret_wait_us);
int adc8_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us);
int adc8_collect(struct chip *chip, unsigned channel, double *ret_values);

/* The element of driver.channels for the input of that name. */
/* clang-format off */
#define ADC8_INPUT(number) {number, "raw", "raw", 0, ADC8_CODE_MAX, 1, 128}
/* clang-format on */

/* The values that the models show. A part's own model begins with it. */
struct adc8_shown {
	uint8_t codes[ADC8_CHANNELS_MAX];
	bool loaded; /* a vector's result, instead of codes */
	uint8_t result;
};

/* As of struct driver_model. */
void adc8_set_value(void *state, unsigned channel, double value);
