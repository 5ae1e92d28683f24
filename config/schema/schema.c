/* SPDX-License-Identifier: MIT */
#include "schema.h"
#include "schema_value.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void schema_empty(struct schema *schema, const struct yaml_node *node, const char *name,
	const char *words, const char *example, bool may_be_text)
{
	/* A word for null that is written out was meant as a value. */
	bool said = *node->text;
	char cure[160];

	if (said)
		(void)snprintf(cure, sizeof(cure), "%s is no value: leave %.40s out%s", node->text,
			node->key ? node->key : "it",
			may_be_text ? ", or put the text into quotes" : "");
	else if (example)
		(void)snprintf(cure, sizeof(cure), "for example %s", example);
	diag_error(schema->diag, said ? node->place : yaml_node_name_place(node),
		said || example ? cure : NULL, "%s is empty: it takes %s", name, words);
}

/* YAML takes key:value without the blank for one text, like a URL. Returns the length of the key,
 * or 0. */
static size_t missing_blank(const char *text)
{
	size_t key = strspn(text, "abcdefghijklmnopqrstuvwxyz_");

	return key && text[key] == ':' && isgraph((unsigned char)text[key + 1]) &&
			strncmp(text + key, "://", 3) != 0
		? key
		: 0;
}

static bool is_empty(const struct yaml_node *item)
{
	return item->kind == YAML_SCALAR && item->plain && !*item->text;
}

/* The key without a value in a line above, to which it belongs if its indentation is missing. One
 * that begins with another kind of blank has its own cure. */
static const struct yaml_node *find_owner(const struct yaml_node *item)
{
	bool is_in_map = item->parent && item->parent->kind == YAML_MAP && item->index > 0;
	const struct yaml_node *before = is_in_map ? item->parent->items[item->index - 1] : NULL;

	if (!before || !is_empty(before))
		return NULL;
	return before->key_place.line < item->key_place.line && isascii(item->key[0]) ? before
										      : NULL;
}

static void write_owner(const struct yaml_node *owner, char *cure, size_t size)
{
	(void)snprintf(cure, size,
		"if it belongs to \"%.80s\" in line %zu, it needs more indentation than that",
		owner->key, owner->key_place.line);
}

static void report_kind(struct schema *schema, const struct yaml_node *node, const char *path,
	enum yaml_kind kind, const char *example)
{
	char cure[160];
	bool is_scalar = node->kind == YAML_SCALAR && node->plain;
	size_t key = is_scalar ? missing_blank(node->text) : 0;
	const struct yaml_node *owner = kind == YAML_MAP && is_scalar ? find_owner(node) : NULL;

	if (kind == YAML_MAP && key)
		(void)snprintf(cure, sizeof(cure), "write a blank after the colon: %.*s: %.80s",
			(int)key, node->text, node->text + key + 1);
	else if (owner)
		write_owner(owner, cure, sizeof(cure));
	else if (example)
		(void)snprintf(cure, sizeof(cure), "for example %s", example);
	diag_error(schema->diag, node->place,
		(kind == YAML_MAP && key) || owner || example ? cure : NULL, "%s takes %s, not %s",
		path, schema_kind_words(kind), schema_kind_words(node->kind));
}

bool schema_expect_like(struct schema *schema, const struct yaml_node *node, enum yaml_kind kind,
	const char *example)
{
	char path[YAML_PATH_MAX];
	bool empty = yaml_node_is_empty(node);

	/* The reader of the value has a better message for an empty text. */
	if (node->kind == kind && !(empty && *node->text))
		return true;
	yaml_node_path(node, path);
	if (empty)
		schema_empty(
			schema, node, path, schema_kind_words(kind), example, kind == YAML_SCALAR);
	else
		report_kind(schema, node, path, kind, example);
	return false;
}

bool schema_expect(struct schema *schema, const struct yaml_node *node, enum yaml_kind kind)
{
	return schema_expect_like(schema, node, kind, NULL);
}

/* Lists all the words. */
static void print_words(FILE *out, const char *const *words)
{
	if (!words[0]) {
		fputs("there is none", out);
		return;
	}
	fputs(words[1] ? "there are: " : "there is only: ", out);
	for (size_t i = 0; words[i]; i++)
		fprintf(out, "%s%s", i ? ", " : "", words[i]);
}

void schema_unknown(struct schema *schema, struct diag_place place, const char *what,
	const char *word, const char *const *words)
{
	schema_unknown_of_many(schema, place, what, word, words, NULL);
}

void schema_unknown_of_many(struct schema *schema, struct diag_place place, const char *what,
	const char *word, const char *const *words, const char *otherwise)
{
	char *cure = NULL;
	size_t size = 0;

	/* The search takes time, and a mistake that is only counted is not shown. */
	FILE *out = diag_count(schema->diag) < DIAG_MAX ? open_memstream(&cure, &size) : NULL;
	if (out) {
		const char *nearest = diag_nearest(word, words);
		if (nearest)
			fprintf(out, "did you mean \"%s\"?", nearest);
		else if (otherwise)
			fputs(otherwise, out);
		else
			print_words(out, words);
		(void)fclose(out);
	}
	diag_error(schema->diag, place, cure, "unknown %s \"%s\"", what, word);
	free(cure);
}

static size_t count_options(const struct schema_option *options)
{
	size_t n = 0;

	while (options && options[n].key)
		n++;
	return n;
}

static const struct schema_option *find_option(const struct schema_option *options, const char *key)
{
	for (; options && options->key; options++) {
		if (strcmp(options->key, key) == 0)
			return options;
	}
	return NULL;
}

/* The second half of a decimal comma: {gamma: 2,2} is gamma: 2 and a key 2 without a value. */
static bool is_fraction(const struct yaml_node *item)
{
	const struct yaml_node *before = item->index ? item->parent->items[item->index - 1] : NULL;

	return item->key[0] >= '0' && item->key[0] <= '9' && item->kind == YAML_SCALAR &&
		!*item->text && before && before->kind == YAML_SCALAR && before->plain &&
		before->text[0] && !before->text[strspn(before->text, "+-0123456789")];
}

/* Reports an unknown key that is left over from a slip which YAML accepts. */
static bool report_slip(
	struct schema *schema, const struct yaml_node *item, const char *const *keys)
{
	const struct yaml_node *owner = find_owner(item);
	size_t key = missing_blank(item->key);
	char cure[160];

	if (key && (is_empty(item) || strchr("{[", item->key[key + 1])))
		(void)snprintf(cure, sizeof(cure), "write a blank after the colon: %.*s: %.80s",
			(int)key, item->key, item->key + key + 1);
	else if (is_fraction(item))
		(void)snprintf(cure, sizeof(cure), "write decimals after a point: %s: %.20s.%.20s",
			item->parent->items[item->index - 1]->key,
			item->parent->items[item->index - 1]->text, item->key);
	else if (owner && !diag_nearest(item->key, keys))
		write_owner(owner, cure, sizeof(cure));
	else
		return false;
	diag_error(schema->diag, item->key_place, cure, "unknown key \"%.80s\"", item->key);
	return true;
}

int schema_check_keys(struct schema *schema, const struct yaml_node *map,
	const struct schema_option *options, const struct schema_option *more)
{
	size_t n_options = count_options(options), n_more = count_options(more);
	const char **keys = calloc(n_options + n_more + 1, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < n_options; i++)
		keys[i] = options[i].key;
	for (size_t i = 0; more && i < n_more; i++)
		keys[n_options + i] = more[i].key;

	for (size_t i = 0; i < map->n_items; i++) {
		const struct yaml_node *item = map->items[i];
		if (strcmp(item->key, "<<") == 0)
			diag_error(schema->diag, item->key_place, "write the keys out",
				"merge keys (<<) are not allowed in a device map");
		else if (!find_option(options, item->key) && !find_option(more, item->key) &&
			!report_slip(schema, item, keys))
			schema_unknown(schema, item->key_place, "key", item->key, keys);
	}
	free(keys);
	return 0;
}

static int read_option(struct schema *schema, const struct yaml_node *map,
	const struct schema_option *option, void *object)
{
	const struct yaml_node *node = yaml_node_get(map, option->key);
	char path[YAML_PATH_MAX];

	if (node)
		return schema_read_value(schema, node, option, object);
	if (map && option->required) {
		yaml_node_path(map, path);
		/* A key that is missing from the map as a whole has no place in it. */
		diag_error(schema->diag,
			map->parent ? yaml_node_name_place(map) : (struct diag_place){0}, NULL,
			"%s needs \"%s\"", path, option->key);
		return 0;
	}
	if (option->type == SCHEMA_MAP)
		return schema_read_map(
			schema, NULL, option->options, (char *)object + option->offset);
	return option->initial ? schema_value_default(option, object) : 0;
}

int schema_read_options(struct schema *schema, const struct yaml_node *map,
	const struct schema_option *options, void *object)
{
	for (; options->key; options++) {
		int r = read_option(schema, map, options, object);
		if (r < 0)
			return r;
	}
	return 0;
}

int schema_read_map_like(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *options, const char *example, void *object)
{
	if (node && !schema_expect_like(schema, node, YAML_MAP, example))
		node = NULL;
	if (node) {
		int r = schema_check_keys(schema, node, options, NULL);
		if (r < 0)
			return r;
	}
	return schema_read_options(schema, node, options, object);
}

int schema_read_map(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *options, void *object)
{
	return schema_read_map_like(schema, node, options, NULL, object);
}

int schema_read_value(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, void *object)
{
	void *field = (char *)object + option->offset;

	if (option->type == SCHEMA_CUSTOM)
		return option->read(schema, node, field);
	if (option->type == SCHEMA_MAP)
		return schema_read_map_like(schema, node, option->options, option->example, field);
	return schema_value_read(schema, node, option, field);
}
