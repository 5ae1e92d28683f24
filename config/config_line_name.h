/* SPDX-License-Identifier: MIT */
/* Names that people give to GPIO lines, but that no kernel has. Pure. */
#pragma once

#include <stdbool.h>

enum { CONFIG_LINE_WORDS_MAX = 96 };

/*
 * True if the text looks like a line of a Raspberry Pi, but written in a way that its kernels do
 * not know: gpio17, BCM17, GPIO 17, P1-11, GPIO99, gpiochip0.17. ret_cure: what was probably meant.
 */
bool config_line_name_is_odd(const char *text, char ret_cure[static CONFIG_LINE_WORDS_MAX]);
