/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct pwm {
	struct probe *probe;
	cJSON *items;
};

static bool is_known(const cJSON *items, const char *name)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, items) {
		const cJSON *known = cJSON_GetObjectItemCaseSensitive(item, "name");

		if (strcmp(cJSON_GetStringValue(known), name) == 0)
			return true;
	}
	return false;
}

static void add(void *userdata, const struct board_item *chip)
{
	struct pwm *pwm = userdata;
	char text[BOARD_ITEM_BYTES + 32];
	cJSON *item;

	if (is_known(pwm->items, chip->name))
		return;
	item = probe_addf(pwm->items, chip->name, chip->error ? PROBE_FAULT : PROBE_FOUND,
		"%s, channels %u%s%s", chip->words, (unsigned)chip->number, chip->error ? ": " : "",
		chip->error ? hal_strerror(chip->error) : "");
	cJSON_AddNumberToObject(item, "channels", chip->number);
	(void)snprintf(text, sizeof(text), "{name: lamp, pwm: %s.0}", chip->name);
	probe_set_example(item, "leds", text);
	if (chip->error == -EACCES)
		probe_miss_group(pwm->probe, "/sys/class/pwm", "gpio");
}

static void look(struct probe *probe, cJSON *items)
{
	struct pwm pwm = {probe, items};

	(void)board_list(probe->board, BOARD_PWM, NULL, add, &pwm);
	if (cJSON_GetArraySize(items) > 0)
		return;
	if (probe_is_pi(probe))
		probe_miss(probe, "PWM of the board: there is no /sys/class/pwm/pwmchip*",
			"if an output needs it: dtoverlay=pwm-2chan in /boot/firmware/config.txt, "
			"then restart; pwm: soft works on every line without it");
}

extern const struct probe_look look_pwm;

const struct probe_look look_pwm = {"pwm", look, false};
