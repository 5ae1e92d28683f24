/* SPDX-License-Identifier: MIT */
#include "publisher.h"
#include "clock.h"
#include "log.h"
#include "payload.h"
#include "topic.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	CLOCK_WAIT_US = 60000000, /* for backlog, after a connection was made */
	CLOCK_LOOK_US = 1000000,  /* how often the clock is looked at while it is not set */
};

struct publisher {
	struct outbox *outbox;
	/* Map of the last reading; with another map, all values are published anew. */
	const struct config *config;
	uint64_t connection;
	double published[CONFIG_SENSORS_MAX]; /* NAN: nothing yet */
	atomic_size_t packed_skipped;         /* 64 bits are not atomic on every processor */
	bool clock_unset;
	uint64_t clock_looked_us;  /* while it is not set: the last look */
	uint64_t clock_connection; /* with which the wait for it began */
	uint64_t wait_until_us;    /* end of the wait */
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

/* A moment, by both clocks. */
struct moment {
	uint64_t wall_ms, us;
};

/* Until the clock is set, the monotonic clock has to do. */
static uint64_t stamp_ms(struct moment moment)
{
	return clock_is_set(moment.wall_ms) ? moment.wall_ms : moment.us / 1000;
}

/*
 * A board without a clock of its own gets the time from the network, often a little later than the
 * broker. Live readings do not wait for it. Backlog does, so that it gets the time at which it was
 * taken; but not for ever, since there may be no source of time.
 */
static void follow_clock(struct publisher *publisher, struct moment now, uint64_t connection)
{
	if (clock_is_set(now.wall_ms)) {
		if (!publisher->clock_unset)
			return;
		publisher->clock_unset = false;
		log_notice("sensors", "the clock is set; readings that wait have their time now");
		outbox_set_clock(publisher->outbox, now.wall_ms - now.us / 1000);
		return;
	}
	if (!publisher->clock_unset)
		log_notice("sensors",
			"the clock is not set; the time of readings is null until it is");
	publisher->clock_unset = true;
	publisher->clock_looked_us = now.us;
	if (connection != publisher->clock_connection)
		publisher->wait_until_us = now.us + CLOCK_WAIT_US;
	publisher->clock_connection = connection;
	outbox_wait_for_clock(
		publisher->outbox, connection == 0 || now.us < publisher->wait_until_us);
}

static void put_combined(struct publisher *publisher, const struct reading *reading)
{
	const struct moment taken = {reading->taken_ms, reading->taken_us};
	int size = payload_format_reading(
		publisher->config, reading, publisher->payload, sizeof(publisher->payload));

	if (size >= 0)
		size = outbox_put_reading(
			publisher->outbox, stamp_ms(taken), publisher->payload, (size_t)size);
	if (size < 0)
		log_error("sensors",
			"a reading is too large to be sent; give the sensors shorter names");
	else
		log_debug("sensors", "reading %" PRIu64, stamp_ms(taken));
}

static void put_value(
	struct publisher *publisher, const char *name, const void *payload, size_t size)
{
	char parent[TOPIC_MAX], topic[TOPIC_MAX];
	struct outbox_address to = {.topic = topic, .qos = publisher->config->mqtt.qos};

	topic_below(parent, publisher->config->mqtt.topic, "sensors");
	topic_below(topic, parent, name);
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

/* Returns true if every field was read this time: a field with a slower rhythm makes the whole
 * struct as slow. */
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

/* The topic of an input that is in some state. False if the chip has none. */
static bool input_topic(
	const struct config *config, const struct config_chip *chip, char ret_topic[TOPIC_MAX])
{
	char parent[TOPIC_MAX];

	for (size_t i = 0; i < chip->driver->n_events; i++) {
		if (!chip->driver->events[i].state)
			continue;
		topic_below(parent, config->mqtt.topic, "state/input");
		topic_below(ret_topic, parent, chip->name);
		return true;
	}
	return false;
}

static bool is_input_topic(const void *context, const char *topic)
{
	const struct config *config = context;
	char own[TOPIC_MAX];

	for (size_t i = 0; i < config->n_chips; i++) {
		if (input_topic(config, &config->chips[i], own) && strcmp(own, topic) == 0)
			return true;
	}
	return false;
}

static void follow_config(
	struct publisher *publisher, const struct config *config, uint64_t connection)
{
	if (publisher->config == config && publisher->connection == connection)
		return;
	if (publisher->config != config)
		outbox_forget_topics(
			publisher->outbox, OUTBOX_INPUT_TOPICS, is_input_topic, config);
	publisher->config = config;
	publisher->connection = connection;
	for (size_t i = 0; i < CONFIG_SENSORS_MAX; i++)
		publisher->published[i] = (double)NAN;
}

static void put_event(
	struct publisher *publisher, const char *name, const char *word, struct moment moment)
{
	char text[OUTBOX_EVENT_BYTES];
	int size = payload_format_event(name, word, moment.wall_ms, text, sizeof(text));

	if (size >= 0)
		(void)outbox_put_event(publisher->outbox, stamp_ms(moment), text, (size_t)size);
	log_debug("inputs", "%s %s", name, word);
}

static void put_input(struct publisher *publisher, size_t index, const struct config_chip *chip,
	const char *state)
{
	const struct outbox_topic_id id = {OUTBOX_INPUT_TOPICS, index};
	char topic[TOPIC_MAX];

	if (input_topic(publisher->config, chip, topic))
		(void)outbox_put_topic(publisher->outbox, &id, topic, state, strlen(state));
}

void publisher_on_map(void *userdata, const struct config *config)
{
	struct publisher *publisher = userdata;

	follow_config(publisher, config, outbox_connection(publisher->outbox));
}

void publisher_on_event(void *userdata, const struct input_event *event)
{
	struct publisher *publisher = userdata;
	const struct config_chip *chip = &event->config->chips[event->chip];
	const struct driver_event_word *word = &chip->driver->events[event->index];
	uint64_t connection = outbox_connection(publisher->outbox);
	struct moment moment = {clock_wall_ms(), clock_now_us()};

	follow_clock(publisher, moment, connection);
	follow_config(publisher, event->config, connection);
	if (event->time_us < moment.us) {
		moment.wall_ms -= (moment.us - event->time_us) / 1000;
		moment.us = event->time_us;
	}
	if (event->is_change)
		put_event(publisher, chip->name, word->word, moment);
	if (word->state)
		put_input(publisher, event->chip, chip, word->state);
}

void publisher_on_reading(
	void *userdata, const struct config *config, const struct reading *reading)
{
	struct publisher *publisher = userdata;
	uint64_t connection = outbox_connection(publisher->outbox);

	follow_clock(publisher, (struct moment){reading->taken_ms, reading->taken_us}, connection);
	follow_config(publisher, config, connection);
	if (reading->n_values == 0)
		return;
	put_combined(publisher, reading);
	for (size_t i = 0; i < reading->n_values; i++)
		put_own_topic(publisher, i, reading->values[i]);
	for (size_t i = 0; i < config->n_packed; i++)
		put_packed(publisher, &config->packed[i], reading);
}

/* The next reading may be an hour away. */
uint64_t publisher_on_idle(void *userdata, uint64_t now_us)
{
	struct publisher *publisher = userdata;

	if (publisher->clock_unset && now_us - publisher->clock_looked_us >= CLOCK_LOOK_US)
		follow_clock(publisher, (struct moment){clock_wall_ms(), now_us},
			outbox_connection(publisher->outbox));
	return publisher->clock_unset ? publisher->clock_looked_us + CLOCK_LOOK_US : UINT64_MAX;
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
