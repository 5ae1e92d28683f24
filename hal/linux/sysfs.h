/* SPDX-License-Identifier: MIT */
/*
 * Small files of sysfs: each holds one value in one line of text. Errors are those of hal_error.h.
 */
#pragma once

#include "hal_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the first line of directory/file, without its newline. -EIO if it does not fit. */
int sysfs_read_text(const char *directory, const char *file, char *ret_text, size_t text_bytes);

/* The same for a directory that is open already. */
int sysfs_read_text_at(int directory, const char *file, char *ret_text, size_t text_bytes);

/* Reads a decimal number, 0 or more. -EIO if the file holds something else. */
int sysfs_read_number(const char *directory, const char *file, uint64_t *ret_value);

/* Writes text in a single write(), as sysfs requires. */
int sysfs_write_text(const char *directory, const char *file, const char *text);
int sysfs_write_number(const char *directory, const char *file, uint64_t value);

/* For a file that is written often: opens a descriptor, which the caller owns, and writes to it. */
int sysfs_open_writable(const char *directory, const char *file);
int sysfs_rewrite_number(int fd, uint64_t value);

/* True if directory/file exists. */
bool sysfs_exists(const char *directory, const char *file);

/* Appends a word: "a" becomes "a, b". A word that does not fit is left out completely. */
void sysfs_add_word(char *words, size_t words_bytes, const char *word);

/* Lists the names in a directory in that form. Returns their number. */
size_t sysfs_list(const char *directory, char *ret_words, size_t words_bytes);

/* Returns -EACCES, with words on what helps. */
int sysfs_no_permission(const char *path, struct hal_error *error);

/*
 * Waits until all the files of the directory may be written, at most timeout_ms. sysfs creates them
 * writable for root alone, and udev opens them to others some time later. So this sleeps until
 * something changes in the directory, or in its parent, where the directory may appear. -EACCES:
 * the files are still closed after that time; -ENOENT: they are still missing.
 */
int sysfs_wait_writable(const char *parent, const char *directory, const char *const *files,
	size_t n_files, unsigned timeout_ms);
