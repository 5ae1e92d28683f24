/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* stderr is a pipe during a test. */
struct capture {
	int saved_stderr, read_fd;
};

static int setup(void **state)
{
	static struct capture capture;
	int fds[2];

	(void)unsetenv("JOURNAL_STREAM");
	if (pipe(fds) < 0)
		return -1;
	capture.saved_stderr = dup(STDERR_FILENO);
	capture.read_fd = fds[0];
	if (dup2(fds[1], STDERR_FILENO) < 0)
		return -1;
	(void)close(fds[1]);
	*state = &capture;
	return 0;
}

static int teardown(void **state)
{
	struct capture *capture = *state;

	(void)dup2(capture->saved_stderr, STDERR_FILENO);
	(void)close(capture->saved_stderr);
	(void)close(capture->read_fd);
	return 0;
}

/* One read() gives what one write() wrote, and a mark written last shows that there was no more. */
static const char *logged(void **state)
{
	static char text[4096];
	struct capture *capture = *state;
	ssize_t size;

	assert_int_equal(write(STDERR_FILENO, "|", 1), 1);
	size = read(capture->read_fd, text, sizeof(text) - 1);
	assert_true(size > 0);
	assert_int_equal(text[size - 1], '|');
	text[size - 1] = '\0';
	return text;
}

static void a_line_has_level_object_and_text(void **state)
{
	log_setup(false);
	log_warning("led.red", "line %d is busy", 17);
	assert_string_equal(logged(state), "warning: led.red: line 17 is busy\n");
	log_error(NULL, "no object");
	log_notice("mqtt", "connected");
	log_info("mqtt", "info");
	assert_string_equal(
		logged(state), "error: no object\nnotice: mqtt: connected\ninfo: mqtt: info\n");
}

static void debug_is_for_verbose_only(void **state)
{
	log_setup(false);
	assert_false(log_verbose());
	log_debug("mqtt", "silent");
	log_message(LOG_DEBUG, "mqtt", "silent too");
	assert_string_equal(logged(state), "");
	log_setup(true);
	assert_true(log_verbose());
	log_debug("mqtt", "loud");
	assert_string_equal(logged(state), "debug: mqtt: loud\n");
}

static void a_peer_cannot_make_lines_or_escapes(void **state)
{
	log_setup(false);
	log_info("mqtt", "%s", "a\nerror: fake\r\033[31m\x7f\303\244");
	assert_string_equal(logged(state), "info: mqtt: a?error: fake??[31m?\303\244\n");
}

static void a_long_text_is_cut_but_stays_one_line(void **state)
{
	char text[5000];
	const char *line;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_setup(false);
	log_info(text, "%s", text);
	line = logged(state);
	assert_true(strlen(line) > 500 && strlen(line) < 1100);
	assert_int_equal(line[strlen(line) - 1], '\n');
}

static void lines_that_say_what_they_are_stay_as_they_are(void **state)
{
	log_setup(false);
	errno = ENOENT;
	log_lines(LOG_WARNING, "map.yaml:1:1: warning: odd\n  a:\tb\n  ^\n");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(logged(state), "map.yaml:1:1: warning: odd\n  a:\tb\n  ^\n");
	log_lines(LOG_ERR, "no end");
	log_lines(LOG_ERR, "");
	assert_string_equal(logged(state), "no end\n");
}

static void errno_survives(void **state)
{
	log_setup(false);
	errno = ENOENT;
	log_info("file", "%s", strerror(errno));
	assert_int_equal(errno, ENOENT);
	assert_string_equal(logged(state), "info: file: No such file or directory\n");
}

static void a_journal_that_is_not_stderr_is_not_used(void **state)
{
	(void)setenv("JOURNAL_STREAM", "1:1", 1);
	log_setup(false);
	log_info(NULL, "here");
	assert_string_equal(logged(state), "info: here\n");
	(void)setenv("JOURNAL_STREAM", "rubbish", 1);
	log_setup(false);
	log_info(NULL, "here");
	assert_string_equal(logged(state), "info: here\n");
}

/* As a terminal that was stopped with Ctrl-S. */
static void a_reader_that_stands_still_holds_nobody_up(void **state)
{
	char buffer[65536];
	const char *gap = "warning: log: 2 lines were lost here\ninfo: c\n";
	int pipes[2];
	int before = dup(STDERR_FILENO);
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(fcntl(pipes[1], F_SETPIPE_SZ, 8192), 8192);
	memset(buffer, 0x2e, 8192);
	assert_int_equal(write(pipes[1], buffer, 8192), 8192);
	assert_int_equal(dup2(pipes[1], STDERR_FILENO), STDERR_FILENO);
	log_setup(false);
	log_info(NULL, "a");
	log_info(NULL, "b");
	assert_int_equal(read(pipes[0], buffer, sizeof(buffer)), 8192);
	log_info(NULL, "c");
	n = read(pipes[0], buffer, sizeof(buffer) - 1);
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	assert_true(n > 0);
	buffer[n] = '\0';
	assert_string_equal(buffer, gap);
	close(before);
	close(pipes[0]);
	close(pipes[1]);
}

static void a_limit_passes_a_burst_in_each_interval(void **state)
{
	struct log_limit limit = {.interval_us = 1000, .burst = 2};
	unsigned suppressed = 99;

	(void)state;
	assert_true(log_limit_pass(&limit, 50, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_true(log_limit_pass(&limit, 60, &suppressed));
	suppressed = 99;
	assert_false(log_limit_pass(&limit, 70, &suppressed));
	assert_false(log_limit_pass(&limit, 1049, &suppressed));
	assert_int_equal(suppressed, 99);
	assert_true(log_limit_pass(&limit, 1050, &suppressed));
	assert_int_equal(suppressed, 2);
	assert_true(log_limit_pass(&limit, 1050, &suppressed));
	assert_int_equal(suppressed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_has_level_object_and_text, setup, teardown),
		cmocka_unit_test_setup_teardown(debug_is_for_verbose_only, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_peer_cannot_make_lines_or_escapes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_long_text_is_cut_but_stays_one_line, setup, teardown),
		cmocka_unit_test_setup_teardown(
			lines_that_say_what_they_are_stay_as_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(errno_survives, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_journal_that_is_not_stderr_is_not_used, setup, teardown),
		cmocka_unit_test(a_reader_that_stands_still_holds_nobody_up),
		cmocka_unit_test(a_limit_passes_a_burst_in_each_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
