/* SPDX-License-Identifier: MIT */
#include "duration.h"

#include "command.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tell(const char *what, const char *text, bool is_bare)
{
	if (is_bare)
		fprintf(stderr, "tosctl: %s %.40s has no unit: write %.40ss or %.40sms\n", what,
			text, text, text);
	else
		fprintf(stderr,
			"tosctl: %s takes a time such as 500ms, 2s or 1min, not \"%.40s\"\n", what,
			text);
	return EXIT_USAGE;
}

int duration_parse(const char *what, const char *text, uint32_t *ret_ms)
{
	static const struct {
		const char *unit;
		double ms;
	} UNITS[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
	char *end;
	double number = strtod(text, &end);

	if (end == text || !isfinite(number) || number < 0 ||
		text[strspn(text, "0123456789.")] != *end)
		return tell(what, text, false);
	for (size_t i = 0; i < sizeof(UNITS) / sizeof(*UNITS); i++) {
		double ms = round(number * UNITS[i].ms);

		if (strcmp(end, UNITS[i].unit) == 0 && ms >= 1 && ms <= UINT32_MAX) {
			*ret_ms = (uint32_t)ms;
			return -1;
		}
	}
	return tell(what, text, !*end && number > 0);
}
