/* SPDX-License-Identifier: MIT */
/*
 * Gathers the gateway's own condition for ROOT/health. Main thread.
 *
 * A new figure is a row of figures() in health.c. If nothing keeps its value yet, it gets a field
 * here, which main sets. Anything that can fail is a health_part.
 */
#pragma once

#include "config.h"
#include "health_part.h"
#include "link.h"
#include "neighbour.h"
#include "outbox.h"
#include "outputs.h"
#include "publisher.h"
#include "sampler.h"
#include "spooler.h"
#include <stdint.h>

enum { HEALTH_INSTANCE_BYTES = 17 };

/* Files of the state directory other than the spool's. KEPT: those of the file keeper. */
enum health_file { HEALTH_RUNNING_MAP, HEALTH_KEPT, HEALTH_FILES };

struct health {
	uint64_t started_us;
	char instance[HEALTH_INSTANCE_BYTES]; /* different in each process */
	uint32_t phase;                       /* random, too */
	uint64_t refused;                     /* actions refused so far */
	bool connected;
	struct neighbour neighbour;
	/* The payload of the last LINK_EVENT_BROKER. */
	size_t broker_size;
	char broker[LINK_BROKER_MAX];
	/* Last, since little of them is in use. */
	struct health_part files[HEALTH_FILES];
	bool is_of_old_map[CONFIG_SENSORS_MAX]; /* what the sensor's part says */
	struct health_part sensors[CONFIG_SENSORS_MAX];
};

/* health must be zeroed. random differs in each process: the instance comes from it. */
void health_init(struct health *health, uint64_t now_us, uint64_t random);

/* Returns the time until the first regular health, more than 0 and at most the interval. It is
 * random, so that gateways that start together do not publish together. */
uint64_t health_first_us(const struct health *health, uint64_t interval_us);

/*
 * For another map: a sensor that fails, and is the same there, goes on failing until the sampler,
 * which may come to that map only when a slow part lets it, has reported its sensors. All others
 * are taken to be well.
 */
void health_keep_sensors(
	struct health *health, const struct config *old, const struct config *config);

/* The sampler has reported all that fail in the new map. */
void health_settle_sensors(struct health *health);

/* The sampler's report about a sensor of the map in force. error: NULL if it works. */
void health_note_sensor(struct health *health, size_t sensor, const char *error, uint64_t since_ms);

/* The sources of the figures. All are borrowed for the call. */
struct health_sources {
	const struct config *config;
	const struct outputs *outputs;
	const struct publisher *publisher;
	struct sampler *sampler;
	struct outbox *outbox;
	struct spooler *spooler;
	uint32_t interval_ms;
	char *payload; /* OUTBOX_PAYLOAD_MAX bytes, for the message */
};

/* Puts ROOT/health into the outbox. */
void health_publish(const struct health *health, const struct health_sources *sources);
