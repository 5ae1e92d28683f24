/* SPDX-License-Identifier: MIT */
/*
 * The manual's list of parts that the kernel reads is made from the table from which --check
 * answers to their names. Where they differ, the test prints what belongs there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_parts.h"
#include "document.h"
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_finding(FILE *out, const struct config_part *part)
{
	if (part->overlay)
		fprintf(out, "_dtoverlay=%s_", part->overlay);
	else if (part->new_device)
		fprintf(out, "_echo %s_", part->new_device);
	else
		fprintf(out, "a node _%s_", part->compatible);
	if (part->module)
		fprintf(out, ", module _%s_", part->module);
}

/* Each with the driver's own unit: "_temp_ (°C)". Those of one unit have it once. */
static void print_channels(FILE *out, const struct config_part *part)
{
	const struct driver *driver = driver_find(part->driver);
	char *names = strdup(part->channels), *rest = NULL, *name;
	const char *unit = NULL;

	assert_non_null(driver);
	assert_non_null(names);
	for (name = strtok_r(names, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest)) {
		struct driver_channel_text text;
		int channel = driver_channel_find(driver, name);

		if (channel < 0)
			fail_msg("%s: %s has no channel %s", part->names, part->driver, name);
		const char *own = driver_channel(driver, (unsigned)channel, &text)->unit;

		if (unit)
			fprintf(out, strcmp(unit, own) == 0 ? ", " : " (%s), ", unit);
		fprintf(out, "_%s_", name);
		unit = own;
	}
	fprintf(out, " (%s)", unit);
	free(names);
}

/* As in the rest of the manual: the names, and the text indented below them. */
static void print_entry(FILE *out, const struct config_part *part)
{
	for (const char *name = part->names; *name; name += strspn(name, ", ")) {
		int length = (int)strcspn(name, ",");

		fprintf(out, "%s*%.*s*", name == part->names ? "" : ", ", length, name);
		name += length;
	}
	fputs("\n\t", out);
	print_finding(out, part);
	fprintf(out, "++\n_{driver: %s, bus: %s}_++\nChannels: ", part->driver,
		part->device ? part->device : "NAME");
	print_channels(out, part);
	fprintf(out, ".%s%s\n\n", part->note ? " " : "", part->note ? part->note : "");
}

static void the_manual_has_the_kernels_parts(void **state)
{
	const char *manual = *state;
	char *table = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&table, &size);

	assert_non_null(out);
	for (const struct config_part *part = config_parts; part->names; part++)
		print_entry(out, part);
	assert_int_equal(fclose(out), 0);
	document_must_have(manual, table, "the manual's list of the kernel's parts");
	free(table);
}

static void check_way(const struct config_part *part, const char *name)
{
	const char *ways[] = {part->overlay, part->new_device, part->compatible, part->module,
		part->driver, part->device};
	char words[320];

	/* A part that has a driver here needs no other way. */
	if (driver_find(name) || driver_find_part(name))
		fail_msg("%s has a driver here", name);
	if (!config_part_way(name, words, sizeof(words)))
		fail_msg("%s leads nowhere", name);
	assert_in_range(strlen(words), 1, sizeof(words) - 2);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (ways[i] && !strstr(words, ways[i]))
			fail_msg("%s: \"%s\" does not name %s", name, words, ways[i]);
}

static void each_name_leads_to_its_part(void **state)
{
	(void)state;
	for (const struct config_part *part = config_parts; part->names; part++) {
		char *names = strdup(part->names), *rest = NULL;

		assert_non_null(names);
		assert_int_equal(!!part->overlay + !!part->new_device + !!part->compatible, 1);
		for (char *name = strtok_r(names, ", ", &rest); name;
			name = strtok_r(NULL, ", ", &rest))
			check_way(part, name);
		free(names);
	}
}

static void no_other_name_leads_anywhere(void **state)
{
	static const char *const names[] = {
		"", ",", " ", "DHT11,", "DHT11, DHT21", "DHT", "HT11", "DHT111", "no-such-part"};
	char words[320] = "untouched";

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (config_part_way(names[i], words, sizeof(words)))
			fail_msg("\"%s\" is a part", names[i]);
	assert_string_equal(words, "untouched");
}

int main(int argc, char **argv)
{
	char *manual = argc == 2 ? document_read(argv[1]) : NULL;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(the_manual_has_the_kernels_parts, manual),
		cmocka_unit_test(each_name_leads_to_its_part),
		cmocka_unit_test(no_other_name_leads_anywhere),
	};
	int failed;

	if (!manual) {
		fputs("usage: test_kernel_parts tosd.yaml.5.scd\n", stderr);
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(manual);
	return failed;
}
