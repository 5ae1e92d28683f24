/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stddef.h>
#include <string.h>

const struct command *command_find(const char *name)
{
	for (const struct command *const *command = command_table; *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}
