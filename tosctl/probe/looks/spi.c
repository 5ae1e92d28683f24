/* SPDX-License-Identifier: MIT */
/* Parts on SPI do not acknowledge, and a question to the wrong one could be a command: none is
 * asked. */
#include "probe.h"

#include <errno.h>
#include <stdio.h>

struct spi {
	struct probe *probe;
	cJSON *items;
};

static void add(void *userdata, const struct board_item *device)
{
	struct spi *spi = userdata;
	char text[BOARD_ITEM_BYTES + 64];

	if (device->error) {
		probe_add(spi->items, device->name, PROBE_FAULT, hal_strerror(device->error));
		if (device->error == -EACCES)
			probe_miss_group(spi->probe, device->name, "spi");
		return;
	}
	(void)snprintf(text, sizeof(text), "{driver: mcp3208, bus: %s}", device->name);
	probe_set_example(probe_add(spi->items, device->name, PROBE_FOUND,
				  "what is on it cannot be told: parts on SPI are not asked"),
		"chips", text);
}

static void look(struct probe *probe, cJSON *items)
{
	struct spi spi = {probe, items};

	(void)board_list(probe->board, BOARD_SPI, NULL, add, &spi);
	if (cJSON_GetArraySize(items) > 0)
		return;
	if (probe_is_pi(probe))
		probe_miss(probe, "SPI: there is no /dev/spidev*",
			"if a part sits on SPI: dtparam=spi=on in /boot/firmware/config.txt, or "
			"sudo raspi-config nonint do_spi 0; then restart");
}

extern const struct probe_look look_spi;

const struct probe_look look_spi = {"spi", look, false};
