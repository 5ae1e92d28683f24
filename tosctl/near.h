/* SPDX-License-Identifier: MIT */
/* Adds to a mistake the words that could have been meant. */
#pragma once

#include <stddef.h>

/*
 * Adds to a sentence what could have been meant, as far as there is room: "; did you mean "temp"?",
 * or "; there are: temp, humi". word: NULL has no near one. names end with NULL.
 */
void near_add(char *sentence, size_t size, const char *word, const char *const *names);
