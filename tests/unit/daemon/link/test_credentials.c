/* SPDX-License-Identifier: MIT */
#include "credentials.h"

#include "temp_tree.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct fixture {
	struct temp_tree tree;
	char file[PATH_MAX], copy[PATH_MAX];
	struct credentials_places places;
	struct credentials credentials;
	char error[CREDENTIALS_ERROR_MAX];
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->tree = temp_tree_new();
	(void)snprintf(fixture->file, sizeof(fixture->file), "%s/password", fixture->tree.root);
	(void)snprintf(
		fixture->copy, sizeof(fixture->copy), "%s/mqtt-password", fixture->tree.root);
	fixture->places = (struct credentials_places){NULL, fixture->file};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	credentials_forget(&fixture->credentials);
	temp_tree_free(&fixture->tree);
	free(fixture);
	return 0;
}

static void put(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int load(struct fixture *fixture)
{
	return credentials_load(&fixture->places, fixture->error, &fixture->credentials);
}

static void test_no_place_is_no_password(void **state)
{
	struct fixture *fixture = *state;

	fixture->places.file = NULL;
	assert_int_equal(load(fixture), 0);
	assert_null(fixture->credentials.password);
}

static void test_the_first_line_is_the_password(void **state)
{
	struct fixture *fixture = *state;

	put(fixture->file, "open sesame\r\nand more\n", 0600);
	assert_int_equal(load(fixture), 0);
	assert_string_equal(fixture->credentials.password, "open sesame");
	assert_false(fixture->credentials.is_copy);
}

static void test_a_credential_goes_before_the_file(void **state)
{
	struct fixture *fixture = *state;

	fixture->places.directory = fixture->tree.root;
	put(fixture->file, "file\n", 0600);
	/* Its access list may look like a mode for the group. */
	put(fixture->copy, "copy", 0440);
	assert_int_equal(load(fixture), 0);
	assert_string_equal(fixture->credentials.password, "copy");
	assert_true(fixture->credentials.is_copy);
}

static void test_without_a_credential_the_file_is_read(void **state)
{
	struct fixture *fixture = *state;

	fixture->places.directory = fixture->tree.root;
	put(fixture->file, "file\n", 0600);
	assert_int_equal(load(fixture), 0);
	assert_string_equal(fixture->credentials.password, "file");
	assert_false(fixture->credentials.is_copy);
}

static void assert_refused(struct fixture *fixture, int error, const char *words)
{
	assert_int_equal(load(fixture), -error);
	assert_null(fixture->credentials.password);
	assert_non_null(strstr(fixture->error, fixture->file));
	assert_non_null(strstr(fixture->error, words));
}

static void test_what_cannot_be_read_is_told_with_the_cure(void **state)
{
	struct fixture *fixture = *state;
	char large[CREDENTIALS_PASSWORD_MAX + 2];

	assert_refused(fixture, ENOENT, "put the file there");
	put(fixture->file, "secret\n", 0640);
	assert_refused(fixture, EPERM, "set its mode to 600");
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	put(fixture->file, large, 0600);
	assert_refused(fixture, EFBIG, "more than 4096 bytes");
	large[sizeof(large) - 2] = '\0';
	put(fixture->file, large, 0600);
	assert_int_equal(load(fixture), 0);
	assert_int_equal(strlen(fixture->credentials.password), CREDENTIALS_PASSWORD_MAX);
}

static void assert_odd(struct fixture *fixture, const char *text, const char *words)
{
	credentials_forget(&fixture->credentials);
	put(fixture->file, text, 0600);
	assert_int_equal(load(fixture), 0);
	if (!words)
		assert_null(fixture->credentials.odd);
	else
		assert_non_null(strstr(fixture->credentials.odd, words));
}

/* It is the password all the same: somebody's has a blank at its end. */
static void test_what_nobody_sees_in_a_file_is_told(void **state)
{
	struct fixture *fixture = *state;

	assert_odd(fixture, "open sesame\r\nand more \n", NULL);
	assert_odd(fixture, "open sesame", NULL);
	assert_odd(fixture, "open sesame \n", "a blank at the end of its first line");
	assert_string_equal(fixture->credentials.password, "open sesame ");
	assert_odd(fixture, "open sesame\t\r\n", "a blank at the end of its first line");
	assert_odd(fixture, " open sesame\n", "begins with a blank");
	assert_odd(fixture, "\nopen sesame\n", "an empty first line");
	assert_odd(fixture, "", "an empty first line");
	assert_odd(fixture, "\xef\xbb\xbfopen sesame\n", "begins with a byte-order mark");
}

/* It has no end, and nobody may ever write to it. Opening it would take for ever. */
static void test_a_pipe_is_not_waited_for(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkfifo(fixture->file, 0600), 0);
	assert_true(load(fixture) < 0);
	assert_non_null(strstr(fixture->error, "is not a regular file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_place_is_no_password, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_the_first_line_is_the_password, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_nobody_sees_in_a_file_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_credential_goes_before_the_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_without_a_credential_the_file_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_cannot_be_read_is_told_with_the_cure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_pipe_is_not_waited_for, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
