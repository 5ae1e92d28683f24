/* SPDX-License-Identifier: MIT */
/* A small file in the state directory, replaced in one step. */
#pragma once

#include <stddef.h>

/*
 * The file holds these bytes from now on; whoever reads it meanwhile, or after a crash, finds the
 * old ones or the new ones whole. A file that has them already is left alone, to spare the card.
 * Does not wait for the disk. 0 or a negative errno.
 */
int state_file_replace(const char *path, const void *bytes, size_t size);
