/* SPDX-License-Identifier: MIT */
/* Tests only for the Si7021 and HTU21D. The rest is in test_drivers.c. */
#include "../../hal/drivers/sensirion.h"
#include "drivers/rig.h"

#include <errno.h>

enum { TEMPERATURE, HUMIDITY, CHANNELS };

static char SI7021[] = "si7021", HTU21D[] = "htu21d";

static int setup(void **state)
{
	*state = (void *)(uintptr_t)driver_find(*state);
	return rig_setup(state);
}

/* The result with its CRC, measured under the name of the channel. */
static int measure_result(struct rig *rig, unsigned channel, uint16_t result, double *ret_value)
{
	uint8_t raw[3] = {(uint8_t)(result >> 8), (uint8_t)result};
	double values[CHANNELS] = {-1000, -1000};
	int r;

	raw[2] = crc8_of(0x00, raw, 2);
	assert_int_equal(sim_load_part(rig->board, RIG_PART, raw, sizeof(raw)), 0);
	assert_int_equal(rig_configure(rig), 0);
	r = rig_measure(rig, channel, values);
	*ret_value = values[channel];
	return r;
}

static void a_result_of_the_other_channel_is_refused(void **state)
{
	double value;

	assert_int_equal(measure_result(*state, HUMIDITY, 0x4E85, &value), -EBADMSG);
	assert_int_equal(measure_result(*state, TEMPERATURE, 0x7C82, &value), -EBADMSG);
	assert_int_equal(measure_result(*state, TEMPERATURE, 0x4E85, &value), 0);
}

/* Zeros have the CRC zero. */
static void zeros_are_neither_of_both(void **state)
{
	double value;

	assert_int_equal(measure_result(*state, HUMIDITY, 0x0000, &value), -EBADMSG);
	assert_int_equal(measure_result(*state, TEMPERATURE, 0x0000, &value), -ERANGE);
}

static void humidity_ends_at_0_and_100_percent(void **state)
{
	double value;

	assert_int_equal(measure_result(*state, HUMIDITY, 0x0002, &value), 0); /* -6 % */
	assert_near(value, 0, 0);
	assert_int_equal(measure_result(*state, HUMIDITY, 0xFFFE, &value), 0); /* 119 % */
	assert_near(value, 100, 0);
}

#define BOTH(test)                                                                                 \
	cmocka_unit_test_prestate_setup_teardown(test, setup, rig_teardown, SI7021),               \
		cmocka_unit_test_prestate_setup_teardown(test, setup, rig_teardown, HTU21D)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_result_of_the_other_channel_is_refused),
		BOTH(zeros_are_neither_of_both),
		BOTH(humidity_ends_at_0_and_100_percent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
