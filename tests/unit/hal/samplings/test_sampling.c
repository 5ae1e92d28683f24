/* SPDX-License-Identifier: MIT */
/* Every row of the table of samplings, with nothing special-cased. */
#include "sampling.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* NOLINTBEGIN(bugprone-macro-parentheses): it declares what it is given the name of */
#define EACH(sampling)                                                                             \
	for (const struct sampling *const *at = sampling_table, *sampling; (sampling = *at); at++)
/* NOLINTEND(bugprone-macro-parentheses) */

static void the_rows_are_whole(void **state)
{
	(void)state;
	EACH(sampling)
	{
		assert_ptr_equal(sampling_find(sampling->key), sampling);
		assert_true(sampling->min >= 1 && sampling->min < sampling->max);
		assert_false(sampling->keeps && sampling->is_window);
		assert_true(sampling->n_vectors >= 2);
	}
	assert_null(sampling_find("mode"));
}

/* It takes all of the vector's samples and is content with them. */
static void check_vector(
	struct samples *samples, const struct sampling_vector *vector, uint64_t begin_us)
{
	uint64_t now_us = begin_us;

	samples_begin(samples, begin_us);
	for (size_t i = 0; i < vector->n_values; i++, now_us += 10) {
		assert_false(samples_enough(samples, now_us));
		samples_add(samples, vector->values[i]);
	}
	assert_true(samples_enough(samples, now_us));
	double value = samples_result(samples);

	if (!(fabs(value - vector->value) <= 1e-12 * fmax(1, fabs(vector->value))))
		fail_msg("%s: %.17g is not %.17g", samples->sampling->key, value, vector->value);
}

static void the_vectors_hold_again_and_again(void **state)
{
	(void)state;
	EACH(sampling)
	{
		for (size_t i = 0; i < sampling->n_vectors; i++) {
			const struct sampling_vector *vector = &sampling->vectors[i];
			struct samples samples;

			assert_int_equal(samples_init(&samples, sampling, vector->size), 0);
			check_vector(&samples, vector, 0);
			check_vector(&samples, vector, 123456789);
			samples_fini(&samples);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rows_are_whole),
		cmocka_unit_test(the_vectors_hold_again_and_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
