/* SPDX-License-Identifier: MIT */
/*
 * A YAML text as a tree of our own nodes, each with its place. It supports only what a device map
 * needs: maps with plain keys, lists and scalars, in one document. Anchors, aliases, tags and merge
 * keys are refused, so a small file cannot unfold into a big tree.
 */
#pragma once

#include "diag.h"
#include <stdbool.h>
#include <stddef.h>

enum {
	YAML_TEXT_MAX = 1024 * 1024, /* bytes of a file */
	YAML_DEPTH_MAX = 16,         /* nested maps and lists */
	YAML_NODES_MAX = 10000,
	YAML_PATH_MAX = 160, /* bytes, see yaml_node_path() */
};

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	struct diag_place place;
	char *text; /* SCALAR: not NULL, without control characters except tab and line feed */
	bool plain; /* SCALAR: written without quotes */

	const struct yaml_node *parent; /* NULL: the root */
	char *key;                      /* in a map; otherwise NULL */
	struct diag_place key_place;    /* in a map */
	size_t index;                   /* in the parent */

	struct yaml_node **items; /* LIST and MAP, in the text's order */
	size_t n_items;

	/* The text breaks off somewhere inside it, or its key is present a second time. */
	bool broken;
};

/*
 * Reads a text. Every mistake is added to diag, which also keeps the text. A repeated key is a
 * mistake, and the tree keeps the first. 0; -EINVAL: no tree, see diag; -ENOMEM.
 */
int yaml_tree_read_text(
	const char *text, size_t size, struct diag *diag, struct yaml_node **ret_root);

/*
 * Reads what can be understood of a text with mistakes, for a caller that cannot wait for a better
 * one. Up to the first mistake the text is taken as it is. After it, each section goes on by
 * itself, from one key in the first column to the next. A node that a mistake cuts through is
 * marked broken, and so are all nodes around it. 0; -EINVAL: nothing could be read; -ENOMEM.
 */
int yaml_tree_read_broken_text(const char *text, size_t size, struct yaml_node **ret_root);

/* Reads the bytes of a file, which the caller frees. -EINVAL: a mistake, because the file cannot be
 * read or is larger than YAML_TEXT_MAX. Or -ENOMEM. */
int yaml_text_read_file(const char *path, struct diag *diag, char **ret_text, size_t *ret_size);

/* The value of a key; NULL if there is none or map is no map. map may be NULL. */
const struct yaml_node *yaml_node_get(const struct yaml_node *map, const char *key);

/*
 * True for a scalar without a value: "key:" alone, and YAML's words for it, null, Null, NULL and ~.
 * In quotes they are texts.
 */
bool yaml_node_is_empty(const struct yaml_node *node);

/* The place of the node as a whole: its key, or inside a list the node itself. */
struct diag_place yaml_node_name_place(const struct yaml_node *node);

/* "leds[0].line", cut if it is longer than the buffer. The root is "the device map". */
void yaml_node_path(const struct yaml_node *node, char path[static YAML_PATH_MAX]);

/* Returns NULL; node may be NULL. */
struct yaml_node *yaml_tree_free(struct yaml_node *node);
