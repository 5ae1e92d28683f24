/* SPDX-License-Identifier: MIT */
/*
 * The maps of config/maps and tests/config/good have no mistakes and no warnings. Each map of
 * tests/config/bad has one mistake (the "several" have more), each of tests/config/warn has a
 * warning or more and no mistake; beside it is a file with exactly what is printed about it.
 */
#include "config.h"
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATH_SIZE = 4096 };

/* Loads the map and returns all that is printed about it. */
static char *load(const char *directory, const char *name, int *ret_result)
{
	static const struct host host = {.name = "host", .id = "0123456789ab"};
	char path[PATH_SIZE];
	struct diag *diag = NULL;
	struct config *config = NULL;
	char *printed = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&printed, &size);

	assert_non_null(out);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(diag_new(name, &diag), 0);
	*ret_result = config_load(path, &host, diag, &config);
	assert_int_equal(*ret_result == 0, config != NULL);
	diag_print(diag, out);
	assert_int_equal(fclose(out), 0);
	config_free(config);
	diag_free(diag);
	return printed;
}

static char *read_text(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *in = fopen(path, "re");

	if (!in)
		return NULL;
	assert_true(getdelim(&text, &size, '\0', in) > 0);
	fclose(in);
	return text;
}

static bool check_good(const char *directory, const char *name)
{
	int result = -1;
	char *printed = load(directory, name, &result);
	bool good = result == 0 && !*printed;

	if (!good)
		print_error("%s: result %d\n%s", name, result, printed);
	free(printed);
	return good;
}

/* In a text that lists all sections, @outputs@ stands for those of the kinds of output. */
static char *with_sections(char *text)
{
	static const char MARK[] = "@outputs@";
	char *mark = text ? strstr(text, MARK) : NULL;
	char *out = NULL;
	size_t size = 0;
	FILE *file;

	if (!mark)
		return text;
	file = open_memstream(&out, &size);
	assert_non_null(file);
	fprintf(file, "%.*s", (int)(mark - text), text);
	for (size_t i = 0; output_kind_table[i]; i++)
		fprintf(file, "%s%s", i ? ", " : "", output_kind_table[i]->section);
	fputs(mark + strlen(MARK), file);
	assert_int_equal(fclose(file), 0);
	free(text);
	return out;
}

static bool check_printed(const char *directory, const char *name, int expected_result)
{
	static const char license[] = "# SPDX-License-Identifier: MIT\n";
	char path[PATH_SIZE];
	int result = 0;

	(void)snprintf(path, sizeof(path), "%s/%.*s.expected", directory,
		(int)(strlen(name) - strlen(".yaml")), name);
	char *expected = with_sections(read_text(path));
	char *printed = load(directory, name, &result);
	bool good = result == expected_result && expected &&
		strncmp(expected, license, strlen(license)) == 0 &&
		strcmp(expected + strlen(license), printed) == 0;
	if (!good)
		print_error("%s: result %d, printed:\n%sexpected:\n%s", name, result, printed,
			expected ? expected : "(there is no such file)\n");
	free(printed);
	free(expected);
	return good;
}

static bool check_bad(const char *directory, const char *name)
{
	return check_printed(directory, name, -EINVAL);
}

static bool check_warned(const char *directory, const char *name)
{
	return check_printed(directory, name, 0);
}

static bool ends_with(const char *name, const char *end)
{
	size_t size = strlen(name);

	return size > strlen(end) && strcmp(name + size - strlen(end), end) == 0;
}

/* Maps with mqtts:// have one more mistake where this build cannot do it. */
static bool needs_tls(const char *name)
{
	return strstr(name, "tls") || strcmp(name, "every-option.yaml") == 0 ||
		strcmp(name, "mqtt-url-in-list.yaml") == 0;
}

/* Checks every map of the folder and returns how many there are. */
static size_t check_folder(
	const char *folder, bool (*check)(const char *directory, const char *name))
{
	const char *root = getenv("SOURCE_ROOT");
	char directory[PATH_SIZE / 2];
	size_t maps = 0, wrong = 0;

	assert_non_null(root);
	(void)snprintf(directory, sizeof(directory), "%s/%s", root, folder);
	DIR *stream = opendir(directory);
	assert_non_null(stream);
	for (struct dirent *entry; (entry = readdir(stream));) {
		if (!ends_with(entry->d_name, ".yaml"))
			continue;
		if (needs_tls(entry->d_name) && !CONFIG_HAS_TLS)
			continue;
		maps++;
		wrong += check(directory, entry->d_name) ? 0 : 1;
	}
	closedir(stream);
	assert_int_equal(wrong, 0);
	return maps;
}

static void test_examples(void **state)
{
	(void)state;
	assert_true(check_folder("config/maps", check_good) >= 5);
}

static void test_good_maps(void **state)
{
	(void)state;
	assert_true(check_folder("tests/config/good", check_good) >= 5);
}

static void test_bad_maps(void **state)
{
	(void)state;
	assert_true(check_folder("tests/config/bad", check_bad) >= 300);
}

static void test_warnings(void **state)
{
	(void)state;
	assert_true(check_folder("tests/config/warn", check_warned) >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_good_maps),
		cmocka_unit_test(test_bad_maps),
		cmocka_unit_test(test_warnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
