/* SPDX-License-Identifier: MIT */
#include "command.h"
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As tosd --check: the exit code of a mistake is 1 here, as of anything that is refused. */
static int run(const struct options *options, int n, char **arguments)
{
	const char *path = n > 0 ? arguments[0] : "/etc/tos/tosd.yaml";
	struct config *config = NULL;
	struct diag *diag = NULL;
	struct host host;

	(void)options;
	host_read("", &host);
	if (diag_new(path, &diag) < 0)
		return EXIT_REFUSED;
	(void)config_load(path, &host, diag, &config);
	diag_print(diag, stderr);
	diag_free(diag);
	if (!config)
		return EXIT_REFUSED;
	printf("%s: good: chips %zu, sensors %zu", path, config->n_chips, config->n_sensors);
	for (size_t i = 0; output_kind_table[i]; i++)
		if (config->outputs_of[i].n > 0)
			printf(", %s %zu", output_kind_table[i]->nouns, config->outputs_of[i].n);
	putchar('\n');
	config_free(config);
	return EXIT_OK;
}

extern const struct command command_check;

const struct command command_check = {
	.name = "check",
	.arguments = "[FILE]",
	.help = "check a device map, without a gateway",
	.n_max = 1,
	.is_local = true,
	.run = run,
};
