/* SPDX-License-Identifier: MIT */
/*
 * The two tables of docs/parts.md are made from the driver table and from the table of kinds of
 * output. Where they differ, the test prints what belongs there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "document.h"
#include "driver.h"
#include "output_kind.h"

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

static void the_page_has_the_table_of_parts(void **state)
{
	const char *page = *state;
	char *table = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&table, &size);

	assert_non_null(out);
	fputs("| driver | part | bus | channels | datasheet |\n|---|---|---|---|---|\n", out);
	for (const struct driver *const *driver = driver_table; *driver; driver++)
		print_row(out, *driver);
	fputc('\n', out);
	assert_int_equal(fclose(out), 0);
	document_must_have(page, table, "the table of parts");
	free(table);
}

static void print_name(FILE *out, bool *is_first, const char *name)
{
	fprintf(out, "%s`%s`", *is_first ? "" : ", ", name);
	*is_first = false;
}

/* A port without a key of its own goes by line, pwm or led. */
static void print_ports(FILE *out, const struct output_kind *kind)
{
	bool is_first = true;

	for (size_t i = 0; i < kind->n_ports; i++) {
		const struct output_port *port = &kind->ports[i];

		if (port->key)
			print_name(out, &is_first, port->key);
		if (!port->key && port->may_be & PORT_MAY_BE_LINE)
			print_name(out, &is_first, "line");
		if (!port->key && port->may_be & PORT_MAY_BE_PWM)
			print_name(out, &is_first, "pwm");
		if (!port->key && port->may_be & PORT_MAY_BE_LED)
			print_name(out, &is_first, "led");
	}
	for (size_t i = 0; i < kind->n_params; i++)
		if (i == 0 || strcmp(kind->params[i].key, kind->params[i - 1].key) != 0)
			print_name(out, &is_first, kind->params[i].key);
}

static void print_numbers(FILE *out, const struct output_kind *kind, size_t index)
{
	const struct output_key *key = &kind->keys[index];
	struct output_range range = output_key_range(kind, index, NULL);
	int one = 1;

	for (unsigned i = 0; i < key->decimals; i++)
		one *= 10;
	assert_int_equal(range.min % one, 0);
	assert_int_equal(range.max % one, 0);
	fprintf(out, " (%d to %d)", range.min / one, range.max / one);
}

static void print_keys(FILE *out, const struct output_kind *kind)
{
	bool is_first = true;

	for (size_t i = 0; i < kind->n_keys; i++) {
		const struct output_key *key = &kind->keys[i];

		if (key->is_hidden)
			continue;
		print_name(out, &is_first, key->name);
		if (key->type == OUTPUT_KEY_NUMBER)
			print_numbers(out, kind, i);
		for (size_t j = 0; key->type == OUTPUT_KEY_CHOICE && key->choices[j]; j++)
			fprintf(out, "%s%s", j ? ", " : " (", key->choices[j]);
		fputs(key->type == OUTPUT_KEY_CHOICE            ? ")"
				: key->type == OUTPUT_KEY_COLOR ? " (#rrggbb)"
								: "",
			out);
	}
}

static void print_kind(FILE *out, const struct output_kind *kind)
{
	int goal = output_goal_key(kind);

	fprintf(out, "| `%s`: up to %zu %s | `%s: [%s]` | ", kind->word, kind->max, kind->nouns,
		kind->section, kind->example);
	print_ports(out, kind);
	fputs(" | ", out);
	print_keys(out, kind);
	fputs(" | ", out);
	for (size_t i = 0; i < kind->n_failsafe; i++)
		fprintf(out, "%s%s", i ? ", " : "", kind->failsafe[i].word);
	if (goal >= 0)
		fprintf(out, ", a number of `%s`", kind->keys[goal].name);
	fputs(" |\n", out);
}

static void the_page_has_the_table_of_outputs(void **state)
{
	const char *page = *state;
	char *table = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&table, &size);

	assert_non_null(out);
	fputs("| output | in the map | its own keys in the map | keys of an action | fail-safe |\n"
	      "|---|---|---|---|---|\n",
		out);
	for (const struct output_kind *const *kind = output_kind_table; *kind; kind++)
		print_kind(out, *kind);
	fputc('\n', out);
	assert_int_equal(fclose(out), 0);
	document_must_have(page, table, "the table of outputs");
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
	char *page = argc == 2 ? document_read(argv[1]) : NULL;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(the_page_has_the_table_of_parts, page),
		cmocka_unit_test_prestate(the_page_has_the_table_of_outputs, page),
		cmocka_unit_test(another_name_of_a_part_leads_to_its_driver),
	};
	int failed;

	if (!page) {
		fputs("usage: test_parts_table parts.md\n", stderr);
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(page);
	return failed;
}
