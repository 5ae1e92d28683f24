/* SPDX-License-Identifier: MIT */
#include "spool.h"
#include "temp_tree.h"
#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAYLOAD_BYTES = 68, ROW = 100 /* with what a row costs beside it */ };

struct fixture {
	struct temp_tree tree;
	struct spool *spool;
};

static int new_spool(const char *directory, uint64_t max_bytes, struct spool **ret_spool)
{
	const struct spool_settings settings = {SPOOL_READINGS, directory, max_bytes, UINT64_MAX};

	return spool_new(&settings, ret_spool);
}

static void begin(struct fixture *fixture, uint64_t max_bytes)
{
	fixture->tree = temp_tree_new();
	assert_int_equal(new_spool(fixture->tree.root, max_bytes, &fixture->spool), 0);
}

static void end(struct fixture *fixture)
{
	spool_free(fixture->spool);
	temp_tree_free(&fixture->tree);
}

/* As after a restart, or a crash. */
static int restart(struct fixture *fixture, uint64_t max_bytes)
{
	spool_free(fixture->spool);
	assert_int_equal(new_spool(fixture->tree.root, max_bytes, &fixture->spool), 0);
	return spool_load(fixture->spool);
}

static bool has_file(const struct fixture *fixture, const char *name)
{
	return access(temp_tree_path(&fixture->tree, name), F_OK) == 0;
}

/* Readings number first to first + count - 1; returns how many were dropped for them. */
static uint64_t append(struct fixture *fixture, unsigned first, unsigned count)
{
	static char payloads[64][PAYLOAD_BYTES + 1];
	struct spool_record records[64];
	uint64_t dropped = 0;

	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(payloads[i], sizeof(payloads[i]), "%0*u", PAYLOAD_BYTES, first + i);
		records[i] = (struct spool_record){1000 + first + i, payloads[i], PAYLOAD_BYTES};
	}
	assert_int_equal(spool_append(fixture->spool, records, count, &dropped), 0);
	return dropped;
}

/* Checks that the readings first to last are kept, from the oldest on, and nothing else. */
static void expect(struct fixture *fixture, unsigned first, unsigned last)
{
	struct spool_record record;
	uint64_t number = 0;

	for (unsigned i = first; i <= last; i++) {
		assert_int_equal(spool_next(fixture->spool, number, &record, &number), 1);
		assert_int_equal(record.size, PAYLOAD_BYTES);
		assert_int_equal(strtoul(record.payload, NULL, 10), i);
		assert_int_equal(record.taken_ms, 1000 + i);
	}
	assert_int_equal(spool_next(fixture->spool, number, &record, &number), 0);
	assert_int_equal(spool_count(fixture->spool), last - first + 1);
}

static void test_touches_no_disk_before_it_is_used(void **state)
{
	struct fixture f;
	struct spool_record record;
	uint64_t number;

	(void)state;
	begin(&f, 1000000);
	assert_int_equal(spool_load(f.spool), 0);
	assert_int_equal(spool_next(f.spool, 0, &record, &number), 0);
	assert_false(has_file(&f, "spool.db"));
	end(&f);
}

static void test_keeps_over_a_restart_in_order(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 1000000);
	append(&f, 1, 20);
	append(&f, 21, 5);
	expect(&f, 1, 25);
	assert_int_equal(restart(&f, 1000000), 0);
	append(&f, 26, 3);
	expect(&f, 1, 28);
	end(&f);
}

static void test_the_file_goes_with_the_last_row(void **state)
{
	struct fixture f;
	struct spool_record record;
	uint64_t number = 0;

	(void)state;
	begin(&f, 1000000);
	append(&f, 1, 3);
	assert_int_equal(spool_next(f.spool, 0, &record, &number), 1);
	assert_int_equal(spool_remove_until(f.spool, number), 0);
	expect(&f, 2, 3);
	assert_int_equal(spool_next(f.spool, number, &record, &number), 1);
	assert_int_equal(spool_next(f.spool, number, &record, &number), 1);
	assert_int_equal(spool_remove_until(f.spool, number), 0);
	assert_int_equal(spool_count(f.spool), 0);
	assert_false(has_file(&f, "spool.db"));
	assert_false(has_file(&f, "spool.db-wal"));
	/* And it can begin again. */
	append(&f, 4, 2);
	expect(&f, 4, 5);
	end(&f);
}

static void test_the_oldest_go_first_when_it_is_full(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 10 * ROW);
	assert_int_equal(append(&f, 1, 8), 0);
	assert_int_equal(append(&f, 9, 8), 6);
	expect(&f, 7, 16);
	/* A smaller size in a new map. */
	assert_int_equal(restart(&f, 4 * ROW), 0);
	assert_int_equal(append(&f, 17, 1), 7);
	expect(&f, 14, 17);
	end(&f);
}

static void test_events_have_a_file_and_a_number_of_their_own(void **state)
{
	struct fixture f;
	uint64_t dropped = 0;

	(void)state;
	begin(&f, 1000000);
	append(&f, 1, 2);
	for (int turn = 0; turn < 2; turn++) {
		const struct spool_settings settings = {
			SPOOL_EVENTS, f.tree.root, UINT64_MAX, turn == 0 ? 10 : 5};
		struct fixture events = {.tree = f.tree};

		assert_int_equal(spool_new(&settings, &events.spool), 0);
		assert_int_equal(spool_load(events.spool), 0);
		assert_string_equal(spool_name(events.spool), "events.db");
		assert_int_equal(
			append(&events, turn == 0 ? 1 : 13, turn == 0 ? 12 : 1), turn == 0 ? 2 : 6);
		expect(&events, turn == 0 ? 3 : 9, turn == 0 ? 12 : 13);
		if (turn == 1) {
			assert_int_equal(spool_trim(events.spool, 2, &dropped), 0);
			assert_int_equal(dropped, 3);
			expect(&events, 12, 13);
		}
		assert_true(has_file(&f, "events.db"));
		spool_free(events.spool);
	}
	expect(&f, 1, 2);
	end(&f);
}

static uint64_t size_of(const struct fixture *fixture, const char *name)
{
	struct stat status;

	return stat(temp_tree_path(&fixture->tree, name), &status) == 0 ? (uint64_t)status.st_size
									: 0;
}

/*
 * The log beside it is no second spool; a row that is being read when an outage begins does not
 * keep it from being emptied.
 */
static void test_all_files_stay_near_the_size_asked_for(void **state)
{
	enum { SIZE = 1024 * 1024, COUNT = 40 };
	struct fixture f;
	struct spool_record record;
	uint64_t number = 0, most = 0;

	(void)state;
	begin(&f, SIZE);
	append(&f, 0, COUNT);
	assert_int_equal(spool_next(f.spool, 0, &record, &number), 1);
	for (unsigned i = COUNT; i < 60000; i += COUNT) {
		uint64_t all;

		append(&f, i, COUNT);
		all = size_of(&f, "spool.db") + size_of(&f, "spool.db-wal") +
			size_of(&f, "spool.db-shm");
		most = all > most ? all : most;
	}
	assert_true(spool_count(f.spool) >= SIZE / ROW - 1);
	assert_in_range(most, 0, SIZE + SIZE / 2);
	end(&f);
}

static void test_a_batch_is_kept_whole_or_not_at_all(void **state)
{
	struct fixture f;
	uint64_t dropped = 77;
	/*
	 * SQLite refuses what has no payload (NOT NULL): the second record fails, and takes the
	 * first with it.
	 */
	const struct spool_record records[] = {{1, "x", 1}, {2, NULL, 0}};

	(void)state;
	begin(&f, 1000000);
	append(&f, 1, 2);
	assert_true(spool_append(f.spool, records, 2, &dropped) < 0);
	assert_int_equal(dropped, 77);
	expect(&f, 1, 2);
	append(&f, 3, 1);
	expect(&f, 1, 3);
	end(&f);
}

static void test_a_file_that_is_no_spool_is_moved_aside(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 1000000);
	temp_tree_write(&f.tree, "spool.db",
		"This is a letter to the editor, and not a database at all.\n");
	assert_int_equal(spool_load(f.spool), -EBADMSG);
	assert_true(has_file(&f, "spool.db.damaged"));
	append(&f, 1, 2);
	expect(&f, 1, 2);
	end(&f);
}

static void test_a_file_damaged_while_it_is_read_is_moved_aside(void **state)
{
	struct fixture f;
	struct spool_record record;
	uint64_t number = 0;
	char zeros[4096] = {0};
	FILE *file;
	int r;

	(void)state;
	begin(&f, 1000000);
	for (unsigned i = 0; i < 20; i++)
		append(&f, 1 + 20 * i, 20);
	spool_free(f.spool); /* puts the log into the file */
	file = fopen(temp_tree_path(&f.tree, "spool.db"), "r+e");
	assert_non_null(file);
	assert_int_equal(fseek(file, 4096, SEEK_SET), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(fwrite(zeros, sizeof(zeros), 1, file), 1);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(new_spool(f.tree.root, 1000000, &f.spool), 0);
	r = spool_load(f.spool);
	while (r == 0 && (r = spool_next(f.spool, number, &record, &number)) == 1)
		r = 0;
	assert_int_equal(r, -EBADMSG);
	append(&f, 1, 2);
	expect(&f, 1, 2);
	end(&f);
}

static void test_a_file_of_a_later_format_is_read_but_not_written(void **state)
{
	const struct spool_record record = {1, "x", 1};
	struct fixture f;
	uint64_t dropped = 0;
	FILE *file;

	(void)state;
	begin(&f, 1000000);
	append(&f, 1, 3);
	spool_free(f.spool);
	file = fopen(temp_tree_path(&f.tree, "spool.db"), "r+e");
	assert_non_null(file);
	/* "File format write version", https://www.sqlite.org/fileformat2.html section 1.3 */
	assert_int_equal(fseek(file, 18, SEEK_SET), 0);
	assert_int_equal(fputc(4, file), 4);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(new_spool(f.tree.root, 1000000, &f.spool), 0);
	assert_int_equal(spool_load(f.spool), 0);
	expect(&f, 1, 3);
	assert_int_equal(spool_append(f.spool, &record, 1, &dropped), -EBADMSG);
	assert_true(has_file(&f, "spool.db.damaged"));
	append(&f, 1, 2);
	expect(&f, 1, 2);
	end(&f);
}

/* Checks that a file is refused after another program has changed it with this SQL. */
static void expect_refused(const char *sql)
{
	struct fixture f;
	sqlite3 *db = NULL;

	begin(&f, 1000000);
	append(&f, 1, 3);
	spool_free(f.spool);
	assert_int_equal(sqlite3_open(temp_tree_path(&f.tree, "spool.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(new_spool(f.tree.root, 1000000, &f.spool), 0);
	assert_int_equal(spool_load(f.spool), -EBADMSG);
	assert_true(has_file(&f, "spool.db.damaged"));
	append(&f, 1, 2);
	expect(&f, 1, 2);
	end(&f);
}

static void test_a_file_with_more_than_the_table_is_refused(void **state)
{
	(void)state;
	expect_refused(
		"CREATE TRIGGER eats AFTER INSERT ON reading BEGIN DELETE FROM reading; END");
	expect_refused("CREATE TABLE other(a)");
	expect_refused("DROP TABLE reading; CREATE VIEW reading AS WITH RECURSIVE endless(n) AS "
		       "(VALUES(1) UNION ALL SELECT n + 1 FROM endless) SELECT n AS number, 1 AS "
		       "taken_ms, x'00' AS payload FROM endless");
}

static void test_rows_that_would_never_be_found_are_refused(void **state)
{
	(void)state;
	expect_refused("UPDATE reading SET number = -2 WHERE number = 2");
	/* No number would follow it. */
	expect_refused("UPDATE reading SET number = 9223372036854775807 WHERE number = 3");
}

static void test_a_folder_that_is_missing_is_an_error_and_then_works(void **state)
{
	struct temp_tree tree = temp_tree_new();
	char folder[128];
	const struct spool_record record = {1, "x", 1};
	uint64_t dropped = 0;
	struct spool *spool = NULL;

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s/later", tree.root);
	assert_int_equal(new_spool(folder, 1000000, &spool), 0);
	assert_int_equal(spool_append(spool, &record, 1, &dropped), -ENOENT);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(spool_append(spool, &record, 1, &dropped), 0);
	assert_int_equal(spool_count(spool), 1);
	spool_free(spool);
	temp_tree_free(&tree);
}

static void test_what_keeps_the_file_from_being_opened_is_told(void **state)
{
	const struct spool_record record = {1, "x", 1};
	struct rlimit limit;
	struct fixture f;
	uint64_t dropped = 0;

	(void)state;
	begin(&f, 1000000);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, limit.rlim_max}), 0);
	assert_int_equal(spool_append(f.spool, &record, 1, &dropped), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(mkdir(temp_tree_path(&f.tree, "spool.db"), 0755), 0);
	assert_int_equal(spool_append(f.spool, &record, 1, &dropped), -EISDIR);
	assert_int_equal(rmdir(temp_tree_path(&f.tree, "spool.db")), 0);
	append(&f, 1, 1);
	expect(&f, 1, 1);
	end(&f);
}

/* A crash leaves a log beside the file. The batches that were committed are in it. */
static void test_a_crash_keeps_what_was_appended(void **state)
{
	struct fixture f;
	pid_t child;
	int status = 0;

	(void)state;
	begin(&f, 1000000);
	child = fork();
	if (child == 0) {
		append(&f, 1, 20);
		append(&f, 21, 20);
		_exit(7); /* without closing anything */
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(restart(&f, 1000000), 0);
	expect(&f, 1, 40);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_touches_no_disk_before_it_is_used),
		cmocka_unit_test(test_keeps_over_a_restart_in_order),
		cmocka_unit_test(test_the_file_goes_with_the_last_row),
		cmocka_unit_test(test_the_oldest_go_first_when_it_is_full),
		cmocka_unit_test(test_events_have_a_file_and_a_number_of_their_own),
		cmocka_unit_test(test_all_files_stay_near_the_size_asked_for),
		cmocka_unit_test(test_a_batch_is_kept_whole_or_not_at_all),
		cmocka_unit_test(test_a_file_that_is_no_spool_is_moved_aside),
		cmocka_unit_test(test_a_file_damaged_while_it_is_read_is_moved_aside),
		cmocka_unit_test(test_a_file_of_a_later_format_is_read_but_not_written),
		cmocka_unit_test(test_a_file_with_more_than_the_table_is_refused),
		cmocka_unit_test(test_rows_that_would_never_be_found_are_refused),
		cmocka_unit_test(test_a_folder_that_is_missing_is_an_error_and_then_works),
		cmocka_unit_test(test_what_keeps_the_file_from_being_opened_is_told),
		cmocka_unit_test(test_a_crash_keeps_what_was_appended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
