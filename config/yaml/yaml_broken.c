/* SPDX-License-Identifier: MIT */
/*
 * Reads as much of a text with mistakes as can be understood. Sections are told apart by their keys
 * in the first column, which is how device maps are written. Each is read by itself, with line
 * feeds in place of the others: so a mistake in one section does not hide the next, and line
 * numbers stay right.
 */
#include "yaml_load.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct section {
	size_t begin, end; /* bytes of the text */
};

static bool begins_section(char c)
{
	return c && !strchr(" \t\r\n#-{}[]", c);
}

/* Finds the next section after from. False: there is none. */
static bool next_section(const char *text, size_t size, size_t from, struct section *ret_section)
{
	bool found = false;

	for (size_t at = from; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);

		if (begins_section(text[at])) {
			if (found) {
				ret_section->end = at;
				return true;
			}
			*ret_section = (struct section){at, size};
			found = true;
		}
		at = end ? (size_t)(end - text) + 1 : size;
	}
	return found;
}

/* Marks the place where the text breaks off, after what was read last. */
static void break_off(struct yaml_node *node)
{
	for (; node; node = node->n_items ? node->items[node->n_items - 1] : NULL)
		node->broken = true;
}

/* Like yaml_tree_read_beginning(), for any bytes: it stops at the line of the first byte that a map
 * must not have. */
static int read_beginning(const char *text, size_t size, struct yaml_node **ret_root)
{
	size_t clean = yaml_clean_size(text, size);
	bool cut = clean < size;
	struct diag *unheard = NULL;
	int r;

	while (cut && clean > 0 && text[clean - 1] != '\n')
		clean--;
	r = diag_new("", &unheard);
	if (r < 0)
		return r;
	r = yaml_tree_read_beginning(text, clean, unheard, ret_root);
	diag_free(unheard);
	if (r == 0 && cut)
		break_off(*ret_root);
	return r;
}

static void free_node(struct yaml_node **node)
{
	yaml_tree_free(*node);
}

static void free_text(char **text)
{
	free(*text);
}

/* A file's text has no NUL at its end, hence the copy. NULL: out of memory. */
static char *copy_word(const char *text, size_t size)
{
	char *word = malloc(size + 1);

	if (!word)
		return NULL;
	memcpy(word, text, size);
	word[size] = '\0';
	return word;
}

/* Keeps the key and the line of a section that could not be read at all. */
static int note_unread(const char *text, const struct section *section, struct yaml_node *root)
{
	struct yaml_node *node __attribute__((cleanup(free_node))) = calloc(1, sizeof(*node));
	size_t length = 0;
	size_t line = 1;
	int r;

	while (section->begin + length < section->end &&
		!strchr(": \t\r\n", text[section->begin + length]))
		length++;
	for (size_t i = 0; i < section->begin; i++)
		line += text[i] == '\n';
	if (!node)
		return -ENOMEM;
	node->text = strdup("");
	node->key = copy_word(text + section->begin, length);
	node->key_place = node->place = (struct diag_place){line, 1, 1};
	node->plain = node->broken = true;
	r = node->text && node->key ? 0 : -ENOMEM;
	/* Of two sections with one name, the first counts. */
	if (r == 0 && !yaml_node_get(root, node->key))
		r = yaml_append(root, node);
	if (r == 0 && node->parent)
		node = NULL;
	return r;
}

/* Moves the contents of a section into the root. */
static int take_section(const char *text, const struct section *section, struct yaml_node *root)
{
	char *alone __attribute__((cleanup(free_text))) = malloc(section->end);
	struct yaml_node *read __attribute__((cleanup(free_node))) = NULL;
	int r = 0;

	if (!alone)
		return -ENOMEM;
	memcpy(alone, text, section->end);
	for (size_t i = 0; i < section->begin; i++)
		if (alone[i] != '\n')
			alone[i] = ' ';
	r = read_beginning(alone, section->end, &read);
	if (r == -EINVAL || (r == 0 && read->kind != YAML_MAP))
		return note_unread(text, section, root);
	for (size_t i = 0; r == 0 && i < read->n_items; i++) {
		const struct yaml_node *first = yaml_node_get(root, read->items[i]->key);

		if (first && root->items) {
			root->items[first->index]->broken = true;
			continue;
		}
		r = yaml_append(root, read->items[i]);
		if (r == 0)
			read->items[i] = NULL; /* handed over */
	}
	return r;
}

static bool is_any_read(const struct yaml_node *root)
{
	for (size_t i = 0; i < root->n_items; i++)
		if (root->items[i]->kind != YAML_SCALAR || !root->items[i]->broken)
			return true;
	return false;
}

static int read_sections(const char *text, size_t size, struct yaml_node **ret_root)
{
	struct yaml_node *root __attribute__((cleanup(free_node))) = calloc(1, sizeof(*root));
	struct section section = {0};

	if (!root)
		return -ENOMEM;
	root->kind = YAML_MAP;
	while (next_section(text, size, section.end, &section)) {
		int r = take_section(text, &section, root);

		if (r < 0)
			return r;
	}
	if (!is_any_read(root))
		return -EINVAL;
	*ret_root = root;
	root = NULL;
	return 0;
}

int yaml_tree_read_broken_text(const char *text, size_t size, struct yaml_node **ret_root)
{
	struct yaml_node *whole __attribute__((cleanup(free_node))) = NULL;
	int r;

	yaml_skip_mark(&text, &size);
	r = read_beginning(text, size, &whole);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || whole->broken) {
		int sections = read_sections(text, size, ret_root);

		/* A map on one line, {mqtt: ...}, has no sections. */
		if (sections != -EINVAL || r < 0)
			return sections;
	}
	*ret_root = whole;
	whole = NULL;
	return 0;
}
