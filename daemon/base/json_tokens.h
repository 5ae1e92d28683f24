/* SPDX-License-Identifier: MIT */
/*
 * Reads JSON token by token, without a tree: for a text that a reader with a tree does not take
 * (nested a thousand levels deep), or of which it shows only a part (a key twice). It checks
 * nothing: json_is_readable() has to be true of the text.
 *
 * Pure; allocates nothing; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_TOKEN_BYTES = 128 }; /* of a token's text, which is cut to it */

enum json_token_kind {
	JSON_TOKEN_OPEN,  /* of an object or an array */
	JSON_TOKEN_CLOSE, /* the same */
	JSON_TOKEN_KEY,
	JSON_TOKEN_TEXT,
	JSON_TOKEN_WORD, /* a number, true, false or null */
};

struct json_token {
	enum json_token_kind kind;
	/* Of a key or a text: without quotes and escapes, and with "?" for a NUL and for half of a
	 * surrogate pair. Of a word: as it stands there. Ends with a NUL. */
	char text[JSON_TOKEN_BYTES];
};

/* The bytes still to be read. Borrowed. */
struct json_tokens {
	const uint8_t *at, *end;
};

/* Takes the next token. False: there is none; *ret_token is undefined then. */
bool json_tokens_next(struct json_tokens *tokens, struct json_token *ret_token);
