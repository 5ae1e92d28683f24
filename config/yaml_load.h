/* SPDX-License-Identifier: MIT */
/* Between the files of yaml_tree.h that know libyaml; the only header that includes it. */
#pragma once

#include "yaml_tree.h"
#include <yaml.h>

/* Adds the first byte or character that may not stand in a map. 0 or -EINVAL. */
int yaml_check_text(const char *text, size_t size, struct diag *diag);

/* Adds what the parser stopped at. -EINVAL or -ENOMEM. */
int yaml_syntax_error(
	const yaml_parser_t *parser, const char *text, size_t size, struct diag *diag);

struct diag_place yaml_place(const yaml_mark_t *start, const yaml_mark_t *end);
