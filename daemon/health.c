/* SPDX-License-Identifier: MIT */
#include "health.h"
#include "clock.h"
#include "log.h"
#include "payload.h"
#include "topic.h"
#include "version.h"
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

void health_reset_sensors(struct health *health)
{
	for (size_t i = 0; i < CONFIG_SENSORS_MAX; i++)
		health->sensors[i] = (struct health_sensor){.ok = true};
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

static void gather_actuators(const struct health_sources *sources, struct payload_part_health *leds,
	struct payload_part_health *motors)
{
	for (size_t i = 0; i < sources->config->n_leds; i++) {
		struct actuators_led led = actuators_get_led(sources->actuators, i);

		leds[i] = (struct payload_part_health){led.ok, led.error, led.since_ms};
	}
	for (size_t i = 0; i < sources->config->n_motors; i++) {
		struct actuators_motor motor = actuators_get_motor(sources->actuators, i);

		motors[i] = (struct payload_part_health){motor.ok, motor.error, motor.since_ms};
	}
}

void health_publish(const struct health *health, const struct health_sources *sources)
{
	struct payload_part_health sensors[CONFIG_SENSORS_MAX];
	struct payload_part_health leds[CONFIG_LEDS_MAX];
	struct payload_part_health motors[CONFIG_MOTORS_MAX];
	struct sampler_counts counts = sampler_counts(sources->sampler);
	struct outbox_stats stats = outbox_stats(sources->outbox);
	struct payload_health payload = {
		.version = TOS_VERSION,
		.uptime_s = (clock_now_us() - health->started_us) / 1000000,
		.readings = counts.readings,
		.missed = counts.missed,
		.queued = stats.queued - stats.in_flight,
		.dropped = stats.dropped,
		.reconnects = health->reconnects,
		.rejected = health->rejected,
		.packed_skipped = publisher_packed_skipped(sources->publisher),
		.interval_ms = sources->interval_ms,
		.sensors = sensors,
		.leds = leds,
		.motors = motors,
		.rss_kb = resident_kb(),
		.cpu_ms = cpu_ms(),
	};
	char text[OUTBOX_PAYLOAD_MAX];
	char topic[OUTBOX_TOPIC_MAX];
	int size;

	for (size_t i = 0; i < sources->config->n_sensors; i++)
		sensors[i] = (struct payload_part_health){health->sensors[i].ok,
			health->sensors[i].error, health->sensors[i].since_ms};
	gather_actuators(sources, leds, motors);
	size = payload_format_health(sources->config, &payload, text, sizeof(text));
	topic_below(topic, sources->config->mqtt.topic, "health");
	if (size < 0 ||
		outbox_put_retained(sources->outbox, OUTBOX_HEALTH, topic, text, (size_t)size) < 0)
		log_error("health", "does not fit into a message");
}
