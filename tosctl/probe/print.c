/* SPDX-License-Identifier: MIT */
#include "probe.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

enum { TITLE_COLUMNS = 10, NAME_COLUMNS = 18 };

static const enum text_color COLORS[] = {
	[PROBE_PLAIN] = TEXT_PLAIN,
	[PROBE_FOUND] = TEXT_GREEN,
	[PROBE_MAYBE] = TEXT_YELLOW,
	[PROBE_ALONE] = TEXT_DIM,
	[PROBE_HELD] = TEXT_YELLOW,
	[PROBE_FAULT] = TEXT_RED,
};

static const char *text_of(const cJSON *item, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));

	return text ? text : "";
}

/* One blank at least. */
static void fill(int columns)
{
	printf("%*s", columns > 1 ? columns : 1, "");
}

static void print_item(const cJSON *item, const char *title, int indent)
{
	const char *name = text_of(item, "name"), *words = text_of(item, "words");
	enum text_color color = COLORS[probe_state_of(item)];
	const cJSON *part;

	text_color(stdout, TEXT_BOLD);
	text_pad(stdout, title, TITLE_COLUMNS + indent);
	text_color(stdout, TEXT_PLAIN);
	if (color != TEXT_PLAIN)
		text_color(stdout, color);
	text_print(stdout, name, strlen(name));
	if (*words)
		fill(NAME_COLUMNS - indent - text_width(name));
	text_print(stdout, words, strlen(words));
	if (color != TEXT_PLAIN)
		text_color(stdout, TEXT_PLAIN);
	putchar('\n');
	cJSON_ArrayForEach(part, cJSON_GetObjectItemCaseSensitive(item, "parts"))
		print_item(part, "", indent + 2);
}

static void print_none(const char *title)
{
	text_color(stdout, TEXT_BOLD);
	text_pad(stdout, title, TITLE_COLUMNS);
	text_color(stdout, TEXT_PLAIN);
	fputs("none\n", stdout);
}

static void print_missing(const cJSON *missing)
{
	const cJSON *entry;

	if (cJSON_GetArraySize(missing) > 0)
		putchar('\n');
	cJSON_ArrayForEach(entry, missing) {
		const char *what = text_of(entry, "what"), *cure = text_of(entry, "cure");

		text_color(stdout, TEXT_YELLOW);
		fputs("missing: ", stdout);
		text_print(stdout, what, strlen(what));
		text_color(stdout, TEXT_PLAIN);
		fputs("\n  ", stdout);
		text_print(stdout, cure, strlen(cure));
		putchar('\n');
	}
}

void probe_print(const cJSON *found)
{
	for (const struct probe_look *const *look = probe_look_table; *look; look++) {
		const char *title = (*look)->title;
		const cJSON *item;

		cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(found, title)) {
			print_item(item, title, 0);
			title = "";
		}
		if (*title && !(*look)->is_quiet)
			print_none(title);
	}
	print_missing(cJSON_GetObjectItemCaseSensitive(found, "missing"));
}
