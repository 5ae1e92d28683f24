/* SPDX-License-Identifier: MIT */
/* Tests only for the BME280 and BMP280. The rest is in test_drivers.c. */
#include "drivers/rig.h"

#include <errno.h>
#include <string.h>

enum { TEMPERATURE, HUMIDITY, PRESSURE, CHANNELS };
enum { RAW_BYTES = 26 + 7 + 8, RAW_HIGH = 26, RAW_DATA = 33 }; /* as the model's load() wants it */

static int setup(void **state)
{
	*state = (void *)(uintptr_t)driver_find("bme280");
	return rig_setup(state);
}

static int setup_bmp280(void **state)
{
	*state = (void *)(uintptr_t)driver_find("bmp280");
	return rig_setup(state);
}

static int setup_spi(void **state)
{
	*state = (void *)(uintptr_t)driver_find("bme280_spi");
	return rig_setup(state);
}

/* Puts the part into this state, configures and measures. */
static int measure_raw(struct rig *rig, const uint8_t raw[RAW_BYTES], double values[CHANNELS])
{
	assert_int_equal(sim_load_part(rig->board, RIG_PART, raw, RAW_BYTES), 0);
	assert_int_equal(rig_configure(rig), 0);
	return rig_measure(rig, TEMPERATURE, values);
}

/* The calibration of the first vector; high and data are the caller's. */
static void make_raw(const struct rig *rig, const uint8_t high[7], const uint8_t data[8],
	uint8_t ret_raw[RAW_BYTES])
{
	memcpy(ret_raw, rig->driver->vectors[0].raw, RAW_BYTES);
	if (high)
		memcpy(ret_raw + RAW_HIGH, high, 7);
	memcpy(ret_raw + RAW_DATA, data, 8);
}

/*
 * dig_H2 400, H3 5, H4 -200, H5 -1000, H6 -30, so every sign of table 16 counts; adc_P 415148,
 * adc_T 400000, adc_H 2000. Worked out apart from the code with the formulas of 8.1: -12.643607 °C,
 * 949.163262 hPa, 39.731896 %.
 */
static void negative_trimming_and_temperature(void **state)
{
	static const uint8_t HIGH[] = {0x90, 0x01, 0x05, 0xF3, 0x88, 0xC1, 0xE2};
	static const uint8_t DATA[] = {0x65, 0x5A, 0xC0, 0x61, 0xA8, 0x00, 0x07, 0xD0};
	struct rig *rig = *state;
	uint8_t raw[RAW_BYTES];
	double values[CHANNELS];

	make_raw(rig, HIGH, DATA, raw);
	assert_int_equal(measure_raw(rig, raw, values), 0);
	assert_near(values[TEMPERATURE], -12.643607, 1e-6);
	assert_near(values[PRESSURE], 949.163262, 1e-6);
	assert_near(values[HUMIDITY], 39.731896, 1e-6);
}

static void reset_values_are_no_measurement(void **state)
{
	static const uint8_t DATA[] = {0x80, 0, 0, 0x80, 0, 0, 0x80, 0};
	struct rig *rig = *state;
	uint8_t raw[RAW_BYTES];
	double values[CHANNELS];

	make_raw(rig, NULL, DATA, raw);
	assert_int_equal(measure_raw(rig, raw, values), -ERANGE);
}

/* 0x80000 is 26.460843 °C with this calibration (8.1): a warm room must not be a failure. */
static void one_reset_value_among_others_is_a_value(void **state)
{
	static const uint8_t DATA[] = {0x65, 0x5A, 0xC0, 0x80, 0, 0, 0x79, 0x18};
	struct rig *rig = *state;
	uint8_t raw[RAW_BYTES];
	double values[CHANNELS];

	make_raw(rig, NULL, DATA, raw);
	assert_int_equal(measure_raw(rig, raw, values), 0);
	assert_near(values[TEMPERATURE], 26.460843, 1e-6);
}

static void a_calibration_without_sense_is_out_of_range(void **state)
{
	static const uint8_t DATA[] = {0x65, 0x5A, 0xC0, 0x7E, 0xED, 0, 0x79, 0x18};
	struct rig *rig = *state;
	uint8_t raw[RAW_BYTES];
	double values[CHANNELS];

	make_raw(rig, NULL, DATA, raw);
	memset(raw + 6, 0, 2); /* dig_P1, which the pressure is divided by */
	assert_int_equal(measure_raw(rig, raw, values), -ERANGE);
}

/* 9.1: 9.3 ms at x1, 112.8 ms at x16. */
static void it_waits_for_the_longest_measurement(void **state)
{
	static const double TIMES_16[] = {16, 0};
	struct rig *rig = *state;
	uint32_t wait_us;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, TEMPERATURE, &wait_us), 0);
	assert_int_equal(wait_us, 9300);

	rig_open(rig, TIMES_16);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, TEMPERATURE, &wait_us), 0);
	assert_int_equal(wait_us, 112800);
}

static void too_early_is_busy(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS];
	uint32_t wait_us;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, TEMPERATURE, &wait_us), 0);
	assert_int_equal(chip_collect(rig->chip, TEMPERATURE, values), -EAGAIN);
	rig->now_us += wait_us;
	assert_int_equal(chip_collect(rig->chip, TEMPERATURE, values), 0);
}

/* The copy of the calibration takes longer than the wait, so one more question is needed. */
static void the_calibration_is_read_after_its_copy(void **state)
{
	struct rig *rig = *state;
	uint32_t wait_us = 0;

	assert_int_equal(chip_configure(rig->chip, &wait_us), -EAGAIN);
	assert_int_equal(wait_us, 2000);
	rig->now_us += wait_us;
	assert_int_equal(chip_configure(rig->chip, &wait_us), -EAGAIN);
	rig->now_us += wait_us;
	assert_int_equal(chip_configure(rig->chip, &wait_us), 0);
}

/* All later values would be wrong by it, and none of them could show it. */
static void an_inverted_bit_of_the_calibration_is_noticed(void **state)
{
	/* The reads: the id, the status twice, then the two blocks of the calibration, twice. */
	static const size_t BLOCK_BITS[] = {26 * 8, 7 * 8, 26 * 8, 7 * 8};
	struct rig *rig = *state;

	for (size_t block = 0; block < 4; block++) {
		for (size_t bit = 0; bit < BLOCK_BITS[block]; bit++) {
			rig_tap(rig, 3 + block, bit);
			assert_int_equal(rig_configure(rig), -EBADMSG);
			assert_true(rig_tap_hit(rig));
		}
	}
}

static void a_copy_that_never_ends_is_a_timeout(void **state)
{
	struct rig *rig = *state;
	uint32_t wait_us;
	int r = -EAGAIN;

	for (int round = 0; round < 100 && r == -EAGAIN; round++)
		r = chip_configure(rig->chip, &wait_us); /* the clock stands still */
	assert_int_equal(r, -ETIMEDOUT);
}

static void a_dip_of_the_supply_is_no_measurement(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS];
	uint32_t wait_us;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, TEMPERATURE, &wait_us), 0);
	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	rig_fault(rig, SIM_FAULT_NONE);
	rig->now_us += wait_us;
	assert_int_equal(chip_collect(rig->chip, TEMPERATURE, values), -EBADMSG);
}

/* A bus on which every register reads as the same byte. */
struct constant_bus {
	struct i2c_bus base;
	uint8_t value;
	bool is_alone;        /* other addresses do not answer */
	size_t bytes_written; /* besides register numbers */
};

static int constant_transfer(
	struct i2c_bus *base, uint16_t address, struct i2c_message *messages, size_t count)
{
	struct constant_bus *bus = (struct constant_bus *)base;

	if (address == I2C_NOBODY && bus->is_alone)
		return -ENXIO;
	for (size_t i = 0; i < count; i++) {
		if (messages[i].read)
			memset(messages[i].data, bus->value, messages[i].size);
		else
			bus->bytes_written += messages[i].size - 1;
	}
	return 0;
}

static const struct i2c_ops CONSTANT_OPS = {.transfer = constant_transfer};

/* Another part at the address is refused, left alone, and told as what it is. */
static void assert_refused(struct rig *rig, uint8_t id, const char *words)
{
	struct constant_bus bus = {.base.ops = &CONSTANT_OPS, .value = id, .is_alone = true};
	struct i2c_bus *before = rig->chip->i2c;
	uint32_t wait_us;

	rig->chip->i2c = &bus.base;
	int r = chip_configure(rig->chip, &wait_us);

	rig->chip->i2c = before;
	assert_int_equal(r, -EBADMSG);
	assert_int_equal(bus.bytes_written, 0);
	assert_string_equal(rig->chip->words.text, words);
}

static void a_bmp280_is_refused_and_left_alone(void **state)
{
	assert_refused(
		*state, 0x58, "this is a BMP280, which measures no humidity: driver: bmp280");
}

static void a_bme280_is_refused_by_the_bmp280s_driver(void **state)
{
	assert_refused(
		*state, 0x60, "this is a BME280, which measures humidity too: driver: bme280");
	assert_refused(*state, 0x42, "its id reads as 0x42, and that of a BMP280 is 0x58");
}

/* Nobody waits for a humidity that it does not measure: 9.1 without the last term. */
static void a_bmp280_measures_faster(void **state)
{
	struct rig *rig = *state;
	uint32_t wait_us;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, TEMPERATURE, &wait_us), 0);
	assert_int_equal(wait_us, 6425);
}

/* A chip select without a part: its line shows the pull, up or down. */
static int no_part_transfer(struct spi_device *device, const uint8_t *out, uint8_t *in, size_t size)
{
	(void)out;
	memset(in, device->name[0], size);
	return 0;
}

static void a_chip_select_without_a_part_is_no_answer(void **state)
{
	static const struct spi_ops OPS = {.transfer = no_part_transfer};
	static const char *const WORDS[] = {
		"no answer: all that is read is 0x00", "no answer: all that is read is 0xff"};
	struct rig *rig = *state;
	struct spi_device *before = rig->chip->spi;
	uint32_t wait_us;

	for (int i = 0; i < 2; i++) {
		struct spi_device nothing = {.ops = &OPS, .name = {i ? (char)0xFF : 0}};

		rig->chip->spi = &nothing;
		int r = chip_configure(rig->chip, &wait_us);

		rig->chip->spi = before;
		assert_int_equal(r, -ENXIO);
		assert_string_equal(rig->chip->words.text, WORDS[i]);
	}
}

static void a_dip_of_the_supply_on_spi_is_no_measurement(void **state)
{
	struct rig *rig = *state;
	double values[CHANNELS];
	uint32_t wait_us;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_start(rig->chip, TEMPERATURE, &wait_us), 0);
	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	rig_fault(rig, SIM_FAULT_NONE);
	rig->now_us += wait_us;
	assert_int_equal(chip_collect(rig->chip, TEMPERATURE, values), -EBADMSG);
}

static void other_parts_are_refused_with_their_id(void **state)
{
	assert_refused(*state, 0x61,
		"this is a BME680 or BME688: the kernel's driver reads it, driver: iio with "
		"dtoverlay=i2c-sensor,bme680");
	assert_refused(*state, 0x42, "its id reads as 0x42, and that of a BME280 is 0x60");
	assert_refused(*state, 0, "its id reads as 0x00, and that of a BME280 is 0x60");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			negative_trimming_and_temperature, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			reset_values_are_no_measurement, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			one_reset_value_among_others_is_a_value, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_calibration_without_sense_is_out_of_range, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			it_waits_for_the_longest_measurement, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(too_early_is_busy, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			the_calibration_is_read_after_its_copy, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			an_inverted_bit_of_the_calibration_is_noticed, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_copy_that_never_ends_is_a_timeout, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_dip_of_the_supply_is_no_measurement, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_bmp280_is_refused_and_left_alone, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			other_parts_are_refused_with_their_id, setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_bme280_is_refused_by_the_bmp280s_driver, setup_bmp280, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_bmp280_measures_faster, setup_bmp280, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_chip_select_without_a_part_is_no_answer, setup_spi, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_dip_of_the_supply_on_spi_is_no_measurement, setup_spi, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
