/* SPDX-License-Identifier: MIT */
/* Tests only for the PCA9685. The rest is in the generic driver test. */
#include "drivers/rig.h"

#include "smbus_plan.h"
#include <errno.h>
#include <linux/i2c.h>
#include <stdlib.h>
#include <string.h>

enum { MODE1 = 0x00, MODE2 = 0x01, LED0 = 0x06, LED15_OFF_H = 0x45, PRE_SCALE = 0xfe };
enum { RESTART = 0x80, EXTCLK = 0x40, AUTO_INCREMENT = 0x20, SLEEP = 0x10 };

static const char *const OTHER_BUS = "/dev/i2c-9";

static int setup(void **state)
{
	*state = (void *)(uintptr_t)driver_find("pca9685");
	return rig_setup(state);
}

static void write_raw(struct rig *rig, uint8_t reg, uint8_t value)
{
	assert_int_equal(i2c_write_register(rig->chip->i2c, rig->chip->address, reg, value), 0);
}

static uint8_t read_raw(struct rig *rig, uint8_t reg)
{
	uint8_t value = 0;

	assert_int_equal(i2c_read_registers(rig->chip->i2c, rig->chip->address, reg, &value, 1), 0);
	return value;
}

static double pin(struct rig *rig, unsigned channel)
{
	return rig->driver->model->duty(sim_part_state(rig->board, RIG_PART), channel);
}

static void all_on(struct rig *rig)
{
	assert_int_equal(rig_configure(rig), 0);
	for (unsigned i = 0; i < rig->driver->n_pwm; i++)
		assert_int_equal(rig->driver->set_duty(rig->chip, i, rig->driver->pwm_steps), 0);
}

static void assert_all_off(struct rig *rig)
{
	for (unsigned i = 0; i < rig->driver->n_pwm; i++)
		assert_near(pin(rig, i), 0, 0);
}

/* A part that keeps whatever is written wherever it is written, as an EEPROM does. */
struct eeprom {
	uint8_t cells[256];
	uint8_t pointer;
};

static void eeprom_reset(void *state)
{
	memset(state, 0xff, sizeof(struct eeprom));
}

static int eeprom_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct eeprom *eeprom = state;

	(void)now_us;
	eeprom->pointer = data[0];
	for (size_t i = 1; i < size; i++)
		eeprom->cells[eeprom->pointer++] = data[i];
	return 0;
}

static int eeprom_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct eeprom *eeprom = state;

	(void)now_us;
	for (size_t i = 0; i < size; i++)
		data[i] = eeprom->cells[eeprom->pointer++];
	return 0;
}

static void another_part_at_its_address_is_noticed(void **state)
{
	static const struct driver_model MODEL = {.state_bytes = sizeof(struct eeprom),
		.reset = eeprom_reset,
		.i2c_write = eeprom_write,
		.i2c_read = eeprom_read};
	static const struct driver EEPROM = {
		.name = "eeprom", .bus = DRIVER_BUS_I2C, .model = &MODEL};
	struct rig *rig = *state;
	const struct chip_settings settings = {
		.name = "wrong", .driver = rig->driver, .bus = OTHER_BUS, .address = 0x50};
	struct chip *chip = NULL;

	assert_int_equal(sim_add_part(rig->board, "eeprom", &EEPROM, OTHER_BUS, 0x50), 0);
	assert_int_equal(chip_open(rig->board, &settings, NULL, &chip), 0);
	assert_int_equal(chip_configure_wait(chip), -EBADMSG);
	chip_close(chip);
}

/* Of all that is read back only RESTART may be either. */
static void every_inverted_bit_of_the_set_up_is_noticed(void **state)
{
	struct rig *rig = *state;
	size_t transfer = 0, bit = 0, passed = 0, noticed = 0;

	for (;;) {
		rig_tap(rig, transfer, bit);
		int r = rig_configure(rig);

		if (rig_tap_hit(rig)) {
			assert_true(r == 0 || r == -EBADMSG);
			passed += r == 0;
			noticed += r == -EBADMSG;
			bit++;
		} else if (rig_tap_transfers(rig) > transfer) {
			transfer++;
			bit = 0;
		} else {
			break;
		}
	}
	assert_int_equal(passed, 1);
	/*
	 * Four registers a channel, then ALL_LED_OFF_H, PRE_SCALE and MODE2, and MODE1 but for one.
	 */
	assert_int_equal(noticed, 16 * 4 * 8 + 3 * 8 + 7);
}

static void a_predecessor_in_sleep_is_not_restarted(void **state)
{
	struct rig *rig = *state;

	all_on(rig);
	write_raw(rig, MODE1, AUTO_INCREMENT | SLEEP);
	assert_true(read_raw(rig, MODE1) & RESTART);

	rig_open(rig, NULL);
	assert_int_equal(rig_configure(rig), 0);
	assert_all_off(rig);
	assert_int_equal(read_raw(rig, MODE1), AUTO_INCREMENT);
	assert_int_equal(rig->driver->set_duty(rig->chip, 0, 2048), 0);
	assert_near(pin(rig, 0), 0.5, 0);
}

/* EXTCLK cannot be taken back without a power cycle, and with it no frequency is known. */
static void a_predecessor_with_an_external_clock_is_refused_and_off(void **state)
{
	struct rig *rig = *state;

	all_on(rig);
	write_raw(rig, MODE1, AUTO_INCREMENT | SLEEP);
	write_raw(rig, MODE1, AUTO_INCREMENT | SLEEP | EXTCLK);
	write_raw(rig, MODE1, AUTO_INCREMENT | RESTART | EXTCLK);
	assert_near(pin(rig, 0), 1, 0);

	rig_open(rig, NULL);
	assert_int_equal(rig_configure(rig), -EBADMSG);
	assert_all_off(rig);
}

static void it_waits_for_the_oscillator(void **state)
{
	struct rig *rig = *state;
	uint32_t wait_us = 0;

	assert_int_equal(chip_configure(rig->chip, &wait_us), -EAGAIN);
	assert_int_equal(wait_us, 500);
	assert_int_equal(chip_configure(rig->chip, &wait_us), 0);
}

static void the_prescaler_is_the_nearest(void **state)
{
	static const struct {
		double frequency_hz;
		uint8_t prescale;
	} CASES[] = {{24, 253}, {50, 121}, {200, 30}, {1000, 5}, {1300, 4}, {1526, 3}};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		const double params[] = {CASES[i].frequency_hz, 0, 0};

		rig_open(rig, params);
		assert_int_equal(rig_configure(rig), 0);
		assert_int_equal(read_raw(rig, PRE_SCALE), CASES[i].prescale);
	}
}

static void the_model_takes_a_prescaler_only_in_sleep(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	write_raw(rig, PRE_SCALE, 100);
	assert_int_equal(read_raw(rig, PRE_SCALE), 5);
	write_raw(rig, MODE1, AUTO_INCREMENT | SLEEP);
	write_raw(rig, PRE_SCALE, 1);
	assert_int_equal(read_raw(rig, PRE_SCALE), 3); /* the least, forced by the hardware */
}

static void the_model_increments_only_when_told(void **state)
{
	struct rig *rig = *state;
	uint8_t bytes[2];

	/* Fresh from power-on: MODE1 is 11h, and read again and again. */
	assert_int_equal(
		i2c_read_registers(rig->chip->i2c, rig->chip->address, MODE1, bytes, 2), 0);
	assert_memory_equal(bytes, "\x11\x11", 2);
	/* Past the last channel it goes on with MODE1. */
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(
		i2c_read_registers(rig->chip->i2c, rig->chip->address, LED15_OFF_H, bytes, 2), 0);
	assert_memory_equal(bytes, "\x10\x20", 2);
}

static void the_model_lets_full_off_win_over_full_on(void **state)
{
	struct rig *rig = *state;

	all_on(rig);
	write_raw(rig, LED0 + 3, 0x10);
	assert_int_equal(read_raw(rig, LED0 + 1), 0x10);
	assert_near(pin(rig, 0), 0, 0);
	assert_near(pin(rig, 1), 1, 0);
}

static void the_model_does_not_acknowledge_a_reserved_register(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(i2c_write_register(rig->chip->i2c, rig->chip->address, 0x46, 0), -ENXIO);
}

static void inverted_is_high_when_off(void **state)
{
	struct rig *rig = *state;
	const double params[] = {1000, 0, 1};

	rig_open(rig, params);
	assert_int_equal(rig_configure(rig), 0);
	assert_near(pin(rig, 0), 1, 0);
	assert_int_equal(rig->driver->set_duty(rig->chip, 0, 1024), 0);
	assert_near(pin(rig, 0), 0.75, 0);
}

/* A bus that takes only what SMBus can carry, in front of the chip's own. */
struct smbus_only {
	struct i2c_bus base;
	struct i2c_bus *inner;
};

static int smbus_only_transfer(
	struct i2c_bus *base, uint16_t address, struct i2c_message *messages, size_t count)
{
	struct smbus_plan plan;
	int r = smbus_plan(messages, count, I2C_FUNC_SMBUS_EMUL, &plan);

	return r < 0 ? r
		     : i2c_transfer(((struct smbus_only *)base)->inner, address, messages, count);
}

static void all_it_says_and_asks_fits_into_smbus(void **state)
{
	static const struct i2c_ops SMBUS_ONLY = {.transfer = smbus_only_transfer};
	struct rig *rig = *state;
	struct smbus_only bus = {.base.ops = &SMBUS_ONLY, .inner = rig->chip->i2c};

	rig->chip->i2c = &bus.base;
	all_on(rig);
	rig->chip->i2c = bus.inner;
	for (unsigned i = 0; i < rig->driver->n_pwm; i++)
		assert_near(pin(rig, i), 1, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(another_part_at_its_address_is_noticed),
		TEST(every_inverted_bit_of_the_set_up_is_noticed),
		TEST(a_predecessor_in_sleep_is_not_restarted),
		TEST(a_predecessor_with_an_external_clock_is_refused_and_off),
		TEST(it_waits_for_the_oscillator),
		TEST(the_prescaler_is_the_nearest),
		TEST(the_model_takes_a_prescaler_only_in_sleep),
		TEST(the_model_increments_only_when_told),
		TEST(the_model_lets_full_off_win_over_full_on),
		TEST(the_model_does_not_acknowledge_a_reserved_register),
		TEST(inverted_is_high_when_off),
		TEST(all_it_says_and_asks_fits_into_smbus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
