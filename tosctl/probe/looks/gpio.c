/* SPDX-License-Identifier: MIT */
#include "pi_lines.h"
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct gpio {
	struct probe *probe;
	cJSON *items, *chip;
	const char *name; /* of the chip whose lines are listed */
	unsigned n_held;
};

static void add_line(void *userdata, const struct board_item *line)
{
	struct gpio *gpio = userdata;
	char name[BOARD_ITEM_BYTES + 16];

	if (strcmp(line->of, gpio->name) != 0 || !line->is_held)
		return;
	(void)snprintf(name, sizeof(name), "%u%s%s", (unsigned)line->number, *line->name ? " " : "",
		line->name);
	if (!gpio->n_held++)
		(void)cJSON_AddArrayToObject(gpio->chip, "parts");
	probe_addf(cJSON_GetObjectItemCaseSensitive(gpio->chip, "parts"), name, PROBE_HELD,
		"held by %s", *line->words ? line->words : "the kernel or another program");
}

static void add_chip(void *userdata, const struct board_item *chip)
{
	struct gpio *gpio = userdata;
	char path[BOARD_ITEM_BYTES + 8];

	(void)snprintf(path, sizeof(path), "/dev/%s", chip->name);
	if (chip->error) {
		probe_add(gpio->items, chip->name, PROBE_FAULT, hal_strerror(chip->error));
		if (chip->error == -EACCES)
			probe_miss_group(gpio->probe, path, "gpio");
		return;
	}
	gpio->chip = probe_addf(gpio->items, chip->name, PROBE_FOUND, "%s, %u lines", chip->words,
		(unsigned)chip->number);
	cJSON_AddStringToObject(gpio->chip, "label", chip->words);
	cJSON_AddNumberToObject(gpio->chip, "lines", chip->number);
	if (!gpio->probe->sys || pi_line_chip_has_label(chip->words))
		probe_set_example(gpio->chip, "leds", "{name: red, line: GPIO17}");
}

static void look(struct probe *probe, cJSON *items)
{
	struct gpio gpio = {.probe = probe, .items = items};

	(void)board_list(probe->board, BOARD_GPIO_CHIP, NULL, add_chip, &gpio);
	cJSON_ArrayForEach(gpio.chip, items) {
		gpio.name =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(gpio.chip, "name"));
		gpio.n_held = 0;
		if (probe_state_of(gpio.chip) == PROBE_FOUND)
			(void)board_list(probe->board, BOARD_GPIO_LINE, NULL, add_line, &gpio);
	}
	if (cJSON_GetArraySize(items) > 0)
		return;
	if (probe->sys)
		probe_miss(probe, "GPIO lines: there is no /dev/gpiochip*",
			"the board has none, or a container hides them");
}

extern const struct probe_look look_gpio;

const struct probe_look look_gpio = {"gpio", look, false};
