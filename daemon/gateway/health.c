/* SPDX-License-Identifier: MIT */
#include "health.h"
#include "clock.h"
#include "log.h"
#include "payload.h"
#include "topic.h"
#include "version.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* Rows for the kinds of values in payload.h. */
#define COUNT(name, value)                                                                         \
	((struct payload_health_row){.key = (name), .kind = PAYLOAD_HEALTH_COUNT, .count = (value)})
#define FLAG(name, value)                                                                          \
	((struct payload_health_row){.key = (name), .kind = PAYLOAD_HEALTH_FLAG, .flag = (value)})
#define TEXT(name, value)                                                                          \
	((struct payload_health_row){.key = (name), .kind = PAYLOAD_HEALTH_TEXT, .text = (value)})
#define TEXTS(name, items, count)                                                                  \
	((struct payload_health_row){                                                              \
		.key = (name), .kind = PAYLOAD_HEALTH_TEXTS, .texts = {(items), (count)}})
#define ROWS(name, items, count)                                                                   \
	((struct payload_health_row){                                                              \
		.key = (name), .kind = PAYLOAD_HEALTH_ROWS, .rows = {(items), (count)}})

void health_init(struct health *health, uint64_t now_us, uint64_t random)
{
	health->started_us = now_us;
	health->phase = (uint32_t)(random >> 32 ^ random);
	(void)snprintf(health->instance, sizeof(health->instance), "%016" PRIx64, random);
}

uint64_t health_first_us(const struct health *health, uint64_t interval_us)
{
	uint64_t interval_ms = interval_us / 1000; /* a day times the phase is below 2^64 */

	return 1000 * ((interval_ms * health->phase >> 32) + 1);
}

/* The failing part of the same sensor in the map before; NULL: it did not fail, or is new. */
static const struct health_part *find_failing(const struct health_part *parts,
	const struct config *config, const struct config_sensor *sensor)
{
	for (size_t i = 0; i < config->n_sensors; i++)
		if (parts[i].failed &&
			strcmp(config->sensors[i].fingerprint, sensor->fingerprint) == 0)
			return &parts[i];
	return NULL;
}

void health_keep_sensors(
	struct health *health, const struct config *old, const struct config *config)
{
	static struct health_part before[CONFIG_SENSORS_MAX]; /* large; main alone uses it */

	/* Memory that is never written stays unused. */
	for (size_t i = 0; i < CONFIG_SENSORS_MAX; i++) {
		if (health->sensors[i].failed)
			before[i] = health->sensors[i];
		else if (before[i].failed)
			before[i].failed = false;
		if (health->sensors[i].failed)
			health->sensors[i].failed = false;
	}
	for (size_t i = 0; i < config->n_sensors; i++) {
		const struct health_part *part = find_failing(before, old, &config->sensors[i]);

		if (!part)
			continue;
		health->sensors[i] = *part;
		health->is_of_old_map[i] = true;
	}
}

void health_settle_sensors(struct health *health)
{
	for (size_t i = 0; i < CONFIG_SENSORS_MAX; i++) {
		if (!health->is_of_old_map[i])
			continue;
		health->is_of_old_map[i] = health->sensors[i].failed = false;
	}
}

void health_note_sensor(struct health *health, size_t sensor, const char *error, uint64_t since_ms)
{
	struct health_part *part = &health->sensors[sensor];

	part->failed = false; /* so that the time is the one that the sampler reports */
	(void)health_part_note(part, error, since_ms);
	health->is_of_old_map[sensor] = false;
}

static uint64_t resident_kb(void)
{
	unsigned long total = 0;
	unsigned long resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%lu %lu", &total, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static uint64_t cpu_ms(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return 0;
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
		(uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

static struct payload_health_row part_row(const char *key, const struct health_part *part)
{
	return (struct payload_health_row){
		.key = key,
		.kind = PAYLOAD_HEALTH_PART,
		.part = {.ok = !part->failed, .error = part->error, .since_ms = part->since_ms},
	};
}

enum { KEY_BYTES = 32 };

struct output_rows {
	size_t n;
	struct payload_health_row rows[CONFIG_OUTPUTS_MAX];
	char keys[CONFIG_OUTPUTS_MAX][KEY_BYTES]; /* as an answer's paths are: "led.0" */
};

static void gather_outputs(const struct health_sources *sources, struct output_rows *rows)
{
	rows->n = sources->config->n_outputs;
	for (size_t i = 0; i < rows->n; i++) {
		const struct config_output *output = &sources->config->outputs[i];
		struct outputs_status status = outputs_get(sources->outputs, i);

		(void)snprintf(
			rows->keys[i], KEY_BYTES, "%s.%zu", output->kind->word, output->index);
		rows->rows[i] = (struct payload_health_row){
			.key = rows->keys[i],
			.kind = PAYLOAD_HEALTH_PART,
			.part = {status.ok, status.error, status.since_ms, {0}},
		};
	}
}

/* The first file in the state directory that fails, or the spool. */
static const struct health_part *worst_file(
	const struct health *health, const struct health_part *spool)
{
	for (size_t i = 0; i < HEALTH_FILES && !spool->failed; i++)
		if (health->files[i].failed)
			return &health->files[i];
	return spool;
}

enum { REDUCED_MAX = 64, CONFLICT_BYTES = 256 };

/* Facts that the rows point to. */
struct gathered {
	size_t n_reduced;
	const char *reduced[REDUCED_MAX];
	struct spooler_status spool;
	struct payload_health_row disk[2];
	char conflict[CONFLICT_BYTES];
	/* Last, since little of them is in use. */
	struct output_rows outputs;
	struct payload_health_row sensors[CONFIG_SENSORS_MAX];
};

static void gather_sensors(
	const struct health *health, const struct config *config, struct payload_health_row *rows)
{
	for (size_t i = 0; i < config->n_sensors; i++)
		rows[i] = part_row(config->sensors[i].name, &health->sensors[i]);
}

/* The amount is known once the disk has been read. */
static struct payload_health_row disk_row(const struct health *health, struct gathered *gathered)
{
	const struct spooler_status *spool = &gathered->spool;
	struct payload_health_row row = part_row("disk", worst_file(health, &spool->part));

	gathered->disk[0] = spool->is_known ? COUNT("rows", spool->rows) : TEXT("rows", NULL);
	gathered->disk[1] = spool->is_known ? COUNT("bytes", spool->bytes) : TEXT("bytes", NULL);
	row.part.more = (struct payload_health_rows){gathered->disk, N_ELEMENTS(gathered->disk)};
	return row;
}

/* They follow the broker's URL. */
static void gather_reduced(const struct health *health, struct gathered *gathered)
{
	const char *at = health->broker, *end = at + health->broker_size;

	gathered->n_reduced = 0;
	while (at < end && gathered->n_reduced < REDUCED_MAX) {
		at += strlen(at) + 1;
		if (at < end)
			gathered->reduced[gathered->n_reduced++] = at;
	}
}

/* NULL: there is none. */
static const char *conflict(const struct health *health, const struct health_sources *sources,
	struct gathered *gathered)
{
	if (!health->neighbour.instance[0])
		return NULL;
	(void)snprintf(gathered->conflict, CONFLICT_BYTES,
		"another gateway, of instance %s, publishes on %.64s as well: give each a topic of "
		"its own, with %%i in mqtt.topic",
		health->neighbour.instance, sources->config->mqtt.topic);
	return gathered->conflict;
}

static bool has_inputs(const struct config *config)
{
	for (size_t i = 0; i < config->n_chips; i++)
		if (driver_is_input(config->chips[i].driver))
			return true;
	return false;
}

enum { FIGURES_MAX = 32 };

/* In the order that clients have known since the first version. */
static size_t figures(const struct health *health, const struct health_sources *sources,
	struct gathered *gathered, struct payload_health_row rows[FIGURES_MAX])
{
	struct sampler_counts counts = sampler_counts(sources->sampler);
	struct outbox_stats stats = outbox_stats(sources->outbox);
	size_t n = 0;

	rows[n++] = TEXT("version", TOS_VERSION);
	rows[n++] = COUNT("uptime_s", (clock_now_us() - health->started_us) / 1000000);
	rows[n++] = COUNT("interval_ms", sources->interval_ms);
	rows[n++] = COUNT("readings", counts.readings);
	rows[n++] = COUNT("missed", counts.missed);
	rows[n++] = COUNT("queued", stats.queued - stats.in_flight);
	rows[n++] = COUNT("dropped", stats.dropped);
	rows[n++] = COUNT("reconnects", stats.connections > 0 ? stats.connections - 1 : 0);
	rows[n++] = COUNT("rejected", stats.rejected);
	if (has_inputs(sources->config))
		rows[n++] = COUNT("events_lost", counts.edges_lost + stats.events_dropped);
	rows[n++] = COUNT("packed_skipped", publisher_packed_skipped(sources->publisher));
	rows[n++] = COUNT("refused", health->refused);
	rows[n++] = TEXT("broker", health->connected ? health->broker : NULL);
	rows[n++] = TEXTS("reduced", gathered->reduced, gathered->n_reduced);
	rows[n++] = FLAG("clock_set", clock_is_set(clock_wall_ms()));
	rows[n++] = TEXT("instance", health->instance);
	rows[n++] = TEXT("conflict", conflict(health, sources, gathered));
	rows[n++] = ROWS("sensors", gathered->sensors, sources->config->n_sensors);
	if (gathered->outputs.n > 0)
		rows[n++] = ROWS("actuators", gathered->outputs.rows, gathered->outputs.n);
	rows[n++] = disk_row(health, gathered);
	rows[n++] = COUNT("rss_kb", resident_kb());
	rows[n++] = COUNT("cpu_ms", cpu_ms());
	return n;
}

void health_publish(const struct health *health, const struct health_sources *sources)
{
	/* Large, and of the stack the compiler touches each page; main alone makes it. */
	static struct gathered gathered;
	struct payload_health_row rows[FIGURES_MAX];
	struct payload_health_rows payload = {.rows = rows};
	char topic[TOPIC_MAX];
	int size;

	gathered.spool = spooler_status(sources->spooler);
	gather_reduced(health, &gathered);
	gather_sensors(health, sources->config, gathered.sensors);
	gather_outputs(sources, &gathered.outputs);
	payload.n = figures(health, sources, &gathered, rows);
	size = payload_format_health(&payload, sources->payload, OUTBOX_PAYLOAD_MAX);
	topic_below(topic, sources->config->mqtt.topic, "health");
	if (size < 0 ||
		outbox_put_retained(
			sources->outbox, OUTBOX_HEALTH, topic, sources->payload, (size_t)size) < 0)
		log_error("health", "does not fit into a message");
}
