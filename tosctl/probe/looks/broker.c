/* SPDX-License-Identifier: MIT */
#include "mqtt_client.h"
#include "probe.h"
#include "session.h"

#include <string.h>

/* True if it answers. */
static bool try(struct probe *probe, cJSON *items, size_t index)
{
	const char *place = session_place(probe->options, index);
	char error[MQTT_CLIENT_ERROR_MAX] = "";
	struct session *session = NULL;
	int r = session_try(probe->options, index, error, &session);

	session_close(session);
	probe_add(items, place, r == 0 ? PROBE_FOUND : PROBE_FAULT, r == 0 ? "answers" : error);
	return r == 0;
}

static void look(struct probe *probe, cJSON *items)
{
	bool is_there = false;

	for (size_t i = 0; session_place(probe->options, i); i++)
		is_there = try(probe, items, i) || is_there;
	if (!is_there)
		probe_miss(probe, "a broker that answers",
			"name it with -h HOST (-u USER -P PASSWORD), or install one here: sudo apt "
			"install mosquitto");
}

extern const struct probe_look look_broker;

const struct probe_look look_broker = {"broker", look, false};
