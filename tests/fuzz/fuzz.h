/* SPDX-License-Identifier: MIT */
/*
 * Shared by the fuzz targets. A target is one file with LLVMFuzzerTestOneInput(): it is given bytes
 * as an attacker or a broken disk or wire would give them, and checks what must hold for all of
 * them. libFuzzer makes the inputs; where there is none, corpus_main.c runs those of corpus/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program with the place: to libFuzzer that is a crash, whose input it keeps. */
_Noreturn void fuzz_failed(const char *file, int line, const char *condition);

static inline void fuzz_check(bool holds, const char *file, int line, const char *condition)
{
	if (!holds)
		fuzz_failed(file, line, condition);
}

/* Like assert(), but never compiled out. */
#define FUZZ_CHECK(condition) fuzz_check((condition), __FILE__, __LINE__, #condition)

/* UTF-8 without control characters, on one line. */
void fuzz_check_printable(const char *text, size_t size);

/* The bytes as a file in memory. A file descriptor; close it. */
int fuzz_file(const uint8_t *data, size_t size);
