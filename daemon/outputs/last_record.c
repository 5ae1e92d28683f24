/* SPDX-License-Identifier: MIT */
#include "last_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char TITLE[] = "states 1", UNKNOWN_BOOT[] = "-";

static bool is_same_boot(const struct last_record *record, const char *boot, uint64_t now_ms)
{
	/* If the boot is not known, time that goes back tells another one. */
	return strcmp(record->boot, boot) == 0 && record->n_starts > 0 &&
		record->starts_ms[record->n_starts - 1] <= now_ms;
}

enum last_verdict last_record_judge(
	const struct last_record *record, const char *boot, uint64_t now_ms)
{
	if (!record->has_ended)
		return LAST_NOT_ENDED;
	if (is_same_boot(record, boot, now_ms) && record->n_starts == LAST_STARTS_MAX &&
		now_ms - record->starts_ms[0] < LAST_OFTEN_MS)
		return LAST_TOO_OFTEN;
	return LAST_IS_GOOD;
}

void last_record_begin(struct last_record *record, const char *boot, uint64_t now_ms)
{
	if (!is_same_boot(record, boot, now_ms))
		record->n_starts = 0;
	if (record->n_starts == LAST_STARTS_MAX) {
		memmove(&record->starts_ms[0], &record->starts_ms[1],
			(LAST_STARTS_MAX - 1) * sizeof(record->starts_ms[0]));
		record->n_starts--;
	}
	record->starts_ms[record->n_starts++] = now_ms;
	(void)snprintf(record->boot, sizeof(record->boot), "%s", boot);
	record->has_ended = false;
}

/* --- writing --- */

struct text {
	char *at;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text->size += (size_t)vsnprintf(
		text->at + text->size, LAST_TEXT_BYTES - text->size, format, arguments);
	va_end(arguments);
}

size_t last_record_format(const struct last_record *record, char text[static LAST_TEXT_BYTES])
{
	struct text out = {.at = text};

	add(&out, "%s\nended %s\nboot %s", TITLE, record->has_ended ? "yes" : "no",
		*record->boot ? record->boot : UNKNOWN_BOOT);
	for (size_t i = 0; i < record->n_starts; i++)
		add(&out, " %" PRIu64, record->starts_ms[i]);
	for (size_t i = 0; i < record->n_items; i++) {
		const struct last_item *item = &record->items[i];

		add(&out, "\n%s %s", item->kind->word, item->name);
		for (size_t key = 0; key < item->kind->n_keys; key++)
			if (output_values_has(&item->values, key) &&
				!item->kind->keys[key].is_hidden)
				add(&out, " %s=%d", item->kind->keys[key].name,
					item->values.numbers[key]);
	}
	add(&out, "\nend\n");
	return out.size;
}

/* --- reading --- */

/* The next word of the line; NULL: there is none, or an empty one. */
static char *next_word(char **line)
{
	char *word = *line ? strsep(line, " ") : NULL;

	return word && *word ? word : NULL;
}

static bool is_line(char **line, const char *first, const char *second)
{
	char *a = next_word(line), *b = next_word(line);

	return a && b && !*line && strcmp(a, first) == 0 && strcmp(b, second) == 0;
}

static bool read_number(const char *word, int64_t min, int64_t max, int64_t *ret_number)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(word, &end, 10);
	if (end == word || *end || errno || number < min || number > max)
		return false;
	*ret_number = number;
	return true;
}

static bool read_boot(char *line, struct last_record *record)
{
	const char *word = next_word(&line);
	int64_t start_ms;

	if (!word || strcmp(word, "boot") != 0)
		return false;
	word = next_word(&line);
	if (!word || strlen(word) >= LAST_BOOT_BYTES)
		return false;
	(void)snprintf(record->boot, sizeof(record->boot), "%s",
		strcmp(word, UNKNOWN_BOOT) == 0 ? "" : word);
	while (line) {
		word = next_word(&line);
		if (!word || record->n_starts == LAST_STARTS_MAX ||
			!read_number(word, 0, INT64_MAX, &start_ms))
			return false;
		record->starts_ms[record->n_starts++] = (uint64_t)start_ms;
	}
	return true;
}

/* "bright=5" */
static bool read_value(char *word, struct last_item *item)
{
	char *equals = strchr(word, '=');
	struct output_range range;
	int64_t number;
	int key;

	if (!equals)
		return false;
	*equals = '\0';
	key = output_key_find(item->kind, word);
	if (key < 0 || output_values_has(&item->values, (size_t)key))
		return false;
	range = output_key_range(item->kind, (size_t)key, NULL);
	if (!read_number(equals + 1, range.min, range.max, &number))
		return false;
	output_values_set(&item->values, (size_t)key, (int)number);
	return true;
}

static bool is_known(const struct last_record *record, const struct last_item *item)
{
	for (size_t i = 0; i < record->n_items; i++)
		if (record->items[i].kind == item->kind &&
			strcmp(record->items[i].name, item->name) == 0)
			return true;
	return false;
}

static bool read_item(char *line, struct last_record *record)
{
	const char *word = next_word(&line), *name = next_word(&line);
	struct last_item item = {.kind = word ? output_kind_find(word) : NULL};

	if (!item.kind || !name || strlen(name) >= LAST_NAME_BYTES || !line)
		return false;
	(void)snprintf(item.name, sizeof(item.name), "%s", name);
	while (line) {
		char *value = next_word(&line);

		if (!value || !read_value(value, &item))
			return false;
	}
	if (record->n_items == CONFIG_OUTPUTS_MAX || is_known(record, &item))
		return false;
	record->items[record->n_items++] = item;
	return true;
}

enum { LINE_TITLE = 1, LINE_ENDED, LINE_BOOT };

static bool read_line(unsigned number, char *line, struct last_record *record)
{
	switch (number) {
	case LINE_TITLE:
		return strcmp(line, TITLE) == 0;
	case LINE_ENDED:
		record->has_ended = strcmp(line, "ended yes") == 0;
		return record->has_ended || is_line(&line, "ended", "no");
	case LINE_BOOT:
		return read_boot(line, record);
	default:
		return read_item(line, record);
	}
}

unsigned last_record_parse(char *text, struct last_record *ret_record)
{
	struct last_record empty = {.has_ended = false};
	char *line;
	unsigned number = 1;

	*ret_record = empty;
	for (; (line = strsep(&text, "\n")); number++) {
		if (number > LINE_BOOT && strcmp(line, "end") == 0) {
			if (text && !*text)
				return 0;
			break;
		}
		if (!read_line(number, line, ret_record))
			break;
	}
	*ret_record = empty;
	return number;
}
