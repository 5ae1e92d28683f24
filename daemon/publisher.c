/* SPDX-License-Identifier: MIT */
#include "publisher.h"
#include "log.h"
#include "payload.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct publisher {
	struct outbox *outbox;
	/* Of the last reading; with another one all values are published anew. */
	const struct config *config;
	uint64_t connection;
	double published[CONFIG_SENSORS_MAX]; /* NAN: nothing yet */
	_Atomic uint64_t packed_skipped;
	char payload[OUTBOX_PAYLOAD_MAX];
};

int publisher_new(struct outbox *outbox, struct publisher **ret_publisher)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));

	if (!publisher)
		return -ENOMEM;
	publisher->outbox = outbox;
	*ret_publisher = publisher;
	return 0;
}

static void put_combined(struct publisher *publisher, const struct reading *reading)
{
	int size = payload_format_reading(
		publisher->config, reading, publisher->payload, sizeof(publisher->payload));

	if (size >= 0)
		size = outbox_put_reading(
			publisher->outbox, reading->taken_ms, publisher->payload, (size_t)size);
	if (size < 0)
		log_error("sensors",
			"a reading is too large to be sent; give the sensors shorter names");
	else
		log_debug("sensors", "reading %" PRIu64, reading->taken_ms);
}

static void put_value(
	struct publisher *publisher, const char *name, const void *payload, size_t size)
{
	char topic[OUTBOX_TOPIC_MAX];
	struct outbox_address to = {.topic = topic, .qos = publisher->config->mqtt.qos};

	snprintf(topic, sizeof(topic), "%s/sensors/%s", publisher->config->mqtt.topic, name);
	outbox_put_value(publisher->outbox, &to, payload, size);
}

static void put_own_topic(struct publisher *publisher, size_t index, double value)
{
	const struct config_sensor *sensor = &publisher->config->sensors[index];
	double *published = &publisher->published[index];
	char text[64];
	int size;

	if (!sensor->topic || isnan(value))
		return;
	if (!isnan(*published) && sensor->deadband > 0 &&
		fabs(value - *published) <= sensor->deadband)
		return;
	size = payload_format_value(sensor, value, text, sizeof(text));
	if (size < 0)
		return;
	*published = value;
	put_value(publisher, sensor->name, text, (size_t)size);
}

/* Whether every field was asked this time: a field with a slower rhythm makes the struct as slow as
 * itself. */
static bool packed_is_due(const struct config_packed *packed, const struct reading *reading)
{
	for (size_t i = 0; i < packed->n_fields; i++)
		if (!reading->due[packed->fields[i].sensor])
			return false;
	return true;
}

static void put_packed(struct publisher *publisher, const struct config_packed *packed,
	const struct reading *reading)
{
	int size;

	if (!packed_is_due(packed, reading))
		return;
	size = payload_pack(publisher->config, packed, reading, (uint8_t *)publisher->payload,
		sizeof(publisher->payload));
	if (size < 0) {
		atomic_fetch_add_explicit(&publisher->packed_skipped, 1, memory_order_relaxed);
		return;
	}
	put_value(publisher, packed->topic, publisher->payload, (size_t)size);
}

void publisher_on_reading(
	void *userdata, const struct config *config, const struct reading *reading)
{
	struct publisher *publisher = userdata;
	uint64_t connection = outbox_connection(publisher->outbox);

	if (publisher->config != config || publisher->connection != connection) {
		publisher->config = config;
		publisher->connection = connection;
		for (size_t i = 0; i < CONFIG_SENSORS_MAX; i++)
			publisher->published[i] = (double)NAN;
	}
	put_combined(publisher, reading);
	for (size_t i = 0; i < reading->n_values; i++)
		put_own_topic(publisher, i, reading->values[i]);
	for (size_t i = 0; i < config->n_packed; i++)
		put_packed(publisher, &config->packed[i], reading);
}

uint64_t publisher_packed_skipped(const struct publisher *publisher)
{
	return atomic_load_explicit(&publisher->packed_skipped, memory_order_relaxed);
}

struct publisher *publisher_free(struct publisher *publisher)
{
	free(publisher);
	return NULL;
}
