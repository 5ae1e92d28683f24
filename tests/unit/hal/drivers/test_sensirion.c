/* SPDX-License-Identifier: MIT */
/* Words with a CRC, by the examples of the datasheets. */
#include "../../hal/drivers/sensirion.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct fake_bus {
	struct i2c_bus base;
	int result;
	uint8_t written[4];
	size_t n_written;
	uint8_t answer[6];
};

static int fake_transfer(
	struct i2c_bus *base, uint16_t address, struct i2c_message *messages, size_t count)
{
	struct fake_bus *bus = (struct fake_bus *)base;

	(void)address;
	for (size_t i = 0; i < count && bus->result == 0; i++) {
		if (messages[i].read) {
			assert_true(messages[i].size <= sizeof(bus->answer));
			memcpy(messages[i].data, bus->answer, messages[i].size);
		} else {
			assert_true(messages[i].size <= sizeof(bus->written));
			memcpy(bus->written, messages[i].data, messages[i].size);
			bus->n_written = messages[i].size;
		}
	}
	return bus->result;
}

static const struct i2c_ops FAKE_OPS = {.transfer = fake_transfer};

#define FAKE(...)                                                                                  \
	struct fake_bus bus = {.base = {.ops = &FAKE_OPS}, .answer = {__VA_ARGS__}};               \
	struct chip chip = {.i2c = &bus.base, .address = 0x44}

static void a_crc_is_that_of_the_datasheets(void **state)
{
	static const struct {
		uint8_t initial, data[3], size, crc;
	} examples[] = {
		{0xFF, {0xBE, 0xEF}, 2, 0x92}, /* SHT3x-DIS, version 5, table 20 */
		{0xFF, {0x00, 0x00}, 2, 0x81}, /* so that a wire that is held low fails */
		/* HTU21D(F), HPC199_3, "CRC Checksum": 0xDC, 0x683A and 0x4E85. */
		{0x00, {0xDC}, 1, 0x79},
		{0x00, {0x68, 0x3A}, 2, 0x7C},
		{0x00, {0x4E, 0x85}, 2, 0x6B},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		assert_int_equal(crc8_of(examples[i].initial, examples[i].data, examples[i].size),
			examples[i].crc);
}

static void a_command_goes_high_byte_first(void **state)
{
	(void)state;
	FAKE(0);

	assert_int_equal(sensirion_command(&chip, 0x240B), 0);
	assert_int_equal(bus.n_written, 2);
	assert_memory_equal(bus.written, "\x24\x0B", 2);
}

static void words_are_read_with_their_crcs(void **state)
{
	(void)state;
	FAKE(0xBE, 0xEF, 0x92, 0x00, 0x00, 0x81);
	uint16_t words[2] = {0x7777, 0x7777};

	assert_int_equal(sensirion_read(&chip, 2, words), 0);
	assert_int_equal(words[0], 0xBEEF);
	assert_int_equal(words[1], 0x0000);
}

static void no_word_is_set_when_one_is_wrong(void **state)
{
	(void)state;
	FAKE(0xBE, 0xEF, 0x92, 0x00, 0x00, 0x81);

	for (size_t bit = 0; bit < 8 * sizeof(bus.answer); bit++) {
		uint16_t words[2] = {0x7777, 0x7777};

		bus.answer[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(sensirion_read(&chip, 2, words), -EBADMSG);
		assert_int_equal(words[0], 0x7777);
		assert_int_equal(words[1], 0x7777);
		bus.answer[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void no_answer_is_not_yet_where_a_measurement_was_begun(void **state)
{
	(void)state;
	FAKE(0);
	uint16_t word = 0x7777;

	bus.result = -ENXIO;
	assert_int_equal(sensirion_read(&chip, 1, &word), -ENXIO);
	assert_int_equal(sensirion_collect(&chip, 1, &word), -EAGAIN);
	bus.result = -ETIMEDOUT;
	assert_int_equal(sensirion_collect(&chip, 1, &word), -ETIMEDOUT);
	assert_int_equal(word, 0x7777);
}

static void what_is_put_is_what_is_read(void **state)
{
	(void)state;
	FAKE(0);
	uint16_t word = 0;

	sensirion_put(bus.answer, 0xBEEF);
	assert_memory_equal(bus.answer, "\xBE\xEF\x92", 3);
	assert_int_equal(sensirion_read(&chip, 1, &word), 0);
	assert_int_equal(word, 0xBEEF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crc_is_that_of_the_datasheets),
		cmocka_unit_test(a_command_goes_high_byte_first),
		cmocka_unit_test(words_are_read_with_their_crcs),
		cmocka_unit_test(no_word_is_set_when_one_is_wrong),
		cmocka_unit_test(no_answer_is_not_yet_where_a_measurement_was_begun),
		cmocka_unit_test(what_is_put_is_what_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
