/* SPDX-License-Identifier: MIT */
/* "<chip>.<channel>": a reference to a part from another section. */
#include "config_load.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t config_chip_index(const struct config *config, const char *name, size_t length)
{
	for (size_t i = 0; i < config->n_chips; i++) {
		if (strlen(config->chips[i].name) == length &&
			memcmp(config->chips[i].name, name, length) == 0)
			return i;
	}
	return CONFIG_NO_INDEX;
}

int config_chip_names(const struct config *config, const char ***ret_names)
{
	const char **names = calloc(config->n_chips + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_chips; i++)
		names[i] = config->chips[i].name;
	*ret_names = names;
	return 0;
}

int config_unknown_chip(struct config_loader *loader, const struct yaml_node *node, size_t length)
{
	struct diag_place place = node->place;
	const char **names = NULL;

	int r = config_chip_names(loader->config, &names);
	if (r < 0)
		return r;
	char *name = strndup(node->text, length);
	if (name) {
		/* In a plain text the caret can underline the chip alone. */
		if (node->plain)
			place.width = length;
		schema_unknown(&loader->schema, place, "chip", name, names);
	}
	free(name);
	free(names);
	return name ? 0 : -ENOMEM;
}
