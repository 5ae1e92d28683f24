/* SPDX-License-Identifier: MIT */
/* Parts without a driver here, because the kernel has one. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * True if the name is that of a part that the kernel reads, in any case. words: how to do so on a
 * Raspberry Pi, cut to size bytes.
 */
bool config_part_way(const char *name, char *words, size_t size);
