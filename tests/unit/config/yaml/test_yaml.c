/* SPDX-License-Identifier: MIT */
#include "yaml_tree.h"
#include <errno.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Returns the messages about a text that gives no tree, or gives one in spite of mistakes. */
static char *mistakes_of(const char *text, size_t size, int result)
{
	struct diag *diag = NULL;
	struct yaml_node *root = NULL;
	char *printed = NULL;
	size_t printed_size = 0;
	FILE *out = open_memstream(&printed, &printed_size);

	assert_non_null(out);
	assert_int_equal(diag_new("t", &diag), 0);
	assert_int_equal(yaml_tree_read_text(text, size, diag, &root), result);
	assert_int_equal(root == NULL, result < 0);
	yaml_tree_free(root);
	diag_print(diag, out);
	assert_int_equal(fclose(out), 0);
	diag_free(diag);
	return printed;
}

static void assert_refused(const char *text, const char *expected)
{
	char *printed = mistakes_of(text, strlen(text), -EINVAL);

	assert_string_equal(printed, expected);
	free(printed);
}

static struct yaml_node *read_good(const char *text)
{
	struct diag *diag = NULL;
	struct yaml_node *root = NULL;

	assert_int_equal(diag_new("t", &diag), 0);
	assert_int_equal(yaml_tree_read_text(text, strlen(text), diag, &root), 0);
	assert_int_equal(diag_count(diag), 0);
	diag_free(diag);
	return root;
}

static void assert_place(struct diag_place place, size_t line, size_t column, size_t width)
{
	assert_int_equal(place.line, line);
	assert_int_equal(place.column, column);
	assert_int_equal(place.width, width);
}

static void test_tree(void **state)
{
	(void)state;
	struct yaml_node *root = read_good("leds:\n"
					   "  - {line: GPIO17, name: 'röt'}\n"
					   "  - word\n"
					   "empty:\n");
	char path[YAML_PATH_MAX];

	assert_int_equal(root->kind, YAML_MAP);
	assert_int_equal(root->n_items, 2);
	assert_null(root->parent);
	const struct yaml_node *leds = yaml_node_get(root, "leds");
	assert_ptr_equal(leds, root->items[0]);
	assert_int_equal(leds->kind, YAML_LIST);
	assert_int_equal(leds->n_items, 2);
	assert_place(leds->key_place, 1, 1, 4);

	const struct yaml_node *name = yaml_node_get(leds->items[0], "name");
	assert_string_equal(name->text, "röt");
	assert_false(name->plain);
	assert_true(yaml_node_get(leds->items[0], "line")->plain);
	assert_place(name->key_place, 2, 20, 4);
	assert_place(name->place, 2, 26, 5); /* quotes included, columns in characters */
	assert_place(yaml_node_name_place(name), 2, 20, 4);
	assert_place(yaml_node_name_place(leds->items[1]), 3, 5, 4);

	yaml_node_path(name, path);
	assert_string_equal(path, "leds[0].name");
	yaml_node_path(leds->items[1], path);
	assert_string_equal(path, "leds[1]");
	yaml_node_path(root, path);
	assert_string_equal(path, "the device map");

	assert_string_equal(yaml_node_get(root, "empty")->text, "");
	assert_null(yaml_node_get(root, "led"));
	assert_null(yaml_node_get(leds, "line"));
	assert_null(yaml_node_get(NULL, "line"));
	assert_null(yaml_tree_free(root));
	assert_null(yaml_tree_free(NULL));
}

static void test_long_path_is_cut(void **state)
{
	(void)state;
	char key[3 * YAML_PATH_MAX], path[YAML_PATH_MAX];
	char text[sizeof(key) + 32];

	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	(void)snprintf(text, sizeof(text), "a: {\"%s\": {b: [c]}}", key);
	struct yaml_node *root = read_good(text);
	const struct yaml_node *inner = root->items[0]->items[0]->items[0]->items[0];
	yaml_node_path(inner, path);
	assert_int_equal(strlen(path), YAML_PATH_MAX - 1);
	assert_memory_equal(path, "a.kkk", 5);
	yaml_tree_free(root);
}

static void test_duplicate_keeps_the_first(void **state)
{
	(void)state;
	const char *text = "a: 1\nb: {c: 2, c: 3}\na: 4\n";
	char *printed = mistakes_of(text, strlen(text), 0);

	assert_string_equal(printed,
		"t:2:11: error: \"c\" is given twice: the first is on line 2\n"
		"  b: {c: 2, c: 3}\n"
		"            ^\n"
		"t:3:1: error: \"a\" is given twice: the first is on line 1\n"
		"  a: 4\n"
		"  ^\n"
		"t: 2 mistakes\n");
	free(printed);

	struct diag *diag = NULL;
	struct yaml_node *root = NULL;
	assert_int_equal(diag_new("t", &diag), 0);
	assert_int_equal(yaml_tree_read_text(text, strlen(text), diag, &root), 0);
	assert_string_equal(yaml_node_get(root, "a")->text, "1");
	yaml_tree_free(root);
	diag_free(diag);
}

static void test_empty(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "\n", "# only a comment", "---\n", "--- \n...\n", "\xef\xbb\xbf"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_refused(texts[i],
			"t: error: is empty\n"
			"  the shortest map is mqtt: {url: mqtt://localhost}\n");
}

static void test_nul_byte(void **state)
{
	(void)state;
	static const char text[] = "a: 1\nb: \0\n";
	char *printed = mistakes_of(text, sizeof(text) - 1, -EINVAL);

	assert_string_equal(printed, "t:2:4: error: control character U+0000\n  b: ?\n     ^\n");
	free(printed);
}

/* UTF-8 in all its wrong forms, and control characters. */
static void test_characters(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"\x80",             /* continuation without a start */
		"\xc3",             /* cut off */
		"\xc3(",            /* no continuation */
		"\xc0\xaf",         /* overlong */
		"\xe0\x80\xaf",     /* overlong */
		"\xf0\x80\x80\xaf", /* overlong */
		"\xed\xa0\x80",     /* surrogate */
		"\xf4\x90\x80\x80", /* above U+10FFFF */
		"\xf8\x88\x80\x80\x80", "\xff\xfe", "\x01", "\x1b[0m", "\x7f",
		"\r",           /* not in front of a line feed */
		"\xc2\x85",     /* NEL */
		"\xe2\x80\xa8", /* line separator */
		"\xe2\x80\xa9", /* paragraph separator */
	};
	static const char *const right[] = {"\t", "\r\n", "\x7e", "\xc2\xa0", "\xdf\xbf",
		"\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80",
		"\xf0\x9f\x92\xa1"};
	char text[32];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		(void)snprintf(text, sizeof(text), "a: 1 # %s", wrong[i]);
		free(mistakes_of(text, strlen(text), -EINVAL));
	}
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		(void)snprintf(text, sizeof(text), "a: 1 # %s", right[i]);
		yaml_tree_free(read_good(text));
	}
}

static void test_escaped_control_characters(void **state)
{
	(void)state;
	assert_refused("a: \"x\\0y\"",
		"t:1:4: error: control character in the text\n  a: \"x\\0y\"\n     ^~~~~~\n");
	assert_refused("\"\\e\": 1",
		"t:1:1: error: control character in the text\n  \"\\e\": 1\n  ^~~~\n");
	struct yaml_node *root = read_good("a: \"x\\n\\ty\"");
	assert_string_equal(root->items[0]->text, "x\n\ty");
	yaml_tree_free(root);
}

/* "[[[1]]]" with so many brackets. */
static char *nested_lists(size_t depth)
{
	char *text = calloc(1, 2 * depth + 2);

	assert_non_null(text);
	for (size_t i = 0; i < depth; i++)
		text[i] = '[';
	text[depth] = '1';
	for (size_t i = 0; i < depth; i++)
		text[depth + 1 + i] = ']';
	return text;
}

/* The innermost value is a level of its own. */
static void test_depth(void **state)
{
	(void)state;
	char *deep = nested_lists(YAML_DEPTH_MAX - 1);
	char *deeper = nested_lists(YAML_DEPTH_MAX);

	yaml_tree_free(read_good(deep));
	assert_refused(deeper,
		"t:1:17: error: nested too deeply\n"
		"  [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n"
		"                  ^\n");
	free(deep);
	free(deeper);
}

/* "[1,1,1]" with so many numbers. */
static char *long_list(size_t n)
{
	char *text = calloc(1, 2 * n + 2);

	assert_non_null(text);
	text[0] = '[';
	for (size_t i = 0; i < n; i++) {
		text[1 + 2 * i] = '1';
		text[2 + 2 * i] = i + 1 < n ? ',' : ']';
	}
	return text;
}

/* The list itself is a node, too. */
static void test_number_of_nodes(void **state)
{
	(void)state;
	char *most = long_list(YAML_NODES_MAX - 1);
	char *more = long_list(YAML_NODES_MAX);

	struct yaml_node *root = read_good(most);
	assert_int_equal(root->n_items, YAML_NODES_MAX - 1);
	yaml_tree_free(root);
	char *printed = mistakes_of(more, strlen(more), -EINVAL);
	assert_non_null(strstr(printed, "error: the map is too large from here on\n"));
	free(printed);
	free(most);
	free(more);
}

static void test_unfolding_is_refused(void **state)
{
	(void)state;
	assert_refused("a: &a [1, 1]\nb: [*a, *a]\n",
		"t:1:4: error: anchors (&name) are not allowed in a device map\n"
		"  a: &a [1, 1]\n"
		"     ^~~~\n"
		"  a text that begins with & needs quotes\n");
	assert_refused("b: {<<: *a}\n",
		"t:1:9: error: aliases (*name) are not allowed in a device map\n"
		"  b: {<<: *a}\n"
		"          ^~\n"
		"  write the value out\n");
}

static int read_file(const char *path, struct diag *diag, struct yaml_node **ret_root)
{
	char *text = NULL;
	size_t size = 0;
	int r = yaml_text_read_file(path, diag, &text, &size);

	if (r == 0)
		r = yaml_tree_read_text(text, size, diag, ret_root);
	free(text);
	return r;
}

static char *write_file(size_t size)
{
	char *path = strdup("/tmp/test_yaml.XXXXXX");
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	assert_non_null(file);
	fputs("a: 1 #", file);
	for (size_t i = strlen("a: 1 #"); i < size; i++)
		fputc('x', file);
	assert_int_equal(fclose(file), 0);
	return path;
}

static void test_file_size(void **state)
{
	(void)state;
	static const struct {
		size_t size;
		int result;
	} cases[] = {{YAML_TEXT_MAX, 0}, {YAML_TEXT_MAX + 1, -EINVAL}};

	for (size_t i = 0; i < 2; i++) {
		char *path = write_file(cases[i].size);
		struct diag *diag = NULL;
		struct yaml_node *root = NULL;
		assert_int_equal(diag_new("t", &diag), 0);
		assert_int_equal(read_file(path, diag, &root), cases[i].result);
		assert_int_equal(diag_count(diag), cases[i].result ? 1 : 0);
		yaml_tree_free(root);
		diag_free(diag);
		assert_int_equal(remove(path), 0);
		free(path);
	}
}

/* expected: as of fnmatch(), since the place of the examples depends on the build. */
static void assert_unreadable(const char *path, const char *expected)
{
	struct diag *diag = NULL;
	struct yaml_node *root = NULL;
	char *printed = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&printed, &size);

	assert_int_equal(diag_new("t", &diag), 0);
	assert_int_equal(read_file(path, diag, &root), -EINVAL);
	diag_print(diag, out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(fnmatch(expected, printed, 0), 0);
	free(printed);
	diag_free(diag);
}

static void test_unreadable_files(void **state)
{
	(void)state;
	assert_unreadable("/nonexistent/tosd.yaml",
		"t: error: cannot be read: No such file or directory\n"
		"  `sudo tosctl probe --write /nonexistent/tosd.yaml` makes a first map of what it "
		"finds on this board*\n");
	assert_unreadable("-",
		"t: error: cannot be read: No such file or directory\n"
		"  standard input is not read: put the map into a file, and name that\n");
	assert_unreadable("/", "t: error: cannot be read: Is a directory\n");
	/* It could keep its reader waiting for ever, as a pipe does. */
	assert_unreadable("/dev/zero",
		"t: error: is not a regular file\n"
		"  put the map into a file\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_long_path_is_cut),
		cmocka_unit_test(test_duplicate_keeps_the_first),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_escaped_control_characters),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_number_of_nodes),
		cmocka_unit_test(test_unfolding_is_refused),
		cmocka_unit_test(test_file_size),
		cmocka_unit_test(test_unreadable_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
