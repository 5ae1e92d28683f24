/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "diag.h"
#include "output.h"
#include "shown.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMANDS_MAX = 64 };

/* A misspelt command, which is not a known kind of output either. */
static const char *find_near(const char *word)
{
	const char *names[COMMANDS_MAX + 1] = {NULL};

	if (output_kind_find(word))
		return NULL;
	for (size_t i = 0; command_table[i] && i < COMMANDS_MAX; i++)
		names[i] = command_table[i]->name;
	return diag_nearest(word, names);
}

static int run_output(const struct options *options, int n, char **words)
{
	const char *near = find_near(words[0]);
	int r;

	if (near) {
		fprintf(stderr, "tosctl: there is no command \"%.40s\"; did you mean \"%s\"?\n",
			words[0], near);
		return EXIT_USAGE;
	}
	r = options_own_check(words[0], options->given, OPTIONS_OF_OUTPUTS);
	if (r < 0)
		r = output_run(options, n, words);
	/* Only the gateway knows its outputs, but this program has the usual ones. */
	if (r == EXIT_OFFLINE && !output_kind_find(words[0]))
		fprintf(stderr, "tosctl: \"%.40s\" is no command either; tosctl help lists them\n",
			words[0]);
	return r;
}

static int run(const struct options *options, int n, char **words)
{
	const struct command *command = n > 0 ? command_find(words[0]) : NULL;
	int r;

	if (n == 0) {
		fputs("tosctl: say what to do. Try 'tosctl --help', or 'tosctl status'.\n", stderr);
		return EXIT_USAGE;
	}
	if (!command)
		return run_output(options, n, words);
	if (n - 1 < command->n_min || n - 1 > command->n_max) {
		fprintf(stderr, "Usage: tosctl %s%s%s\n", command->name,
			*command->arguments ? " " : "", command->arguments);
		return EXIT_USAGE;
	}
	r = options_own_check(command->name, options->given, command->takes);
	return r < 0 ? command->run(options, n - 1, words + 1) : r;
}

int main(int argc, char **argv)
{
	struct options options;
	int first, exit_code;

	shown_begin();
	text_init();
	exit_code = options_parse(argc, argv, &options, &first);
	if (exit_code < 0)
		exit_code = run(&options, argc - first, argv + first);
	return shown_end(exit_code);
}
