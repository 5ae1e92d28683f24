/* SPDX-License-Identifier: MIT */
/*
 * An observer that remembers: "object: text\n" for each operation.
 */
#pragma once

#include "hal_trace.h"
#include <stdio.h>
#include <string.h>

struct trace_log {
	char text[2048];
};

static inline void trace_log_operation(void *userdata, const char *object, const char *text)
{
	struct trace_log *log = userdata;
	size_t used = strlen(log->text);

	(void)snprintf(log->text + used, sizeof(log->text) - used, "%s: %s\n", object, text);
}

/* Borrowed by the object that is traced. */
static inline struct hal_trace trace_log_observer(struct trace_log *log)
{
	return (struct hal_trace){.operation = trace_log_operation, .userdata = log};
}
