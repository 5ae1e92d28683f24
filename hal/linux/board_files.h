/* SPDX-License-Identifier: MIT */
/* Lists a board by the names of files in /dev and /sys. */
#pragma once

#include "board_linux.h"

/* See board_list(): I2C, I2C_HELD, SPI, PWM and LED. */
int board_files_list(const struct board_linux_roots *roots, enum board_kind kind,
	board_found *found, void *userdata);
