/* SPDX-License-Identifier: MIT */
/*
 * Maps an I2C transaction to SMBus commands, for adapters that speak nothing else. Pure.
 *
 * Source: System Management Bus specification 2.0, section 5.5, and the kernel's
 * Documentation/i2c/smbus-protocol.rst.
 */
#pragma once

#include "i2c.h"

enum smbus_command {
	SMBUS_READ_BYTE,      /* [r 1] */
	SMBUS_WRITE_BYTE,     /* [w value] */
	SMBUS_READ_DATA,      /* [w register] [r 1] */
	SMBUS_WRITE_DATA,     /* [w register value] */
	SMBUS_READ_WORD,      /* [w register] [r 2] */
	SMBUS_WRITE_WORD,     /* [w register low high]: the first byte on the wire is the low one */
	SMBUS_READ_BLOCK,     /* [w register] [r 1..32] */
	SMBUS_WRITE_BLOCK,    /* [w register 1..32 bytes] */
	SMBUS_READ_DATA_EACH, /* [w register] [r n], one transaction a byte */
	SMBUS_WRITE_DATA_EACH, /* [w register n bytes], one transaction a byte */
};

struct smbus_plan {
	enum smbus_command command;
	uint8_t first;  /* the register, or the value of SMBUS_WRITE_BYTE */
	uint8_t *data;  /* in the messages: the bytes to read or write, without the register */
	uint8_t n_data; /* bytes */
};

/*
 * functions: the adapter's I2C_FUNCS. -EOPNOTSUPP if SMBus has no such transaction, or the adapter
 * supports none of the commands that would do.
 *
 * All commands put exactly the bytes of the messages on the wire, except the two ..._EACH: they
 * assume a register for each byte, counting up. That is true of parts with 8-bit registers. So they
 * are only used for more than two bytes, which the parts with 16-bit registers that the gateway
 * knows never need.
 */
int smbus_plan(const struct i2c_message *messages, size_t count, unsigned long functions,
	struct smbus_plan *ret_plan);
