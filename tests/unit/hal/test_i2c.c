/* SPDX-License-Identifier: MIT */
#include "i2c.h"
#include "trace_log.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A wire that remembers what was put on it and answers 5a 5b 5c ... */
struct fake_bus {
	struct i2c_bus base;
	int result;
	unsigned transfers, closes;
	uint16_t address;
	size_t n_messages;
	uint8_t written[32];
	size_t n_written;
};

static int fake_transfer(
	struct i2c_bus *base, uint16_t address, struct i2c_message *messages, size_t count)
{
	struct fake_bus *bus = (struct fake_bus *)base;

	bus->transfers++;
	bus->address = address;
	bus->n_messages = count;
	for (size_t i = 0; i < count && bus->result == 0; i++) {
		for (size_t k = 0; k < messages[i].size; k++) {
			if (messages[i].read)
				messages[i].data[k] = (uint8_t)(0x5a + k);
			else
				bus->written[bus->n_written++] = messages[i].data[k];
		}
	}
	return bus->result;
}

static void fake_close(struct i2c_bus *base)
{
	((struct fake_bus *)base)->closes++;
}

static const struct i2c_ops FAKE_OPS = {.transfer = fake_transfer, .close = fake_close};

static struct fake_bus fake(void)
{
	return (struct fake_bus){.base = {.ops = &FAKE_OPS, .name = "/dev/i2c-1"}};
}

static void test_read_registers_is_one_combined_transaction(void **state)
{
	(void)state;
	struct fake_bus bus = fake();
	uint8_t data[3];

	assert_int_equal(i2c_read_registers(&bus.base, 0x77, 0xf7, data, sizeof(data)), 0);
	assert_int_equal(bus.transfers, 1);
	assert_int_equal(bus.n_messages, 2);
	assert_int_equal(bus.address, 0x77);
	assert_int_equal(bus.n_written, 1);
	assert_int_equal(bus.written[0], 0xf7);
	assert_memory_equal(data, "\x5a\x5b\x5c", 3);
}

static void test_write_register_is_register_then_value(void **state)
{
	(void)state;
	struct fake_bus bus = fake();

	assert_int_equal(i2c_write_register(&bus.base, 0x40, 0xfe, 0x79), 0);
	assert_int_equal(bus.n_messages, 1);
	assert_int_equal(bus.n_written, 2);
	assert_memory_equal(bus.written, "\xfe\x79", 2);
}

static void test_a_register_of_16_bits_has_either_byte_first(void **state)
{
	(void)state;
	struct fake_bus bus = fake();
	uint16_t value = 0;

	assert_int_equal(i2c_read_be16(&bus.base, 0x40, 0x01, &value), 0);
	assert_int_equal(value, 0x5a5b);
	assert_int_equal(i2c_read_le16(&bus.base, 0x40, 0x02, &value), 0);
	assert_int_equal(value, 0x5b5a);
	assert_int_equal(i2c_write_be16(&bus.base, 0x40, 0x03, 0x1234), 0);
	assert_int_equal(i2c_write_le16(&bus.base, 0x40, 0x04, 0x1234), 0);
	assert_int_equal(bus.transfers, 4);
	assert_int_equal(bus.n_written, 8);
	assert_memory_equal(bus.written, "\x01\x02\x03\x12\x34\x04\x34\x12", 8);
}

static void test_a_register_of_16_bits_that_failed_sets_no_value(void **state)
{
	(void)state;
	struct fake_bus bus = fake();
	uint16_t value = 0x7777;

	bus.result = -ENXIO;
	assert_int_equal(i2c_read_be16(&bus.base, 0x40, 0x01, &value), -ENXIO);
	assert_int_equal(i2c_read_le16(&bus.base, 0x40, 0x01, &value), -ENXIO);
	assert_int_equal(value, 0x7777);
}

static void test_wrong_arguments_never_reach_the_wire(void **state)
{
	(void)state;
	struct fake_bus bus = fake();
	uint8_t data[1] = {0};
	struct i2c_message messages[43];

	for (size_t i = 0; i < 43; i++)
		messages[i] = (struct i2c_message){.data = data, .size = 1, .read = true};
	assert_int_equal(i2c_read(NULL, 0x40, data, 1), -EINVAL);
	assert_int_equal(i2c_read(&bus.base, 0x07, data, 1), -EINVAL);
	assert_int_equal(i2c_read(&bus.base, 0x78, data, 1), -EINVAL);
	assert_int_equal(i2c_read(&bus.base, 0x40, NULL, 1), -EINVAL);
	assert_int_equal(i2c_read(&bus.base, 0x40, data, 0), -EINVAL);
	assert_int_equal(i2c_read(&bus.base, 0x40, data, 8193), -EINVAL);
	assert_int_equal(i2c_transfer(&bus.base, 0x40, NULL, 1), -EINVAL);
	assert_int_equal(i2c_transfer(&bus.base, 0x40, messages, 0), -EINVAL);
	assert_int_equal(i2c_transfer(&bus.base, 0x40, messages, 43), -EINVAL);
	assert_int_equal(bus.transfers, 0);
	assert_int_equal(i2c_transfer(&bus.base, 0x40, messages, 42), 0);
	assert_int_equal(i2c_read(&bus.base, I2C_ADDRESS_MIN, data, 1), 0);
	assert_int_equal(i2c_read(&bus.base, I2C_ADDRESS_MAX, data, 1), 0);
}

static void test_a_transfer_is_traced(void **state)
{
	(void)state;
	struct fake_bus bus = fake();
	struct trace_log log = {""};
	struct hal_trace trace = trace_log_observer(&log);
	uint8_t data[2] = {0xee, 0xee};

	bus.base.trace = &trace;
	assert_int_equal(i2c_read_registers(&bus.base, 0x77, 0xf7, data, 2), 0);
	assert_string_equal(log.text, "/dev/i2c-1: 0x77 w f7 r 5a 5b ok\n");
}

static void test_the_trace_of_a_failure_shows_no_bytes_that_were_not_read(void **state)
{
	(void)state;
	struct fake_bus bus = fake();
	struct trace_log log = {""};
	struct hal_trace trace = trace_log_observer(&log);
	uint8_t data[2] = {0xee, 0xee};

	bus.base.trace = &trace;
	bus.result = -ENXIO;
	assert_int_equal(i2c_read_registers(&bus.base, 0x77, 0xf7, data, 2), -ENXIO);
	assert_string_equal(log.text, "/dev/i2c-1: 0x77 w f7 r - no answer\n");
}

static int address_owned(struct i2c_bus *bus, uint16_t address, struct hal_error *error)
{
	(void)bus;
	return hal_error_set(error, -EBUSY, "0x%02x has an owner", address);
}

static void test_check_address_is_optional_for_a_backend(void **state)
{
	(void)state;
	const struct i2c_ops owned = {fake_transfer, address_owned, fake_close};
	struct fake_bus bus = fake();
	struct hal_error error = {""};

	assert_int_equal(i2c_check_address(&bus.base, 0x48, &error), 0);
	assert_int_equal(i2c_check_address(&bus.base, 0x78, &error), -EINVAL);
	bus.base.ops = &owned;
	assert_int_equal(i2c_check_address(&bus.base, 0x48, &error), -EBUSY);
	assert_string_equal(error.text, "0x48 has an owner");
}

static void test_close_takes_null_and_returns_null(void **state)
{
	(void)state;
	struct fake_bus bus = fake();

	assert_null(i2c_close(NULL));
	assert_null(i2c_close(&bus.base));
	assert_int_equal(bus.closes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_registers_is_one_combined_transaction),
		cmocka_unit_test(test_write_register_is_register_then_value),
		cmocka_unit_test(test_a_register_of_16_bits_has_either_byte_first),
		cmocka_unit_test(test_a_register_of_16_bits_that_failed_sets_no_value),
		cmocka_unit_test(test_wrong_arguments_never_reach_the_wire),
		cmocka_unit_test(test_a_transfer_is_traced),
		cmocka_unit_test(test_the_trace_of_a_failure_shows_no_bytes_that_were_not_read),
		cmocka_unit_test(test_check_address_is_optional_for_a_backend),
		cmocka_unit_test(test_close_takes_null_and_returns_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
