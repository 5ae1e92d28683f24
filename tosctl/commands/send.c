/* SPDX-License-Identifier: MIT */
#include "ask.h"
#include "command.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All of it, or NULL. */
static char *read_all(FILE *in)
{
	char *text = NULL;
	size_t size = 0;

	if (getdelim(&text, &size, '\0', in) >= 0)
		return text;
	free(text);
	return NULL;
}

/* Before MQTT 5 an answer is found by its id, so one is added if there is none. A text that is not
 * an object goes out as it is: the gateway explains best what is wrong with it. */
static int send_text(const struct options *options, const char *text)
{
	cJSON *action = cJSON_Parse(text);
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(action, "id");
	int r;

	if (cJSON_IsObject(action) && !id)
		return ask_action_once(options, action);
	r = ask_text_once(options, "actions", text, cJSON_GetStringValue(id));
	cJSON_Delete(action);
	return r;
}

/* An empty message is none: nobody would answer. */
static bool is_empty(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

static int tell_empty(const char *where)
{
	fprintf(stderr, "tosctl: %s: send takes an action, as {\"led\":{\"0\":{\"on\":true}}}\n",
		where);
	return EXIT_USAGE;
}

static int run(const struct options *options, int n, char **arguments)
{
	char *text = NULL;
	int r;

	(void)n;
	if (strcmp(arguments[0], "-") != 0)
		return is_empty(arguments[0]) ? tell_empty("the message is empty")
					      : send_text(options, arguments[0]);
	text = read_all(stdin);
	r = !text || is_empty(text) ? tell_empty("nothing came on stdin")
				    : send_text(options, text);
	free(text);
	return r;
}

extern const struct command command_send;

const struct command command_send = {
	.name = "send",
	.arguments = "JSON|-",
	.help = "send an action as it is; - reads it",
	.n_min = 1,
	.n_max = 1,
	.takes = OPTIONS_JSON,
	.run = run,
};
