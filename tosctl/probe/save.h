/* SPDX-License-Identifier: MIT */
/* Writes the map of probe into a file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Checks the text as tosctl check does, and writes it in one step. A file that is there is only
 * replaced if is_forced, or if the user agrees on a terminal; it keeps its owner and mode. Reports
 * mistakes on stderr. 0, or -1. *ret_is_same: the file had this text already.
 */
int probe_save(const char *path, const char *text, size_t size, bool is_forced, bool *ret_is_same);
