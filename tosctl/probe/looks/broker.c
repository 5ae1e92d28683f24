/* SPDX-License-Identifier: MIT */
#include "mqtt_client.h"
#include "probe.h"
#include "session.h"

#include <string.h>

static void look(struct probe *probe, cJSON *items)
{
	const char *place = probe->options->place;
	char error[MQTT_CLIENT_ERROR_MAX] = "";
	struct session *session = NULL;
	int r = session_try(probe->options, error, &session);

	session_close(session);
	if (r == 0) {
		probe_add(items, place, PROBE_FOUND, "answers");
		return;
	}
	probe_add(items, place, PROBE_FAULT, error);
	probe_miss(probe, "a broker that answers",
		"name it with -h HOST (-u USER -P PASSWORD), or install one here: sudo apt install "
		"mosquitto");
}

extern const struct probe_look look_broker;

const struct probe_look look_broker = {"broker", look, false};
