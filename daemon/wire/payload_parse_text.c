/* SPDX-License-Identifier: MIT */
/*
 * The plain text of an output's own topic: "on", "forward 40% 5s". Each word becomes the JSON value
 * of the key that it is about, so that its limits, its mistakes and what stops are those of an
 * action. The kinds' tables of keys say which words there are.
 */
#include "json_scan.h"
#include "payload_parse.h"
#include "schema_units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	WORDS_MAX = 6,
	WORD_BYTES = 32, /* longer ones are no word that is known */
	LIST_BYTES = 160,
	FOR_MAX_MS = 86400000,
};

/* One text on its way into an output. */
struct output_text {
	struct payload_parser *parser;
	const struct output_kind *kind; /* NULL: there is none such */
	char kind_word[WORD_BYTES], name[64 + 1];
	ssize_t index; /* of the output, or -1 */
	struct payload_path at_kind, at_output;
	struct payload_output output;
	char words[WORDS_MAX][WORD_BYTES];
	size_t n_words;
	unsigned keys; /* a bit for each that a word was about */
	bool is_stopped;
};

/* --- the topic and the words --- */

static void copy_level(const char *from, size_t size, char *out, size_t out_bytes)
{
	size_t used = size < out_bytes ? size : out_bytes - 1;

	memcpy(out, from, used);
	out[used] = '\0';
}

/* target: "led/red" */
static void find_target(struct output_text *text, const char *target)
{
	const struct config *config = text->parser->config;
	const char *slash = strchrnul(target, '/');
	const char *name = *slash ? slash + 1 : slash;
	bool by_name = false;

	copy_level(target, (size_t)(slash - target), text->kind_word, sizeof(text->kind_word));
	copy_level(name, strlen(name), text->name, sizeof(text->name));
	text->at_kind = (struct payload_path){NULL, text->kind_word};
	text->at_output = (struct payload_path){&text->at_kind, text->name};
	text->kind = output_kind_find(text->kind_word);
	if (text->kind && !payload_kind_is_known(config, text->kind))
		text->kind = NULL;
	text->index =
		text->kind ? payload_output_find(config, text->kind, text->name, &by_name) : -1;
	text->output = (struct payload_output){.output = (size_t)text->index,
		.called = by_name ? PAYLOAD_BY_NAME : PAYLOAD_BY_INDEX};
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Finds the next word. Returns its size; 0: there is none. */
static size_t next_word(const uint8_t **at, const uint8_t *end)
{
	size_t size = 0;

	while (*at < end && is_space(**at))
		++*at;
	while (*at + size < end && !is_space((*at)[size]))
		size++;
	return size;
}

/* False: there are more words, or a longer one, than in any text that is known. Then *ret_rest is
 * where those begin. */
static bool split(
	struct output_text *text, const struct payload_bytes *bytes, const uint8_t **ret_rest)
{
	const uint8_t *at = bytes->data, *end = at + bytes->size;
	size_t size;

	while ((size = next_word(&at, end)) > 0) {
		*ret_rest = at;
		if (text->n_words == WORDS_MAX || size >= WORD_BYTES || memchr(at, '\0', size))
			return false;
		copy_level((const char *)at, size, text->words[text->n_words], WORD_BYTES);
		text->n_words++;
		at += size;
	}
	*ret_rest = end;
	return bytes->true_size == bytes->size;
}

/* --- what a word means --- */

/* The first key of a type; finer ones of numbers apart. -1: none. */
static int key_of_type(const struct output_kind *kind, enum output_key_type type, bool is_fine)
{
	for (size_t i = 0; i < kind->n_keys; i++) {
		const struct output_key *key = &kind->keys[i];

		if (key->type == type && !key->is_hidden && (key->per_coarse > 0) == is_fine)
			return (int)i;
	}
	return -1;
}

static void take_value(struct output_text *text, int key, const cJSON *item)
{
	const struct payload_key_of of =
		payload_key_of(text->parser->config, text->kind, text->index);
	const char *name = text->kind->keys[key].name;
	const struct payload_path here = {&text->at_output, name};

	if (text->keys >> key & 1U)
		payload_mistake(text->parser, &here, "is said twice");
	else if (payload_check_value(
			 text->parser, &here, &of, (size_t)key, item, &text->output.values))
		text->is_stopped = true;
	text->keys |= 1U << key;
}

static bool take_stop(struct output_text *text, const char *word)
{
	if (!text->kind->moves || strcasecmp(word, "stop") != 0)
		return false;
	text->is_stopped = true;
	return true;
}

static bool take_on(struct output_text *text, const char *word)
{
	int key = key_of_type(text->kind, OUTPUT_KEY_BOOL, false);
	bool is_on = strcasecmp(word, "on") == 0;

	if (key < 0 || !(is_on || strcasecmp(word, "off") == 0))
		return false;
	take_value(text, key, &(cJSON){.type = is_on ? cJSON_True : cJSON_False});
	return true;
}

static bool take_toggle(struct output_text *text, const char *word)
{
	if (strcasecmp(word, "toggle") != 0 || output_toggle_key(text->kind) < 0)
		return false;
	text->output.modifiers.toggle = true;
	return true;
}

static bool take_choice(struct output_text *text, const char *word)
{
	int key = key_of_type(text->kind, OUTPUT_KEY_CHOICE, false);
	const struct output_key *row = &text->kind->keys[key < 0 ? 0 : key];

	for (size_t i = 0; key >= 0 && row->choices[i]; i++) {
		char choice[WORD_BYTES];

		if (strcasecmp(word, row->choices[i]) != 0)
			continue;
		copy_level(row->choices[i], strlen(row->choices[i]), choice, sizeof(choice));
		take_value(text, key, &(cJSON){.type = cJSON_String, .valuestring = choice});
		return true;
	}
	return false;
}

static bool take_color(struct output_text *text, const char *word)
{
	int key = key_of_type(text->kind, OUTPUT_KEY_COLOR, false);
	char color[WORD_BYTES];

	if (key < 0 || word[0] != '#')
		return false;
	copy_level(word, strlen(word), color, sizeof(color));
	take_value(text, key, &(cJSON){.type = cJSON_String, .valuestring = color});
	return true;
}

/* "5", "12.5%", "45deg" */
static bool take_number(struct output_text *text, const char *word)
{
	size_t sign = word[0] == '-', size = strspn(word + sign, "0123456789.") + sign;
	bool is_fine = strcmp(word + size, "%") == 0;
	int key = key_of_type(text->kind, OUTPUT_KEY_NUMBER, is_fine);
	const char *unit = key >= 0 ? text->kind->keys[key].unit : NULL;
	char *end;
	double number = strtod(word, &end);

	if (key < 0 || size == sign || end != word + size)
		return false;
	if (!is_fine && word[size] && !(unit && strcasecmp(word + size, unit) == 0))
		return false;
	take_value(text, key, &(cJSON){.type = cJSON_Number, .valuedouble = number});
	return true;
}

static bool (*const WORDS[])(struct output_text *text, const char *word) = {
	take_on, take_toggle, take_choice, take_stop, take_color, take_number};

/* The last word may say how long. */
static bool take_duration(struct output_text *text, const char *word)
{
	const struct payload_path here = {&text->at_output, "for"};
	double us;

	if (schema_units_parse(SCHEMA_DURATION, word, &us) < 0)
		return false;
	if (us < 1e3 || us > 1e3 * FOR_MAX_MS || us != 1e3 * floor(us / 1e3))
		payload_mistake(text->parser, &here,
			"%s is no whole number of milliseconds from 1ms to 24h", word);
	else
		text->output.modifiers.for_ms = (uint32_t)(us / 1e3);
	return true;
}

/* --- mistakes --- */

static void add(char out[LIST_BYTES], const char *words)
{
	size_t used = strlen(out);

	(void)snprintf(out + used, LIST_BYTES - used, "%s%s", used ? ", " : "", words);
}

static void add_key(const struct output_text *text, size_t index, char out[LIST_BYTES])
{
	const struct output_kind *kind = text->kind;
	const struct output_key *key = &kind->keys[index];
	const struct payload_key_of of = payload_key_of(text->parser->config, kind, text->index);
	const struct output_range range =
		output_key_range(kind, index, of.output ? of.output->params : NULL);
	double scale = output_key_scale(key);
	char words[64];

	switch (key->type) {
	case OUTPUT_KEY_BOOL:
		add(out, output_toggle_key(kind) == (int)index ? "on, off, toggle" : "on, off");
		break;
	case OUTPUT_KEY_NUMBER:
		(void)snprintf(words, sizeof(words), "%g%s to %g%s", range.min / scale,
			key->per_coarse ? "%" : "", range.max / scale, key->per_coarse ? "%" : "");
		add(out, words);
		break;
	case OUTPUT_KEY_CHOICE:
		for (size_t i = 0; key->choices[i]; i++)
			add(out, key->choices[i]);
		break;
	case OUTPUT_KEY_COLOR:
		add(out, "#ff8000");
		break;
	}
}

/* word: NULL, for a text without any. */
static void no_word(const struct output_text *text, const char *word)
{
	const struct config *config = text->parser->config;
	enum port_type ports[OUTPUT_PORTS_MAX];
	char list[LIST_BYTES] = "";

	if (text->index >= 0)
		config_output_ports(&config->outputs[text->index], ports);
	for (size_t i = 0; i < text->kind->n_keys; i++)
		if (!text->kind->keys[i].is_hidden &&
			(text->index < 0 || output_key_is_there(text->kind, i, ports)))
			add_key(text, i, list);
	if (word)
		payload_mistake(text->parser, &text->at_output,
			"\"%s\" is no word for %s %s: these are %s, and how long at the end, as 5s",
			word, text->kind->article, text->kind->noun, list);
	else
		payload_mistake(text->parser, &text->at_output,
			"it takes %s, and how long at the end, as 5s", list);
}

static void no_kind(const struct output_text *text)
{
	const char *words[OUTPUT_KINDS_MAX + 1];
	char list[LIST_BYTES] = "";
	const char *near;
	size_t n = 0;

	for (size_t i = 0; output_kind_table[i]; i++) {
		if (!payload_kind_is_known(text->parser->config, output_kind_table[i]))
			continue;
		words[n++] = output_kind_table[i]->word;
		add(list, output_kind_table[i]->word);
	}
	words[n] = NULL;
	near = diag_nearest(text->kind_word, words);
	if (near)
		payload_mistake(text->parser, &text->at_kind,
			"this gateway has no outputs \"%s\", did you mean \"%s\"?", text->kind_word,
			near);
	else
		payload_mistake(text->parser, &text->at_kind,
			"this gateway has no outputs \"%s\", known here: %s", text->kind_word,
			list);
}

/* --- the whole --- */

static bool take_known(struct output_text *text, const char *word)
{
	for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
		if (WORDS[i](text, word))
			return true;
	return false;
}

static void take_word(struct output_text *text, size_t index)
{
	const char *word = text->words[index];

	if (take_known(text, word))
		return;
	if (index == 0 || index + 1 < text->n_words || !take_duration(text, word))
		no_word(text, word);
}

/* Of words that are too many or too long, only a stop counts. A word ends with a NUL, too. */
static void look_for_stop(struct output_text *text, const uint8_t *at, const uint8_t *end)
{
	struct payload_errors beside;
	struct payload_parser parser;
	size_t size;

	parser.config = text->parser->config;
	parser.errors = &beside;
	while (!text->is_stopped && (size = next_word(&at, end)) > 0) {
		struct output_text one = *text;
		char word[WORD_BYTES];

		beside.count = 0;
		one.parser = &parser;
		one.keys = 0;
		if (size < WORD_BYTES) {
			copy_level((const char *)at, size, word, sizeof(word));
			(void)take_known(&one, word);
		}
		text->is_stopped = one.is_stopped;
		at += size;
	}
}

static void read_text(struct output_text *text, struct payload_parser *parser, const char *target,
	const struct payload_bytes *bytes)
{
	const uint8_t *rest = bytes->data;
	struct payload_key_of of;

	memset(text, 0, sizeof(*text));
	text->parser = parser;
	find_target(text, target);
	if (!text->kind) {
		no_kind(text);
		return;
	}
	if (text->index < 0)
		payload_no_such_output(parser, &text->at_output, text->kind);
	if (!split(text, bytes, &rest) || text->n_words == 0)
		no_word(text, NULL);
	for (size_t i = 0; i < text->n_words; i++)
		take_word(text, i);
	if (text->kind->moves)
		look_for_stop(text, rest, bytes->data + bytes->size);
	of = payload_key_of(parser->config, text->kind, text->index);
	payload_finish_output(parser, &text->at_output, &of, text->is_stopped, &text->output);
}

int payload_parse_output_text(const struct config *config, const char *target,
	const struct payload_bytes *bytes, struct payload_action *ret_action,
	struct payload_errors *errors)
{
	struct payload_parser parser;
	struct output_text text;

	errors->count = 0;
	ret_action->id.kind = PAYLOAD_ID_NONE;
	parser.config = config;
	parser.errors = errors;
	read_text(&text, &parser, target, bytes);
	if (errors->count > 0)
		return -EINVAL;
	payload_action_clear(ret_action);
	ret_action->outputs[0] = text.output;
	ret_action->n_outputs = 1;
	return 0;
}

void payload_parse_output_text_stops(const struct config *config, const char *target,
	const struct payload_bytes *bytes, struct payload_action *ret_stops,
	struct payload_errors *errors)
{
	struct payload_errors beside; /* were reported when the message was refused */
	struct payload_parser parser;
	struct output_text text;
	bool is_stop;

	beside.count = 0;
	parser.config = config;
	parser.errors = &beside;
	read_text(&text, &parser, target, bytes);
	is_stop = text.kind && text.kind->moves && text.is_stopped;
	ret_stops->n_outputs = 0;
	/* JSON says itself what is to stop. */
	if (!is_stop || json_is_readable(bytes->data, bytes->size))
		payload_parse_stops(config, bytes, ret_stops, errors);
	if (!is_stop || ret_stops->n_outputs > 0)
		return;
	if (text.index < 0) {
		payload_stop_all(config, ret_stops);
		payload_error_add(errors, "",
			"a stop that names no %s of this gateway stops every %s", text.kind->noun,
			text.kind->noun);
		return;
	}
	ret_stops->outputs[0] = text.output;
	ret_stops->outputs[0].modifiers = (struct output_modifiers){0};
	ret_stops->n_outputs = 1;
}
