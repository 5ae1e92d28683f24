/* SPDX-License-Identifier: MIT */
/*
 * The kernel's PWM channels, made of files as Linux 6.1 lays them out on a Raspberry Pi 4.
 */
#include "other_user.h"
#include "pwm_linux.h"
#include "temp_tree.h"
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/inotify.h>
#include <sys/resource.h>

#include <cmocka.h>

#define CHIP    "devices/platform/soc/fe20c000.pwm/pwm/pwmchip0"
#define CHANNEL CHIP "/pwm1"

struct kernel {
	struct temp_tree sys;
	struct hal_error error;
	struct pwm_output *output;
};

static void make_chip(const struct temp_tree *sys)
{
	temp_tree_mkdir(sys, CHIP);
	temp_tree_mkdir(sys, "class/pwm");
	temp_tree_write(sys, CHIP "/npwm", "2\n");
	temp_tree_write(sys, CHIP "/export", "");
	temp_tree_write(sys, CHIP "/unexport", "");
	temp_tree_check(symlink("../../../fe20c000.pwm", temp_tree_path(sys, CHIP "/device")) == 0,
		"symlink");
	temp_tree_check(
		symlink("../../" CHIP, temp_tree_path(sys, "class/pwm/pwmchip0")) == 0, "symlink");
}

static void make_file(const struct temp_tree *sys, const char *name, const char *text, mode_t mode)
{
	temp_tree_write(sys, name, text);
	temp_tree_check(chmod(temp_tree_path(sys, name), mode) == 0, name);
}

static void make_channel(const struct temp_tree *sys, const char *period, const char *duty_cycle,
	const char *polarity, mode_t mode)
{
	temp_tree_mkdir(sys, CHANNEL);
	make_file(sys, CHANNEL "/period", period, mode);
	make_file(sys, CHANNEL "/duty_cycle", duty_cycle, mode);
	make_file(sys, CHANNEL "/polarity", polarity, mode);
	make_file(sys, CHANNEL "/enable", period[0] == '0' ? "0\n" : "1\n", mode);
}

static int setup(void **state)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));

	assert_non_null(kernel);
	kernel->sys = temp_tree_new();
	make_chip(&kernel->sys);
	*state = kernel;
	return 0;
}

static int teardown(void **state)
{
	struct kernel *kernel = *state;

	(void)pwm_close(kernel->output);
	temp_tree_free(&kernel->sys);
	free(kernel);
	return 0;
}

static int open_pwm(struct kernel *kernel, const char *chip, bool inverted)
{
	const struct pwm_request request = {chip, 1, 1000000, inverted, .may_wait = true};

	return pwm_linux_open(kernel->sys.root, &request, &kernel->error, &kernel->output);
}

static void assert_file(const struct kernel *kernel, const char *name, const char *expected)
{
	assert_string_equal(temp_tree_read(&kernel->sys, name), expected);
}

/* 75 % at 50 Hz, as a crash may leave it. */
static void leave_running(const struct kernel *kernel)
{
	make_channel(&kernel->sys, "20000000\n", "15000000\n", "normal\n", 0644);
}

static void test_a_running_channel_is_taken_over_and_stopped(void **state)
{
	struct kernel *kernel = *state;

	leave_running(kernel);
	assert_int_equal(open_pwm(kernel, "pwmchip0", false), 0);
	assert_file(kernel, CHANNEL "/duty_cycle", "0");
	assert_file(kernel, CHANNEL "/period", "1000000");
	assert_file(kernel, CHANNEL "/enable", "1");
	assert_file(kernel, CHIP "/export", "");
	assert_string_equal(kernel->output->name, "pwmchip0.1");
}

static void test_a_chip_is_found_by_its_device_node(void **state)
{
	struct kernel *kernel = *state;

	leave_running(kernel);
	assert_int_equal(open_pwm(kernel, "fe20c000.pwm", false), 0);
	assert_file(kernel, CHANNEL "/period", "1000000");
	assert_string_equal(kernel->output->name, "fe20c000.pwm.1");
}

/* The names of the files in the order in which they were changed. */
static void read_changes(int inotify, char *out, size_t out_bytes)
{
	_Alignas(struct inotify_event) char events[8192];
	ssize_t size = read(inotify, events, sizeof(events));

	assert_true(size > 0);
	out[0] = '\0';
	for (char *at = events; at < events + size;) {
		const struct inotify_event *event = (const void *)at;
		size_t used = strlen(out);
		(void)snprintf(out + used, out_bytes - used, "%s ", event->name);
		at += sizeof(*event) + event->len;
	}
}

static void test_a_running_channel_is_stopped_before_its_period_changes(void **state)
{
	struct kernel *kernel = *state;
	char changes[256];

	leave_running(kernel);
	int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	assert_true(inotify >= 0);
	assert_true(inotify_add_watch(
			    inotify, temp_tree_path(&kernel->sys, CHANNEL), IN_CLOSE_WRITE) >= 0);
	assert_int_equal(open_pwm(kernel, "pwmchip0", false), 0);
	read_changes(inotify, changes, sizeof(changes));
	assert_string_equal(changes, "duty_cycle period duty_cycle enable ");
	(void)close(inotify);
}

static void test_an_inverted_output_rests_high(void **state)
{
	struct kernel *kernel = *state;

	leave_running(kernel);
	assert_int_equal(open_pwm(kernel, "pwmchip0", true), 0);
	assert_file(kernel, CHANNEL "/duty_cycle", "1000000");
	assert_file(kernel, CHANNEL "/enable", "1");
	assert_int_equal(pwm_set(kernel->output, kernel->output->steps), 0);
	assert_file(kernel, CHANNEL "/duty_cycle", "0");
}

static void test_the_polarity_is_put_back_to_normal(void **state)
{
	struct kernel *kernel = *state;

	make_channel(&kernel->sys, "1000000\n", "500000\n", "inversed\n", 0644);
	assert_int_equal(open_pwm(kernel, "pwmchip0", false), 0);
	assert_file(kernel, CHANNEL "/polarity", "normal");
	assert_file(kernel, CHANNEL "/enable", "1");
}

static void test_the_duty_is_a_share_of_the_period(void **state)
{
	struct kernel *kernel = *state;

	leave_running(kernel);
	assert_int_equal(open_pwm(kernel, "pwmchip0", false), 0);
	assert_int_equal(kernel->output->steps, 65535);
	assert_int_equal(pwm_set(kernel->output, 65535), 0);
	assert_file(kernel, CHANNEL "/duty_cycle", "1000000");
	assert_int_equal(pwm_set(kernel->output, 13107), 0);
	assert_file(kernel, CHANNEL "/duty_cycle", "200000");
	assert_int_equal(pwm_set(kernel->output, 0), 0);
	assert_file(kernel, CHANNEL "/duty_cycle", "0");
}

/* As a tone does. The duty is a share of the new period from then on. */
static void test_another_period_is_written_in_silence(void **state)
{
	struct kernel *kernel = *state;
	char changes[256];
	int inotify;

	leave_running(kernel);
	assert_int_equal(open_pwm(kernel, "pwmchip0", false), 0);
	assert_int_equal(pwm_set(kernel->output, 32767), 0);
	inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	assert_true(inotify >= 0);
	assert_true(
		inotify_add_watch(inotify, temp_tree_path(&kernel->sys, CHANNEL), IN_MODIFY) >= 0);
	assert_int_equal(pwm_set_period(kernel->output, 2272727), 0);
	read_changes(inotify, changes, sizeof(changes));
	assert_non_null(strstr(changes, "duty_cycle "));
	assert_true(strstr(changes, "duty_cycle ") < strstr(changes, "period "));
	(void)close(inotify);
	assert_file(kernel, CHANNEL "/duty_cycle", "0");
	assert_file(kernel, CHANNEL "/period", "2272727");
	assert_int_equal(pwm_set(kernel->output, 65535), 0);
	assert_file(kernel, CHANNEL "/duty_cycle", "2272727");
}

/* Its rest is a duty of the whole period, which may never be longer than the period. */
static void test_another_period_of_an_inverted_output_rests_high(void **state)
{
	struct kernel *kernel = *state;

	leave_running(kernel);
	assert_int_equal(open_pwm(kernel, "pwmchip0", true), 0);
	assert_int_equal(pwm_set_period(kernel->output, 2272727), 0);
	assert_file(kernel, CHANNEL "/period", "2272727");
	assert_file(kernel, CHANNEL "/duty_cycle", "2272727");
	assert_int_equal(pwm_set_period(kernel->output, 1136363), 0);
	assert_file(kernel, CHANNEL "/duty_cycle", "1136363");
	assert_file(kernel, CHANNEL "/period", "1136363");
}

static void test_a_short_period_has_fewer_steps(void **state)
{
	struct kernel *kernel = *state;
	const struct pwm_request request = {"pwmchip0", 1, .period_ns = 1000};

	leave_running(kernel);
	assert_int_equal(
		pwm_linux_open(kernel->sys.root, &request, &kernel->error, &kernel->output), 0);
	assert_int_equal(kernel->output->steps, 1000);
	assert_int_equal(pwm_set(kernel->output, 999), 0);
	assert_file(kernel, CHANNEL "/duty_cycle", "999");
}

static void open_files(const struct temp_tree *sys)
{
	static const char *const files[] = {"period", "duty_cycle", "polarity", "enable"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s/%s", sys->root, CHANNEL, files[i]);
		temp_tree_check(chmod(path, 0666) == 0, path);
	}
}

/* The kernel's side of one export: the files come closed. */
static void *answer_export(void *argument)
{
	const struct temp_tree *sys = argument;
	char number[8] = "";
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", sys->root, CHIP "/export");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	temp_tree_check(fd >= 0 && read(fd, number, sizeof(number) - 1) > 0, "export");
	(void)close(fd);
	temp_tree_check(strcmp(number, "1\n") == 0, "the number of the channel");
	make_channel(sys, "0\n", "0\n", "normal\n", 0444);
	return NULL;
}

/* And udev's: they are opened later. */
static void *answer_export_and_open(void *argument)
{
	(void)answer_export(argument);
	open_files(argument);
	return NULL;
}

static int open_as_other_user(struct kernel *kernel, bool may_wait)
{
	const struct pwm_request request = {"pwmchip0", 1, 1000000, .may_wait = may_wait};
	uid_t before = other_user_become();
	int r = pwm_linux_open(kernel->sys.root, &request, &kernel->error, &kernel->output);

	other_user_go_back(before);
	return r;
}

static int export_and_open(struct kernel *kernel, void *answer(void *), bool may_wait)
{
	const char *export = temp_tree_path(&kernel->sys, CHIP "/export");
	pthread_t answerer;

	assert_int_equal(unlink(export), 0);
	assert_int_equal(mkfifo(export, 0666), 0);
	assert_int_equal(chmod(export, 0666), 0);
	assert_int_equal(pthread_create(&answerer, NULL, answer, &kernel->sys), 0);
	int r = open_as_other_user(kernel, may_wait);
	assert_int_equal(pthread_join(answerer, NULL), 0);
	return r;
}

static void open_exported(struct kernel *kernel)
{
	assert_int_equal(export_and_open(kernel, answer_export_and_open, true), 0);
}

static void test_a_channel_is_exported_and_its_permissions_awaited(void **state)
{
	struct kernel *kernel = *state;

	open_exported(kernel);
	assert_file(kernel, CHANNEL "/period", "1000000");
	assert_file(kernel, CHANNEL "/duty_cycle", "0");
	assert_file(kernel, CHANNEL "/enable", "1");
}

static void test_who_may_not_wait_finds_it_later(void **state)
{
	struct kernel *kernel = *state;

	assert_int_equal(export_and_open(kernel, answer_export, false), -EAGAIN);
	assert_non_null(strstr(kernel->error.text, "pwm1 was exported just now, and udev has not"));
	assert_file(kernel, CHIP "/unexport", "");
	open_files(&kernel->sys);
	assert_int_equal(open_as_other_user(kernel, false), 0);
	assert_file(kernel, CHANNEL "/enable", "1");
}

/* If udev does not know the rule, the second call can tell. */
static void test_what_udev_leaves_closed_asks_for_the_rules(void **state)
{
	struct kernel *kernel = *state;

	assert_int_equal(export_and_open(kernel, answer_export, false), -EAGAIN);
	assert_int_equal(open_as_other_user(kernel, false), -EACCES);
	assert_non_null(strstr(kernel->error.text, "udev rules installed?"));
	assert_null(kernel->output);
}

static void test_a_low_channel_is_given_back(void **state)
{
	struct kernel *kernel = *state;

	open_exported(kernel);
	assert_int_equal(pwm_set(kernel->output, 5), 0);
	assert_int_equal(pwm_set(kernel->output, 0), 0);
	kernel->output = pwm_close(kernel->output);
	assert_file(kernel, CHIP "/unexport", "1");
}

static void test_a_lit_channel_keeps_its_level_and_stays_exported(void **state)
{
	struct kernel *kernel = *state;

	open_exported(kernel);
	assert_int_equal(pwm_set(kernel->output, kernel->output->steps), 0);
	kernel->output = pwm_close(kernel->output);
	assert_file(kernel, CHANNEL "/duty_cycle", "1000000");
	assert_file(kernel, CHANNEL "/enable", "1");
	assert_file(kernel, CHIP "/unexport", "");
}

static void test_what_was_taken_over_is_not_given_back(void **state)
{
	struct kernel *kernel = *state;

	leave_running(kernel);
	assert_int_equal(open_pwm(kernel, "pwmchip0", false), 0);
	kernel->output = pwm_close(kernel->output);
	assert_file(kernel, CHIP "/unexport", "");
}

static void test_what_is_not_there_comes_with_a_cure(void **state)
{
	struct kernel *kernel = *state;
	const struct pwm_request third = {"pwmchip0", 2, .period_ns = 1000000};

	assert_int_equal(open_pwm(kernel, "pwmchip7", false), -ENOENT);
	assert_non_null(strstr(kernel->error.text, "no PWM chip is called \"pwmchip7\""));
	assert_int_equal(
		pwm_linux_open(kernel->sys.root, &third, &kernel->error, &kernel->output), -ENOENT);
	assert_non_null(strstr(kernel->error.text, "has 2 channels, counted from 0"));
	assert_int_equal(unlink(temp_tree_path(&kernel->sys, "class/pwm/pwmchip0")), 0);
	assert_int_equal(open_pwm(kernel, "pwmchip0", false), -ENOENT);
	assert_non_null(strstr(kernel->error.text, "dtoverlay=pwm"));
	assert_null(kernel->output);
}

static void refuse_writes(const struct kernel *kernel, const char *name)
{
	assert_int_equal(unlink(temp_tree_path(&kernel->sys, name)), 0);
	assert_int_equal(symlink("/dev/full", temp_tree_path(&kernel->sys, name)), 0);
}

static void test_a_refused_export_says_so(void **state)
{
	struct kernel *kernel = *state;

	refuse_writes(kernel, CHIP "/export");
	assert_int_equal(open_pwm(kernel, "pwmchip0", false), -ENOSPC);
	assert_non_null(strstr(kernel->error.text, "cannot be exported"));
	assert_file(kernel, CHIP "/unexport", "");
}

static void test_a_closed_export_asks_for_the_group(void **state)
{
	struct kernel *kernel = *state;

	assert_int_equal(chmod(temp_tree_path(&kernel->sys, CHIP "/export"), 0444), 0);
	assert_int_equal(open_as_other_user(kernel, true), -EACCES);
	assert_non_null(strstr(kernel->error.text, "group gpio"));
}

static void test_a_state_that_cannot_be_read_leaves_the_channel_alone(void **state)
{
	struct kernel *kernel = *state;

	leave_running(kernel);
	temp_tree_write(&kernel->sys, CHANNEL "/enable", "");
	assert_int_equal(open_pwm(kernel, "pwmchip0", false), -EIO);
	assert_null(kernel->output);
	assert_file(kernel, CHANNEL "/duty_cycle", "15000000");
}

/* From here on no file takes a byte: EFBIG stands for what a driver may say. */
static struct rlimit refuse_all_writes(void)
{
	struct rlimit before;

	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	return before;
}

static void test_a_refused_period_says_so(void **state)
{
	struct kernel *kernel = *state;

	make_channel(&kernel->sys, "0\n", "0\n", "normal\n", 0644);
	struct rlimit before = refuse_all_writes();
	int r = open_pwm(kernel, "pwmchip0", false);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(r, -EFBIG);
	assert_non_null(strstr(kernel->error.text, "does not take a period of 1000000 ns"));
}

static void test_after_a_refused_duty_the_channel_is_not_given_back(void **state)
{
	struct kernel *kernel = *state;

	open_exported(kernel);
	struct rlimit before = refuse_all_writes();
	int r = pwm_set(kernel->output, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(r, -EFBIG);
	kernel->output = pwm_close(kernel->output);
	assert_file(kernel, CHIP "/unexport", "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_running_channel_is_taken_over_and_stopped),
		TEST(test_a_chip_is_found_by_its_device_node),
		TEST(test_a_running_channel_is_stopped_before_its_period_changes),
		TEST(test_an_inverted_output_rests_high),
		TEST(test_the_polarity_is_put_back_to_normal),
		TEST(test_the_duty_is_a_share_of_the_period),
		TEST(test_another_period_is_written_in_silence),
		TEST(test_another_period_of_an_inverted_output_rests_high),
		TEST(test_a_short_period_has_fewer_steps),
		TEST(test_a_channel_is_exported_and_its_permissions_awaited),
		TEST(test_who_may_not_wait_finds_it_later),
		TEST(test_what_udev_leaves_closed_asks_for_the_rules),
		TEST(test_a_low_channel_is_given_back),
		TEST(test_a_lit_channel_keeps_its_level_and_stays_exported),
		TEST(test_what_was_taken_over_is_not_given_back),
		TEST(test_what_is_not_there_comes_with_a_cure),
		TEST(test_a_refused_export_says_so),
		TEST(test_a_closed_export_asks_for_the_group),
		TEST(test_a_state_that_cannot_be_read_leaves_the_channel_alone),
		TEST(test_a_refused_period_says_so),
		TEST(test_after_a_refused_duty_the_channel_is_not_given_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
