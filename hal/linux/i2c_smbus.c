/* SPDX-License-Identifier: MIT */
#include "i2c_smbus.h"
#include "linux_error.h"
#include "smbus_plan.h"
#include <errno.h>
#include <i2c/smbus.h>
#include <string.h>

/* libi2c returns a value or a negative errno. */
static int read_one(int32_t value, uint8_t *data)
{
	if (value < 0)
		return value;
	*data = (uint8_t)value;
	return 0;
}

static int read_word(int fd, const struct smbus_plan *plan)
{
	int32_t value = i2c_smbus_read_word_data(fd, plan->first);

	if (value < 0)
		return value;
	plan->data[0] = (uint8_t)value;
	plan->data[1] = (uint8_t)((uint32_t)value >> 8);
	return 0;
}

static int write_word(int fd, const struct smbus_plan *plan)
{
	return i2c_smbus_write_word_data(
		fd, plan->first, (uint16_t)(plan->data[0] | plan->data[1] << 8));
}

static int read_block(int fd, const struct smbus_plan *plan)
{
	uint8_t block[I2C_SMBUS_BLOCK_MAX];
	int32_t length = i2c_smbus_read_i2c_block_data(fd, plan->first, plan->n_data, block);

	if (length < 0)
		return length;
	if (length != plan->n_data)
		return -EIO;
	memcpy(plan->data, block, plan->n_data);
	return 0;
}

static int read_each(int fd, const struct smbus_plan *plan)
{
	uint8_t bytes[I2C_SMBUS_BLOCK_MAX];

	for (uint8_t i = 0; i < plan->n_data; i++) {
		int r = read_one(
			i2c_smbus_read_byte_data(fd, (uint8_t)(plan->first + i)), &bytes[i]);
		if (r < 0)
			return r;
	}
	memcpy(plan->data, bytes, plan->n_data);
	return 0;
}

static int write_each(int fd, const struct smbus_plan *plan)
{
	for (uint8_t i = 0; i < plan->n_data; i++) {
		int r = i2c_smbus_write_byte_data(fd, (uint8_t)(plan->first + i), plan->data[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int run(int fd, const struct smbus_plan *plan)
{
	switch (plan->command) {
	case SMBUS_READ_BYTE:
		return read_one(i2c_smbus_read_byte(fd), plan->data);
	case SMBUS_WRITE_BYTE:
		return i2c_smbus_write_byte(fd, plan->first);
	case SMBUS_READ_DATA:
		return read_one(i2c_smbus_read_byte_data(fd, plan->first), plan->data);
	case SMBUS_WRITE_DATA:
		return i2c_smbus_write_byte_data(fd, plan->first, plan->data[0]);
	case SMBUS_READ_WORD:
		return read_word(fd, plan);
	case SMBUS_WRITE_WORD:
		return write_word(fd, plan);
	case SMBUS_READ_BLOCK:
		return read_block(fd, plan);
	case SMBUS_WRITE_BLOCK:
		return i2c_smbus_write_i2c_block_data(fd, plan->first, plan->n_data, plan->data);
	case SMBUS_READ_DATA_EACH:
		return read_each(fd, plan);
	case SMBUS_WRITE_DATA_EACH:
		return write_each(fd, plan);
	}
	return -EOPNOTSUPP;
}

int i2c_smbus_transfer(int fd, unsigned long functions, struct i2c_message *messages, size_t count)
{
	struct smbus_plan plan;
	int r = smbus_plan(messages, count, functions, &plan);

	if (r < 0)
		return r;
	r = run(fd, &plan);
	return r < 0 ? linux_error_i2c(-r) : 0;
}
