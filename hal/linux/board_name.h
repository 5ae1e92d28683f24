/* SPDX-License-Identifier: MIT */
/* The board's name for itself. */
#pragma once

#include <stddef.h>

enum { BOARD_NAME_BYTES = 128 };

/* "Raspberry Pi 5 Model B Rev 1.0", in ASCII. sys: "/sys". -ENOENT: the board has none. */
int board_name_read(const char *sys, char ret_name[BOARD_NAME_BYTES]);
