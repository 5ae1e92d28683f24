/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Between the module i2c_user and the process that answers behind its adapters: one read() of
 * /dev/i2c-user-N fetches a whole transaction, one write() of the same file answers it.
 */
#pragma once

#include <linux/types.h>

#define I2C_USER_MESSAGES 4
#define I2C_USER_BYTES 512

struct i2c_user_request {
	__u32 sequence; /* to be given back in the reply */
	__u16 address;
	__u16 n_messages;
	struct {
		__u16 read; /* 1: the part sends */
		__u16 size;
	} messages[I2C_USER_MESSAGES];
	__u8 data[I2C_USER_BYTES]; /* what is written, one message after the other */
};

struct i2c_user_reply {
	__u32 sequence;
	__s32 result;              /* 0 or a negative errno; -ENXIO: no acknowledge */
	__u8 data[I2C_USER_BYTES]; /* what is read, one message after the other */
};
