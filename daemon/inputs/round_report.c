/* SPDX-License-Identifier: MIT */
#include "round_internal.h"

#include <string.h>

const char *round_slow(struct round *round)
{
	for (size_t i = 0; round->has_untold && i < round->n_lanes; i++) {
		if (round->lanes[i].is_untold) {
			round->lanes[i].is_untold = false;
			return round->lanes[i].name;
		}
	}
	round->has_untold = false;
	return NULL;
}

/* When a failing sensor is tried again. For a derived one: the source that makes it fail. */
static uint32_t retry_ms(const struct round *round, const struct sensor *sensor)
{
	const struct config_sensor *config = sensor->config;

	if (sensor->fault.implausible || sensor->fault.error == 0)
		return 0;
	for (size_t i = 0; config->derived && i < config->n_of;) {
		sensor = &round->sensors[config->of[i++]];
		if (sensor->fault.error == 0)
			continue;
		config = sensor->config;
		i = 0;
	}
	return measure_retry_ms(&sensor->part->measure);
}

bool round_unreported(struct round *round, struct sampler_event *ret_event)
{
	for (size_t i = 0; round->has_unreported && i < round->config->n_sensors; i++) {
		const struct sensor *sensor = &round->sensors[i];

		if (!sensor->unreported)
			continue;
		*ret_event = (struct sampler_event){
			.kind = SAMPLER_EVENT_SENSOR,
			.sensor = i,
			.error = sensor->fault.error,
			.since_ms = sensor->since_ms,
			.retry_ms = retry_ms(round, sensor),
			.config = round->config,
		};
		memcpy(ret_event->text, sensor->fault.text, sizeof(ret_event->text));
		return true;
	}
	round->has_unreported = false;
	return false;
}

void round_reported(struct round *round, const struct sampler_event *event)
{
	round->sensors[event->sensor].unreported = false;
}
