/* SPDX-License-Identifier: MIT */
/* What a password file may hold that nobody sees. Pure. */
#pragma once

#include <stddef.h>

/*
 * The password is the file's first line. Returns what is hardly meant about it, with the cure, as a
 * sentence whose subject is the file ("begins with ..."; static); NULL: nothing.
 */
const char *password_text_odd(const char *text, size_t size);
