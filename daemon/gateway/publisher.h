/* SPDX-License-Identifier: MIT */
/*
 * Turns each reading into messages (the combined one, single values, packed structs), and each
 * event into one. It runs on the sampler's thread, so a reading never waits for the main thread.
 */
#pragma once

#include "config.h"
#include "outbox.h"
#include "reading.h"
#include "watch.h"
#include <stdint.h>

struct publisher;

/* outbox is borrowed. */
int publisher_new(struct outbox *outbox, struct publisher **ret_publisher);

/* A sampler_settings.on_map; userdata is the publisher. Clears what the map no longer has. */
void publisher_on_map(void *userdata, const struct config *config);

/* A sampler_settings.on_reading; as above. */
void publisher_on_reading(
	void *userdata, const struct config *config, const struct reading *reading);

/* A sampler_settings.on_event; as above. */
void publisher_on_event(void *userdata, const struct input_event *event);

/* A sampler_settings.on_idle; as above. Looks at the clock while it is not set. */
uint64_t publisher_on_idle(void *userdata, uint64_t now_us);

/* Counts structs that were not sent because a field was null or did not fit its letter. Any thread.
 * */
uint64_t publisher_packed_skipped(const struct publisher *publisher);

/* Returns NULL; publisher may be NULL. */
struct publisher *publisher_free(struct publisher *publisher);
