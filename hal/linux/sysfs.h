/* SPDX-License-Identifier: MIT */
/*
 * Small files of sysfs: one value a file, one line of text. Errors are those of hal_error.h.
 */
#pragma once

#include "hal_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first line of directory/file, without its newline. -EIO when it is longer than out. */
int sysfs_read_text(const char *directory, const char *file, char *ret_text, size_t text_bytes);

/* The same of a directory that is open. */
int sysfs_read_text_at(int directory, const char *file, char *ret_text, size_t text_bytes);

/* A decimal number, 0 and up. -EIO when the file holds something else. */
int sysfs_read_number(const char *directory, const char *file, uint64_t *ret_value);

/* In one write(), as sysfs wants it. */
int sysfs_write_text(const char *directory, const char *file, const char *text);
int sysfs_write_number(const char *directory, const char *file, uint64_t value);

/* For a file that is written often: a descriptor, which the caller owns, and a write to it. */
int sysfs_open_writable(const char *directory, const char *file);
int sysfs_rewrite_number(int fd, uint64_t value);

/* Whether directory/file is there. */
bool sysfs_exists(const char *directory, const char *file);

/* Makes "a, b" of "a"; a word that has no room left is left out whole. */
void sysfs_add_word(char *words, size_t words_bytes, const char *word);

/* The names in a directory as such words. Returns their number. */
size_t sysfs_list(const char *directory, char *ret_words, size_t words_bytes);

/* -EACCES, with what helps. */
int sysfs_no_permission(const char *path, struct hal_error *error);

/*
 * Waits until all the files of the directory may be written. They are born closed to everybody but
 * root, and udev opens them some time later: this sleeps until something has changed in the
 * directory or in its parent (where the directory may appear), at most timeout_ms in all. -EACCES
 * or -ENOENT when the files are still closed, or still not there, then.
 */
int sysfs_wait_writable(const char *parent, const char *directory, const char *const *files,
	size_t n_files, unsigned timeout_ms);
