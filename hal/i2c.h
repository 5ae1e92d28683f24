/* SPDX-License-Identifier: MIT */
/*
 * I2C: one bus, one user. A handle belongs to one thread. Several handles may be open on one bus:
 * the kernel, or the simulator, keeps their transfers apart.
 *
 * Source of the terms: NXP UM10204, "I2C-bus specification and user manual".
 */
#pragma once

#include "hal_error.h"
#include "hal_trace.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	I2C_ADDRESS_MIN = 0x08, /* 7-bit addresses below and above are reserved (UM10204, 3.1.12) */
	I2C_ADDRESS_MAX = 0x77,
	I2C_NOBODY = 0x78, /* reserved for 10-bit addresses: no part answers to it alone (3.1.12) */
	I2C_TIMEOUT_MS = 100, /* a transfer never blocks for longer than about this */
};

struct i2c_message {
	uint8_t *data; /* read: filled; write: only read */
	size_t size;   /* bytes, 1 to 8192 */
	bool read;
};

struct i2c_bus;

struct i2c_ops {
	/*
	 * One combined transaction: START, message, repeated START, message, ..., STOP, all to the
	 * same 7-bit address. 0 or an error of hal_error.h. A short read is an error (-EIO) and
	 * leaves nothing behind.
	 */
	int (*transfer)(
		struct i2c_bus *bus, uint16_t address, struct i2c_message *messages, size_t count);
	/* See i2c_check_address(). NULL if nobody else can hold an address. */
	int (*check_address)(struct i2c_bus *bus, uint16_t address, struct hal_error *error);
	void (*close)(struct i2c_bus *bus); /* frees it */
};

/* Backends embed this as their first member. */
struct i2c_bus {
	const struct i2c_ops *ops;
	const struct hal_trace *trace; /* borrowed, may be NULL */
	char name[64];                 /* as the map names it: "/dev/i2c-1" */
	bool has_read, has_read_ones;  /* since i2c_forget() */
};

/* Checked wrappers. All return 0 or an error of hal_error.h. */
int i2c_transfer(struct i2c_bus *bus, uint16_t address, struct i2c_message *messages, size_t count);
int i2c_write(struct i2c_bus *bus, uint16_t address, const uint8_t *data, size_t size);
int i2c_read(struct i2c_bus *bus, uint16_t address, uint8_t *data, size_t size);
int i2c_write_read(struct i2c_bus *bus, uint16_t address, const uint8_t *out, size_t out_size,
	uint8_t *in, size_t in_size);
/* Register helpers: an 8-bit register number, then the bytes. */
int i2c_read_registers(
	struct i2c_bus *bus, uint16_t address, uint8_t first, uint8_t *data, size_t size);
int i2c_write_register(struct i2c_bus *bus, uint16_t address, uint8_t reg, uint8_t value);
/* Registers of 16 bits. be: the high byte goes first, as with most parts; le: the low byte. */
int i2c_read_be16(struct i2c_bus *bus, uint16_t address, uint8_t reg, uint16_t *ret_value);
int i2c_read_le16(struct i2c_bus *bus, uint16_t address, uint8_t reg, uint16_t *ret_value);
int i2c_write_be16(struct i2c_bus *bus, uint16_t address, uint8_t reg, uint16_t value);
int i2c_write_le16(struct i2c_bus *bus, uint16_t address, uint8_t reg, uint16_t value);

/*
 * Checks that the address is free, without a transfer. -EBUSY: a kernel driver owns it; *error (may
 * be NULL) then has words for the user. The transfers return -EBUSY too.
 */
int i2c_check_address(struct i2c_bus *bus, uint16_t address, struct hal_error *error);

/* Makes i2c_is_held() disregard everything read so far. */
void i2c_forget(struct i2c_bus *bus);

/*
 * True if SDA is held low and the adapter takes that for acknowledges and zeros, as the one of the
 * Raspberry Pi 1-4 does: everything read since i2c_forget() is zero, and an address that no part
 * can have answers with zero, too. That last check is one transfer of one byte, made only if the
 * rest holds.
 */
bool i2c_is_held(struct i2c_bus *bus);

/* Closes and returns NULL; bus may be NULL. */
struct i2c_bus *i2c_close(struct i2c_bus *bus);
