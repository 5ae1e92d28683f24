/* SPDX-License-Identifier: MIT */
/*
 * Builds the tree from libyaml's events, and not from its document: so the limits apply while the
 * text is read, and scalars keep whether they were quoted.
 */
#include "yaml_load.h"
#include "utf8.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct loader {
	yaml_parser_t parser;
	struct diag *diag;
	const char *text;
	size_t size;
	size_t n_nodes, depth;
	bool partial; /* keep what was read before a mistake */
	bool stopped; /* at a mistake */
};

static int refuse(
	struct loader *loader, const yaml_event_t *event, const char *cure, const char *what)
{
	diag_error(
		loader->diag, yaml_place(&event->start_mark, &event->end_mark), cure, "%s", what);
	return -EINVAL;
}

static int next_event(struct loader *loader, yaml_event_t *ret_event)
{
	return yaml_parser_parse(&loader->parser, ret_event)
		? 0
		: yaml_syntax_error(&loader->parser, loader->text, loader->size, loader->diag);
}

/* Refuses features of YAML that a device map does not need. */
static int check_properties(struct loader *loader, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return refuse(loader, event, "write the value out",
			"aliases (*name) are not allowed in a device map");
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor)
		return refuse(loader, event, "a text that begins with & needs quotes",
			"anchors (&name) are not allowed in a device map");
	if (tag)
		return refuse(loader, event, "a text that begins with ! needs quotes",
			"tags (!name) are not allowed in a device map");
	return 0;
}

/* Checks a quoted text, whose escapes can produce characters that the file itself must not have. */
static bool scalar_is_clean(const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		uint32_t code = 0;
		size_t length = utf8_decode(text + i, size - i, &code);
		if (!length || !(utf8_printable(code) || code == '\t' || code == '\n'))
			return false;
		i += length;
	}
	return true;
}

static int copy_scalar(struct loader *loader, const yaml_event_t *event, char **ret_text)
{
	const char *text = (const char *)event->data.scalar.value;

	if (!scalar_is_clean(text, event->data.scalar.length))
		return refuse(loader, event, NULL, "control character in the text");
	char *copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	*ret_text = copy;
	return 0;
}

int yaml_append(struct yaml_node *parent, struct yaml_node *item)
{
	size_t n = parent->n_items;

	if ((n & (n - 1)) == 0) { /* full at every power of two */
		struct yaml_node **items =
			reallocarray(parent->items, n ? n * 2 : 1, sizeof(*items));
		if (!items)
			return -ENOMEM;
		parent->items = items;
	}
	item->parent = parent;
	item->index = n;
	parent->items[n] = item;
	parent->n_items = n + 1;
	return 0;
}

static int read_node(struct loader *loader, const yaml_event_t *event, struct yaml_node **ret_node);

static void free_node(struct yaml_node **node)
{
	yaml_tree_free(*node);
}

static void free_text(char **text)
{
	free(*text);
}

static struct yaml_node *find(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_node_get(map, key);

	return node ? map->items[node->index] : NULL;
}

/* Reads the value of a key event; the key becomes the item's. */
static int read_entry(struct loader *loader, const yaml_event_t *key_event, struct yaml_node *map)
{
	char *key __attribute__((cleanup(free_text))) = NULL;
	struct yaml_node *item __attribute__((cleanup(free_node))) = NULL;
	struct diag_place key_place = yaml_place(&key_event->start_mark, &key_event->end_mark);
	yaml_event_t event;

	int r = check_properties(loader, key_event);
	if (r < 0)
		return r;
	if (key_event->type != YAML_SCALAR_EVENT)
		return refuse(loader, key_event, NULL, "a key must be a plain word");
	r = copy_scalar(loader, key_event, &key);
	if (r < 0)
		return r;
	r = next_event(loader, &event);
	if (r < 0)
		return r;
	r = read_node(loader, &event, &item);
	yaml_event_delete(&event);
	if (r < 0)
		return r;

	struct yaml_node *first = find(map, key);
	if (first) {
		first->broken = true;
		diag_error(loader->diag, key_place, NULL,
			"\"%s\" is given twice: the first is on line %zu", key,
			first->key_place.line);
		return 0;
	}
	r = yaml_append(map, item);
	if (r < 0)
		return r;
	item->key = key;
	item->key_place = key_place;
	key = NULL;
	item = NULL;
	return 0;
}

static int read_item(struct loader *loader, const yaml_event_t *event, struct yaml_node *list)
{
	struct yaml_node *item __attribute__((cleanup(free_node))) = NULL;

	int r = read_node(loader, event, &item);
	if (r < 0)
		return r;
	r = yaml_append(list, item);
	if (r < 0)
		return r;
	item = NULL;
	return 0;
}

static int read_items(struct loader *loader, struct yaml_node *node)
{
	yaml_event_type_t end =
		node->kind == YAML_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;

	for (;;) {
		yaml_event_t event;
		int r = next_event(loader, &event);
		if (r < 0)
			return r;
		bool done = event.type == end;
		if (!done)
			r = node->kind == YAML_MAP ? read_entry(loader, &event, node)
						   : read_item(loader, &event, node);
		yaml_event_delete(&event);
		if (r == 0 && loader->stopped)
			r = -EINVAL;
		if (r < 0 || done)
			return r;
	}
}

static int read_node(struct loader *loader, const yaml_event_t *event, struct yaml_node **ret_node)
{
	int r = check_properties(loader, event);
	if (r < 0)
		return r;
	if (++loader->n_nodes > YAML_NODES_MAX)
		return refuse(loader, event, NULL, "the map is too large from here on");
	if (loader->depth >= YAML_DEPTH_MAX)
		return refuse(loader, event, NULL, "nested too deeply");

	struct yaml_node *node __attribute__((cleanup(free_node))) = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->place = yaml_place(&event->start_mark, &event->end_mark);
	if (event->type == YAML_SCALAR_EVENT) {
		node->kind = YAML_SCALAR;
		node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		r = copy_scalar(loader, event, &node->text);
	} else {
		node->kind = event->type == YAML_MAPPING_START_EVENT ? YAML_MAP : YAML_LIST;
		node->place.width = 1;
		loader->depth++;
		r = read_items(loader, node);
		loader->depth--;
		if (r == -EINVAL && loader->partial) {
			node->broken = loader->stopped = true;
			r = 0;
		}
	}
	if (r < 0)
		return r;
	*ret_node = node;
	node = NULL;
	return 0;
}

/* One document and nothing after it: STREAM-START DOCUMENT-START node ... STREAM-END. */
static int read_stream(struct loader *loader, struct yaml_node **ret_root)
{
	struct yaml_node *root __attribute__((cleanup(free_node))) = NULL;

	for (;;) {
		yaml_event_t event;
		int r = next_event(loader, &event);
		if (r < 0)
			return r;
		bool done = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_START_EVENT && root)
			r = refuse(loader, &event,
				"one file is one map: remove this --- and what follows",
				"a second document");
		else if (event.type != YAML_STREAM_START_EVENT &&
			event.type != YAML_DOCUMENT_START_EVENT &&
			event.type != YAML_DOCUMENT_END_EVENT && !done)
			r = read_node(loader, &event, &root);
		yaml_event_delete(&event);
		if (r < 0 && !(r == -EINVAL && loader->partial && root))
			return r;
		if (done || r < 0 || loader->stopped)
			break;
	}
	if (!root || (root->kind == YAML_SCALAR && root->plain && !*root->text)) {
		static const struct diag_place whole_file = {0};
		diag_error(loader->diag, whole_file,
			"the shortest map is mqtt: {url: mqtt://localhost}", "is empty");
		return -EINVAL;
	}
	*ret_root = root;
	root = NULL;
	return 0;
}

/* The byte-order mark that some editors write is not part of the first line. */
void yaml_skip_mark(const char **text, size_t *size)
{
	static const char MARK[] = "\xef\xbb\xbf";
	const size_t length = sizeof(MARK) - 1;

	if (*size < length || memcmp(*text, MARK, length) != 0)
		return;
	*text += length;
	*size -= length;
}

static int parse(struct loader *loader, struct yaml_node **ret_root)
{
	if (!yaml_parser_initialize(&loader->parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&loader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&loader->parser, (const unsigned char *)loader->text, loader->size);
	int r = read_stream(loader, ret_root);
	yaml_parser_delete(&loader->parser);
	return r;
}

int yaml_tree_read_text(
	const char *text, size_t size, struct diag *diag, struct yaml_node **ret_root)
{
	struct loader loader = {.diag = diag};

	yaml_skip_mark(&text, &size);
	int r = diag_set_text(diag, text, size);
	if (r < 0)
		return r;
	r = yaml_check_text(text, size, diag);
	if (r < 0)
		return r;
	loader.text = text;
	loader.size = size;
	return parse(&loader, ret_root);
}

int yaml_tree_read_beginning(
	const char *text, size_t size, struct diag *diag, struct yaml_node **ret_root)
{
	struct loader loader = {.diag = diag, .text = text, .size = size, .partial = true};

	return parse(&loader, ret_root);
}
