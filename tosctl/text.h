/* SPDX-License-Identifier: MIT */
/* Texts of other people on a terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Before any other function: the user's locale. */
void text_init(void);

/* True if the terminal shows UTF-8. */
bool text_is_utf8(void);

/* True if out is a terminal that shows colours, and the user wants them (no NO_COLOR). */
bool text_has_colors(FILE *out);

enum text_color { TEXT_PLAIN, TEXT_BOLD, TEXT_GREEN, TEXT_RED, TEXT_YELLOW, TEXT_DIM };

/* Begins a colour, or ends all (TEXT_PLAIN), if out has them. */
void text_color(FILE *out, enum text_color color);

/* Columns that the text takes; those of Korea and its neighbours take two. */
int text_width(const char *text);

/* Writes the text up to size bytes. Control characters, which could steer the terminal, become
 * question marks. */
void text_print(FILE *out, const char *text, size_t size);

/* The same, cut or filled with blanks to that number of columns. */
void text_pad(FILE *out, const char *text, int columns);

/* "2 min 3 s" */
void text_print_duration(FILE *out, uint64_t ms);
