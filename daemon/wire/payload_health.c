/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "json_writer.h"
#include "payload.h"
#include <errno.h>
#include <string.h>

static void add_count(struct json_writer *json, const char *key, uint64_t value)
{
	json_integer(json, key, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static void add_row(struct json_writer *json, const struct payload_health_row *row);

static void add_rows(struct json_writer *json, const struct payload_health_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		add_row(json, &rows->rows[i]);
}

/* {"ok":true}, or the reason and since when, and any further keys. */
static void add_part(
	struct json_writer *json, const char *key, const struct payload_part_health *part)
{
	json_object(json, key);
	json_bool(json, "ok", part->ok);
	if (!part->ok) {
		json_text(json, "error", part->error);
		if (clock_is_set(part->since_ms))
			add_count(json, "since", part->since_ms);
		else
			json_raw(json, "since", "null");
	}
	add_rows(json, &part->more);
	json_object_end(json);
}

static void add_texts(
	struct json_writer *json, const char *key, const struct payload_health_texts *texts)
{
	json_array(json, key);
	for (size_t i = 0; i < texts->n; i++)
		json_text(json, NULL, texts->texts[i]);
	json_array_end(json);
}

static void add_row(struct json_writer *json, const struct payload_health_row *row)
{
	switch (row->kind) {
	case PAYLOAD_HEALTH_COUNT:
		add_count(json, row->key, row->count);
		break;
	case PAYLOAD_HEALTH_FLAG:
		json_bool(json, row->key, row->flag);
		break;
	case PAYLOAD_HEALTH_TEXT:
		if (row->text)
			json_text(json, row->key, row->text);
		else
			json_raw(json, row->key, "null");
		break;
	case PAYLOAD_HEALTH_TEXTS:
		add_texts(json, row->key, &row->texts);
		break;
	case PAYLOAD_HEALTH_PART:
		add_part(json, row->key, &row->part);
		break;
	case PAYLOAD_HEALTH_ROWS:
		json_object(json, row->key);
		add_rows(json, &row->rows);
		json_object_end(json);
		break;
	}
}

int payload_format_health(const struct payload_health_rows *rows, char *out, size_t out_bytes)
{
	struct json_writer json;

	json_begin(&json, out, out_bytes);
	add_rows(&json, rows);
	return json_finish(&json);
}

/* The key comes before every name of the map. In a text before it, its quotes would be escaped. */
int payload_find_instance(
	const struct payload_bytes *bytes, char ret_instance[static PAYLOAD_INSTANCE_BYTES])
{
	static const char KEY[] = "\"instance\":\"";
	enum { DIGITS = PAYLOAD_INSTANCE_BYTES - 1 };
	const char *end = (const char *)bytes->data + bytes->size;
	const char *at = memmem(bytes->data, bytes->size, KEY, sizeof(KEY) - 1);

	if (!at)
		return -ENOENT;
	at += sizeof(KEY) - 1;
	if (end - at <= DIGITS || at[DIGITS] != '"')
		return -ENOENT;
	for (int i = 0; i < DIGITS; i++) {
		if (!((at[i] >= '0' && at[i] <= '9') || (at[i] >= 'a' && at[i] <= 'f')))
			return -ENOENT;
	}
	memcpy(ret_instance, at, DIGITS);
	ret_instance[DIGITS] = '\0';
	return 0;
}
