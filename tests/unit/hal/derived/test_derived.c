/* SPDX-License-Identifier: MIT */
/* Every row of the table of derived values, with nothing special-cased. */
#include "derived.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* NOLINTBEGIN(bugprone-macro-parentheses): it declares what it is given the name of */
#define EACH(derived)                                                                              \
	for (const struct derived *const *at = derived_table, *derived; (derived = *at); at++)
/* NOLINTEND(bugprone-macro-parentheses) */

static void the_rows_are_whole(void **state)
{
	(void)state;
	EACH(derived)
	{
		assert_ptr_equal(derived_find(derived->name), derived);
		assert_int_equal(strspn(derived->name, "abcdefghijklmnopqrstuvwxyz_"),
			strlen(derived->name));
		assert_non_null(derived->unit);
		assert_in_range(derived->n_sources, 1, DERIVED_SOURCES_MAX);
		assert_true(derived->n_vectors >= 2);
		for (size_t i = 0; i < derived->n_sources; i++) {
			assert_true(derived->sources[i].min < derived->sources[i].max);
			assert_true(*derived->sources[i].what);
		}
	}
	assert_null(derived_find("dew"));
}

static void the_arguments_are_whole(void **state)
{
	(void)state;
	EACH(derived)
	{
		assert_true(derived->n_arguments <= DERIVED_ARGUMENTS_MAX);
		for (size_t i = 0; i < derived->n_arguments; i++) {
			const struct derived_argument *argument = &derived->arguments[i];
			double initial =
				argument->initial ? strtod(argument->initial, NULL) : argument->min;

			assert_true(*argument->key);
			assert_true(argument->min < argument->max);
			assert_true(initial >= argument->min && initial <= argument->max);
		}
	}
}

static void a_source_beyond_the_last_is_as_the_last(void **state)
{
	(void)state;
	EACH(derived)
	{
		for (size_t i = 0; i < derived->n_sources; i++)
			assert_ptr_equal(derived_source(derived, i), &derived->sources[i]);
		assert_ptr_equal(derived_source(derived, derived->n_sources),
			&derived->sources[derived->n_sources - 1]);
	}
}

/* The vector is one that the map could ask for. */
static void check_vector(const struct derived *derived, const struct derived_vector *vector)
{
	assert_true(*vector->source);
	assert_true(vector->n_of == derived->n_sources ||
		(derived->takes_more && vector->n_of > derived->n_sources));
	for (size_t i = 0; i < vector->n_of; i++) {
		assert_true(vector->of[i] >= derived_source(derived, i)->min);
		assert_true(vector->of[i] <= derived_source(derived, i)->max);
	}
	assert_int_equal(vector->arguments != NULL, derived->n_arguments > 0);
	for (size_t i = 0; vector->arguments && i < derived->n_arguments; i++) {
		assert_true(vector->arguments[i] >= derived->arguments[i].min);
		assert_true(vector->arguments[i] <= derived->arguments[i].max);
	}
}

static void the_vectors_hold(void **state)
{
	unsigned wrong = 0;

	(void)state;
	EACH(derived)
	{
		for (size_t i = 0; i < derived->n_vectors; i++) {
			const struct derived_vector *vector = &derived->vectors[i];

			check_vector(derived, vector);
			double value =
				derived->work_out(vector->of, vector->n_of, vector->arguments);
			if (fabs(value - vector->value) <= vector->tolerance)
				continue;
			print_error("%s, vector %zu (%s): %.12g, not %.12g\n", derived->name, i,
				vector->source, value, vector->value);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* A bit of i for each number: its least or its greatest. */
static double corner(double min, double max, unsigned i, size_t bit)
{
	return i >> bit % 32 & 1 ? max : min;
}

/* At the corners of all that it takes: a number, or none, but never an infinite one. */
static void the_limits_are_within_the_domain(void **state)
{
	(void)state;
	EACH(derived)
	{
		size_t n_of = derived->takes_more ? DERIVED_SOURCES_MAX : derived->n_sources;
		size_t bits = derived->n_sources + derived->n_arguments;

		for (unsigned i = 0; i < 1U << bits; i++) {
			double of[DERIVED_SOURCES_MAX], arguments[DERIVED_ARGUMENTS_MAX];

			for (size_t k = 0; k < n_of; k++)
				of[k] = corner(derived_source(derived, k)->min,
					derived_source(derived, k)->max, i,
					k < derived->n_sources ? k : derived->n_sources - 1);
			for (size_t k = 0; k < derived->n_arguments; k++)
				arguments[k] = corner(derived->arguments[k].min,
					derived->arguments[k].max, i, derived->n_sources + k);
			double value = derived->work_out(of, n_of, arguments);

			if (isinf(value))
				fail_msg("%s is infinite at corner %u", derived->name, i);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rows_are_whole),
		cmocka_unit_test(the_arguments_are_whole),
		cmocka_unit_test(a_source_beyond_the_last_is_as_the_last),
		cmocka_unit_test(the_vectors_hold),
		cmocka_unit_test(the_limits_are_within_the_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
