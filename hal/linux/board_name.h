/* SPDX-License-Identifier: MIT */
/* What the board calls itself. */
#pragma once

#include <stddef.h>

enum { BOARD_NAME_BYTES = 128 };

/* "Raspberry Pi 5 Model B Rev 1.0", in ASCII. sys: "/sys". -ENOENT: it does not say. */
int board_name_read(const char *sys, char ret_name[BOARD_NAME_BYTES]);
