/* SPDX-License-Identifier: MIT */
#include "i2c_alone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* The kernel's names, as `i2cdetect -l` shows them. */
static void buses_of_displays_and_computers_are_left_alone(void **state)
{
	static const struct {
		const char *adapter;
		unsigned number;
		bool is_alone;
	} CASES[] = {
		{"bcm2835 (i2c@7e804000)", 1, false}, /* the header of a Raspberry Pi 1 to 4 */
		{"bcm2835 (i2c@7e805000)", 2, true},  /* HDMI of a Raspberry Pi 1 to 3 */
		{"fef04500.i2c", 20, true},           /* HDMI of a Raspberry Pi 4 */
		{"fef09500.i2c", 21, true},           /* its second one */
		{"i2c-22-mux (chan_id 0)", 0, false}, /* the ID pins of the header */
		{"i2c-22-mux (chan_id 1)", 10, true}, /* cameras and displays */
		{"i2c-1-mux (chan_id 1)", 4, false},  /* a user's TCA9548A */
		{"Synopsys DesignWare I2C adapter", 1, false}, /* the header of a Raspberry Pi 5 */
		{"107d508200.i2c", 13, true},                  /* HDMI of a Raspberry Pi 5 */
		{"DesignWare HDMI", 3, true},                  /* Rockchip, Allwinner */
		{"rk3x-i2c", 2, false},
		{"i915 gmbus dpb", 2, true},
		{"AMDGPU DM i2c hw bus 0", 5, true},
		{"SMBus I801 adapter at efa0", 0, true},
		{"SMBus stub driver", 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++)
		if ((i2c_alone_bus(CASES[i].adapter, CASES[i].number) != NULL) != CASES[i].is_alone)
			fail_msg("%s", CASES[i].adapter);
}

static void addresses_where_a_question_could_harm_are_left_alone(void **state)
{
	static const uint16_t ALONE[] = {0x00, 0x07, 0x0c, 0x30, 0x36, 0x3c, 0x3d, 0x50, 0x51, 0x57,
		0x68, 0x69, 0x6f, 0x78, 0x7f};
	static const uint16_t ASKED[] = {
		0x08, 0x10, 0x23, 0x38, 0x40, 0x44, 0x48, 0x4f, 0x5c, 0x62, 0x70, 0x76, 0x77};

	(void)state;
	for (size_t i = 0; i < sizeof(ALONE) / sizeof(*ALONE); i++)
		assert_non_null(i2c_alone_address(ALONE[i]));
	for (size_t i = 0; i < sizeof(ASKED) / sizeof(*ASKED); i++)
		assert_null(i2c_alone_address(ASKED[i]));
}

static void note(void *userdata, uint16_t first, uint16_t last, const char *why)
{
	unsigned *n = userdata;

	assert_true(first <= last && strlen(why) > 0);
	for (uint16_t address = first; address <= last; address++)
		assert_string_equal(i2c_alone_address(address), why);
	*n += last - first + 1U;
}

static void the_list_has_each_of_them(void **state)
{
	unsigned n = 0, known = 0;

	(void)state;
	i2c_alone_each(note, &n);
	for (uint16_t address = 0; address < 0x80; address++)
		known += i2c_alone_address(address) != NULL;
	assert_int_equal(n, known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buses_of_displays_and_computers_are_left_alone),
		cmocka_unit_test(addresses_where_a_question_could_harm_are_left_alone),
		cmocka_unit_test(the_list_has_each_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
