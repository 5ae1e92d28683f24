/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at the start of text: its length in bytes (1 to 4), or 0 if it is not valid. size
 * is at least 1. */
size_t utf8_decode(const char *text, size_t size, uint32_t *ret_code);

/* True for a printable character or a blank: no C0 or C1 control, DEL, line or paragraph separator.
 * */
bool utf8_printable(uint32_t code);

/*
 * True for a character that changes the direction of the text around it: with it, a line can look
 * like a different one.
 */
bool utf8_turns(uint32_t code);
