/* SPDX-License-Identifier: MIT */
#include "i2c.h"
#include "hal_error.h"
#include <errno.h>
#include <stdio.h>

enum {
	I2C_MESSAGE_BYTES_MAX = 8192, /* what i2c-dev takes */
	I2C_MESSAGES_MAX = 42,        /* I2C_RDWR_IOCTL_MAX_MSGS */
};

static bool messages_valid(const struct i2c_message *messages, size_t count)
{
	if (!messages || count < 1 || count > I2C_MESSAGES_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!messages[i].data || messages[i].size < 1 ||
			messages[i].size > I2C_MESSAGE_BYTES_MAX)
			return false;
	}
	return true;
}

/* Traces "0x77 w f7 r 5a 01 ok". A failed read has no bytes to show. */
static void trace_transfer(const struct i2c_bus *bus, uint16_t address,
	const struct i2c_message *messages, size_t count, int result)
{
	char text[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		char hex[64] = "-";
		size_t room = sizeof(text) - used;

		if (!messages[i].read || result == 0)
			(void)hal_trace_hex(messages[i].data, messages[i].size, hex, sizeof(hex));
		int written =
			snprintf(text + used, room, " %c %s", messages[i].read ? 'r' : 'w', hex);
		if (written < 0 || (size_t)written >= room)
			break;
		used += (size_t)written;
	}
	hal_trace_printf(bus->trace, bus->name, "0x%02x%s %s", address, text,
		result == 0 ? "ok" : hal_strerror(result));
}

static void remember(struct i2c_bus *bus, const struct i2c_message *messages, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!messages[i].read)
			continue;
		bus->has_read = true;
		for (size_t k = 0; k < messages[i].size && !bus->has_read_ones; k++)
			bus->has_read_ones = messages[i].data[k] != 0;
	}
}

int i2c_transfer(struct i2c_bus *bus, uint16_t address, struct i2c_message *messages, size_t count)
{
	if (!bus || address < I2C_ADDRESS_MIN || address > I2C_ADDRESS_MAX ||
		!messages_valid(messages, count))
		return -EINVAL;
	int r = bus->ops->transfer(bus, address, messages, count);
	if (r == 0)
		remember(bus, messages, count);
	if (bus->trace)
		trace_transfer(bus, address, messages, count, r);
	return r;
}

/* A message has one pointer for both directions; the data of a write is never modified. */
static struct i2c_message write_message(const uint8_t *data, size_t size)
{
	return (struct i2c_message){.data = (uint8_t *)(uintptr_t)data, .size = size};
}

int i2c_write(struct i2c_bus *bus, uint16_t address, const uint8_t *data, size_t size)
{
	struct i2c_message message = write_message(data, size);
	return i2c_transfer(bus, address, &message, 1);
}

int i2c_read(struct i2c_bus *bus, uint16_t address, uint8_t *data, size_t size)
{
	struct i2c_message message = {.data = data, .size = size, .read = true};
	return i2c_transfer(bus, address, &message, 1);
}

int i2c_write_read(struct i2c_bus *bus, uint16_t address, const uint8_t *out, size_t out_size,
	uint8_t *in, size_t in_size)
{
	struct i2c_message messages[] = {
		write_message(out, out_size),
		{.data = in, .size = in_size, .read = true},
	};
	return i2c_transfer(bus, address, messages, 2);
}

int i2c_read_registers(
	struct i2c_bus *bus, uint16_t address, uint8_t first, uint8_t *data, size_t size)
{
	return i2c_write_read(bus, address, &first, 1, data, size);
}

int i2c_write_register(struct i2c_bus *bus, uint16_t address, uint8_t reg, uint8_t value)
{
	const uint8_t data[] = {reg, value};
	return i2c_write(bus, address, data, sizeof(data));
}

int i2c_read_be16(struct i2c_bus *bus, uint16_t address, uint8_t reg, uint16_t *ret_value)
{
	uint8_t bytes[2];
	int r = i2c_read_registers(bus, address, reg, bytes, sizeof(bytes));

	if (r == 0)
		*ret_value = (uint16_t)(bytes[0] << 8 | bytes[1]);
	return r;
}

int i2c_read_le16(struct i2c_bus *bus, uint16_t address, uint8_t reg, uint16_t *ret_value)
{
	uint8_t bytes[2];
	int r = i2c_read_registers(bus, address, reg, bytes, sizeof(bytes));

	if (r == 0)
		*ret_value = (uint16_t)(bytes[1] << 8 | bytes[0]);
	return r;
}

int i2c_write_be16(struct i2c_bus *bus, uint16_t address, uint8_t reg, uint16_t value)
{
	const uint8_t data[] = {reg, (uint8_t)(value >> 8), (uint8_t)value};
	return i2c_write(bus, address, data, sizeof(data));
}

int i2c_write_le16(struct i2c_bus *bus, uint16_t address, uint8_t reg, uint16_t value)
{
	const uint8_t data[] = {reg, (uint8_t)value, (uint8_t)(value >> 8)};
	return i2c_write(bus, address, data, sizeof(data));
}

int i2c_check_address(struct i2c_bus *bus, uint16_t address, struct hal_error *error)
{
	if (!bus || address < I2C_ADDRESS_MIN || address > I2C_ADDRESS_MAX)
		return hal_error_set(
			error, -EINVAL, "address 0x%02x is outside 0x08..0x77", address);
	return bus->ops->check_address ? bus->ops->check_address(bus, address, error) : 0;
}

void i2c_forget(struct i2c_bus *bus)
{
	bus->has_read = bus->has_read_ones = false;
}

bool i2c_is_held(struct i2c_bus *bus)
{
	uint8_t byte = 0xff;
	struct i2c_message message = {.data = &byte, .size = 1, .read = true};

	if (!bus->has_read || bus->has_read_ones)
		return false;
	return bus->ops->transfer(bus, I2C_NOBODY, &message, 1) == 0 && byte == 0;
}

struct i2c_bus *i2c_close(struct i2c_bus *bus)
{
	if (bus)
		bus->ops->close(bus);
	return NULL;
}
