/* SPDX-License-Identifier: MIT */
/*
 * I2C through i2c-dev. A whole transaction goes to the kernel in one I2C_RDWR; for adapters that
 * only speak SMBus it is split into SMBus commands (i2c_smbus.h).
 *
 * I2C_RDWR does not check whether a kernel driver owns the address, and two users of one part would
 * read each other's answers. I2C_SLAVE does check, so it comes first for each address.
 */
#include "i2c_linux.h"
#include "device_node.h"
#include "i2c_smbus.h"
#include "linux_error.h"
#include <errno.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	TIMEOUT_UNIT_MS = 10, /* of I2C_TIMEOUT */
	/* After a lost arbitration. The kernel stops retrying at the timeout in any case. */
	ARBITRATION_RETRIES = 1,
	NO_ADDRESS = 0, /* the general call: no part's own */
};

struct i2c_linux {
	struct i2c_bus base;
	int fd;
	unsigned long functions;             /* I2C_FUNCS */
	uint16_t slave_address;              /* where I2C_SLAVE points, or NO_ADDRESS */
	uint8_t checked[I2C_NOBODY / 8 + 1]; /* one bit for each address that was found free */
};

static struct i2c_linux *of(struct i2c_bus *bus)
{
	return (struct i2c_linux *)bus;
}

static int point_at(struct i2c_linux *bus, uint16_t address)
{
	if (bus->slave_address == address)
		return 0;
	if (ioctl(bus->fd, I2C_SLAVE, (unsigned long)address) < 0)
		/* The only place where EBUSY means a kernel driver, see linux_error.h. */
		return errno == EBUSY ? -EBUSY : linux_error_i2c(errno);
	bus->slave_address = address;
	bus->checked[address / 8] |= (uint8_t)(1U << (address % 8));
	return 0;
}

static bool is_checked(const struct i2c_linux *bus, uint16_t address)
{
	return bus->checked[address / 8] & (1U << (address % 8));
}

static int check_address(struct i2c_bus *base, uint16_t address, struct hal_error *error)
{
	struct i2c_linux *bus = of(base);
	int r = is_checked(bus, address) ? 0 : point_at(bus, address);

	if (r == -EBUSY) {
		const char *slash = strrchr(base->name, '/');
		return hal_error_set(error, r,
			"a kernel driver owns address 0x%02x on %s: read the part through it, with "
			"driver: iio or hwmon, or remove its overlay, or "
			"`echo 0x%02x > /sys/bus/i2c/devices/%s/delete_device`",
			address, base->name, address, slash ? slash + 1 : base->name);
	}
	if (r < 0)
		return hal_error_set(error, r, "%s: %s", base->name, hal_strerror(r));
	return 0;
}

static int transfer_i2c(
	struct i2c_bus *base, uint16_t address, struct i2c_message *messages, size_t count)
{
	struct i2c_linux *bus = of(base);
	struct i2c_msg kernel_messages[I2C_RDWR_IOCTL_MAX_MSGS];

	if (count > I2C_RDWR_IOCTL_MAX_MSGS)
		return -EINVAL;
	if (!is_checked(bus, address)) {
		int r = point_at(bus, address);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < count; i++)
		kernel_messages[i] = (struct i2c_msg){
			.addr = address,
			.flags = messages[i].read ? I2C_M_RD : 0,
			.len = (uint16_t)messages[i].size,
			.buf = messages[i].data,
		};
	struct i2c_rdwr_ioctl_data transaction = {kernel_messages, (uint32_t)count};
	int done = ioctl(bus->fd, I2C_RDWR, &transaction);
	if (done < 0)
		return linux_error_i2c(errno);
	return (size_t)done == count ? 0 : -EIO;
}

static int transfer_smbus(
	struct i2c_bus *base, uint16_t address, struct i2c_message *messages, size_t count)
{
	struct i2c_linux *bus = of(base);
	int r = point_at(bus, address);

	return r < 0 ? r : i2c_smbus_transfer(bus->fd, bus->functions, messages, count);
}

static void close_bus(struct i2c_bus *base)
{
	struct i2c_linux *bus = of(base);

	if (bus->fd >= 0)
		(void)close(bus->fd);
	free(bus);
}

static const struct i2c_ops I2C_OPS = {transfer_i2c, check_address, close_bus};
static const struct i2c_ops SMBUS_OPS = {transfer_smbus, check_address, close_bus};

static const struct device_node_help HELP = {
	.missing = "enable I2C with raspi-config, or dtparam=i2c_arm=on in config.txt and "
		   "`modprobe i2c-dev`",
	.group = "i2c",
};

/* The timeout belongs to the adapter, not the descriptor: other users of the bus get it too. */
static int set_up(struct i2c_linux *bus, struct hal_error *error)
{
	if (ioctl(bus->fd, I2C_FUNCS, &bus->functions) < 0)
		return hal_error_set(error, linux_error(errno), "%s is no I2C bus", bus->base.name);
	bus->base.ops = bus->functions & I2C_FUNC_I2C ? &I2C_OPS : &SMBUS_OPS;
	if (ioctl(bus->fd, I2C_TIMEOUT, (unsigned long)(I2C_TIMEOUT_MS / TIMEOUT_UNIT_MS)) < 0 ||
		ioctl(bus->fd, I2C_RETRIES, (unsigned long)ARBITRATION_RETRIES) < 0)
		return hal_error_set(
			error, linux_error(errno), "%s: cannot set its timeout", bus->base.name);
	return 0;
}

int i2c_linux_open(
	const char *dev, const char *path, struct hal_error *error, struct i2c_bus **ret_bus)
{
	struct i2c_linux *bus = calloc(1, sizeof(*bus));

	if (!bus)
		return -ENOMEM;
	bus->slave_address = NO_ADDRESS;
	(void)snprintf(bus->base.name, sizeof(bus->base.name), "%s", path);
	bus->fd = device_node_open(dev, path, &HELP, error);
	int r = bus->fd < 0 ? bus->fd : set_up(bus, error);
	if (r < 0) {
		close_bus(&bus->base);
		return r;
	}
	*ret_bus = &bus->base;
	return 0;
}
