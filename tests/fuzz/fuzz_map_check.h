/* SPDX-License-Identifier: MIT */
#pragma once

#include "config.h"

/* Checks what the daemon takes for granted about a map that was loaded. */
void fuzz_map_check(const struct config *config);
