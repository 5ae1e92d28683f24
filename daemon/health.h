/* SPDX-License-Identifier: MIT */
/* What the gateway knows of its own condition, gathered for ROOT/health. Main thread. */
#pragma once

#include "actuators.h"
#include "config.h"
#include "outbox.h"
#include "publisher.h"
#include "sampler.h"
#include <stdint.h>

struct health_sensor {
	bool ok;
	uint64_t since_ms;
	char error[SAMPLER_TEXT_BYTES];
};

struct health {
	uint64_t started_us;
	uint64_t reconnects, rejected; /* as the link told last */
	struct health_sensor sensors[CONFIG_SENSORS_MAX];
};

/* All sensors are well until something else is heard of them. */
void health_reset_sensors(struct health *health);

/* Where the figures come from; all borrowed for the call. */
struct health_sources {
	const struct config *config;
	const struct actuators *actuators;
	const struct publisher *publisher;
	struct sampler *sampler;
	struct outbox *outbox;
	uint32_t interval_ms;
};

/* Puts ROOT/health into the outbox. */
void health_publish(const struct health *health, const struct health_sources *sources);
