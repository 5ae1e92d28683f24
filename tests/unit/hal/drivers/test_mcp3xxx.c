/* SPDX-License-Identifier: MIT */
/* Tests only for the MCP3208 and its family. The rest is in test_drivers.c. */
#include "drivers/rig.h"

#include <errno.h>
#include <string.h>

enum { BYTES = 5 };

/* A wire that answers with these bytes and keeps what was sent. */
struct wire {
	struct spi_device base;
	uint8_t answer[BYTES];
	uint8_t sent[BYTES];
};

static int wire_transfer(struct spi_device *base, const uint8_t *out, uint8_t *in, size_t size)
{
	struct wire *wire = (struct wire *)base;

	assert_int_equal(size, BYTES);
	memcpy(wire->sent, out, size);
	memcpy(in, wire->answer, size);
	return 0;
}

static const struct spi_ops WIRE_OPS = {.transfer = wire_transfer};

/* Collects the channel from a part that answers so. *sent may be NULL. */
static int collect(const char *driver, unsigned channel, const uint8_t answer[BYTES],
	uint8_t sent[BYTES], double *ret_value)
{
	struct wire wire = {.base.ops = &WIRE_OPS};
	struct chip chip = {.driver = driver_find(driver), .spi = &wire.base};
	double values[DRIVER_CHANNELS_MAX];
	int r;

	memcpy(wire.answer, answer, BYTES);
	r = chip_collect(&chip, channel, values);
	if (sent)
		memcpy(sent, wire.sent, BYTES);
	if (r == 0)
		*ret_value = values[channel];
	return r;
}

/* DS21298E figure 6-1: 0 0 0 0 0 start SGL D2, then D1 D0. DS21295D: the start bit ends a byte. */
static void the_command_is_laid_out_as_in_the_datasheets(void **state)
{
	static const struct {
		const char *driver;
		unsigned channel;
		uint8_t sent[2];
	} CASES[] = {
		{"mcp3208", 0, {0x06, 0x00}},
		{"mcp3208", 5, {0x07, 0x40}},
		{"mcp3204", 3, {0x06, 0xC0}},
		{"mcp3008", 0, {0x01, 0x80}},
		{"mcp3008", 5, {0x01, 0xD0}},
		{"mcp3004", 3, {0x01, 0xB0}},
	};
	static const uint8_t ZEROS[BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		uint8_t sent[BYTES];
		double value;

		assert_int_equal(
			collect(CASES[i].driver, CASES[i].channel, ZEROS, sent, &value), 0);
		assert_memory_equal(sent, CASES[i].sent, 2);
		assert_memory_equal(sent + 2, ZEROS, BYTES - 2);
	}
}

static void a_line_that_floats_high_is_no_answer(void **state)
{
	static const uint8_t ONES[BYTES] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
	double value;

	(void)state;
	assert_int_equal(collect("mcp3208", 0, ONES, NULL, &value), -ENXIO);
	assert_int_equal(collect("mcp3004", 0, ONES, NULL, &value), -ENXIO);
}

/* It is what an input at 0 V sends; the datasheets offer nothing to tell them apart. */
static void a_line_that_is_pulled_low_reads_as_zero(void **state)
{
	static const uint8_t ZEROS[BYTES];
	double value = -1;

	(void)state;
	assert_int_equal(collect("mcp3208", 0, ZEROS, NULL, &value), 0);
	assert_near(value, 0, 0);
}

static void a_result_that_is_not_repeated_is_noise(void **state)
{
	static const uint8_t NOISE[BYTES] = {0x5A, 0x4B, 0x1E, 0xC3, 0x69};
	double value;

	(void)state;
	assert_int_equal(collect("mcp3208", 0, NOISE, NULL, &value), -EBADMSG);
	assert_int_equal(collect("mcp3008", 0, NOISE, NULL, &value), -EBADMSG);
}

/* Every inverted bit of an answer is noticed or does no harm, but for B0, which is sent once. */
static void an_inverted_bit_is_worth_one_count_at_most(void **state)
{
	static const unsigned B0 = 23; /* the clock that it comes with */
	static const char *const DRIVERS[] = {"mcp3208", "mcp3008"};

	(void)state;
	for (size_t i = 0; i < sizeof(DRIVERS) / sizeof(*DRIVERS); i++) {
		const struct driver *driver = driver_find(DRIVERS[i]);

		for (size_t j = 0; j < driver->n_vectors; j++) {
			const struct driver_vector *vector = driver->vectors + j;

			for (unsigned bit = 0; bit < BYTES * 8; bit++) {
				uint8_t answer[BYTES];
				double value;

				memcpy(answer, vector->raw, BYTES);
				answer[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
				int r = collect(DRIVERS[i], 0, answer, NULL, &value);

				assert_true(r == -EBADMSG || r == -ENXIO || r == 0);
				if (r == 0)
					assert_near(value, vector->value, bit == B0 ? 1 : 0);
			}
		}
	}
}

struct asking_board {
	struct board base;
	struct spi_settings asked;
};

static int keep_settings(struct board *base, const char *path, const struct spi_settings *settings,
	struct hal_error *error, struct spi_device **ret_device)
{
	struct asking_board *board = (struct asking_board *)base;

	(void)path;
	(void)error;
	(void)ret_device;
	board->asked = *settings;
	return -ENOENT;
}

static uint32_t clock_asked_for(const double *params)
{
	static const struct board_ops OPS = {.open_spi = keep_settings};
	struct asking_board board = {.base.ops = &OPS};
	const struct chip_settings settings = {.name = "adc",
		.driver = driver_find("mcp3208"),
		.bus = "/dev/spidev0.0",
		.params = params};
	struct hal_error error;
	struct chip *chip;

	assert_int_equal(chip_open(&board.base, &settings, &error, &chip), -ENOENT);
	assert_int_equal(board.asked.mode, 0);
	assert_int_equal(board.asked.bits, 8);
	return board.asked.speed_hz;
}

static void the_clock_is_safe_at_3v3_unless_the_map_says_otherwise(void **state)
{
	static const double FAST[] = {2000000};

	(void)state;
	assert_int_equal(clock_asked_for(NULL), 1000000);
	assert_int_equal(clock_asked_for(FAST), 2000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_is_laid_out_as_in_the_datasheets),
		cmocka_unit_test(a_line_that_floats_high_is_no_answer),
		cmocka_unit_test(a_line_that_is_pulled_low_reads_as_zero),
		cmocka_unit_test(a_result_that_is_not_repeated_is_noise),
		cmocka_unit_test(an_inverted_bit_is_worth_one_count_at_most),
		cmocka_unit_test(the_clock_is_safe_at_3v3_unless_the_map_says_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
