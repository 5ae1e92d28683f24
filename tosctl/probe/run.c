/* SPDX-License-Identifier: MIT */
#include "board_name.h"
#include "probe.h"

#include <string.h>

bool probe_is_pi(const struct probe *probe)
{
	char name[BOARD_NAME_BYTES] = "";

	return probe->sys && board_name_read(probe->sys, name) == 0 &&
		strncmp(name, "Raspberry Pi", strlen("Raspberry Pi")) == 0;
}

cJSON *probe_run(struct probe *probe)
{
	cJSON *found = cJSON_CreateObject();

	probe->missing = cJSON_CreateArray();
	for (const struct probe_look *const *look = probe_look_table; *look; look++)
		(*look)->look(probe, cJSON_AddArrayToObject(found, (*look)->title));
	cJSON_AddItemToObject(found, "missing", probe->missing);
	return found;
}
