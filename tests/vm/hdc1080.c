/* SPDX-License-Identifier: MIT */
#include "hdc1080.h"
#include <errno.h>

/* SNAS672A, table 1: the pointer is set by a write, and a write of three bytes sets the register.
 * A measurement begins with the pointer alone. */
enum { REGISTERS = 256, CONFIGURATION = 0x02, MANUFACTURER = 0xfe, DEVICE = 0xff };

struct model {
	uint16_t registers[REGISTERS];
	uint8_t pointer;
};

/* 8.6.1 and 8.6.2: temperature = code / 2^16 * 165 - 40, humidity = code / 2^16 * 100 %. */
static void reset(void *state)
{
	struct model *model = state;

	*model = (struct model){.registers = {
					[0] = 0x65a0,
					[1] = 0x7333,
					[CONFIGURATION] = 0x1000,
					[MANUFACTURER] = 0x5449,
					[DEVICE] = 0x1050,
				}};
}

static int write_bytes(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct model *model = state;

	(void)now_us;
	model->pointer = data[0];
	if (size == 3 && data[0] == CONFIGURATION)
		model->registers[data[0]] = (uint16_t)(data[1] << 8 | data[2]);
	return size == 1 || size == 3 ? 0 : -EIO;
}

static int read_bytes(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	const struct model *model = state;

	(void)now_us;
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(model->registers[model->pointer] >> (i % 2 ? 0 : 8));
	return 0;
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct model),
	.reset = reset,
	.i2c_write = write_bytes,
	.i2c_read = read_bytes,
};

const struct driver hdc1080 = {.name = "hdc1080", .bus = DRIVER_BUS_I2C, .model = &MODEL};
