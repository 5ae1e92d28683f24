/* SPDX-License-Identifier: MIT */
/*
 * Keeps small files in the state directory. One thread writes all of them, so a disk that hangs
 * holds up nobody else. It starts when the first file is wanted. The owner of a file says when it
 * is due, and is asked for the text when it is written. A file is replaced in one step, and is on
 * the disk when written() is called.
 */
#pragma once

#include "health_part.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { FILE_KEEPER_FILES_MAX = 4 };

struct file_keeper;
struct kept_file;

struct kept_file_settings {
	const char *name;    /* in the state directory */
	const char *object;  /* in the log, and the subject of "cannot be kept": "counts" */
	const char *instead; /* when it cannot be read: "the counts begin at 0" */
	size_t room;         /* for the text, in bytes */
	uint64_t again_us;   /* pause after a failed write, until it is tried again */
	/*
	 * Both are called by the keeper's thread, which holds no lock of its own. text: fills in
	 * what the file is to hold, and returns its size; 0: the file is to go. written: is given 0
	 * or a negative errno, and returns true to make file_keeper_fd() readable; NULL: nothing is
	 * done then.
	 */
	size_t (*text)(void *userdata, char *text);
	bool (*written)(void *userdata, int error);
	void *userdata;
};

/* directory is copied. 0 or a negative errno. */
int file_keeper_new(const char *directory, struct file_keeper **ret_keeper);

/* Adds a file. settings are copied, their texts borrowed. It belongs to
 * the keeper. -ENOSPC: there are too many. */
int file_keeper_add(struct file_keeper *keeper, const struct kept_file_settings *settings,
	struct kept_file **ret_file);

/*
 * Reads the file into room + 1 bytes, and ends the text with a zero. May wait for the disk. Its
 * size; -ENOENT: there is none; another negative errno, which is logged. A longer file is cut.
 */
ssize_t kept_file_read(const struct kept_file *file, char *text);

/* Starts the thread if it does not run yet. Not for real-time threads. 0 or a negative errno. */
int file_keeper_start(struct file_keeper *keeper);

/* The file is to be written at that time (CLOCK_MONOTONIC), or earlier if it was due earlier. Never
 * waits for the disk. Any thread. */
void kept_file_due(struct kept_file *file, uint64_t time_us);

/* The same, and starts the thread if it does not run yet. If there can be none, the file has
 * failed, and it is tried again at the next call. */
void kept_file_want(struct kept_file *file, uint64_t time_us);

/* Readable when a file failed, recovered, or was written as written() says, until
 * file_keeper_status(). */
int file_keeper_fd(const struct file_keeper *keeper);

/* The first file that fails, or none. */
void file_keeper_status(struct file_keeper *keeper, struct health_part *ret_status);

/* Has everything written that is due, now or later; what is due after this call is not. keeper may
 * be NULL. */
void file_keeper_end(struct file_keeper *keeper);

/*
 * The same, waits for it, and frees. 0; -ETIMEDOUT: the disk does not answer within
 * timeout_us. Then the thread is left behind, with all that it uses, and the process should end.
 * is_used: another thread may still call kept_file_due(), so nothing is freed. keeper may be NULL.
 */
int file_keeper_close(struct file_keeper *keeper, uint64_t timeout_us, bool is_used);
