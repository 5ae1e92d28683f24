/* SPDX-License-Identifier: MIT */
#pragma once

#include "config.h"

/* What the daemon takes for granted of a map that was loaded. */
void fuzz_map_check(const struct config *config);
