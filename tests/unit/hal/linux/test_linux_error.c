/* SPDX-License-Identifier: MIT */
#include "linux_error.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct row {
	int errnum, expected;
};

static void check(int (*translate)(int), const struct row *rows, size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++)
		assert_int_equal(translate(rows[i].errnum), rows[i].expected);
}

static void test_any_device(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{EREMOTEIO, -ENXIO}, {ENXIO, -ENXIO}, {EPERM, -EPERM}, {EACCES, -EACCES},
		{ESHUTDOWN, -ENODEV}, {ENOTTY, -EOPNOTSUPP}, {EMSGSIZE, -EOPNOTSUPP},
		{EBUSY, -EBUSY}, {EINVAL, -EINVAL}, {ENOENT, -ENOENT},
		{0, -EIO}, /* a library that failed without saying why is a failure still */
	};

	check(linux_error, rows, sizeof(rows) / sizeof(rows[0]));
}

static void test_an_i2c_transfer(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{EREMOTEIO, -ENXIO},
		{ENXIO, -ENXIO},
		{ETIMEDOUT, -ETIMEDOUT},
		{EAGAIN, -ETIMEDOUT},
		{EBUSY, -ETIMEDOUT},
		{EBADMSG, -EBADMSG},
		{EOPNOTSUPP, -EOPNOTSUPP},
		{ENODEV, -ENODEV},
		{EIO, -EIO},
	};

	check(linux_error_i2c, rows, sizeof(rows) / sizeof(rows[0]));
}

/* -EAGAIN and -ERANGE have a meaning of their own in hal: no wire may invent them. */
static void test_no_kernel_error_poses_as_a_measurement(void **state)
{
	(void)state;
	for (int errnum = 1; errnum < 134; errnum++) {
		assert_int_not_equal(linux_error(errnum), -ERANGE);
		assert_int_not_equal(linux_error_i2c(errnum), -ERANGE);
		assert_int_not_equal(linux_error_i2c(errnum), -EAGAIN);
		assert_true(linux_error(errnum) < 0 && linux_error_i2c(errnum) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_device),
		cmocka_unit_test(test_an_i2c_transfer),
		cmocka_unit_test(test_no_kernel_error_poses_as_a_measurement),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
