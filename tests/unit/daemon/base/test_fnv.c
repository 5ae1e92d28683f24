/* SPDX-License-Identifier: MIT */
#include "fnv.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Of draft-eastlake-fnv, "Test Vectors": the texts without their final zero. */
static void published_vectors_of_32_bits(void **state)
{
	(void)state;
	assert_int_equal(fnv_add_32(FNV_32_START, "", 0), 0x811c9dc5);
	assert_int_equal(fnv_add_32(FNV_32_START, "a", 1), 0xe40c292c);
	assert_int_equal(fnv_add_32(FNV_32_START, "foobar", 6), 0xbf9cf968);
}

static void published_vectors_of_64_bits(void **state)
{
	(void)state;
	assert_true(fnv_add_64(FNV_64_START, "", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(fnv_add_64(FNV_64_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(fnv_add_64(FNV_64_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void parts_give_the_hash_of_the_whole(void **state)
{
	uint32_t half = fnv_add_32(FNV_32_START, "foo", 3);

	(void)state;
	assert_int_equal(fnv_add_32(half, "bar", 3), 0xbf9cf968);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors_of_32_bits),
		cmocka_unit_test(published_vectors_of_64_bits),
		cmocka_unit_test(parts_give_the_hash_of_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
