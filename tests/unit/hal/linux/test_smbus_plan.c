/* SPDX-License-Identifier: MIT */
#include "smbus_plan.h"
#include <errno.h>
#include <linux/i2c.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const unsigned long ALL = I2C_FUNC_SMBUS_BYTE | I2C_FUNC_SMBUS_BYTE_DATA |
	I2C_FUNC_SMBUS_WORD_DATA | I2C_FUNC_SMBUS_I2C_BLOCK;
static const unsigned long NO_BLOCK =
	I2C_FUNC_SMBUS_BYTE | I2C_FUNC_SMBUS_BYTE_DATA | I2C_FUNC_SMBUS_WORD_DATA;
static const unsigned long BYTES = I2C_FUNC_SMBUS_BYTE | I2C_FUNC_SMBUS_BYTE_DATA;

/* Sizes of a transaction's messages (0: none), negative for one that is read. */
struct shape {
	int first, second;
};

static uint8_t out[64] = {0xf7, 0x11, 0x22};
static uint8_t in[64];

static int plan_of(struct shape shape, unsigned long functions, struct smbus_plan *ret_plan)
{
	const int sizes[] = {shape.first, shape.second};
	struct i2c_message messages[2] = {{0}};
	size_t count = 0;

	for (size_t i = 0; i < 2 && sizes[i] != 0; i++)
		messages[count++] = (struct i2c_message){
			.data = sizes[i] < 0 ? in : out,
			.size = (size_t)abs(sizes[i]),
			.read = sizes[i] < 0,
		};
	return smbus_plan(messages, count, functions, ret_plan);
}

static void test_every_shape_finds_its_command(void **state)
{
	(void)state;
	static const struct {
		struct shape shape;
		enum smbus_command command;
		uint8_t n_data;
	} cases[] = {
		{{-1, 0}, SMBUS_READ_BYTE, 1},
		{{1, 0}, SMBUS_WRITE_BYTE, 0},
		{{2, 0}, SMBUS_WRITE_DATA, 1},
		{{3, 0}, SMBUS_WRITE_WORD, 2},
		{{4, 0}, SMBUS_WRITE_BLOCK, 3},
		{{33, 0}, SMBUS_WRITE_BLOCK, 32},
		{{1, -1}, SMBUS_READ_DATA, 1},
		{{1, -2}, SMBUS_READ_WORD, 2},
		{{1, -3}, SMBUS_READ_BLOCK, 3},
		{{1, -32}, SMBUS_READ_BLOCK, 32},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct smbus_plan plan;
		assert_int_equal(plan_of(cases[i].shape, ALL, &plan), 0);
		assert_int_equal(plan.command, cases[i].command);
		assert_int_equal(plan.n_data, cases[i].n_data);
	}
}

static void test_register_and_data_are_told_apart(void **state)
{
	(void)state;
	struct smbus_plan plan;

	assert_int_equal(plan_of((struct shape){3, 0}, ALL, &plan), 0);
	assert_int_equal(plan.first, 0xf7);
	assert_ptr_equal(plan.data, out + 1);
	assert_int_equal(plan_of((struct shape){1, -6}, ALL, &plan), 0);
	assert_int_equal(plan.first, 0xf7);
	assert_ptr_equal(plan.data, in);
	assert_int_equal(plan_of((struct shape){-1, 0}, ALL, &plan), 0);
	assert_ptr_equal(plan.data, in);
	assert_int_equal(plan_of((struct shape){1, 0}, ALL, &plan), 0);
	assert_int_equal(plan.first, 0xf7);
}

static void test_what_smbus_cannot_say_is_refused(void **state)
{
	(void)state;
	static const struct shape shapes[] = {
		{-2, 0},  /* a bare read of more than a byte */
		{34, 0},  /* longer than a block */
		{1, -33}, /* longer than a block */
		{2, -6},  /* a 16-bit command before a read */
		{1, 1},   /* two writes */
		{-1, -1}, /* two reads */
		{-1, 1},  /* a write behind a read */
	};
	struct smbus_plan plan = {.first = 0x55};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		assert_int_equal(plan_of(shapes[i], ALL, &plan), -EOPNOTSUPP);
	assert_int_equal(plan.first, 0x55);
}

static void test_three_messages_are_refused(void **state)
{
	(void)state;
	const struct i2c_message messages[3] = {{out, 1, false}, {in, 1, true}, {in, 1, true}};
	struct smbus_plan plan;

	assert_int_equal(smbus_plan(messages, 3, ALL, &plan), -EOPNOTSUPP);
}

static void test_without_blocks_bytes_go_one_by_one(void **state)
{
	(void)state;
	struct smbus_plan plan;

	assert_int_equal(plan_of((struct shape){1, -8}, NO_BLOCK, &plan), 0);
	assert_int_equal(plan.command, SMBUS_READ_DATA_EACH);
	assert_int_equal(plan.n_data, 8);
	assert_int_equal(plan_of((struct shape){5, 0}, NO_BLOCK, &plan), 0);
	assert_int_equal(plan.command, SMBUS_WRITE_DATA_EACH);
	assert_int_equal(plan.n_data, 4);
}

/* The halves of a 16-bit register are not two registers: better no value than a wrong one. */
static void test_two_bytes_are_never_read_one_by_one(void **state)
{
	(void)state;
	struct smbus_plan plan;

	assert_int_equal(plan_of((struct shape){1, -2}, BYTES, &plan), -EOPNOTSUPP);
	assert_int_equal(plan_of((struct shape){3, 0}, BYTES, &plan), -EOPNOTSUPP);
	assert_int_equal(
		plan_of((struct shape){1, -2}, BYTES | I2C_FUNC_SMBUS_I2C_BLOCK, &plan), 0);
	assert_int_equal(plan.command, SMBUS_READ_BLOCK);
}

static void test_a_missing_function_is_refused(void **state)
{
	(void)state;
	static const struct shape shapes[] = {
		{-1, 0}, {1, 0}, {2, 0}, {3, 0}, {4, 0}, {1, -1}, {1, -2}, {1, -3}};
	struct smbus_plan plan;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		assert_int_equal(plan_of(shapes[i], I2C_FUNC_SMBUS_QUICK, &plan), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_shape_finds_its_command),
		cmocka_unit_test(test_register_and_data_are_told_apart),
		cmocka_unit_test(test_what_smbus_cannot_say_is_refused),
		cmocka_unit_test(test_three_messages_are_refused),
		cmocka_unit_test(test_without_blocks_bytes_go_one_by_one),
		cmocka_unit_test(test_two_bytes_are_never_read_one_by_one),
		cmocka_unit_test(test_a_missing_function_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
