/* SPDX-License-Identifier: MIT */
#include "schema_text.h"
#include <string.h>

enum {
	NAME_MAX_BYTES = 63,    /* the longest name that the hardware layer keeps */
	STRING_MAX_BYTES = 512, /* far below MQTT's 65535, far above any need */
	TOPIC_MAX_BYTES = 200,  /* two of them joined must fit into the 512 that the outbox keeps */
	PATH_MAX_BYTES = 4095,
};

static const char *name_wrong(const char *text)
{
	if (text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")])
		return "has a character other than letters, digits, _ and -";
	return strlen(text) > NAME_MAX_BYTES ? "is longer than 63 characters" : NULL;
}

static const char *topic_wrong(const char *text)
{
	size_t size = strlen(text);

	if (strpbrk(text, "+#"))
		return "has a wildcard, + or #";
	if (text[0] == '$')
		return "begins with $: such topics are the broker's own";
	if (text[0] == '/' || text[size - 1] == '/')
		return "has a slash at an end";
	return strstr(text, "//") ? "has an empty level, //" : NULL;
}

static size_t max_bytes(enum schema_type type)
{
	switch (type) {
	case SCHEMA_PATH:
		return PATH_MAX_BYTES;
	case SCHEMA_TOPIC:
		return TOPIC_MAX_BYTES;
	default:
		return STRING_MAX_BYTES;
	}
}

const char *schema_text_wrong(enum schema_type type, const char *text)
{
	if (strlen(text) > max_bytes(type))
		return "is too long";
	if (type == SCHEMA_TEXT)
		return NULL;
	if (!*text)
		return "is empty";
	if (strpbrk(text, "\t\n"))
		return "has a tab or a line break in it";
	switch (type) {
	case SCHEMA_NAME:
		return name_wrong(text);
	case SCHEMA_PATH:
		return text[0] == '/' ? NULL : "does not begin with /";
	case SCHEMA_TOPIC:
		return topic_wrong(text);
	default:
		return NULL;
	}
}
