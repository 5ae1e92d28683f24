/* SPDX-License-Identifier: MIT */
/* The line of status for the service manager. */
#include "gateway_internal.h"
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

enum { MADE_SAFE_BYTES = 64 };

/* Names what the fail-safe changed, first of all what moved. Returns NULL if it did not trip, or if
 * the map lets it change nothing. */
static const char *what_was_made_safe(
	const struct gateway *gateway, char words[static MADE_SAFE_BYTES])
{
	const struct config *config = gateway->config;
	const struct output_kind *changed = NULL;
	bool is_stopped = false;

	for (size_t i = 0; gateway->failsafe.tripped && i < config->n_outputs; i++) {
		const struct config_output *output = &config->outputs[i];
		bool stops = output->kind->moves && !config_output_acts_away(output);

		if (!config_output_failsafe(output)->away.given ||
			(changed && (is_stopped || !stops)))
			continue;
		changed = output->kind;
		is_stopped = stops;
	}
	if (!changed)
		return NULL;
	(void)snprintf(words, MADE_SAFE_BYTES, "%s are %s", changed->nouns,
		is_stopped ? "stopped" : "as the map wants them");
	return words;
}

/* Returns how many names there are. */
static size_t list_failing_sensors(const struct gateway *gateway, const char **names)
{
	const struct config *config = gateway->config;
	size_t n = 0;

	for (size_t i = 0; i < config->n_sensors; i++) {
		if (gateway->health.sensors[i].failed)
			names[n++] = config->sensors[i].name;
	}
	return n;
}

static size_t list_failing_outputs(const struct gateway *gateway, const char **names)
{
	const struct config *config = gateway->config;
	size_t n = 0;

	for (size_t i = 0; i < config->n_outputs; i++) {
		if (!outputs_get(gateway->outputs, i).ok)
			names[n++] = config->outputs[i].name;
	}
	return n;
}

void gateway_notify_status(struct gateway *gateway)
{
	const char *sensors[CONFIG_SENSORS_MAX];
	const char *outputs[CONFIG_OUTPUTS_MAX];
	char made_safe[MADE_SAFE_BYTES];
	struct status_line line = {
		.connected = gateway->health.connected,
		.is_deaf = gateway_is_deaf(gateway),
		.made_safe = what_was_made_safe(gateway, made_safe),
		.n_sensors = gateway->config->n_sensors,
		.sensors = {sensors, list_failing_sensors(gateway, sensors)},
		.outputs = {outputs, list_failing_outputs(gateway, outputs)},
		.interval_ms = gateway->interval_ms,
	};
	char text[STATUS_LINE_MAX];

	gateway->tripped_told = gateway->failsafe.tripped;
	status_line_format(&line, text);
	if (strcmp(text, gateway->status) == 0)
		return;
	(void)snprintf(gateway->status, sizeof(gateway->status), "%s", text);
	sd_notifyf(0, "STATUS=%s", text);
}
