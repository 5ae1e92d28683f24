/* SPDX-License-Identifier: MIT */
#include "lines.h"
#include "hal_error.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

int lines_next_name(const char **names, char *ret_name, size_t name_bytes)
{
	const char *end = strstr(*names, LINES_SEPARATOR);
	size_t length = end ? (size_t)(end - *names) : strlen(*names);

	if (length == 0)
		return -ENOENT;
	if (length >= name_bytes)
		return -EINVAL;
	memcpy(ret_name, *names, length);
	ret_name[length] = '\0';
	*names += length + (end ? strlen(LINES_SEPARATOR) : 0);
	return 0;
}

int lines_levels(struct lines *lines, uint64_t *ret_levels)
{
	int r = lines->ops->levels(lines, ret_levels);

	if (lines->trace && r == 0)
		hal_trace_printf(lines->trace, lines->name, "levels %" PRIx64 " ok", *ret_levels);
	else if (lines->trace)
		hal_trace_printf(lines->trace, lines->name, "levels %s", hal_strerror(r));
	return r;
}

struct lines *lines_close(struct lines *lines)
{
	if (lines)
		lines->ops->close(lines);
	return NULL;
}
