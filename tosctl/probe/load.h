/* SPDX-License-Identifier: MIT */
/* Reads a map for tosctl probe. */
#pragma once

#include "config.h"

/* The map in that file, to be freed. NULL: it has mistakes, which go to stderr if they are told. */
struct config *probe_load_map(const char *path, bool is_told);
