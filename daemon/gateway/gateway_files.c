/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "gateway_internal.h"
#include "interval_store.h"
#include "last_record.h"
#include "log.h"
#include <stdio.h>
#include <string.h>

enum {
	INTERVAL_SOON_US = 1000000, /* a slider that is dragged must not wear out the card */
	INTERVAL_AGAIN_US = 60000000,
};

static size_t interval_text(void *userdata, char *text)
{
	struct gateway *gateway = userdata;

	return interval_store_format(atomic_load(&gateway->kept_default_ms),
		atomic_load(&gateway->kept_interval_ms), text);
}

static bool interval_written(void *userdata, int error)
{
	(void)userdata;
	(void)error;
	return false;
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
		.written = interval_written,
		.userdata = gateway,
	};

	return file_keeper_add(gateway->files, &settings, &gateway->kept_interval);
}

void gateway_keep_interval(struct gateway *gateway)
{
	int r = file_keeper_start(gateway->files);

	if (r < 0)
		log_warning("interval", "cannot be kept: %s", strerror(-r));
	atomic_store(&gateway->kept_default_ms, gateway->config->interval.default_ms);
	atomic_store(&gateway->kept_interval_ms, gateway->interval_ms);
	kept_file_due(gateway->kept_interval, clock_now_us() + INTERVAL_SOON_US);
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
	int r = file_keeper_new(gateway->options->state_dir, &gateway->files);

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

int gateway_attach_files(struct gateway *gateway)
{
	sd_event_source *source = NULL;
	int r = sd_event_add_io(
		gateway->loop, &source, file_keeper_fd(gateway->files), EPOLLIN, on_files, gateway);

	if (r < 0)
		return r;
	r = sd_event_source_set_floating(source, true);
	sd_event_source_unref(source);
	return r < 0 ? r : 0;
}

static uint64_t left_us(uint64_t end_us)
{
	uint64_t now_us = clock_now_us();

	return now_us < end_us ? end_us - now_us : 0;
}

bool gateway_close_files(struct gateway *gateway, uint64_t end_us, bool is_stuck)
{
	bool is_kept = file_keeper_close(gateway->files, left_us(end_us), is_stuck) == 0;
	bool is_saved = spooler_close(gateway->spooler, left_us(end_us)) == 0;

	if (!is_kept) {
		log_error("state", "the disk does not answer; what was to be kept is lost");
		gateway->last = NULL;
	}
	if (!is_kept || is_stuck)
		gateway->kept_counts = NULL;
	if (!is_saved) {
		log_error("spool", "the disk does not answer; readings that wait are lost");
		gateway->outbox = NULL; /* the spooler has it, waiting for the disk until we end */
	}
	return is_kept && is_saved;
}

void gateway_free_files(struct gateway *gateway)
{
	gateway->kept_counts = count_keeper_free(gateway->kept_counts);
	gateway->last = last_values_free(gateway->last);
}
