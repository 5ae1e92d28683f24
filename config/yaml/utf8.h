/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at the start of text: its length in bytes (1 to 4), or 0 when there is no valid
 * one. size is at least 1. */
size_t utf8_decode(const char *text, size_t size, uint32_t *ret_code);

/* Printable, or a blank: no C0 or C1 control character, no DEL, no line or paragraph separator. */
bool utf8_printable(uint32_t code);

/*
 * Turns the direction in which the text around it is shown: it can make a line look like another.
 */
bool utf8_turns(uint32_t code);
