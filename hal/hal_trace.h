/* SPDX-License-Identifier: MIT */
/*
 * An observer of what goes over the wires. The checked wrappers of each bus call it after every
 * transfer; a NULL observer costs one comparison.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hal_trace {
	/*
	 * Receives one finished operation in words, for example "/dev/i2c-1" and "0x77 w f7 r 5a 01
	 * ... ok". Called on the thread that made the transfer. It must not block, and must not
	 * call back into hal.
	 */
	void (*operation)(void *userdata, const char *object, const char *text);
	void *userdata;
};

/* Formats one line and hands it over. Does nothing if trace is NULL. */
void hal_trace_printf(const struct hal_trace *trace, const char *object, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Formats at most 16 bytes as "f7 5a 01", then "..." for the rest. Returns out. */
char *hal_trace_hex(const uint8_t *data, size_t size, char *out, size_t out_bytes);
