/* SPDX-License-Identifier: MIT */
#include "yaml_tree.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct yaml_node *yaml_node_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->n_items; i++) {
		if (strcmp(map->items[i]->key, key) == 0)
			return map->items[i];
	}
	return NULL;
}

bool yaml_node_is_empty(const struct yaml_node *node)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (node->kind == YAML_SCALAR && node->plain && strcmp(node->text, words[i]) == 0)
			return true;
	}
	return false;
}

struct diag_place yaml_node_name_place(const struct yaml_node *node)
{
	return node->key ? node->key_place : node->place;
}

void yaml_node_path(const struct yaml_node *node, char path[static YAML_PATH_MAX])
{
	if (!node->parent) {
		(void)snprintf(path, YAML_PATH_MAX, "the device map");
		return;
	}
	if (node->parent->parent)
		yaml_node_path(node->parent, path);
	else
		path[0] = '\0';

	size_t used = strlen(path);
	if (node->key)
		(void)snprintf(
			path + used, YAML_PATH_MAX - used, "%s%s", used ? "." : "", node->key);
	else
		(void)snprintf(path + used, YAML_PATH_MAX - used, "[%zu]", node->index);
}

struct yaml_node *yaml_tree_free(struct yaml_node *node)
{
	if (!node)
		return NULL;
	for (size_t i = 0; i < node->n_items; i++)
		yaml_tree_free(node->items[i]);
	free(node->items);
	free(node->text);
	free(node->key);
	free(node);
	return NULL;
}
