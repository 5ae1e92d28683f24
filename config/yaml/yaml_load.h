/* SPDX-License-Identifier: MIT */
/* Between the files of yaml_tree.h that know libyaml; the only header that includes it. */
#pragma once

#include "yaml_tree.h"
#include <yaml.h>

/* Adds the first byte or character that may not stand in a map. 0 or -EINVAL. */
int yaml_check_text(const char *text, size_t size, struct diag *diag);

/* The bytes in front of the first one that yaml_check_text() would refuse. */
size_t yaml_clean_size(const char *text, size_t size);

/* Adds what the parser stopped at. -EINVAL or -ENOMEM. */
int yaml_syntax_error(
	const yaml_parser_t *parser, const char *text, size_t size, struct diag *diag);

/* For yaml_broken.c: what stands before the first mistake. 0 also when there is one and something
 * stands before it. The text went through yaml_check_text(). */
int yaml_tree_read_beginning(
	const char *text, size_t size, struct diag *diag, struct yaml_node **ret_root);

/* The last item of a list or a map, whose key the caller sets; owned from then on. 0 or -ENOMEM. */
int yaml_append(struct yaml_node *parent, struct yaml_node *item);

/* The text behind a byte-order mark. */
void yaml_skip_mark(const char **text, size_t *size);

struct diag_place yaml_place(const yaml_mark_t *start, const yaml_mark_t *end);
