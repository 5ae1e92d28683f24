/* SPDX-License-Identifier: MIT */
#include "output.h"

#include "ask.h"
#include "command.h"
#include "near.h"
#include "text.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = CONFIG_OUTPUTS_MAX };

static const char *text_of(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "";
}

static size_t names_of(const cJSON *outputs, const char *names[NAMES_MAX + 1])
{
	const cJSON *output;
	size_t n = 0;

	cJSON_ArrayForEach(output, outputs) {
		if (n < NAMES_MAX)
			names[n++] =
				cJSON_IsArray(outputs) ? text_of(output, "name") : output->string;
	}
	names[n] = NULL;
	return n;
}

/* The output that a word names, or -ENOENT. */
static int find_output(const cJSON *outputs, const char *word)
{
	const cJSON *output;
	char *end;
	long number = strtol(word, &end, 10);
	int index = 0;

	cJSON_ArrayForEach(output, outputs) {
		if (strcmp(text_of(output, "name"), word) == 0)
			return index;
		index++;
	}
	return *word >= '0' && *word <= '9' && !*end && number < index ? (int)number : -ENOENT;
}

static bool has_type(const cJSON *key, const char *type)
{
	return strcmp(text_of(key, "type"), type) == 0;
}

static bool has_choice(const cJSON *key, const char *word)
{
	const cJSON *choice;

	cJSON_ArrayForEach(choice, cJSON_GetObjectItemCaseSensitive(key, "choices")) {
		if (cJSON_IsString(choice) && strcmp(choice->valuestring, word) == 0)
			return true;
	}
	return false;
}

/* A bare number is for the first key that takes one: a level, an angle, a tone. */
static const cJSON *find_key(const cJSON *keys, const char *type, const char *word)
{
	const cJSON *key;

	cJSON_ArrayForEach(key, keys) {
		if (strcmp(type, "choice") == 0 ? has_type(key, type) && has_choice(key, word)
						: has_type(key, type))
			return key;
	}
	return NULL;
}

/* A number behind which a unit may stand. */
static bool take_number(const char *word, double *ret_number, const char **ret_unit)
{
	char *end;

	if (!word[0] || strspn(word, "0123456789.-") == 0)
		return false;
	*ret_number = strtod(word, &end);
	*ret_unit = end;
	return end != word &&
		(!*end || strcmp(end, "%") == 0 || strcmp(end, "deg") == 0 ||
			strcmp(end, "Hz") == 0);
}

/* "KEY=VALUE", for values that have no word of their own. */
static bool add_pair(cJSON *action, const char *word)
{
	const char *sign = strchr(word, '=');
	char key[64];
	cJSON *value;

	if (!sign || sign == word || (size_t)(sign - word) >= sizeof(key))
		return false;
	memcpy(key, word, (size_t)(sign - word));
	key[sign - word] = '\0';
	value = cJSON_Parse(sign + 1);
	if (!value)
		value = cJSON_CreateString(sign + 1);
	return cJSON_AddItemToObject(action, key, value);
}

/* "toggle" is the one modifier that is a word; an older gateway does not name them. */
bool output_takes_toggle(const cJSON *output)
{
	const cJSON *modifiers = cJSON_GetObjectItemCaseSensitive(output, "modifiers"), *modifier;

	cJSON_ArrayForEach(modifier, modifiers) {
		if (cJSON_IsString(modifier) && strcmp(modifier->valuestring, "toggle") == 0)
			return true;
	}
	return !modifiers;
}

/* Takes one word for the key that accepts it. False: no key does. */
static bool add_word(cJSON *action, const cJSON *output, const char *word)
{
	const cJSON *keys = cJSON_GetObjectItemCaseSensitive(output, "keys"), *key;
	const char *unit;
	double number;

	if (add_pair(action, word))
		return true;
	if (strcmp(word, "on") == 0 || strcmp(word, "off") == 0)
		return cJSON_GetObjectItemCaseSensitive(keys, "on") &&
			cJSON_AddBoolToObject(action, "on", word[1] == 'n');
	if (strcmp(word, "toggle") == 0)
		return output_takes_toggle(output) && cJSON_AddTrueToObject(action, "toggle");
	key = find_key(keys, "choice", word);
	if (key)
		return cJSON_AddStringToObject(action, key->string, word);
	key = find_key(keys, "color", word);
	if (key && word[0] == '#')
		return cJSON_AddStringToObject(action, key->string, word);
	if (!take_number(word, &number, &unit))
		return false;
	if (*unit == '%')
		return cJSON_AddNumberToObject(action, "percent", number);
	key = find_key(keys, "integer", NULL);
	if (!key)
		key = find_key(keys, "number", NULL);
	return key && cJSON_AddNumberToObject(action, key->string, number);
}

/* The words that the output takes, for the cure: "on, off, 1 to 10, toggle". */
static void add_words(char wrong[OUTPUT_WRONG_BYTES], const cJSON *output)
{
	const cJSON *keys = cJSON_GetObjectItemCaseSensitive(output, "keys"), *key, *choice;
	const char *sign = "; it takes ";
	size_t end;

	cJSON_ArrayForEach(key, keys) {
		const cJSON *choices = cJSON_GetObjectItemCaseSensitive(key, "choices");
		size_t used = strlen(wrong);

		if (has_type(key, "bool"))
			(void)snprintf(wrong + used, OUTPUT_WRONG_BYTES - used, "%s%s", sign,
				strcmp(key->string, "on") == 0 ? "on, off" : key->string);
		else if (has_type(key, "color"))
			(void)snprintf(wrong + used, OUTPUT_WRONG_BYTES - used, "%s#rrggbb", sign);
		else if (!choices)
			(void)snprintf(wrong + used, OUTPUT_WRONG_BYTES - used,
				strcmp(key->string, "percent") == 0 ? "%s%g%% to %g%%"
								    : "%s%g to %g",
				sign,
				cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(key, "min")),
				cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(key, "max")));
		cJSON_ArrayForEach(choice, choices) {
			used = strlen(wrong);
			(void)snprintf(wrong + used, OUTPUT_WRONG_BYTES - used, "%s%s", sign,
				cJSON_GetStringValue(choice));
			sign = ", ";
		}
		sign = ", ";
	}
	end = strlen(wrong);
	if (output_takes_toggle(output))
		(void)snprintf(wrong + end, OUTPUT_WRONG_BYTES - end, "%stoggle", sign);
}

static cJSON *wrap(const char *kind, const char *name, cJSON *values)
{
	cJSON *action = cJSON_CreateObject();
	cJSON *of = name ? cJSON_AddObjectToObject(action, kind) : action;

	cJSON_AddItemToObject(of, name ? name : kind, values);
	return action;
}

static int read_words(const cJSON *output, const struct options *options, int n, char **words,
	char wrong[OUTPUT_WRONG_BYTES], cJSON **ret_values)
{
	cJSON *values = cJSON_CreateObject();

	for (int i = 0; i < n; i++) {
		if (add_word(values, output, words[i]))
			continue;
		(void)snprintf(wrong, OUTPUT_WRONG_BYTES, "\"%.40s\" is nothing that %.64s takes",
			words[i], text_of(output, "name"));
		add_words(wrong, output);
		cJSON_Delete(values);
		return EXIT_USAGE;
	}
	if (options->for_ms)
		cJSON_AddNumberToObject(values, "for", options->for_ms);
	if (options->fade_ms)
		cJSON_AddNumberToObject(values, "fade", options->fade_ms);
	*ret_values = values;
	return -1;
}

/* What an output is set to, so it is no name. */
static bool is_value(const cJSON *output, const char *word)
{
	const cJSON *keys = cJSON_GetObjectItemCaseSensitive(output, "keys");

	return strpbrk(word, "=%#") || strspn(word, "0123456789.-") > 0 ||
		strcmp(word, "on") == 0 || strcmp(word, "off") == 0 ||
		strcmp(word, "toggle") == 0 || find_key(keys, "choice", word);
}

/* Finds the output, and the place where its words begin. -1, or an exit code. */
static int choose(const cJSON *outputs, int n, char **words, char wrong[OUTPUT_WRONG_BYTES],
	int *ret_index, int *ret_first)
{
	const char *names[NAMES_MAX + 1];
	size_t n_names = names_of(outputs, names);
	int index = n > 1 ? find_output(outputs, words[1]) : -ENOENT;
	bool is_number = n > 1 && strspn(words[1], "0123456789") == strlen(words[1]);
	/* A number before another word names the output. */
	bool is_word =
		n > 1 && n_names > 0 && !(is_number && n > 2) && is_value(outputs->child, words[1]);

	*ret_first = 2;
	*ret_index = index;
	if (index >= 0 && (n > 2 || n_names > 1 || !is_number))
		return -1;
	*ret_first = 1;
	*ret_index = 0;
	if (n <= 2 && n_names == 1)
		return -1;
	if (n_names == 1 && is_word)
		return -1;
	if (is_word || n < 2) {
		(void)snprintf(wrong, OUTPUT_WRONG_BYTES, "say which %s", words[0]);
		near_add(wrong, OUTPUT_WRONG_BYTES, NULL, names);
		return EXIT_USAGE;
	}
	(void)snprintf(wrong, OUTPUT_WRONG_BYTES, "there is no %.40s \"%.64s\"", words[0],
		n > 1 ? words[1] : "");
	near_add(wrong, OUTPUT_WRONG_BYTES, n > 1 ? words[1] : NULL, names);
	return EXIT_NO_DEVICE;
}

/* Everything of the kind, at once. */
static bool is_stop_of_all(const cJSON *outputs, int n, char **words)
{
	return n == 2 && strcmp(words[1], "stop") == 0 &&
		cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(outputs->child, "moves")) &&
		find_output(outputs, words[1]) < 0;
}

int output_make_action(const cJSON *about, const struct options *options, int n, char **words,
	char ret_wrong[OUTPUT_WRONG_BYTES], cJSON **ret_action)
{
	const cJSON *kinds = cJSON_GetObjectItemCaseSensitive(about, "outputs");
	const cJSON *outputs = cJSON_GetObjectItemCaseSensitive(kinds, words[0]);
	const cJSON *output;
	const char *names[NAMES_MAX + 1];
	char number[16];
	cJSON *values;
	int index, first, r;

	ret_wrong[0] = '\0';
	if (!cJSON_IsArray(outputs) || !outputs->child) {
		(void)snprintf(ret_wrong, OUTPUT_WRONG_BYTES,
			"\"%.40s\" is neither a command nor a kind of output that the gateway has",
			words[0]);
		(void)names_of(kinds, names);
		near_add(ret_wrong, OUTPUT_WRONG_BYTES, words[0], names);
		return EXIT_NO_DEVICE;
	}
	if (is_stop_of_all(outputs, n, words)) {
		*ret_action = wrap(words[0], NULL, cJSON_CreateString("stop"));
		return -1;
	}
	r = choose(outputs, n, words, ret_wrong, &index, &first);
	if (r >= 0)
		return r;
	output = cJSON_GetArrayItem(outputs, index);
	if (n == first) {
		(void)snprintf(ret_wrong, OUTPUT_WRONG_BYTES, "say what %.64s shall do",
			text_of(output, "name"));
		add_words(ret_wrong, output);
		return EXIT_USAGE;
	}
	r = read_words(output, options, n - first, words + first, ret_wrong, &values);
	if (r >= 0)
		return r;
	(void)snprintf(number, sizeof(number), "%d", index);
	*ret_action = wrap(words[0], number, values);
	return -1;
}

/* It has names of others in it. */
static void tell(const char *wrong)
{
	fputs("tosctl: ", stderr);
	text_print(stderr, wrong, strlen(wrong));
	fputc('\n', stderr);
}

/* A stop never hurts, so it is carried out whatever is wrong beside it: of everything of the kind,
 * as the gateway does. */
static void stop_all(struct session *session, const struct options *options, int n, char **words)
{
	const cJSON *kinds = cJSON_GetObjectItemCaseSensitive(session_about(session), "outputs");
	const cJSON *outputs = cJSON_GetObjectItemCaseSensitive(kinds, words[0]);
	bool is_stop = false;

	for (int i = 1; i < n; i++)
		is_stop = is_stop || strcmp(words[i], "stop") == 0;
	if (is_stop && outputs && outputs->child &&
		cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(outputs->child, "moves")))
		(void)ask_action(
			session, options, wrap(words[0], NULL, cJSON_CreateString("stop")));
}

int output_run(const struct options *options, int n, char **words)
{
	char wrong[OUTPUT_WRONG_BYTES];
	struct session *session = NULL;
	cJSON *action = NULL;
	int r = session_meet(options, &session);

	if (r < 0 && !session_about(session)) {
		fprintf(stderr,
			"tosctl: the gateway does not say what it has (on %s/about): it may "
			"be older, or the broker does not let it; use tosctl send\n",
			options->mqtt.topic);
		r = EXIT_REFUSED;
	}
	if (r < 0) {
		r = output_make_action(session_about(session), options, n, words, wrong, &action);
		if (r >= 0) {
			tell(wrong);
			stop_all(session, options, n, words);
		} else {
			r = ask_action(session, options, action);
		}
	}
	session_close(session);
	return r;
}
