/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <stdio.h>

struct config *probe_load_map(const char *path, bool is_told)
{
	struct config *config = NULL;
	struct diag *diag = NULL;
	struct host host;

	host_read("", &host);
	if (diag_new(path, &diag) == 0)
		(void)config_load(path, &host, diag, &config);
	if (!config && diag && is_told)
		diag_print(diag, stderr);
	diag_free(diag);
	return config;
}
