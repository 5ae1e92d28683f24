/* SPDX-License-Identifier: MIT */
/* The LEDs that the kernel drives. */
#include "probe.h"

#include <ctype.h>
#include <stdio.h>

/* "input3::capslock" becomes "input3__capslock", which a name may be. */
static void name_of(const char *led, char ret_name[BOARD_ITEM_BYTES])
{
	size_t i = 0;

	for (; led[i] && i < BOARD_ITEM_BYTES - 1; i++)
		ret_name[i] =
			isalnum((unsigned char)led[i]) ? (char)tolower((unsigned char)led[i]) : '_';
	ret_name[i] = '\0';
}

static void add(void *userdata, const struct board_item *led)
{
	char text[2 * BOARD_ITEM_BYTES + 32], name[BOARD_ITEM_BYTES];
	cJSON *item = probe_addf(userdata, led->name, led->error ? PROBE_PLAIN : PROBE_FOUND,
		"%s%s%s", led->number > 1 ? "with brightness" : "on or off",
		*led->words ? ", shows " : "", led->words);

	cJSON_AddNumberToObject(item, "max_brightness", led->number);
	name_of(led->name, name);
	(void)snprintf(text, sizeof(text), "{name: %s, led: \"%s\"}", name, led->name);
	probe_set_example(item, "leds", text);
}

static void look(struct probe *probe, cJSON *items)
{
	(void)board_list(probe->board, BOARD_LED, NULL, add, items);
}

extern const struct probe_look look_leds;

const struct probe_look look_leds = {"leds", look, false};
