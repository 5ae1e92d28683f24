/* SPDX-License-Identifier: MIT */
/* The small files of the state directory: the map's copy, the interval, those of the keeper. */
#include "clock.h"
#include "gateway_internal.h"
#include "interval_store.h"
#include "last_record.h"
#include "log.h"
#include "loop_source.h"
#include <stdio.h>
#include <string.h>

enum {
	INTERVAL_SOON_US = 1000000, /* a slider that is dragged must not wear out the card */
	INTERVAL_AGAIN_US = 60000000,
	MAP_SLOW_US = 5000000,
};

void gateway_note_map(struct gateway *gateway)
{
	struct health_part *health = &gateway->health.files[HEALTH_RUNNING_MAP];
	const char *failure = map_keeper_failure(gateway->maps);

	if (!health_part_note(health, failure, clock_wall_ms()))
		return;
	if (failure)
		log_warning("config", "%s", failure);
	gateway_health_changed(gateway);
}

void gateway_keep_map(struct gateway *gateway)
{
	gateway->has_other_copies = map_keeper_start(gateway->maps, gateway->config);
	gateway_note_map(gateway);
}

void gateway_settle_map(struct gateway *gateway)
{
	/* If there can be no thread, the next time is soon enough. */
	if (gateway->has_other_copies)
		gateway->has_other_copies =
			map_keeper_begin(gateway->maps, gateway->config, false) < 0;
}

void gateway_first_interval(struct gateway *gateway)
{
	const struct config_interval *interval = &gateway->config->interval;
	uint32_t remembered_ms;

	gateway->interval_ms = interval->default_ms;
	if (!interval->remember)
		return;
	if (interval_store_load(gateway->options->state_dir, interval->default_ms, &remembered_ms) <
		0)
		return;
	if (remembered_ms < interval->min_ms || remembered_ms > interval->max_ms)
		return;
	gateway->interval_ms = remembered_ms;
	log_info("interval", "%u ms, as it was set before the restart", remembered_ms);
}

static size_t interval_text(void *userdata, char *text)
{
	struct gateway *gateway = userdata;

	return interval_store_format(atomic_load(&gateway->kept_default_ms),
		atomic_load(&gateway->kept_interval_ms), text);
}

static int open_interval(struct gateway *gateway)
{
	const struct kept_file_settings settings = {
		.name = INTERVAL_STORE_NAME,
		.object = "interval",
		.instead = "it is the map's",
		.room = INTERVAL_STORE_BYTES,
		.again_us = INTERVAL_AGAIN_US,
		.text = interval_text,
		.userdata = gateway,
	};

	return file_keeper_add(gateway->files, &settings, &gateway->kept_interval);
}

void gateway_keep_interval(struct gateway *gateway)
{
	atomic_store(&gateway->kept_default_ms, gateway->config->interval.default_ms);
	atomic_store(&gateway->kept_interval_ms, gateway->interval_ms);
	kept_file_want(gateway->kept_interval, clock_now_us() + INTERVAL_SOON_US);
}

static void note_silent_disk(struct gateway *gateway)
{
	struct health_part *health = &gateway->health.files[HEALTH_RUNNING_MAP];
	const char *waits = map_keeper_reads(gateway->maps)
		? "a reload waits until the new map is read, and a copy of it kept"
		: "a copy of the map waits to be kept";
	char text[HEALTH_PART_TEXT_BYTES];

	(void)snprintf(text, sizeof(text), "the disk does not answer: %s in %.100s", waits,
		gateway->options->state_dir);
	if (!health->failed && health_part_note(health, text, clock_wall_ms()))
		log_warning("config", "%s", text);
}

static void retry_map(struct gateway *gateway)
{
	uint64_t busy_us = map_keeper_busy_us(gateway->maps);

	if (busy_us > MAP_SLOW_US)
		note_silent_disk(gateway);
	if (busy_us > 0)
		return;
	gateway->has_other_copies |= gateway->health.files[HEALTH_RUNNING_MAP].failed;
	gateway_settle_map(gateway);
}

void gateway_retry_files(struct gateway *gateway)
{
	retry_map(gateway);
	/* It tries again by itself, if it has its thread. */
	if (gateway->health.files[HEALTH_KEPT].failed)
		(void)file_keeper_start(gateway->files);
}

void gateway_set_interval(struct gateway *gateway, uint32_t interval_ms)
{
	gateway->interval_ms = interval_ms;
	sampler_set_interval(gateway->sampler, interval_ms);
	if (gateway->config->interval.remember)
		gateway_keep_interval(gateway);
	gateway_notify_status(gateway);
}

/* A word, new at each boot, or "". */
static void read_boot(char ret_boot[static LAST_BOOT_BYTES])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	ret_boot[0] = '\0';
	if (!file)
		return;
	if (!fgets(ret_boot, LAST_BOOT_BYTES, file))
		ret_boot[0] = '\0';
	(void)fclose(file);
	ret_boot[strcspn(ret_boot, " \n")] = '\0';
}

int gateway_open_files(struct gateway *gateway)
{
	struct count_keeper_settings counts = {.rest_us = COUNT_KEEPER_REST_US};
	char boot[LAST_BOOT_BYTES];
	struct last_values_settings last = {.boot = boot, .now_us = clock_now_us()};
	const struct gateway_options *options = gateway->options;
	int r = file_keeper_new(options->state_dir, &gateway->files);

	if (r == 0)
		r = map_keeper_new(options->config_path, options->state_dir, &gateway->maps);
	if (r < 0)
		return r;
	read_boot(boot);
	counts.files = gateway->files;
	last.files = gateway->files;
	r = open_interval(gateway);
	if (r == 0)
		r = count_keeper_new(&counts, &gateway->kept_counts);
	return r < 0 ? r : last_values_new(&last, &gateway->last);
}

/* A file failed or recovered, or the disk has what outputs wait for. */
static int on_files(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct gateway *gateway = userdata;

	(void)source;
	(void)fd;
	(void)events;
	file_keeper_status(gateway->files, &gateway->health.files[HEALTH_KEPT]);
	outputs_start_as_kept(gateway->outputs);
	gateway_follow_outputs(gateway);
	gateway_health_changed(gateway);
	return 0;
}

static int on_maps(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	(void)source;
	(void)fd;
	(void)events;
	gateway_reload_goes_on(userdata);
	return 0;
}

int gateway_attach_files(struct gateway *gateway)
{
	int r = loop_add_fd(gateway->loop, map_keeper_fd(gateway->maps), on_maps, gateway);

	if (r < 0)
		return r;
	return loop_add_fd(gateway->loop, file_keeper_fd(gateway->files), on_files, gateway);
}

static uint64_t left_us(uint64_t end_us)
{
	uint64_t now_us = clock_now_us();

	return now_us < end_us ? end_us - now_us : 0;
}

bool gateway_close_files(struct gateway *gateway, uint64_t end_us, bool is_stuck)
{
	bool reads = map_keeper_reads(gateway->maps);
	bool is_kept = file_keeper_close(gateway->files, left_us(end_us), is_stuck) == 0;
	bool is_saved = spooler_close(gateway->spooler, left_us(end_us)) == 0;
	bool is_over = map_keeper_close(gateway->maps, left_us(end_us)) == 0;

	if (!is_kept) {
		log_error("state", "the disk does not answer; what was to be kept is lost");
		gateway->last = NULL;
	}
	if (!is_kept || is_stuck)
		gateway->kept_counts = NULL;
	if (!is_over)
		log_error("config", "the disk does not answer; %s",
			reads ? "a reload has not ended"
			      : "the copies of the map are as they were");
	if (!is_saved) {
		log_error("spool", "the disk does not answer; readings that wait are lost");
		gateway->outbox = NULL; /* the spooler has it, waiting for the disk until we end */
	}
	return is_kept && is_saved && is_over;
}

void gateway_free_files(struct gateway *gateway)
{
	gateway->kept_counts = count_keeper_free(gateway->kept_counts);
	gateway->last = last_values_free(gateway->last);
}
