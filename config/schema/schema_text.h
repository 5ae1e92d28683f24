/* SPDX-License-Identifier: MIT */
/* What a text must look like. Pure. */
#pragma once

#include "schema.h"

/* NULL when the text is right for the type (STRING, TEXT, NAME, PATH, TOPIC); otherwise what is
 * wrong with it, to stand behind it: "has a wildcard". */
const char *schema_text_wrong(enum schema_type type, const char *text);
