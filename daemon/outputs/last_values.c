/* SPDX-License-Identifier: MIT */
#include "last_values.h"

#include "clock.h"
#include "last_record.h"
#include "log.h"
#include "shared_mutex.h"
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char OBJECT[] = "states of outputs";

enum { ON_US = 1000000, AGAIN_US = 60000000 };

#define NEVER_US UINT64_MAX

struct kept {
	struct last_item item;     /* as in the file */
	bool is_written;           /* it is in the file, or about to be */
	bool is_usable;            /* an output may be started with it */
	struct output_values next; /* what it is to be */
	uint64_t due_us;           /* when; NEVER_US: there is none */
};

struct last_values {
	struct kept_file *file;
	struct file_keeper *files;
	pthread_mutex_t mutex; /* over everything below */
	enum last_verdict verdict;
	bool is_told;    /* the verdict was logged */
	bool is_on_disk; /* there is a file */
	bool is_used;    /* the map has an output with start: last */
	enum last_disk disk;
	size_t n;
	/* Room for the largest map comes last, and is not cleared: see last_values_new(). */
	struct last_record record;
	struct kept kept[CONFIG_OUTPUTS_MAX];
};

static struct kept *find(struct last_values *last, const struct output_kind *kind, const char *name)
{
	for (size_t i = 0; i < last->n; i++)
		if (last->kept[i].item.kind == kind && strcmp(last->kept[i].item.name, name) == 0)
			return &last->kept[i];
	return NULL;
}

static bool is_kept(const struct config_output *output)
{
	return output->start.word == CONFIG_START_LAST;
}

/* --- the keeper's thread --- */

static void promote(struct kept *kept, struct last_record *record, uint64_t now_us)
{
	if (kept->due_us <= now_us) {
		kept->item.values = kept->next;
		kept->is_written = true;
		kept->due_us = NEVER_US;
	}
	if (kept->is_written)
		record->items[record->n_items++] = kept->item;
}

static size_t give_text(void *userdata, char *text)
{
	struct last_values *last = userdata;
	uint64_t next_us = NEVER_US;
	size_t size = 0;

	(void)pthread_mutex_lock(&last->mutex);
	last->record.n_items = 0;
	for (size_t i = 0; i < last->n; i++) {
		promote(&last->kept[i], &last->record, clock_now_us());
		if (last->kept[i].due_us < next_us)
			next_us = last->kept[i].due_us;
	}
	if (last->is_used)
		size = last_record_format(&last->record, text);
	last->is_on_disk = size > 0;
	(void)pthread_mutex_unlock(&last->mutex);
	if (next_us != NEVER_US)
		kept_file_due(last->file, next_us);
	return size;
}

static bool written(void *userdata, int error)
{
	struct last_values *last = userdata;
	bool is_news;

	(void)pthread_mutex_lock(&last->mutex);
	is_news = last->is_used && last->disk == LAST_DISK_WAITS;
	if (last->is_used)
		last->disk = error < 0 ? LAST_DISK_FAILED : LAST_DISK_READY;
	(void)pthread_mutex_unlock(&last->mutex);
	return is_news;
}

/* --- the file that is there --- */

static void read_record(struct last_values *last, char *text)
{
	unsigned line = last_record_parse(text, &last->record);

	if (line > 0) {
		log_warning(OBJECT,
			"their file in the state directory is damaged, in line %u: outputs with "
			"start: last begin at rest, and it is written anew; if this comes again, "
			"check the disk",
			line);
		last->record.has_ended = true;
	}
	for (size_t i = 0; i < last->record.n_items; i++)
		last->kept[last->n++] = (struct kept){
			.item = last->record.items[i], .is_written = true, .due_us = NEVER_US};
}

static int load(struct last_values *last, const struct last_values_settings *settings)
{
	uint64_t now_ms = settings->now_us / 1000;
	char *text = malloc(LAST_TEXT_BYTES + 1);
	ssize_t size;

	if (!text)
		return -ENOMEM;
	size = kept_file_read(last->file, text);
	last->record.has_ended = true;
	last->is_on_disk = size >= 0;
	if (size >= 0)
		read_record(last, text);
	free(text);
	last->verdict = last_record_judge(&last->record, settings->boot, now_ms);
	last_record_begin(&last->record, settings->boot, now_ms);
	for (size_t i = 0; i < last->n; i++)
		last->kept[i].is_usable = last->verdict == LAST_IS_GOOD;
	return 0;
}

int last_values_new(const struct last_values_settings *settings, struct last_values **ret_last)
{
	struct last_values *last = malloc(sizeof(*last));
	const struct kept_file_settings file = {
		.name = "states",
		.object = OBJECT,
		.instead = "outputs with start: last begin at rest",
		.room = LAST_TEXT_BYTES,
		.again_us = AGAIN_US,
		.text = give_text,
		.written = written,
		.userdata = last,
	};
	int r;

	if (!last)
		return -ENOMEM;
	/* Not the 30 KiB of items: nearly all maps need none, and what was cleared is in use. */
	memset(last, 0, offsetof(struct last_values, record.items));
	last->files = settings->files;
	r = file_keeper_add(settings->files, &file, &last->file);
	if (r == 0)
		r = load(last, settings);
	if (r < 0) {
		free(last);
		return r;
	}
	shared_mutex_init(&last->mutex);
	*ret_last = last;
	return 0;
}

/* --- the map --- */

static bool uses(const struct config *config)
{
	for (size_t i = 0; i < config->n_outputs; i++)
		if (is_kept(&config->outputs[i]))
			return true;
	return false;
}

int last_values_prepare(struct last_values *last, const struct config *config)
{
	bool is_on_disk;

	if (!last)
		return 0;
	(void)pthread_mutex_lock(&last->mutex);
	is_on_disk = last->is_on_disk;
	(void)pthread_mutex_unlock(&last->mutex);
	return is_on_disk || uses(config) ? file_keeper_start(last->files) : 0;
}

static bool is_in(const struct config *config, const struct kept *kept)
{
	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct config_output *output = &config->outputs[i];

		if (is_kept(output) && output->kind == kept->item.kind &&
			strcmp(output->name, kept->item.name) == 0)
			return true;
	}
	return false;
}

static void forget_others(struct last_values *last, const struct config *config)
{
	size_t n = 0;

	for (size_t i = 0; i < last->n; i++)
		if (is_in(config, &last->kept[i]))
			last->kept[n++] = last->kept[i];
	last->n = n;
}

static void tell_verdict(struct last_values *last)
{
	if (last->is_told || last->n == 0 || last->verdict == LAST_IS_GOOD)
		return;
	last->is_told = true;
	log_notice(OBJECT, "%s: outputs with start: last begin at rest",
		last->verdict == LAST_TOO_OFTEN ? "this is the third start within a minute"
						: "the run before did not end in order");
}

void last_values_follow(struct last_values *last, const struct config *config)
{
	bool is_due;

	if (!last)
		return;
	(void)pthread_mutex_lock(&last->mutex);
	forget_others(last, config);
	tell_verdict(last);
	last->is_told = true;
	if (!last->is_used)
		last->disk = LAST_DISK_WAITS;
	last->is_used = uses(config);
	is_due = last->is_used || last->is_on_disk;
	(void)pthread_mutex_unlock(&last->mutex);
	if (is_due)
		kept_file_due(last->file, 0);
}

static bool fits(const struct config_output *output, const struct output_values *values)
{
	const struct output_kind *kind = output->kind;
	enum port_type ports[OUTPUT_PORTS_MAX];

	config_output_ports(output, ports);
	for (size_t i = 0; i < kind->n_keys; i++) {
		struct output_range range = output_key_range(kind, i, output->params);
		int number = values->numbers[i];

		if (!output_values_has(values, i))
			continue;
		if (!output_key_is_there(kind, i, ports) ||
			(kind->keys[i].type == OUTPUT_KEY_NUMBER &&
				(number < range.min || number > range.max)) ||
			(kind->refuses && kind->refuses(ports, i, number)))
			return false;
	}
	return true;
}

bool last_values_find(struct last_values *last, const struct config_output *output,
	struct output_values *ret_values)
{
	struct output_values values = {0};
	const struct kept *kept;

	if (!last || !is_kept(output))
		return false;
	(void)pthread_mutex_lock(&last->mutex);
	kept = find(last, output->kind, output->name);
	if (kept && kept->is_usable)
		values = kept->due_us == NEVER_US ? kept->item.values : kept->next;
	(void)pthread_mutex_unlock(&last->mutex);
	if (!values.given)
		return false;
	if (!fits(output, &values)) {
		log_notice(OBJECT, "what %s %s was does not fit the map: it begins at rest",
			output->kind->word, output->name);
		return false;
	}
	*ret_values = values;
	return true;
}

enum last_disk last_values_disk(struct last_values *last)
{
	enum last_disk disk;

	if (!last)
		return LAST_DISK_FAILED;
	(void)pthread_mutex_lock(&last->mutex);
	disk = last->disk;
	(void)pthread_mutex_unlock(&last->mutex);
	return disk;
}

/* --- actions --- */

/* A hidden key follows the others. */
static struct output_values shown(
	const struct output_kind *kind, const struct output_values *values)
{
	struct output_values out = {0};

	for (size_t i = 0; i < kind->n_keys; i++)
		if (output_values_has(values, i) && !kind->keys[i].is_hidden)
			output_values_set(&out, i, values->numbers[i]);
	return out;
}

static struct kept *make(struct last_values *last, const struct config_output *output)
{
	struct kept *kept = find(last, output->kind, output->name);

	/* There are no more than the map has. */
	if (kept || last->n == CONFIG_OUTPUTS_MAX)
		return kept;
	kept = &last->kept[last->n++];
	*kept = (struct kept){.item.kind = output->kind, .due_us = NEVER_US};
	(void)snprintf(kept->item.name, sizeof(kept->item.name), "%s", output->name);
	return kept;
}

/* Returns when the file is due; NEVER_US: it is right, or due already. */
static uint64_t change(struct kept *kept, const struct output_values *values, uint64_t now_us)
{
	bool is_same = kept->is_written && kept->item.values.given == values->given &&
		output_values_hold(&kept->item.values, values);
	bool was_due = kept->due_us != NEVER_US;

	kept->is_usable = true;
	if (is_same || output_is_at_rest(kept->item.kind, values)) {
		kept->item.values = *values;
		kept->is_written = true;
		kept->due_us = NEVER_US;
		return is_same ? NEVER_US : now_us;
	}
	kept->next = *values;
	if (!was_due)
		kept->due_us = now_us + ON_US;
	return was_due ? NEVER_US : kept->due_us;
}

void last_values_note(struct last_values *last, const struct config_output *output,
	const struct output_values *values, uint64_t now_us)
{
	const struct output_values next = shown(output->kind, values);
	uint64_t due_us = NEVER_US;
	struct kept *kept;

	if (!last || !is_kept(output))
		return;
	(void)pthread_mutex_lock(&last->mutex);
	kept = make(last, output);
	if (kept)
		due_us = change(kept, &next, now_us);
	(void)pthread_mutex_unlock(&last->mutex);
	if (due_us != NEVER_US)
		kept_file_due(last->file, due_us);
}

void last_values_end(struct last_values *last)
{
	uint64_t now_us = clock_now_us();
	bool is_due;

	if (!last)
		return;
	(void)pthread_mutex_lock(&last->mutex);
	is_due = last->is_used && !last->record.has_ended;
	last->record.has_ended = true;
	for (size_t i = 0; i < last->n; i++)
		if (last->kept[i].due_us != NEVER_US)
			last->kept[i].due_us = now_us;
	(void)pthread_mutex_unlock(&last->mutex);
	if (is_due)
		kept_file_due(last->file, 0);
}

struct last_values *last_values_free(struct last_values *last)
{
	if (!last)
		return NULL;
	(void)pthread_mutex_destroy(&last->mutex);
	free(last);
	return NULL;
}
