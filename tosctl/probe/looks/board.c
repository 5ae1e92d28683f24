/* SPDX-License-Identifier: MIT */
#include "board_name.h"
#include "probe.h"

#include <stdio.h>
#include <sys/utsname.h>

static void look(struct probe *probe, cJSON *items)
{
	char name[BOARD_NAME_BYTES];
	struct utsname kernel;

	if (!probe->sys)
		probe_add(items, "simulated board", PROBE_PLAIN, NULL);
	else if (board_name_read(probe->sys, name) == 0)
		probe_add(items, name, PROBE_PLAIN, NULL);
	else
		probe_add(items, "unnamed board", PROBE_PLAIN, NULL);
	if (probe->sys && uname(&kernel) == 0) {
		char text[256];

		(void)snprintf(text, sizeof(text), "%.60s %.100s on %.60s", kernel.sysname,
			kernel.release, kernel.machine);
		probe_add(items, text, PROBE_PLAIN, NULL);
	}
}

extern const struct probe_look look_board;

const struct probe_look look_board = {"board", look, false};
