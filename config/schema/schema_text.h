/* SPDX-License-Identifier: MIT */
/* Rules for texts. Pure. */
#pragma once

#include "schema.h"

/* NULL if the text is valid for the type (STRING, TEXT, NAME, PATH, TOPIC); otherwise what is
 * wrong, to be put after the text: "has a wildcard". */
const char *schema_text_wrong(enum schema_type type, const char *text);
