/* SPDX-License-Identifier: MIT */
#include "diag.h"
#include "gateway_internal.h"
#include "log.h"
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Logs without waiting for a reader: motors run during a reload. */
static void tell(const struct diag *diag)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	diag_print(diag, out);
	if (fclose(out) == 0)
		log_lines(diag_count(diag) > 0 ? LOG_ERR : LOG_WARNING, text);
	free(text);
}

int gateway_read_map(const char *path, struct diag *diag, struct config **ret_config)
{
	struct host host;

	host_read("", &host);
	return config_load(path, &host, diag, ret_config);
}

int gateway_load_config(const char *path, struct config **ret_config)
{
	struct diag *diag = NULL;
	int r = diag_new(path, &diag);

	if (r == 0)
		r = gateway_read_map(path, diag, ret_config);
	if (r == -EINVAL || (r == 0 && diag_count_warnings(diag) > 0))
		tell(diag);
	else if (r < 0)
		log_error("config", "%s: %s", path, strerror(-r));
	diag_free(diag);
	/* Else the buffers of the years to come would lie where the text of the map was, and
	 * calloc() would clear the parts of them that are never used. */
	(void)malloc_trim(0);
	if (r == -EINVAL)
		return EXIT_CONFIG_MISTAKE;
	return r < 0 ? EXIT_FAILED : -1;
}

void gateway_count_outputs(const struct config *config, char ret_counts[GATEWAY_COUNTS_BYTES])
{
	size_t used = 0;

	ret_counts[0] = '\0';
	for (size_t i = 0; output_kind_table[i] && used < GATEWAY_COUNTS_BYTES; i++)
		if (config->outputs_of[i].n > 0 || output_kind_table[i]->is_counted)
			used += (size_t)snprintf(ret_counts + used, GATEWAY_COUNTS_BYTES - used,
				", %s %zu", output_kind_table[i]->nouns, config->outputs_of[i].n);
}

/* The mistakes are its result and not a log, so it waits for the reader. */
int gateway_check(const struct gateway_options *options)
{
	char counts[GATEWAY_COUNTS_BYTES];
	struct config *config = NULL;
	struct diag *diag = NULL;
	int r = diag_new(options->config_path, &diag);

	if (r == 0)
		r = gateway_read_map(options->config_path, diag, &config);
	if (diag)
		diag_print(diag, stderr);
	diag_free(diag);
	if (r == -EINVAL)
		return EXIT_CONFIG_MISTAKE;
	if (!config) {
		log_error("config", "%s: %s", options->config_path, strerror(-r));
		return EXIT_FAILED;
	}
	gateway_count_outputs(config, counts);
	printf("%s: good: chips %zu, sensors %zu%s\n", options->config_path, config->n_chips,
		config->n_sensors, counts);
	config_free(config);
	return EXIT_OK;
}
