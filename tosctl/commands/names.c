/* SPDX-License-Identifier: MIT */
/* For completion: quick, and without a word where there is nobody. */
#include "command.h"
#include "session.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static void print_names(const cJSON *about)
{
	const cJSON *kind, *output;

	cJSON_ArrayForEach(kind, cJSON_GetObjectItemCaseSensitive(about, "outputs")) {
		cJSON_ArrayForEach(output, kind) {
			const char *name = cJSON_GetStringValue(
				cJSON_GetObjectItemCaseSensitive(output, "name"));

			text_print(stdout, kind->string, strlen(kind->string));
			putchar(' ');
			text_print(stdout, name ? name : "", name ? strlen(name) : 0);
			putchar('\n');
		}
	}
}

static int run(const struct options *options, int n, char **arguments)
{
	struct session *session = NULL;
	int r = session_meet(options, &session);

	(void)n;
	(void)arguments;
	if (r < 0)
		print_names(session_about(session));
	session_close(session);
	return r < 0 ? EXIT_OK : r;
}

extern const struct command command_names;

const struct command command_names = {
	.name = "names",
	.arguments = "",
	.help = "the outputs that the gateway has: KIND NAME",
	.run = run,
};
