/* SPDX-License-Identifier: MIT */
#include "options_own.h"

#include "command.h"
#include <stdio.h>

static const struct {
	enum options_own bit;
	const char *name;
} OWN[] = {
	{OPTIONS_COUNT, "-C"},
	{OPTIONS_JSON, "--json"},
	{OPTIONS_FOR, "--for"},
	{OPTIONS_FADE, "--fade"},
	{OPTIONS_WRITE, "--write"},
	{OPTIONS_SIMULATE, "--simulate"},
	{OPTIONS_STATE, "--state"},
	{OPTIONS_FORCE, "--force"},
};

static void tell(const char *command, const char *option, enum options_own bit)
{
	const char *sign = ": it is for ";

	fprintf(stderr, "tosctl: %.40s has no option %s", command, option);
	for (const struct command *const *at = command_table; *at; at++) {
		if (!((*at)->takes & bit))
			continue;
		fprintf(stderr, "%s%s", sign, (*at)->name);
		sign = ", ";
	}
	if (OPTIONS_OF_OUTPUTS & bit)
		fprintf(stderr, "%soutputs, as tosctl led red on", sign);
	fputc('\n', stderr);
}

int options_own_check(const char *command, unsigned given, unsigned takes)
{
	for (size_t i = 0; i < sizeof(OWN) / sizeof(*OWN); i++) {
		if (!(given & ~takes & OWN[i].bit))
			continue;
		tell(command, OWN[i].name, OWN[i].bit);
		return EXIT_USAGE;
	}
	return -1;
}
