/* SPDX-License-Identifier: MIT */
/* Characters in a password file that nobody sees. Pure. */
#pragma once

#include <stddef.h>

/*
 * The password is the file's first line. If something about it is probably not meant, returns that
 * and the cure, as a static sentence whose subject is the file ("begins with ..."). NULL: nothing.
 */
const char *password_text_odd(const char *text, size_t size);
