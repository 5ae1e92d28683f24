/* SPDX-License-Identifier: MIT */
/* Parts that have no driver here, because the kernel has one. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * True if the name is that of a part that the kernel reads; capitals do not matter. words: how, on
 * a Raspberry Pi, cut to size bytes.
 */
bool config_part_way(const char *name, char *words, size_t size);
