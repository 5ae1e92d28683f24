/* SPDX-License-Identifier: MIT */
#include "spi.h"
#include "hal_error.h"
#include <errno.h>

enum { SPI_TRANSFER_BYTES_MAX = 4096 };

static void trace_transfer(const struct spi_device *device, const uint8_t *out, const uint8_t *in,
	size_t size, int result)
{
	char out_hex[64];
	char in_hex[64] = "-";

	(void)hal_trace_hex(out, size, out_hex, sizeof(out_hex));
	if (result == 0)
		(void)hal_trace_hex(in, size, in_hex, sizeof(in_hex));
	hal_trace_printf(device->trace, device->name, "w %s r %s %s", out_hex, in_hex,
		result == 0 ? "ok" : hal_strerror(result));
}

int spi_transfer(struct spi_device *device, const uint8_t *out, uint8_t *in, size_t size)
{
	if (!device || !out || !in || size < 1 || size > SPI_TRANSFER_BYTES_MAX)
		return -EINVAL;
	int r = device->ops->transfer(device, out, in, size);
	if (device->trace)
		trace_transfer(device, out, in, size, r);
	return r;
}

struct spi_device *spi_close(struct spi_device *device)
{
	if (device)
		device->ops->close(device);
	return NULL;
}
