/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4). Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

void sha256(const void *data, size_t size, uint8_t ret_digest[static SHA256_BYTES]);
