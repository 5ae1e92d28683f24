/* SPDX-License-Identifier: MIT */
#include "json_tokens.h"

#include <string.h>

static int hex(const uint8_t *digits)
{
	int unit = 0;

	for (int i = 0; i < 4; i++) {
		int c = digits[i];

		unit = unit * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return unit;
}

/* One character of up to 16 bits as UTF-8. No name has half of a surrogate pair: "?". */
static size_t put_unit(int unit, char *out)
{
	if (unit == 0 || (unit >= 0xd800 && unit <= 0xdfff))
		unit = '?';
	if (unit < 0x80) {
		out[0] = (char)unit;
		return 1;
	}
	if (unit < 0x800) {
		out[0] = (char)(0xc0 | unit >> 6);
		out[1] = (char)(0x80 | (unit & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | unit >> 12);
	out[1] = (char)(0x80 | (unit >> 6 & 0x3f));
	out[2] = (char)(0x80 | (unit & 0x3f));
	return 3;
}

/* Decodes the text between the quotes, cut to the room for it. */
static void decode(const uint8_t *at, const uint8_t *end, char out[static JSON_TOKEN_BYTES])
{
	static const char ESCAPES[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	size_t used = 0;

	while (at < end && used < JSON_TOKEN_BYTES - 4) {
		if (*at != '\\') {
			out[used++] = (char)(*at ? *at : '?');
			at++;
		} else if (at[1] == 'u') {
			used += put_unit(hex(at + 2), out + used);
			at += 6;
		} else {
			const char *escape = ESCAPES;

			while (escape[0] && escape[0] != (char)at[1])
				escape += 2;
			out[used++] = escape[0] ? escape[1] : '?';
			at += 2;
		}
	}
	out[used] = '\0';
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const uint8_t *end_of_text(const struct json_tokens *tokens)
{
	const uint8_t *at = tokens->at + 1;

	while (at < tokens->end && *at != '"')
		at += *at == '\\' ? 2 : 1;
	return at < tokens->end ? at : tokens->end;
}

/* A text is a key if a colon follows it. */
static void take_text(struct json_tokens *tokens, struct json_token *ret_token)
{
	const uint8_t *end = end_of_text(tokens);
	const uint8_t *next = end < tokens->end ? end + 1 : end;

	while (next < tokens->end && is_space(*next))
		next++;
	ret_token->kind = next < tokens->end && *next == ':' ? JSON_TOKEN_KEY : JSON_TOKEN_TEXT;
	decode(tokens->at + 1, end, ret_token->text);
	tokens->at = next;
}

static void take_word(struct json_tokens *tokens, struct json_token *ret_token)
{
	size_t size = 0;

	for (; tokens->at < tokens->end && !is_space(*tokens->at) && *tokens->at &&
		!strchr(",]}", *tokens->at);
		tokens->at++) {
		if (size < JSON_TOKEN_BYTES - 1)
			ret_token->text[size++] = (char)*tokens->at;
	}
	ret_token->text[size] = '\0';
	ret_token->kind = JSON_TOKEN_WORD;
}

bool json_tokens_next(struct json_tokens *tokens, struct json_token *ret_token)
{
	while (tokens->at < tokens->end) {
		switch (*tokens->at) {
		case '{':
		case '[':
		case '}':
		case ']':
			ret_token->kind =
				strchr("{[", *tokens->at) ? JSON_TOKEN_OPEN : JSON_TOKEN_CLOSE;
			ret_token->text[0] = '\0';
			tokens->at++;
			return true;
		case '"':
			take_text(tokens, ret_token);
			return true;
		case ',':
		case ':':
		case ' ':
		case '\t':
		case '\n':
		case '\r':
		case '\0':
		case 0xef: /* a byte-order mark */
		case 0xbb:
		case 0xbf:
			tokens->at++;
			break;
		default:
			take_word(tokens, ret_token);
			return true;
		}
	}
	return false;
}
