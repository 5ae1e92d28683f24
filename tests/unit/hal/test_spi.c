/* SPDX-License-Identifier: MIT */
#include "spi.h"
#include "trace_log.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* MISO is the inverse of MOSI. */
struct fake_device {
	struct spi_device base;
	int result;
	unsigned transfers, closes;
};

static int fake_transfer(struct spi_device *base, const uint8_t *out, uint8_t *in, size_t size)
{
	struct fake_device *device = (struct fake_device *)base;

	device->transfers++;
	for (size_t i = 0; i < size && device->result == 0; i++)
		in[i] = (uint8_t)~out[i];
	return device->result;
}

static void fake_close(struct spi_device *base)
{
	((struct fake_device *)base)->closes++;
}

static const struct spi_ops FAKE_OPS = {fake_transfer, fake_close};

static struct fake_device fake(void)
{
	return (struct fake_device){.base = {.ops = &FAKE_OPS, .name = "/dev/spidev0.0"}};
}

static void test_a_transfer_moves_bytes_both_ways_and_is_traced(void **state)
{
	(void)state;
	struct fake_device device = fake();
	struct trace_log log = {""};
	struct hal_trace trace = trace_log_observer(&log);
	const uint8_t out[2] = {0x06, 0x80};
	uint8_t in[2] = {0};

	device.base.trace = &trace;
	assert_int_equal(spi_transfer(&device.base, out, in, 2), 0);
	assert_memory_equal(in, "\xf9\x7f", 2);
	device.result = -EIO;
	assert_int_equal(spi_transfer(&device.base, out, in, 2), -EIO);
	assert_string_equal(log.text,
		"/dev/spidev0.0: w 06 80 r f9 7f ok\n"
		"/dev/spidev0.0: w 06 80 r - the transfer failed\n");
}

static void test_wrong_arguments_never_reach_the_wire(void **state)
{
	(void)state;
	struct fake_device device = fake();
	const uint8_t out[4096] = {0};
	uint8_t in[4096];

	assert_int_equal(spi_transfer(NULL, out, in, 1), -EINVAL);
	assert_int_equal(spi_transfer(&device.base, NULL, in, 1), -EINVAL);
	assert_int_equal(spi_transfer(&device.base, out, NULL, 1), -EINVAL);
	assert_int_equal(spi_transfer(&device.base, out, in, 0), -EINVAL);
	assert_int_equal(spi_transfer(&device.base, out, in, 4097), -EINVAL);
	assert_int_equal(device.transfers, 0);
	assert_int_equal(spi_transfer(&device.base, out, in, 4096), 0);
}

static void test_close_takes_null_and_returns_null(void **state)
{
	(void)state;
	struct fake_device device = fake();

	assert_null(spi_close(NULL));
	assert_null(spi_close(&device.base));
	assert_int_equal(device.closes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_transfer_moves_bytes_both_ways_and_is_traced),
		cmocka_unit_test(test_wrong_arguments_never_reach_the_wire),
		cmocka_unit_test(test_close_takes_null_and_returns_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
