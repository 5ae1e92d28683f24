/* SPDX-License-Identifier: MIT */
/* The state of one output as plain text, in the words of its own topic (payload_parse_text.c). */
#include "decimal.h"
#include "payload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct words {
	char *out;
	size_t out_bytes, used;
};

static void add(struct words *words, const char *text, const char *suffix)
{
	int size = snprintf(words->out + words->used, words->out_bytes - words->used, "%s%s%s",
		words->used > 0 ? " " : "", text, suffix);

	words->used += (size_t)size;
	if (words->used >= words->out_bytes)
		words->used = words->out_bytes - 1;
}

static void add_number(struct words *words, const struct output_key *key, int number)
{
	char text[DECIMAL_BYTES];

	(void)decimal_format(
		(double)number / output_key_scale(key), key->decimals, text, sizeof(text));
	add(words, text, key->per_coarse ? "%" : "");
}

/* Of two measures of one thing, the one that says it whole. */
static bool is_said(
	const struct output_kind *kind, const struct output_values *values, size_t index)
{
	const struct output_key *key = &kind->keys[index];

	if (!output_values_has(values, index) || key->is_hidden)
		return false;
	if (key->per_coarse)
		return !output_key_is_redundant(key, values->numbers[index], values);
	for (size_t i = 0; i < kind->n_keys; i++)
		if (kind->keys[i].per_coarse && kind->keys[i].coarse == index &&
			output_values_has(values, i))
			return output_key_is_redundant(&kind->keys[i], values->numbers[i], values);
	return true;
}

static void add_key(struct words *words, const struct output_key *key, int number)
{
	char text[16];

	switch (key->type) {
	case OUTPUT_KEY_BOOL:
		break;
	case OUTPUT_KEY_NUMBER:
		add_number(words, key, number);
		break;
	case OUTPUT_KEY_CHOICE:
		add(words, key->choices[number], "");
		break;
	case OUTPUT_KEY_COLOR:
		(void)snprintf(text, sizeof(text), "#%06x", (unsigned)number & OUTPUT_COLOR_MAX);
		add(words, text, "");
		break;
	}
}

int payload_format_output_text(const struct output_kind *kind, const struct output_values *values,
	char *out, size_t out_bytes)
{
	struct words words = {out, out_bytes, 0};

	out[0] = '\0';
	if (output_is_at_rest(kind, values)) {
		add(&words, "off", "");
	} else {
		for (size_t i = 0; i < kind->n_keys; i++)
			if (is_said(kind, values, i))
				add_key(&words, &kind->keys[i], values->numbers[i]);
		if (words.used == 0)
			add(&words, "on", "");
	}
	return words.used + 1 < out_bytes ? (int)words.used : -ENOBUFS;
}
