/* SPDX-License-Identifier: MIT */
/* The expected bytes are those that Python's struct.pack() gave for the format and the values. */
#include "fake_config.h"
#include "payload.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *format; /* "<" or ">", then the letters */
	double values[3];
	const char *bytes;
	int size; /* or the error */
};

static const struct row ROWS[] = {
	{"<b", {-128}, "\x80", 1},
	{"<b", {127}, "\x7f", 1},
	{"<B", {0}, "\x00", 1},
	{"<B", {255}, "\xff", 1},
	{"<h", {-32768}, "\x00\x80", 2},
	{"<h", {32767}, "\xff\x7f", 2},
	{"<H", {65535}, "\xff\xff", 2},
	{"<H", {23}, "\x17\x00", 2},
	{"<i", {-2147483648.0}, "\x00\x00\x00\x80", 4},
	{"<i", {2147483647.0}, "\xff\xff\xff\x7f", 4},
	{"<I", {4294967295.0}, "\xff\xff\xff\xff", 4},
	{"<q", {-9223372036854775808.0}, "\x00\x00\x00\x00\x00\x00\x00\x80", 8},
	{"<q", {1795360000123.0}, "\x7b\x88\xcb\x03\xa2\x01\x00\x00", 8},
	{"<Q", {18446744073709549568.0}, "\x00\xf8\xff\xff\xff\xff\xff\xff", 8},
	{"<f", {23.4}, "\x33\x33\xbb\x41", 4},
	{"<f", {-0.5}, "\x00\x00\x00\xbf", 4},
	{"<d", {23.4}, "\x66\x66\x66\x66\x66\x66\x37\x40", 8},
	{"<d", {-1e300}, "\x9c\x75\x00\x88\x3c\xe4\x37\xfe", 8},
	{">h", {-2}, "\xff\xfe", 2},
	{">H", {258}, "\x01\x02", 2},
	{">i", {-2}, "\xff\xff\xff\xfe", 4},
	{">I", {16909060}, "\x01\x02\x03\x04", 4},
	{">q", {-2}, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8},
	{">Q", {72623859790383104.0}, "\x01\x02\x03\x04\x05\x06\x08\x00", 8},
	{">f", {23.4}, "\x41\xbb\x33\x33", 4},
	{">d", {23.4}, "\x40\x37\x66\x66\x66\x66\x66\x66", 8},
	/* no padding between them */
	{"<HH", {23, 45}, "\x17\x00\x2d\x00", 4},
	{">Hbd", {23, -1, 812}, "\x00\x17\xff\x40\x89\x60\x00\x00\x00\x00\x00", 11},
	{"<", {0}, "", 0},
	/* rounded as everywhere */
	{"<h", {22.5}, "\x17\x00", 2},
	{"<b", {-22.5}, "\xe9", 1},
	{"<B", {-0.4}, "\x00", 1},
	{"<b", {127.4}, "\x7f", 1},
	{"<d", {23.44}, "\x66\x66\x66\x66\x66\x66\x37\x40", 8}, /* the sensor has one decimal */
	{"<f", {23.44}, "\x33\x33\xbb\x41", 4},
	/* one beyond the ends */
	{"<b", {-129}, NULL, -ERANGE},
	{"<b", {127.5}, NULL, -ERANGE},
	{"<B", {-1}, NULL, -ERANGE},
	{"<B", {-0.5}, NULL, -ERANGE},
	{"<B", {256}, NULL, -ERANGE},
	{"<h", {-32769}, NULL, -ERANGE},
	{"<h", {32768}, NULL, -ERANGE},
	{"<H", {-1}, NULL, -ERANGE},
	{"<H", {65536}, NULL, -ERANGE},
	{"<i", {-2147483649.0}, NULL, -ERANGE},
	{"<i", {2147483648.0}, NULL, -ERANGE},
	{"<I", {-1}, NULL, -ERANGE},
	{"<I", {4294967296.0}, NULL, -ERANGE},
	{"<q", {-9223372036854777856.0}, NULL, -ERANGE},
	{"<q", {9223372036854775808.0}, NULL, -ERANGE},
	{"<Q", {-1}, NULL, -ERANGE},
	{"<Q", {18446744073709551616.0}, NULL, -ERANGE},
	{"<f", {1e39}, NULL, -ERANGE},
	{"<HB", {23, 256}, NULL, -ERANGE},
	/* nothing to pack */
	{"<H", {(double)NAN}, NULL, -ENODATA},
	{"<d", {(double)NAN}, NULL, -ENODATA},
	{"<f", {(double)INFINITY}, NULL, -ENODATA},
	{"<HH", {23, (double)NAN}, NULL, -ENODATA},
};

static int pack(const struct row *row, uint8_t *out, size_t out_bytes)
{
	static const unsigned char due[FAKE_SENSORS] = {1, 1, 1, 1};
	struct fake_config fake;
	struct config_packed_field fields[3];
	struct config_packed packed = {
		.big_endian = row->format[0] == '>',
		.fields = fields,
		.n_fields = strlen(row->format) - 1,
	};
	double values[FAKE_SENSORS] = {0};
	struct reading reading = {1795360000123, 0, FAKE_SENSORS, values, due};

	fake_config_init(&fake);
	for (size_t i = 0; i < packed.n_fields; i++) {
		/* the fields need not stand in the map's order */
		fields[i] = (struct config_packed_field){row->format[1 + i], FAKE_SENSORS - 1 - i};
		values[FAKE_SENSORS - 1 - i] = row->values[i];
		fake.sensors[FAKE_SENSORS - 1 - i].decimals = 1;
	}
	return payload_pack(&fake.config, &packed, &reading, out, out_bytes);
}

static void the_bytes_are_those_of_python(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		uint8_t bytes[32];
		int r = pack(&ROWS[i], bytes, sizeof(bytes));

		if (r != ROWS[i].size)
			fail_msg("%s %g: %d", ROWS[i].format, ROWS[i].values[0], r);
		if (r > 0)
			assert_memory_equal(bytes, ROWS[i].bytes, (size_t)r);
	}
}

static void a_buffer_that_is_too_small_is_refused(void **state)
{
	const struct row row = {">Hbd", {23, -1, 812}, NULL, 0};
	uint8_t bytes[11];

	(void)state;
	for (size_t size = 0; size < sizeof(bytes); size++)
		assert_int_equal(pack(&row, bytes, size), -ENOBUFS);
	assert_int_equal(pack(&row, bytes, sizeof(bytes)), sizeof(bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bytes_are_those_of_python),
		cmocka_unit_test(a_buffer_that_is_too_small_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
