/* SPDX-License-Identifier: MIT */
#include "spi_linux.h"
#include "device_node.h"
#include "linux_error.h"
#include <errno.h>
#include <linux/spi/spidev.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct spi_linux {
	struct spi_device base;
	int fd;
	struct spi_settings settings;
};

static const struct device_node_help HELP = {
	.missing = "enable SPI with raspi-config, or dtparam=spi=on in config.txt",
	.group = "spi",
};

static struct spi_linux *of(struct spi_device *device)
{
	return (struct spi_linux *)device;
}

static int transfer(struct spi_device *base, const uint8_t *out, uint8_t *in, size_t size)
{
	struct spi_linux *device = of(base);
	struct spi_ioc_transfer message = {
		.tx_buf = (uintptr_t)out,
		.rx_buf = (uintptr_t)in,
		.len = (uint32_t)size,
		/* Set in every transfer: the defaults belong to the device, and others may change
		 * them. */
		.speed_hz = device->settings.speed_hz,
		.bits_per_word = device->settings.bits,
	};
	int done = ioctl(device->fd, SPI_IOC_MESSAGE(1), &message);

	if (done < 0)
		return linux_error(errno);
	return (size_t)done == size ? 0 : -EIO;
}

static void close_device(struct spi_device *base)
{
	struct spi_linux *device = of(base);

	if (device->fd >= 0)
		(void)close(device->fd);
	free(device);
}

static const struct spi_ops OPS = {transfer, close_device};

/* The kernel returns EINVAL for settings that the controller cannot do. */
static int refused(const struct spi_linux *device, struct hal_error *error, const char *setting,
	unsigned value)
{
	int r = errno == EINVAL ? -EOPNOTSUPP : linux_error(errno);

	return hal_error_set(error, r, "%s cannot be set to %s %u: %s", device->base.name, setting,
		value, hal_strerror(r));
}

static int set_up(struct spi_linux *device, struct hal_error *error)
{
	const struct spi_settings *settings = &device->settings;

	if (ioctl(device->fd, SPI_IOC_WR_MODE, &settings->mode) < 0)
		return refused(device, error, "mode", settings->mode);
	if (ioctl(device->fd, SPI_IOC_WR_BITS_PER_WORD, &settings->bits) < 0)
		return refused(device, error, "bits a word", settings->bits);
	if (ioctl(device->fd, SPI_IOC_WR_MAX_SPEED_HZ, &settings->speed_hz) < 0)
		return refused(device, error, "a clock in Hz of", settings->speed_hz);
	return 0;
}

int spi_linux_open(const char *dev, const char *path, const struct spi_settings *settings,
	struct hal_error *error, struct spi_device **ret_device)
{
	struct spi_linux *device = calloc(1, sizeof(*device));

	if (!device)
		return -ENOMEM;
	device->base.ops = &OPS;
	device->settings = *settings;
	(void)snprintf(device->base.name, sizeof(device->base.name), "%s", path);
	device->fd = device_node_open(dev, path, &HELP, error);
	int r = device->fd < 0 ? device->fd : set_up(device, error);
	if (r < 0) {
		close_device(&device->base);
		return r;
	}
	*ret_device = &device->base;
	return 0;
}
