/* SPDX-License-Identifier: MIT */
/*
 * The manual of the device map lists the drivers by hand. Everything in the driver table must be
 * there: each part has an entry of its own, with all its channels, parameters and their choices.
 * So with limits: whatever --check calls "outside LOW..HIGH" is "LOW to HIGH" in the manual.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "derived.h"
#include "document.h"
#include "driver.h"
#include "yaml_tree.h"

#include <ctype.h>
#include <glob.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The section's text, between its heading and the next one. */
static char *section_of(const char *manual, const char *heading)
{
	const char *begin = strstr(manual, heading);
	const char *end = begin ? strstr(begin + strlen(heading), "\n# ") : NULL;

	return begin && end ? strndup(begin, (size_t)(end - begin)) : NULL;
}

/* scdoc: an entry is a line of bold names, followed by indented lines. */
static char *entry_of(const char *section, const char *name)
{
	char word[80];

	(void)snprintf(word, sizeof(word), "*%s*", name);
	for (const char *line = section; line; line = strchr(line, '\n')) {
		const char *end, *found;

		line += *line == '\n';
		end = strchr(line, '\n');
		found = strstr(line, word);
		if (*line == '*' && end && found && found < end) {
			const char *next = strstr(line, "\n\n*");

			return next ? strndup(line, (size_t)(next - line)) : strdup(line);
		}
	}
	return NULL;
}

static void assert_has(const char *entry, const struct driver *driver, const char *word)
{
	if (!entry || !strstr(entry, word))
		fail_msg("the manual of %s does not name %s", driver->name, word);
}

/* Returns whether b is the next name after a: "in3" after "in2". */
static bool is_next(const char *a, const char *b)
{
	size_t stem = strcspn(a, "0123456789");
	char next[64];

	if (!a[stem] || a[stem + strspn(a + stem, "0123456789")])
		return false;
	(void)snprintf(
		next, sizeof(next), "%.*s%lu", (int)stem, a, strtoul(a + stem, NULL, 10) + 1);
	return strcmp(next, b) == 0;
}

/* Numbers in a row are written as "_0_ to _7_". */
static void assert_has_channels(const char *entry, const struct driver *driver)
{
	const struct driver_channel *channels = driver->channels;
	char word[80];

	for (size_t i = 0; i < driver->n_channels; i++) {
		bool row_goes_on = i > 0 && i + 1 < driver->n_channels &&
			is_next(channels[i - 1].name, channels[i].name) &&
			is_next(channels[i].name, channels[i + 1].name);

		(void)snprintf(word, sizeof(word), "_%s_", channels[i].name);
		if (!row_goes_on)
			assert_has(entry, driver, word);
	}
	(void)snprintf(word, sizeof(word), "_%u_", (unsigned)driver->n_pwm - 1);
	if (driver->n_pwm)
		assert_has(entry, driver, word);
}

static void assert_has_params(const char *entry, const struct driver *driver)
{
	char word[80];

	for (size_t i = 0; i < driver->n_params; i++) {
		const struct driver_param *param = &driver->params[i];

		(void)snprintf(word, sizeof(word), "*%s*", param->key);
		assert_has(entry, driver, word);
		for (size_t j = 0; j < param->n_choices; j++) {
			(void)snprintf(word, sizeof(word), "%g", param->choices[j]);
			assert_has(entry, driver, word);
		}
	}
}

static void assert_has_events(const char *entry, const struct driver *driver)
{
	char word[80];

	for (size_t i = 0; i < driver->n_events; i++) {
		(void)snprintf(word, sizeof(word), "_%s_", driver->events[i].word);
		if (!driver->events[i].state)
			assert_has(entry, driver, word);
	}
}

static void every_driver_is_in_the_manual(void **state)
{
	const char *section = *state;

	for (const struct driver *const *driver = driver_table; *driver; driver++) {
		char *entry = entry_of(section, (*driver)->name);

		if (!entry)
			fail_msg("the manual does not name %s", (*driver)->name);
		assert_has_channels(entry, *driver);
		assert_has_params(entry, *driver);
		assert_has_events(entry, *driver);
		free(entry);
	}
}

static void the_manual_names_no_driver_that_is_not_there(void **state)
{
	for (const char *line = *state; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (*line != '*')
			continue;
		for (const char *name = line; *name == '*';) {
			size_t length = strcspn(name + 1, "*");
			char *word = strndup(name + 1, length);

			if (!driver_find(word))
				fail_msg("the manual names %s", word);
			free(word);
			name += 1 + length + 1;
			name += strspn(name, ", ");
		}
	}
}

/* With the values of its own keys and, if they have a range, its sources. */
static void check_derived(const char *section, const struct derived *derived)
{
	char *entry = entry_of(section, derived->name);
	char word[80];

	if (!entry || !strstr(entry, derived->unit)) {
		fail_msg("the manual does not name %s, in %s", derived->name, derived->unit);
		return;
	}
	for (size_t i = 0; i < derived->n_arguments; i++) {
		const struct derived_argument *argument = &derived->arguments[i];

		(void)snprintf(word, sizeof(word), "*%s*", argument->key);
		if (!strstr(entry, word))
			fail_msg("the manual of %s does not name %s", derived->name, word);
		(void)snprintf(word, sizeof(word), "%g to %g", argument->min, argument->max);
		if (!strstr(entry, word))
			fail_msg("the manual of %s does not say %s", derived->name, word);
		(void)snprintf(word, sizeof(word), "*%s* by default",
			argument->initial ? argument->initial : "");
		if (argument->initial && !strstr(entry, word))
			fail_msg("the manual of %s does not say %s", derived->name, word);
	}
	free(entry);
}

static void every_derived_value_is_in_the_manual(void **state)
{
	char *section = section_of(*state, "# DERIVED VALUES\n");

	assert_non_null(section);
	for (const struct derived *const *derived = derived_table; *derived; derived++) {
		check_derived(section, *derived);
		for (size_t i = 0; i < (*derived)->n_sources; i++) {
			const struct derived_source *source = &(*derived)->sources[i];
			char range[64];

			(void)snprintf(range, sizeof(range), "%g to %g", source->min, source->max);
			if (fabs(source->max) < 1e6 && !strstr(section, range))
				fail_msg("the manual of %s does not say %s", (*derived)->name,
					range);
		}
	}
	free(section);
}

static void every_sampling_is_in_the_manual(void **state)
{
	char *section = section_of(*state, "# SENSORS\n");

	assert_non_null(section);
	for (const struct sampling *const *sampling = sampling_table; *sampling; sampling++) {
		char *entry = entry_of(section, (*sampling)->key);

		if (!entry)
			fail_msg("the manual does not name %s", (*sampling)->key);
		free(entry);
	}
	free(section);
}

static void check_limit(const char *manual, const char *told)
{
	static const char outside[] = " is outside ";
	const char *limits = strstr(told, outside);
	const char *dots = limits ? strstr(limits, "..") : NULL;
	char words[128];

	/* The range that a part can show is up to its data sheet. */
	if (!dots || strncmp(limits, " is outside what", strlen(" is outside what")) == 0)
		return;
	limits += strlen(outside);
	(void)snprintf(words, sizeof(words), "%.*s to %.*s", (int)(dots - limits), limits,
		(int)strcspn(dots + 2, "\n"), dots + 2);
	if (!strstr(manual, words))
		fail_msg("the manual does not name a limit: %s", words);
}

/* The corpus of bad maps goes beyond each limit. */
static void every_limit_is_in_the_manual(void **state)
{
	const char *root = getenv("SOURCE_ROOT");
	char pattern[4096];
	glob_t files;

	assert_non_null(root);
	(void)snprintf(pattern, sizeof(pattern), "%s/tests/config/bad/*.expected", root);
	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char *told = document_read(files.gl_pathv[i]);

		assert_non_null(told);
		check_limit(*state, told);
		free(told);
	}
	globfree(&files);
}

/* "# LEDS" and the end of the line. */
static void title_of(const struct output_kind *kind, char *out, size_t out_bytes)
{
	(void)snprintf(out, out_bytes, "# %s\n", kind->section);
	for (; *out; out++)
		*out = (char)toupper((unsigned char)*out);
}

static void check_ports_and_params(const struct output_kind *kind, const char *section)
{
	char word[80];

	for (size_t i = 0; i < kind->n_ports + kind->n_params; i++) {
		const char *key = i < kind->n_ports ? kind->ports[i].key
						    : kind->params[i - kind->n_ports].key;

		(void)snprintf(word, sizeof(word), "*%s*", key ? key : "line");
		if (!strstr(section, word))
			fail_msg("the manual of %s does not name %s", kind->section, word);
	}
}

/* In a section of its own, which has each of its ports and parameters. */
static void every_kind_of_output_is_in_the_manual(void **state)
{
	for (size_t i = 0; output_kind_table[i]; i++) {
		const struct output_kind *kind = output_kind_table[i];
		char title[80];
		char *section;

		title_of(kind, title, sizeof(title));
		section = section_of(*state, title);
		if (section)
			check_ports_and_params(kind, section);
		else
			fail_msg("the manual has no section of %s", kind->section);
		free(section);
	}
}

static void every_greatest_number_is_in_the_manual(void **state)
{
	static const struct {
		unsigned most;
		const char *of;
	} counts[] = {{CONFIG_CHIPS_MAX, "chips"}, {CONFIG_SENSORS_MAX, "sensors"},
		{CONFIG_PACKED_MAX, "packed values"}, {CONFIG_OUTPUTS_MAX, "outputs"},
		{YAML_TEXT_MAX / 1024 / 1024, "MiB"}, {YAML_NODES_MAX, "values"},
		{YAML_DEPTH_MAX, "of them in each other"}};
	char words[64];

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		(void)snprintf(words, sizeof(words), "up to %u %s", counts[i].most, counts[i].of);
		if (!strstr(*state, words))
			fail_msg("the manual does not say: %s", words);
	}
	for (size_t i = 0; output_kind_table[i]; i++) {
		(void)snprintf(words, sizeof(words), "up to %zu %s", output_kind_table[i]->max,
			output_kind_table[i]->nouns);
		if (!strstr(*state, words))
			fail_msg("the manual does not say: %s", words);
	}
}

int main(int argc, char **argv)
{
	char *manual = argc == 2 ? document_read(argv[1]) : NULL;
	char *section = manual ? section_of(manual, "# DRIVERS\n") : NULL;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(every_driver_is_in_the_manual, section),
		cmocka_unit_test_prestate(the_manual_names_no_driver_that_is_not_there, section),
		cmocka_unit_test_prestate(every_derived_value_is_in_the_manual, manual),
		cmocka_unit_test_prestate(every_sampling_is_in_the_manual, manual),
		cmocka_unit_test_prestate(every_limit_is_in_the_manual, manual),
		cmocka_unit_test_prestate(every_kind_of_output_is_in_the_manual, manual),
		cmocka_unit_test_prestate(every_greatest_number_is_in_the_manual, manual),
	};
	int failed;

	if (!section) {
		fputs("usage: test_manual tosd.yaml.5.scd\n", stderr);
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(section);
	free(manual);
	return failed;
}
