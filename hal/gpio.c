/* SPDX-License-Identifier: MIT */
#include "gpio.h"
#include "hal_error.h"
#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { OFFSET_MAX = 65535 }; /* far above any chip; catches a slip of the hand */

/* Digits only: no sign, no blank, no hexadecimal. */
static int parse_offset(const char *text, uint32_t *ret_offset)
{
	uint32_t offset = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return -EINVAL;
		offset = offset * 10 + (uint32_t)(*text - '0');
		if (offset > OFFSET_MAX)
			return -EINVAL;
	}
	*ret_offset = offset;
	return 0;
}

/* A device tree may use blanks inside a name ("User LED"), but not around it. */
static int copy_name(const char *text, size_t length, char *out, size_t out_bytes)
{
	if (length < 1 || length >= out_bytes)
		return -EINVAL;
	if (isspace((unsigned char)text[0]) || isspace((unsigned char)text[length - 1]))
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (iscntrl((unsigned char)text[i]))
			return -EINVAL;
	}
	memcpy(out, text, length);
	out[length] = '\0';
	return 0;
}

int gpio_place_parse(const char *text, struct gpio_place *ret_place)
{
	struct gpio_place place = {0};
	int r;

	if (!text)
		return -EINVAL;
	/* The last colon, since labels of ACPI chips have one of their own ("INT33FF:00"). */
	const char *colon = strrchr(text, ':');
	if (colon) {
		r = parse_offset(colon + 1, &place.offset);
		if (r < 0)
			return r;
		r = copy_name(text, (size_t)(colon - text), place.chip, sizeof(place.chip));
	} else {
		r = copy_name(text, strlen(text), place.name, sizeof(place.name));
	}
	if (r < 0)
		return r;
	*ret_place = place;
	return 0;
}

int gpio_line_set(struct gpio_line *line, bool value)
{
	if (!line)
		return -EINVAL;
	int r = line->ops->set(line, value);
	if (line->trace)
		hal_trace_printf(line->trace, line->name, "set %d %s", value,
			r == 0 ? "ok" : hal_strerror(r));
	return r;
}

struct gpio_line *gpio_line_close(struct gpio_line *line)
{
	if (line)
		line->ops->close(line);
	return NULL;
}
