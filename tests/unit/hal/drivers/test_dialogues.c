/* SPDX-License-Identifier: MIT */
/*
 * The dialogue of a driver with its part, word for word as in the datasheet. A driver and its model
 * share the names of the commands, so that a wrong number could make both agree.
 */
#include "drivers/rig.h"
#include "trace_log.h"

#include <string.h>

struct dialogue {
	const char *driver;
	const char *words; /* all that is written from the set-up to the last channel */
};

static const struct dialogue DIALOGUES[] = {
	/* SHT3x-DIS version 5: 4.8, 4.9, table 17, and table 9 without clock stretching. */
	{"sht3x", "30 93, 30 a2, f3 2d, 24 00"},
	/* SHT4x version 6, Command Overview. */
	{"sht4x", "94, 89, fd"},
	/* AHT10 version 1.1, table 9; AHT20 version 1.1, 5.3 and 5.4. */
	{"aht10", "ba, e1 08 00, ac 33 00"},
	{"aht20", "ba, be 08 00, ac 33 00"},
	/* Si7021-A20 revision 1.1, table 11; HPC199_3, the table of commands: no hold master. */
	{"si7021", "fe, e7, f3, f5"},
	{"htu21d", "fe, e7, f3, f5"},
	/* BH1750FVI revision B, page 5; 69 as the measurement time is 010 and 00101. */
	{"bh1750", "01, 07, 42, 65, 20"},
	/*
	 * 84286 revision 1.8, table 1: gain 1/8, 100 ms, the persistence 2, low byte first; off,
	 * read back, the power saving, off and on, the result, read back.
	 */
	{"veml7700", "00 11 10, 00, 03 00 00, 00 11 10, 00 10 10, 04, 00"},
	/*
	 * BST-BMP280-DS001 revision 1.23, 4.2: id, reset, status, the calibration twice, config;
	 * forced mode at x1, the settings, the data.
	 */
	{"bmp280", "d0, e0 b6, f3, f3, 88, 88, f5 00, f4 25, f3, f7"},
	/*
	 * SBOS448G, 8.6.2: 32 V, 320 mV, one sample of 12 bits, triggered; Power, whose reading
	 * takes the sign of a result away; the settings, Bus, Shunt.
	 */
	{"ina219", "00 3c 43, 00, 03, 00 3c 43, 00, 02, 01"},
	/* PCF8591 Rev. 7, 8.2: the inputs 0 to 3. */
	{"pcf8591", "00, 00, 01, 02, 03"},
	/* SBAS302, page 11, table II: SD, then C2 C1 C0, then PD 01. */
	{"ads7830", "84, 84, c4, 94, d4, a4, e4, b4, f4"},
};

static int setup(void **state)
{
	*state = (void *)(uintptr_t)driver_find(((const struct dialogue *)*state)->driver);
	return rig_setup(state);
}

/* Of a line "/dev/i2c-1: 0x44 w 24 00 r 01 02 ok" it is "24 00". */
static void collect_written(const char *log, char *words, size_t size)
{
	for (const char *line = log; *line; line = strchr(line, '\n') + 1) {
		const char *begin = strstr(line, " w ");
		const char *end = strchr(line, '\n');
		size_t used = strlen(words);

		if (!begin || begin > end)
			continue;
		begin += strlen(" w ");
		(void)snprintf(words + used, size - used, "%s%.*s", used ? ", " : "",
			(int)(strspn(begin, "0123456789abcdef ") - 1), begin);
	}
}

static void it_says_what_the_datasheet_has(void **state)
{
	struct rig *rig = *state;
	struct trace_log log = {""};
	const struct hal_trace trace = trace_log_observer(&log);
	const char *expected = NULL;
	char words[256] = "";

	for (size_t i = 0; i < sizeof(DIALOGUES) / sizeof(*DIALOGUES); i++) {
		if (strcmp(DIALOGUES[i].driver, rig->driver->name) == 0)
			expected = DIALOGUES[i].words;
	}
	rig->chip->i2c->trace = &trace;
	assert_int_equal(rig_configure(rig), 0);
	for (unsigned i = 0; i < rig->driver->n_channels; i++) {
		double values[DRIVER_CHANNELS_MAX];

		assert_int_equal(rig_measure(rig, i, values), 0);
		if (rig->driver->channels_together)
			break;
	}
	collect_written(log.text, words, sizeof(words));
	assert_string_equal(words, expected);
}

int main(void)
{
	struct CMUnitTest tests[sizeof(DIALOGUES) / sizeof(*DIALOGUES)];

	for (size_t i = 0; i < sizeof(DIALOGUES) / sizeof(*DIALOGUES); i++)
		tests[i] = (struct CMUnitTest){
			.name = DIALOGUES[i].driver,
			.test_func = it_says_what_the_datasheet_has,
			.setup_func = setup,
			.teardown_func = rig_teardown,
			.initial_state = (void *)(uintptr_t)&DIALOGUES[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
