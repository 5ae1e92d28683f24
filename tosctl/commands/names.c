/* SPDX-License-Identifier: MIT */
/* For completion: quick, and what can stand behind a word is what the gateway says. */
#include "command.h"
#include "near.h"
#include "output.h"
#include "session.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

enum { KINDS_MAX = 64 };

static void print_text(const char *text)
{
	text_print(stdout, text ? text : "", text ? strlen(text) : 0);
}

static void print_name(const cJSON *output)
{
	print_text(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(output, "name")));
}

static void print_all(const cJSON *kinds)
{
	const cJSON *kind, *output;

	cJSON_ArrayForEach(kind, kinds) {
		cJSON_ArrayForEach(output, kind) {
			print_text(kind->string);
			putchar(' ');
			print_name(output);
			putchar('\n');
		}
	}
}

/* "lift forward backward stop": numbers and colors are no words. */
static void print_words(const cJSON *output)
{
	const cJSON *keys = cJSON_GetObjectItemCaseSensitive(output, "keys"), *key, *choice;

	print_name(output);
	if (cJSON_GetObjectItemCaseSensitive(keys, "on"))
		print_text(" on off");
	cJSON_ArrayForEach(key, keys) {
		cJSON_ArrayForEach(choice, cJSON_GetObjectItemCaseSensitive(key, "choices")) {
			putchar(' ');
			print_text(cJSON_GetStringValue(choice));
		}
	}
	print_text(output_takes_toggle(output) ? " toggle" : "");
	putchar('\n');
}

static int tell_unknown(const cJSON *kinds, const char *word)
{
	const char *names[KINDS_MAX + 1];
	char wrong[256];
	const cJSON *kind;
	size_t n = 0;

	cJSON_ArrayForEach(kind, kinds) {
		if (n < KINDS_MAX - 1)
			names[n++] = kind->string;
	}
	names[n++] = "sensors";
	names[n] = NULL;
	(void)snprintf(wrong, sizeof(wrong), "the gateway has no \"%.40s\"", word);
	near_add(wrong, sizeof(wrong), word, names);
	fputs("tosctl: ", stderr);
	text_print(stderr, wrong, strlen(wrong));
	fputc('\n', stderr);
	return EXIT_NO_DEVICE;
}

static int print_of(const cJSON *about, const char *word)
{
	const cJSON *kinds = cJSON_GetObjectItemCaseSensitive(about, "outputs"), *item;
	const cJSON *outputs = cJSON_GetObjectItemCaseSensitive(kinds, word);

	if (strcmp(word, "sensors") == 0) {
		cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(about, "sensors")) {
			print_text(item->string);
			putchar('\n');
		}
		return EXIT_OK;
	}
	cJSON_ArrayForEach(item, outputs)
		print_words(item);
	return outputs ? EXIT_OK : tell_unknown(kinds, word);
}

static int run(const struct options *options, int n, char **arguments)
{
	struct session *session = NULL;
	int r = session_meet(options, &session);

	if (r < 0 && n > 0)
		r = print_of(session_about(session), arguments[0]);
	else if (r < 0)
		print_all(cJSON_GetObjectItemCaseSensitive(session_about(session), "outputs"));
	session_close(session);
	return r < 0 ? EXIT_OK : r;
}

extern const struct command command_names;

const struct command command_names = {
	.name = "names",
	.arguments = "[KIND]",
	.help = "the outputs: KIND NAME; of KIND: NAME WORD...",
	.n_max = 1,
	.run = run,
};
