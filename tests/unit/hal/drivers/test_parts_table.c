/* SPDX-License-Identifier: MIT */
/*
 * README's table of parts is made from the driver table. Where they differ, the test prints what
 * belongs there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "document.h"
#include "driver.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS_SHOWN_MAX = 16 }; /* more are left to the manual */

static void print_bus(FILE *out, const struct driver *driver)
{
	static const char *const names[] = {
		[DRIVER_BUS_I2C] = "I2C",
		[DRIVER_BUS_SPI] = "SPI",
		[DRIVER_BUS_ATTRIBUTES] = "the kernel's",
		[DRIVER_BUS_LINES] = "GPIO",
	};

	fputs(names[driver->bus], out);
	if (driver->n_addresses == 1)
		fprintf(out, " 0x%02x", driver->addresses[0]);
	/* The first one is the default, so that they may fall. */
	else if (driver->n_addresses > 4)
		fprintf(out, " 0x%02x to 0x%02x", driver->addresses[0],
			driver->addresses[driver->n_addresses - 1]);
	else
		for (size_t i = 0; i < driver->n_addresses; i++)
			fprintf(out, "%s0x%02x", i ? ", " : " ", driver->addresses[i]);
}

/* Neighbours that count on by one in the same unit are one word: "0 to 7 (raw)". */
static void print_channels(FILE *out, const struct driver *driver)
{
	const struct driver_channel *channels = driver->channels;

	if (driver->n_channels > CHANNELS_SHOWN_MAX) {
		fputs("see the manual", out);
		return;
	}
	for (size_t i = 0; i < driver->n_channels; i++) {
		size_t last = i;

		while (last + 1 < driver->n_channels && isdigit(channels[i].name[0]) &&
			!channels[last + 1].name[1] &&
			channels[last + 1].name[0] == channels[last].name[0] + 1)
			last++;
		fprintf(out, "%s%s", i ? ", " : "", channels[i].name);
		if (last > i)
			fprintf(out, " to %s", channels[last].name);
		fprintf(out, " (%s)", channels[i].unit);
		i = last;
	}
	if (driver->n_pwm)
		fprintf(out, "0 to %u (PWM)", (unsigned)driver->n_pwm - 1);
	for (size_t i = 0; driver->n_channels == 0 && i < driver->n_events; i++)
		fprintf(out, "%s%s", i ? ", " : "events: ", driver->events[i].word);
}

static void print_row(FILE *out, const struct driver *driver)
{
	fprintf(out, "| `%s` | %s", driver->name, driver->description);
	if (driver->also_called)
		fprintf(out, ": %s", driver->also_called);
	fputs(" | ", out);
	print_bus(out, driver);
	fputs(" | ", out);
	print_channels(out, driver);
	fprintf(out, " | %s |\n", driver->datasheet);
}

static void the_readme_has_the_table_of_parts(void **state)
{
	const char *readme = *state;
	char *table = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&table, &size);

	assert_non_null(out);
	fputs("| driver | part | bus | channels | datasheet |\n|---|---|---|---|---|\n", out);
	for (const struct driver *const *driver = driver_table; *driver; driver++)
		print_row(out, *driver);
	fputc('\n', out);
	assert_int_equal(fclose(out), 0);
	document_must_have(readme, table, "README's table of parts");
	free(table);
}

static void another_name_of_a_part_leads_to_its_driver(void **state)
{
	(void)state;
	for (const struct driver *const *driver = driver_table; *driver; driver++) {
		char *names = strdup((*driver)->also_called ? (*driver)->also_called : "");
		char *rest = NULL;

		assert_non_null(names);
		assert_ptr_equal(driver_find_part((*driver)->name), *driver);
		for (char *name = strtok_r(names, ", ", &rest); name;
			name = strtok_r(NULL, ", ", &rest)) {
			assert_null(driver_find(name));
			assert_ptr_equal(driver_find_part(name), *driver);
		}
		free(names);
	}
	assert_null(driver_find_part("no-such-part"));
	assert_null(driver_find_part(""));
	assert_null(driver_find_part(","));
}

int main(int argc, char **argv)
{
	char *readme = argc == 2 ? document_read(argv[1]) : NULL;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(the_readme_has_the_table_of_parts, readme),
		cmocka_unit_test(another_name_of_a_part_leads_to_its_driver),
	};
	int failed;

	if (!readme) {
		fputs("usage: test_parts_table README.md\n", stderr);
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(readme);
	return failed;
}
