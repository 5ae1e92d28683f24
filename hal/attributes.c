/* SPDX-License-Identifier: MIT */
#include "attributes.h"

#include "hal_error.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void attributes_path(
	const struct attributes_class *class, const char *device, char *ret_path, size_t path_bytes)
{
	(void)snprintf(ret_path, path_bytes, "/sys/%s/%s", class->folder, device);
}

/* Stricter than strtod(): no blanks, no hexadecimal, nothing that is not a number. */
static int parse_number(const char *text, double *ret_value)
{
	size_t length = strlen(text);
	char *end;

	if (length == 0 || strspn(text, "-0123456789.") < length)
		return -EBADMSG;
	double value = strtod(text, &end);
	if (end == text || *end)
		return -EBADMSG;
	*ret_value = value;
	return 0;
}

int attributes_read_text(
	struct attributes *attributes, const char *attribute, char *ret_text, size_t text_bytes)
{
	int r = attributes->ops->read(attributes, attribute, ret_text, text_bytes);

	if (attributes->trace)
		hal_trace_printf(attributes->trace, attributes->name, "%s %s", attribute,
			r == 0 ? ret_text : hal_strerror(r));
	return r;
}

int attributes_read_number(struct attributes *attributes, const char *attribute, double *ret_value)
{
	char text[ATTRIBUTE_BYTES] = "";
	int r = attributes_read_text(attributes, attribute, text, sizeof(text));

	return r < 0 ? r : parse_number(text, ret_value);
}

struct attributes *attributes_close(struct attributes *attributes)
{
	if (attributes)
		attributes->ops->close(attributes);
	return NULL;
}
