/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdio.h>
#include <string.h>

static int run(const struct options *options, int n, char **arguments)
{
	const struct command *command = n > 0 ? command_find(arguments[0]) : NULL;

	(void)options;
	if (!command)
		return options_show_help();
	printf("Usage: tosctl %s%s%s\n%s\n", command->name, *command->arguments ? " " : "",
		command->arguments, command->help + strspn(command->help, " "));
	return EXIT_OK;
}

extern const struct command command_help;

const struct command command_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.help = "this, or one line on a command",
	.n_max = 1,
	.is_local = true,
	.run = run,
};
