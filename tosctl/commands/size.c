/* SPDX-License-Identifier: MIT */
/*
 * Computes the load of many gateways with one map on a broker. Bytes are those of MQTT 5 without
 * TCP and TLS. Each message is formatted as the gateway does it, with the widest values of its
 * sensors, so the sums are rather too high. Actions and events are left out, since a map does not
 * tell how many there are.
 */
#include "command.h"
#include "config.h"
#include "output_kind.h"
#include "payload.h"
#include "topic.h"
#include "version.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TEXT_BYTES = 256 * 1024, /* the largest message of the gateway is smaller */
	ACK_BYTES = 4,
	/* Bytes of a CONNECT, and of the SUBSCRIBEs, besides the texts of the map. */
	CONNECT_BYTES = 60,
	SUBSCRIPTIONS = 9, /* with a will of the map's own, one less */
	SUBSCRIBE_BYTES = 131,
	/* Of the health: its figures, and each part besides its name. test_size.py compares them
	 * with a gateway. */
	HEALTH_BYTES = 360,
	HEALTH_PART_BYTES = 15,
	GATEWAYS_MAX = 10000000,
	LONG_OUTAGE_S = 30, /* within this time they come back, see backoff.h */
	SPARE_FILES = 1000,
};

/* Sums over the messages of one gateway. */
struct sums {
	double messages, packets, bytes;    /* a second */
	double begin_messages, begin_bytes; /* of a connect */
	double retained, retained_bytes;    /* that the broker keeps, topics included */
};

/* All that is needed to format a message. */
struct sizer {
	const struct config *config;
	struct sums sums;
	double values[CONFIG_SENSORS_MAX];
	unsigned char due[CONFIG_SENSORS_MAX];
	char text[TEXT_BYTES];
};

/* A PUBLISH of MQTT 5 (3.3): the fixed header, the topic, a packet id, no properties. */
static double publish_bytes(size_t topic, size_t payload, unsigned qos)
{
	size_t rest = 2 + topic + (qos > 0 ? 2 : 0) + 1 + payload;

	return (double)(rest + (rest < 128 ? 2 : rest < 16384 ? 3 : 4));
}

static size_t topic_size(const struct config *config, const char *below)
{
	return strlen(config->mqtt.topic) + 1 + strlen(below);
}

/* A message that comes again and again. */
static void add_regular(
	struct sizer *sizer, const char *below, int payload, double every_s, unsigned qos)
{
	struct sums *sums = &sizer->sums;
	double acks = qos == 2 ? 3 : qos;

	if (payload < 0)
		return;
	sums->messages += 1 / every_s;
	sums->packets += (1 + acks) / every_s;
	sums->bytes += (publish_bytes(topic_size(sizer->config, below), (size_t)payload, qos) +
			       acks * ACK_BYTES) /
		every_s;
}

/* A message at each connect, which the broker keeps. */
static void add_retained(struct sizer *sizer, const char *below, int payload)
{
	size_t topic = topic_size(sizer->config, below);

	if (payload < 0)
		return;
	sizer->sums.begin_messages++;
	sizer->sums.begin_bytes += publish_bytes(topic, (size_t)payload, 1) + ACK_BYTES;
	sizer->sums.retained++;
	sizer->sums.retained_bytes += (double)(topic + (size_t)payload);
}

/* The end of the sensor's range that takes more digits. */
static double widest(const struct config *config, size_t index)
{
	const struct config_sensor *sensor = &config->sensors[index];
	struct config_description description;
	char low[64], high[64];
	double min, max;

	config_describe_sensor(config, index, &description);
	min = isfinite(description.min) ? description.min : -99999;
	max = isfinite(description.max) ? description.max : 999999;
	if (payload_format_value(sensor, min, low, sizeof(low)) < 0 ||
		payload_format_value(sensor, max, high, sizeof(high)) < 0)
		return max;
	return strlen(low) > strlen(high) ? min : max;
}

static double seconds_of(const struct config *config, const struct config_sensor *sensor)
{
	double interval_s = config->interval.default_ms / 1e3;

	return sensor->every_us > 0 ? ceil((double)sensor->every_us / 1e6 / interval_s) * interval_s
				    : interval_s;
}

static void add_readings(struct sizer *sizer)
{
	const struct config *config = sizer->config;
	const struct reading reading = {
		1800000000000, 0, config->n_sensors, sizer->values, sizer->due};
	double interval_s = config->interval.default_ms / 1e3;
	unsigned qos = config->mqtt.qos;

	for (size_t i = 0; i < config->n_sensors; i++) {
		sizer->values[i] = widest(config, i);
		sizer->due[i] = 1;
	}
	if (config->n_sensors == 0)
		return;
	add_regular(sizer, "sensors",
		payload_format_reading(config, &reading, sizer->text, TEXT_BYTES), interval_s, qos);
	for (size_t i = 0; i < config->n_sensors; i++) {
		const struct config_sensor *sensor = &config->sensors[i];
		char below[TOPIC_MAX];

		topic_below(below, "sensors", sensor->name);
		if (sensor->topic)
			add_regular(sizer, below,
				payload_format_value(
					sensor, sizer->values[i], sizer->text, TEXT_BYTES),
				seconds_of(config, sensor), qos);
	}
}

static void add_packed(struct sizer *sizer)
{
	static const char LETTERS[] = "bBhHiIfqQd";
	static const int SIZES[] = {1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
	const struct config *config = sizer->config;

	for (size_t i = 0; i < config->n_packed; i++) {
		const struct config_packed *packed = &config->packed[i];
		double every_s = 0;
		char below[TOPIC_MAX];
		int size = 0;

		for (size_t k = 0; k < packed->n_fields; k++) {
			const struct config_packed_field *field = &packed->fields[k];

			size += SIZES[strchr(LETTERS, field->letter) - LETTERS];
			every_s =
				fmax(every_s, seconds_of(config, &config->sensors[field->sensor]));
		}
		topic_below(below, "sensors", packed->topic);
		if (every_s > 0)
			add_regular(sizer, below, size, every_s, config->mqtt.qos);
	}
}

static void add_outputs(struct sizer *sizer)
{
	const struct config *config = sizer->config;
	struct payload_action *state = calloc(1, sizeof(*state));

	if (!state)
		return;
	state->interval_ms = config->interval.default_ms;
	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct config_output *output = &config->outputs[i];
		struct output_values values = output_kind_initial(output->kind, output->params);
		char kind[TOPIC_MAX], below[TOPIC_MAX];

		state->outputs[state->n_outputs++] = (struct payload_output){
			.output = i,
			.called = payload_called(config, output->kind),
			.values = values,
		};
		topic_below(kind, "state", output->kind->word);
		topic_below(below, kind, output->name);
		if (output->topic)
			add_retained(sizer, below,
				payload_format_output_text(
					output->kind, &values, sizer->text, TEXT_BYTES));
	}
	add_retained(sizer, "state", payload_format_state(config, state, sizer->text, TEXT_BYTES));
	free(state);
}

static void add_inputs(struct sizer *sizer)
{
	const struct config *config = sizer->config;

	for (size_t i = 0; i < config->n_chips; i++) {
		const struct driver *driver = config->chips[i].driver;
		char below[TOPIC_MAX];

		topic_below(below, "state/input", config->chips[i].name);
		for (size_t k = 0; k < driver->n_events; k++) {
			if (!driver->events[k].state)
				continue;
			add_retained(sizer, below, (int)strlen(driver->events[k].state));
			break;
		}
	}
}

/* Only the gateway knows its figures. Most of the message is the names of its parts. */
static int health_size(const struct config *config)
{
	size_t size = HEALTH_BYTES + strlen(config->mqtt.urls[0]);

	for (size_t i = 0; i < config->n_sensors; i++)
		size += strlen(config->sensors[i].name) + HEALTH_PART_BYTES;
	for (size_t i = 0; i < config->n_outputs; i++)
		size += strlen(config->outputs[i].kind->word) + 2 + HEALTH_PART_BYTES;
	return (int)size;
}

static void add_own(struct sizer *sizer)
{
	static const struct payload_gateway gateway = {
		TOS_VERSION, "0123456789abcdef", "Raspberry Pi 4 Model B Rev 1.5"};
	const struct config *config = sizer->config;
	int health = health_size(config);

	add_retained(sizer, "status", (int)strlen("offline"));
	add_retained(sizer, "health", health);
	add_retained(
		sizer, "about", payload_format_about(config, &gateway, sizer->text, TEXT_BYTES));
	add_regular(sizer, "health", health, (double)config->mqtt.health_interval_us / 1e6, 1);
}

static void add_connect(struct sizer *sizer)
{
	const struct config_mqtt *mqtt = &sizer->config->mqtt;
	size_t texts = strlen(mqtt->client_id) + (mqtt->username ? strlen(mqtt->username) : 0) +
		topic_size(sizer->config, "status");

	sizer->sums.begin_bytes += (double)(CONNECT_BYTES + texts + SUBSCRIBE_BYTES +
		SUBSCRIPTIONS * strlen(mqtt->topic));
	/* The status comes back. */
	sizer->sums.begin_bytes +=
		publish_bytes(topic_size(sizer->config, "status"), strlen("online"), 0);
}

/* 1234567 B as "1235 kB": the number to the right, and the unit to the left, in so many columns. */
static void print_number(int columns, double value, const char *unit, int unit_columns)
{
	static const char *const PREFIXES[] = {"", "k", "M", "G", "T"};
	size_t prefix = 0;
	int decimals;

	while (value >= 9999.5 && prefix + 1 < sizeof(PREFIXES) / sizeof(*PREFIXES)) {
		value /= 1000;
		prefix++;
	}
	decimals = fmod(value, 1) == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
	printf("%*.*f%s%s%-*s", columns, decimals, value, *unit || prefix ? " " : "",
		PREFIXES[prefix],
		unit_columns > 0 ? unit_columns - (int)strlen(PREFIXES[prefix]) : 0, unit);
}

static void print_amount(const char *what, double one, double all, const char *unit)
{
	printf("%-24s", what);
	print_number(10, one, unit, *unit ? 4 : 5);
	print_number(14, all, unit, 0);
	putchar('\n');
}

static void print_to_set(double n)
{
	double per_second = ceil(n / LONG_OUTAGE_S);

	/* Windows of backoff.h: half of one is waited, the other half is random. */
	printf("\nconnects when the broker is back\n");
	printf("  after a second              %25.0f /s\n", n / 0.5);
	printf("  after a minute and more     %25.0f /s\n", per_second);
	printf("\nto set at the broker, at least\n");
	printf("  LimitNOFILE= of its unit    %25.0f open files\n", n + SPARE_FILES);
	printf("  net.core.somaxconn          %25.0f connections that wait; its listener's "
	       "backlog too\n",
		fmin(fmax(per_second, 128), 65535));
}

static void print(const char *path, const struct sizer *sizer, double n)
{
	const struct sums *sums = &sizer->sums;

	printf("%s, MQTT 5, without TCP and TLS\n\n%-24s%10s %-4s%14.0f gateways\n", path, "", "1",
		"", n);
	print_amount("messages", sums->messages, n * sums->messages, "/s");
	print_amount("packets", sums->packets, n * sums->packets, "/s");
	print_amount("bytes", sums->bytes, n * sums->bytes, "B/s");
	print_amount("bytes a day", 86400 * sums->bytes, 86400 * n * sums->bytes, "B");
	print_amount("retained messages", sums->retained, n * sums->retained, "");
	print_amount("retained bytes", sums->retained_bytes, n * sums->retained_bytes, "B");
	print_amount("subscriptions", SUBSCRIPTIONS, n * SUBSCRIPTIONS, "");
	print_amount("messages of a connect", sums->begin_messages, n * sums->begin_messages, "");
	print_amount("bytes of a connect", sums->begin_bytes, n * sums->begin_bytes, "B");
	print_to_set(n);
}

static int load(const char *path, struct config **ret_config)
{
	struct diag *diag = NULL;
	struct host host;

	host_read("", &host);
	if (diag_new(path, &diag) < 0)
		return EXIT_REFUSED;
	(void)config_load(path, &host, diag, ret_config);
	diag_print(diag, stderr);
	diag_free(diag);
	return *ret_config ? EXIT_OK : EXIT_REFUSED;
}

static int parse_gateways(const char *text, double *ret_n)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *end || text[0] < '1' || text[0] > '9' || n > GATEWAYS_MAX) {
		fprintf(stderr,
			"tosctl: size takes the number of gateways, 1 to %d, not \"%.40s\"\n",
			GATEWAYS_MAX, text);
		return EXIT_USAGE;
	}
	*ret_n = (double)n;
	return EXIT_OK;
}

static int run(const struct options *options, int n, char **arguments)
{
	const char *path = n > 1 ? arguments[1] : "/etc/tos/tosd.yaml";
	struct sizer *sizer = calloc(1, sizeof(*sizer));
	struct config *config = NULL;
	double gateways;
	int r = sizer ? parse_gateways(arguments[0], &gateways) : EXIT_REFUSED;

	(void)options;
	if (r == EXIT_OK)
		r = load(path, &config);
	if (r == EXIT_OK) {
		sizer->config = config;
		add_readings(sizer);
		add_packed(sizer);
		add_own(sizer);
		add_outputs(sizer);
		add_inputs(sizer);
		add_connect(sizer);
		print(path, sizer, gateways);
	}
	config_free(config);
	free(sizer);
	return r;
}

extern const struct command command_size;

const struct command command_size = {
	.name = "size",
	.arguments = "GATEWAYS [FILE]",
	.help = " what so many gateways are for a broker",
	.n_min = 1,
	.n_max = 2,
	.is_local = true,
	.run = run,
};
