/* SPDX-License-Identifier: MIT */
#include "carrier.h"
#include "payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define HOUR_US    UINT64_C(3600000000)
#define SIZE_BYTES (UINT64_C(1) << 20)

static const struct carrier_kind KIND = {
	OUTBOX_READINGS, SPOOL_READINGS, "readings", UINT64_MAX, UINT64_MAX, HOUR_US};

struct fixture {
	char directory[32];
	struct outbox *outbox;
	struct outbox_batch batch;
	struct carrier carrier;
};

static int setup(void **state)
{
	const struct outbox_settings settings = {1 << 16, 4096, payload_set_time};
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	(void)snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/carrier-XXXXXX");
	if (!mkdtemp(fixture->directory) || outbox_new(&settings, &fixture->outbox) < 0)
		return -1;
	return carrier_init(
		&fixture->carrier, &KIND, fixture->directory, fixture->outbox, &fixture->batch);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	static const char *const NAMES[] = {"", "-wal", "-shm"};
	char path[64];

	carrier_fini(&fixture->carrier);
	outbox_free(fixture->outbox);
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/spool.db%s", fixture->directory, NAMES[i]);
		(void)unlink(path);
	}
	(void)rmdir(fixture->directory);
	free(fixture);
	return 0;
}

static void put(struct fixture *fixture, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(outbox_put_reading(fixture->outbox, i, &i, sizeof(i)), 0);
}

static uint64_t waiting(const struct fixture *fixture)
{
	return outbox_backlog(fixture->outbox, OUTBOX_READINGS).waiting;
}

/* Many readings, and a first look that comes at once: the outage is a short one all the same. */
static void a_short_outage_writes_nothing(void **state)
{
	struct fixture *fixture = *state;

	carrier_load(&fixture->carrier);
	put(fixture, 100);
	carrier_turn(&fixture->carrier, HOUR_US, SIZE_BYTES);
	assert_int_equal(waiting(fixture), 100);
	carrier_turn(&fixture->carrier, 0, SIZE_BYTES);
	assert_int_equal(waiting(fixture), 0);
}

/* Each write wears the disk: few readings wait for more of them. */
static void few_readings_wait_for_more(void **state)
{
	struct fixture *fixture = *state;

	carrier_load(&fixture->carrier);
	put(fixture, OUTBOX_BATCH_ROWS + 1);
	carrier_turn(&fixture->carrier, 0, SIZE_BYTES);
	assert_int_equal(waiting(fixture), 1);
	carrier_turn(&fixture->carrier, 0, SIZE_BYTES);
	assert_int_equal(waiting(fixture), 1);
	put(fixture, OUTBOX_BATCH_ROWS - 1);
	carrier_turn(&fixture->carrier, 0, SIZE_BYTES);
	assert_int_equal(waiting(fixture), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_short_outage_writes_nothing),
		TEST(few_readings_wait_for_more),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
