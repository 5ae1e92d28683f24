/* SPDX-License-Identifier: MIT */
#include "probe.h"

static void look(struct probe *probe, cJSON *items)
{
	if (!probe->is_running)
		return;
	if (probe->running)
		probe_addf(items, "runs here", PROBE_HELD,
			"process %d, chips %zu, sensors %zu: its buses are not touched",
			(int)probe->pid, probe->running->n_chips, probe->running->n_sensors);
	else
		probe_addf(items, "runs here", PROBE_HELD,
			"process %d: no bus is touched, since its map cannot be read; run this "
			"with sudo",
			(int)probe->pid);
}

extern const struct probe_look look_tosd;

const struct probe_look look_tosd = {"tosd", look, true};
