/* SPDX-License-Identifier: MIT */
/* Shared by the files of yaml_tree.h that use libyaml; the only header that includes it. */
#pragma once

#include "yaml_tree.h"
#include <yaml.h>

/* Reports the first byte or character that a map must not have. 0 or -EINVAL. */
int yaml_check_text(const char *text, size_t size, struct diag *diag);

/* The number of bytes before the first one that yaml_check_text() refuses. */
size_t yaml_clean_size(const char *text, size_t size);

/* Reports the mistake that stopped the parser. -EINVAL or -ENOMEM. */
int yaml_syntax_error(
	const yaml_parser_t *parser, const char *text, size_t size, struct diag *diag);

/* For yaml_broken.c: reads what comes before the first mistake. 0 even with a mistake, if something
 * comes before it. The text has passed yaml_check_text(). */
int yaml_tree_read_beginning(
	const char *text, size_t size, struct diag *diag, struct yaml_node **ret_root);

/* Appends an item to a list or a map, and takes ownership. The caller sets its key. 0 or -ENOMEM.
 * */
int yaml_append(struct yaml_node *parent, struct yaml_node *item);

/* Skips a byte-order mark. */
void yaml_skip_mark(const char **text, size_t *size);

struct diag_place yaml_place(const yaml_mark_t *start, const yaml_mark_t *end);
