/* SPDX-License-Identifier: MIT */
/*
 * Keeps counts of the map's parts for the next process (remember: true), and passes on requests to
 * set a count. The file keeper's thread writes the file: rarely, or at once if somebody waits for
 * it.
 *
 * The file has a line for each part, "<count> <name>", and is replaced in one step. After a power
 * cut it has the counts of the last write.
 */
#pragma once

#include "file_keeper.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT_KEEPER_REST_US UINT64_C(60000000)

enum { COUNT_KEEPER_NAME_BYTES = 64, COUNT_KEEPER_REQUESTS_MAX = 16 };

struct count_keeper;

struct count_keeper_settings {
	struct file_keeper *files; /* borrowed; its thread does not run yet */
	uint64_t rest_us;          /* shortest time between two writes of the file */
};

/* Reads the file, and may wait for the disk. A file that is missing, or cannot be read (which is
 * logged), has no counts. 0 or a negative errno. */
int count_keeper_new(
	const struct count_keeper_settings *settings, struct count_keeper **ret_keeper);

/* wake is called on any thread, with a lock held, when count_keeper_answer() may have something.
 * NULL: from now on nothing is. keeper may be NULL. */
void count_keeper_listen(struct count_keeper *keeper, void (*wake)(void *userdata), void *userdata);

/* Before the first count to keep. Not for real-time threads. 0 or a negative errno. */
int count_keeper_start(struct count_keeper *keeper);

/* Reads the count of the part with that name. -ENOENT: none was kept. */
int count_keeper_get(struct count_keeper *keeper, const char *name, int64_t *ret_count);

/* Sets the count to keep. Never waits for the disk. Any thread. */
void count_keeper_put(struct count_keeper *keeper, const char *name, int64_t count);

/* A request to set a count. */
struct count_request {
	uint64_t ticket; /* chosen by the caller, and returned with the answer */
	int64_t count;
	char name[COUNT_KEEPER_NAME_BYTES];
};

/* For the main thread: adds a request. -EBUSY: too many are waiting. */
int count_keeper_want(struct count_keeper *keeper, const struct count_request *request);

/* For the sampler: the oldest request that it has not carried out. False: there is none. keeper may
 * be NULL. */
bool count_keeper_wanted(struct count_keeper *keeper, struct count_request *ret_request);

/*
 * For the sampler: the oldest request was carried out, or failed with the error. If the count is
 * kept and was put, the answer waits for the disk.
 */
void count_keeper_carried_out(struct count_keeper *keeper, int error, bool is_kept);

/* For the main thread: the answer to a request. *ret_error is 0, or why the count is not set or not
 * on disk. False: there is none. It stays until count_keeper_answered(). keeper may be NULL. */
bool count_keeper_answer(struct count_keeper *keeper, uint64_t *ret_ticket, int *ret_error);
void count_keeper_answered(struct count_keeper *keeper, uint64_t ticket);

/* Call this when the file keeper is closed. Returns NULL; keeper may be NULL. */
struct count_keeper *count_keeper_free(struct count_keeper *keeper);
