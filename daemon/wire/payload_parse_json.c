/* SPDX-License-Identifier: MIT */
/*
 * Explains to a user why the message is not JSON. Most such messages are typed by hand into a shell
 * with its own idea of quotes, or pasted from a page that made the quotes pretty. So the
 * explanation names the character, and what to write instead.
 */
#include "diag_lookalike.h"
#include "payload_parse.h"
#include "utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORD_SHOWN_MAX = 24 };

/* The place of a mistake, and its explanation. */
struct slip {
	const uint8_t *data;
	size_t size;
	const struct json_mistake *mistake;
	struct payload_errors *errors;
};

static void say(const struct slip *slip, const char *what, const char *cure)
{
	payload_error_add(slip->errors, "", "not JSON: %s at byte %zu%s%s", what,
		slip->mistake->offset + 1, cure ? ": " : "", cure ? cure : "");
}

/* --- other encodings --- */

static bool begins(const struct slip *slip, const char *bytes, size_t size)
{
	return slip->size >= size && memcmp(slip->data, bytes, size) == 0;
}

/* Recognized by its mark, or by the zeros that make up half of a plain text. NULL: may be UTF-8. */
static const char *encoding(const struct slip *slip)
{
	const uint8_t *data = slip->data;
	bool four = slip->size >= 4;

	if (begins(slip, "\xff\xfe\0\0", 4) || begins(slip, "\0\0\xfe\xff", 4) ||
		(four && data[0] && !data[1] && !data[2] && !data[3]) ||
		(four && !data[0] && !data[1] && !data[2] && data[3]))
		return "UTF-32";
	if (begins(slip, "\xff\xfe", 2) || begins(slip, "\xfe\xff", 2) ||
		(four && data[0] && !data[1] && data[2] && !data[3]) ||
		(four && !data[0] && data[1] && !data[2] && data[3]))
		return "UTF-16";
	return NULL;
}

/* --- characters that look like others; diag_lookalike() has more --- */

#define DOUBLE_QUOTES "keys and texts stand in double quotes, \""

static const struct {
	uint32_t first, last;
	const char *name, *cure;
} LOOKALIKES[] = {
	{'\'', '\'', "a single quote", DOUBLE_QUOTES},
	{'`', '`', "a backquote", DOUBLE_QUOTES},
	{'=', '=', "an equals sign", "a colon stands between a key and its value"},
	{';', ';', "a semicolon", "a comma stands between two members"},
	{'/', '/', "a slash", "JSON has no comments"},
	{'#', '#', "a hash", "JSON has no comments"},
	{'(', ')', "a round bracket", "an object has curly brackets, { and }"},
	{'+', '+', "a plus sign", "a number has none in front"},
	{'.', '.', "a point", "a number has digits on both sides of it, as 0.5"},
	{0x2032, 0x2036, "a prime", DOUBLE_QUOTES},
	{0xb4, 0xb4, "an accent", DOUBLE_QUOTES},
	{0xab, 0xab, "a guillemet", DOUBLE_QUOTES},
	{0xbb, 0xbb, "a guillemet", DOUBLE_QUOTES},
	{0x200b, 0x200f, "an invisible character", "leave it out"},
	{0x2060, 0x2060, "an invisible character", "leave it out"},
	{0xfeff, 0xfeff, "a byte-order mark", "leave it out"},
};

/* --- what stands there --- */

/* Letters, digits and underscores: a word without quotes. */
static size_t word_at(const struct slip *slip)
{
	size_t at = slip->mistake->offset;

	if (at < slip->size && !isalpha(slip->data[at]) && slip->data[at] != '_')
		return 0;
	while (at < slip->size && (isalnum(slip->data[at]) || slip->data[at] == '_'))
		at++;
	return at - slip->mistake->offset;
}

/* The last character before it that is not white space, or '\0'. */
static char before(const struct slip *slip)
{
	size_t at = slip->mistake->offset;

	while (at > 0 && strchr(" \t\r\n", slip->data[at - 1]))
		at--;
	return at > 0 ? (char)slip->data[at - 1] : '\0';
}

/* JSON's form of a word of another language. NULL: there is none. */
static const char *constant(const char *word)
{
	static const char *const PAIRS[][2] = {{"true", "true"}, {"false", "false"},
		{"null", "null"}, {"none", "null"}, {"nil", "null"}, {"undefined", "null"},
		{"on", "true"}, {"yes", "true"}, {"off", "false"}, {"no", "false"}};

	for (size_t i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++) {
		if (strcasecmp(word, PAIRS[i][0]) == 0)
			return PAIRS[i][1];
	}
	return NULL;
}

static void say_word(const struct slip *slip, size_t size)
{
	static const char *const CONSTANTS[] = {"true", "false", "null", NULL};
	const int shown = (int)(size < WORD_SHOWN_MAX ? size : WORD_SHOWN_MAX);
	const enum json_wanted wanted = slip->mistake->wanted;
	char word[WORD_SHOWN_MAX + 1], what[WORD_SHOWN_MAX + 32], cure[128];

	(void)snprintf(word, sizeof(word), "%.*s", shown,
		(const char *)slip->data + slip->mistake->offset);
	(void)snprintf(what, sizeof(what), "unexpected %s", word);
	if (wanted == JSON_WANTS_KEY)
		(void)snprintf(cure, sizeof(cure),
			"a key stands in double quotes, \"%s\" (did a shell take them?)", word);
	else if (wanted == JSON_WANTS_VALUE && slip->mistake->open == '\0' &&
		payload_word_means_stop(word))
		(void)snprintf(cure, sizeof(cure),
			"to stop every motor, send stop or {\"motor\":\"stop\"}");
	else if (wanted == JSON_WANTS_VALUE && slip->mistake->open == '\0')
		(void)snprintf(cure, sizeof(cure),
			"an action is an object, {\"led\":{\"0\":{\"on\":true}}} for example");
	else if (wanted == JSON_WANTS_VALUE && constant(word))
		(void)snprintf(cure, sizeof(cure), "JSON writes %s", constant(word));
	else if (wanted == JSON_WANTS_VALUE && diag_nearest(word, CONSTANTS))
		(void)snprintf(
			cure, sizeof(cure), "did you mean %s?", diag_nearest(word, CONSTANTS));
	else if (wanted == JSON_WANTS_VALUE)
		(void)snprintf(cure, sizeof(cure), "a text stands in double quotes, \"%s\"", word);
	else
		cure[0] = '\0';
	say(slip, what, cure[0] ? cure : NULL);
}

/* For a character that JSON has, but not in this place. NULL: nothing is known. */
static const char *cure_of_place(const struct slip *slip, uint8_t c)
{
	const struct json_mistake *mistake = slip->mistake;
	bool closes = c == '}' || c == ']';
	char last = before(slip);

	if (closes && last == ',')
		return "there is a comma too many before it";
	if (closes && mistake->wanted == JSON_WANTS_VALUE && last == ':')
		return "a value is missing before it";
	if (closes && mistake->wanted == JSON_WANTS_COMMA)
		return c == '}' ? "a ] is missing before it" : "a } is missing before it";
	if (c == ',' && (last == ',' || last == '{' || last == '['))
		return "there is a comma too many";
	if (last == '0' && isdigit(c))
		return "a number has no zero in front";
	if (mistake->wanted == JSON_WANTS_COMMA && (c == '"' || c == '{' || c == '['))
		return "a comma is missing before it";
	if (mistake->wanted == JSON_WANTS_COLON)
		return "a colon is missing before it";
	if (mistake->wanted == JSON_WANTS_KEY && closes)
		return "a } is missing before it";
	if (mistake->wanted == JSON_WANTS_KEY)
		return "a key stands in double quotes";
	return NULL;
}

/* True if it is one of those. */
static bool say_lookalike(const struct slip *slip, uint32_t code, const char *text, int length)
{
	char what[80], write[32];
	const char *name = NULL, *instead = diag_lookalike(code, &name);

	for (size_t i = 0; i < sizeof(LOOKALIKES) / sizeof(LOOKALIKES[0]); i++) {
		if (code < LOOKALIKES[i].first || code > LOOKALIKES[i].last)
			continue;
		if (code < 0x80)
			(void)snprintf(what, sizeof(what), "unexpected %c (%s)", *text,
				LOOKALIKES[i].name);
		else
			(void)snprintf(what, sizeof(what), "unexpected %.*s (U+%04X, %s)", length,
				text, (unsigned)code, LOOKALIKES[i].name);
		say(slip, what, LOOKALIKES[i].cure);
		return true;
	}
	if (!instead)
		return false;
	(void)snprintf(what, sizeof(what), "unexpected %.*s (U+%04X, a %s)", length, text,
		(unsigned)code, name);
	if (*instead)
		(void)snprintf(write, sizeof(write), "write %s",
			*instead == ' ' ? "a plain blank" : instead);
	else
		(void)snprintf(write, sizeof(write), "leave it out");
	say(slip, what, *instead == '\'' || *instead == '"' ? DOUBLE_QUOTES : write);
	return true;
}

static void say_character(const struct slip *slip)
{
	const size_t at = slip->mistake->offset;
	const char *text = (const char *)slip->data + at;
	const char *cure;
	uint32_t code = 0;
	size_t length = utf8_decode(text, slip->size - at, &code);
	char what[80];

	if (length == 0) {
		(void)snprintf(what, sizeof(what), "unexpected byte 0x%02x", slip->data[at]);
		say(slip, what, "a message is UTF-8");
		return;
	}
	cure = cure_of_place(slip, slip->data[at]);
	if (say_lookalike(slip, code, text, (int)length))
		return;
	if (utf8_printable(code) && code != ' ')
		(void)snprintf(what, sizeof(what), "unexpected %.*s", (int)length, text);
	else
		(void)snprintf(what, sizeof(what), "unexpected character U+%04X", (unsigned)code);
	say(slip, what, cure);
}

static const char *cure_of_end(const struct json_mistake *mistake)
{
	if (mistake->wanted == JSON_WANTS_CLOSING)
		return "the double quote that ends a text is missing";
	if (mistake->open == '{')
		return "a } is missing";
	return mistake->open == '[' ? "a ] is missing" : NULL;
}

/* For mistakes that the scanner itself describes. */
static const char *cure_of(const struct slip *slip)
{
	const struct json_mistake *mistake = slip->mistake;
	uint8_t c;

	if (slip->size == 0)
		return NULL;
	if (mistake->offset >= slip->size)
		return cure_of_end(mistake);
	c = slip->data[mistake->offset];
	if (mistake->wanted == JSON_WANTS_NOTHING)
		return c == '}' || c == ']' ? "one bracket is too many" : NULL;
	if (mistake->wanted == JSON_WANTS_CLOSING && c == '\n')
		return "a line break in a text is written \\n";
	return begins(slip, "\xef\xbb\xbf", 3) ? "send it without one" : NULL;
}

static void explain(const struct slip *slip)
{
	static const char FRONT[] = "not JSON: ";
	const char *what = slip->mistake->what + sizeof(FRONT) - 1;
	size_t word = word_at(slip);

	if (encoding(slip))
		say(slip, encoding(slip), "send it as UTF-8");
	else if (strncmp(what, "unexpected", strlen("unexpected")) != 0)
		say(slip, what, cure_of(slip));
	else if (word > 0)
		say_word(slip, word);
	else
		say_character(slip);
}

void payload_explain_json(const struct payload_bytes *bytes, const struct json_mistake *mistake,
	struct payload_errors *errors)
{
	if (strncmp(mistake->what, "not JSON", 8) == 0)
		explain(&(struct slip){bytes->data, bytes->size, mistake, errors});
	else
		payload_error_add(errors, "", "%s at byte %zu", mistake->what, mistake->offset + 1);
}
