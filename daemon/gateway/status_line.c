/* SPDX-License-Identifier: MIT */
#include "status_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	NAMES_BYTES = 160,
	REST_BYTES = sizeof(" and 18446744073709551615 more"),
};

/* ": temp, humi and 3 more", or nothing if nothing fails. */
static void list(const struct status_line_failing *failing, char text[static NAMES_BYTES])
{
	size_t size = 0;

	text[0] = '\0';
	for (size_t i = 0; i < failing->n; i++) {
		const char *sign = i == 0 ? ": " : ", ";
		size_t room = NAMES_BYTES - REST_BYTES - size;

		if (strlen(sign) + strlen(failing->names[i]) >= room) {
			(void)snprintf(text + size, REST_BYTES, " and %zu more", failing->n - i);
			return;
		}
		size += (size_t)snprintf(text + size, room, "%s%s", sign, failing->names[i]);
	}
}

void status_line_format(const struct status_line *line, char ret_text[static STATUS_LINE_MAX])
{
	char sensors[NAMES_BYTES], outputs[NAMES_BYTES];

	list(&line->sensors, sensors);
	list(&line->outputs, outputs);
	(void)snprintf(ret_text, STATUS_LINE_MAX,
		"%s%s%s%s, %zu sensors (%zu failing%s)%s%s, interval %" PRIu32 " ms",
		line->connected ? "Connected" : "Not connected",
		line->is_deaf ? ", but the broker passes on no actions" : "",
		line->made_safe ? ", fail-safe: " : "", line->made_safe ? line->made_safe : "",
		line->n_sensors, line->sensors.n, sensors,
		line->outputs.n > 0 ? ", failing outputs" : "", outputs, line->interval_ms);
}
