/* SPDX-License-Identifier: MIT */
/* Shared by the files of schema.h: single values. */
#pragma once

#include "schema.h"

/* Checks the text and sets the field. As in schema.h, a mistake is no error. */
int schema_value_read(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, void *field);

/* Sets the field to option->initial, which is parsed like a text of the map. */
int schema_value_default(const struct schema_option *option, void *object);

/* "a list", for use in a sentence. */
const char *schema_kind_words(enum yaml_kind kind);
