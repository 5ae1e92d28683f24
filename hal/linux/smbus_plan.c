/* SPDX-License-Identifier: MIT */
#include "smbus_plan.h"
#include <errno.h>
#include <linux/i2c.h>

/* Ways to move bytes after a register number, the best first. */
struct way {
	enum smbus_command command;
	unsigned long functions; /* that the adapter must have */
	size_t min_data, max_data;
};

/* A word comes before a block: for two bytes it is the more widely supported command. */
static const struct way READS[] = {
	{SMBUS_READ_DATA, I2C_FUNC_SMBUS_READ_BYTE_DATA, 1, 1},
	{SMBUS_READ_WORD, I2C_FUNC_SMBUS_READ_WORD_DATA, 2, 2},
	{SMBUS_READ_BLOCK, I2C_FUNC_SMBUS_READ_I2C_BLOCK, 1, I2C_SMBUS_BLOCK_MAX},
	{SMBUS_READ_DATA_EACH, I2C_FUNC_SMBUS_READ_BYTE_DATA, 3, I2C_SMBUS_BLOCK_MAX},
};

static const struct way WRITES[] = {
	{SMBUS_WRITE_DATA, I2C_FUNC_SMBUS_WRITE_BYTE_DATA, 1, 1},
	{SMBUS_WRITE_WORD, I2C_FUNC_SMBUS_WRITE_WORD_DATA, 2, 2},
	{SMBUS_WRITE_BLOCK, I2C_FUNC_SMBUS_WRITE_I2C_BLOCK, 1, I2C_SMBUS_BLOCK_MAX},
	{SMBUS_WRITE_DATA_EACH, I2C_FUNC_SMBUS_WRITE_BYTE_DATA, 3, I2C_SMBUS_BLOCK_MAX},
};

/* Without a register number: just the one byte. */
static const struct way READ_BYTE = {SMBUS_READ_BYTE, I2C_FUNC_SMBUS_READ_BYTE, 1, 1};
static const struct way WRITE_BYTE = {SMBUS_WRITE_BYTE, I2C_FUNC_SMBUS_WRITE_BYTE, 0, 0};

static int choose(const struct way *ways, size_t n_ways, unsigned long functions,
	struct smbus_plan plan, struct smbus_plan *ret_plan)
{
	for (size_t i = 0; i < n_ways; i++) {
		if (plan.n_data < ways[i].min_data || plan.n_data > ways[i].max_data)
			continue;
		if ((functions & ways[i].functions) != ways[i].functions)
			continue;
		plan.command = ways[i].command;
		*ret_plan = plan;
		return 0;
	}
	return -EOPNOTSUPP;
}

int smbus_plan(const struct i2c_message *messages, size_t count, unsigned long functions,
	struct smbus_plan *ret_plan)
{
	const struct i2c_message *first = &messages[0];
	struct smbus_plan plan = {0};

	if (count == 1 && first->size <= 1 + I2C_SMBUS_BLOCK_MAX) {
		plan.first = first->data[0];
		plan.data = first->data + 1;
		plan.n_data = (uint8_t)(first->size - 1);
		if (!first->read && plan.n_data > 0)
			return choose(WRITES, sizeof(WRITES) / sizeof(WRITES[0]), functions, plan,
				ret_plan);
		if (!first->read)
			return choose(&WRITE_BYTE, 1, functions, plan, ret_plan);
		plan.data = first->data;
		plan.n_data = (uint8_t)first->size;
		return choose(&READ_BYTE, 1, functions, plan, ret_plan);
	}
	if (count == 2 && !first->read && first->size == 1 && messages[1].read &&
		messages[1].size <= I2C_SMBUS_BLOCK_MAX) {
		plan.first = first->data[0];
		plan.data = messages[1].data;
		plan.n_data = (uint8_t)messages[1].size;
		return choose(READS, sizeof(READS) / sizeof(READS[0]), functions, plan, ret_plan);
	}
	return -EOPNOTSUPP;
}
