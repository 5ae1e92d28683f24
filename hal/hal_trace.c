/* SPDX-License-Identifier: MIT */
#include "hal_trace.h"
#include <stdarg.h>
#include <stdio.h>

enum {
	TRACE_LINE_BYTES = 512,
	TRACE_HEX_BYTES_MAX = 16, /* of one message; the rest is not shown */
};

void hal_trace_printf(const struct hal_trace *trace, const char *object, const char *format, ...)
{
	if (!trace)
		return;
	char text[TRACE_LINE_BYTES];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	trace->operation(trace->userdata, object, text);
}

char *hal_trace_hex(const uint8_t *data, size_t size, char *out, size_t out_bytes)
{
	size_t used = 0;

	if (out_bytes > 0)
		out[0] = '\0';
	for (size_t i = 0; i < size; i++) {
		const char *gap = i > 0 ? " " : "";
		size_t room = out_bytes - used;
		int written;

		if (i < TRACE_HEX_BYTES_MAX)
			written = snprintf(out + used, room, "%s%02x", gap, data[i]);
		else
			written = snprintf(out + used, room, "%s...", gap);
		if (written < 0 || (size_t)written >= room)
			break;
		used += (size_t)written;
		if (i >= TRACE_HEX_BYTES_MAX)
			break;
	}
	return out;
}
