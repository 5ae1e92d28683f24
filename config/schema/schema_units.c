/* SPDX-License-Identifier: MIT */
#include "schema_units.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	double factor;   /* base units in one of this unit */
	bool input_only; /* accepted, but not used to show a value */
};

static const struct unit duration_units[] = {
	{"us", 1, false},
	{"ms", 1e3, false},
	{"s", 1e6, false},
	{"min", 60e6, false},
	{"h", 3600e6, false},
	{"d", 24 * 3600e6, true},
	{0},
};

static const struct unit size_units[] = {
	{"B", 1, false},
	{"KiB", 1024, false},
	{"MiB", 1024.0 * 1024, false},
	{"GiB", 1024.0 * 1024 * 1024, false},
	{"kB", 1e3, true},
	{"MB", 1e6, true},
	{"GB", 1e9, true},
	{0},
};

static const struct unit frequency_units[] = {
	{"Hz", 1, false}, {"kHz", 1e3, false}, {"MHz", 1e6, false}, {0}};
static const struct unit percent_units[] = {{"%", 0.01, false}, {0}};
static const struct unit voltage_units[] = {{"V", 1, false}, {"mV", 1e-3, false}, {0}};

/* NULL: numbers of this type have no unit. */
static const struct unit *units_of(enum schema_type type)
{
	switch (type) {
	case SCHEMA_DURATION:
		return duration_units;
	case SCHEMA_SIZE:
		return size_units;
	case SCHEMA_FREQUENCY:
		return frequency_units;
	case SCHEMA_PERCENT:
		return percent_units;
	case SCHEMA_VOLTAGE:
		return voltage_units;
	default:
		return NULL;
	}
}

static size_t count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* Length of the decimal number at the start of the text; 0 if there is none. Stricter than
 * strtod(), which also takes "inf", "nan" and hexadecimal. */
static size_t number_length(const char *text)
{
	const char *p = text;

	if (*p == '+' || *p == '-')
		p++;
	size_t digits = count_digits(p);
	p += digits;
	if (*p == '.') {
		size_t fraction = count_digits(p + 1);
		digits += fraction;
		p += 1 + fraction;
	}
	if (!digits)
		return 0;
	if (*p == 'e' || *p == 'E') {
		const char *exponent = p + 1;
		if (*exponent == '+' || *exponent == '-')
			exponent++;
		if (count_digits(exponent))
			p = exponent + count_digits(exponent);
	}
	return (size_t)(p - text);
}

int schema_units_parse(enum schema_type type, const char *text, double *ret_value)
{
	const struct unit *units = units_of(type);
	size_t length = number_length(text);
	char number[SCHEMA_UNITS_TEXT_MAX];

	if (!length || length >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, length);
	number[length] = '\0';
	double value = strtod(number, NULL);
	if (!isfinite(value))
		return -EINVAL;

	const char *name = text + length;
	if (!units) {
		if (*name)
			return -EINVAL;
		*ret_value = value;
		return 0;
	}
	name += strspn(name, " ");
	if (!*name)
		return -ENODATA;
	for (; units->name; units++) {
		if (strcmp(units->name, name) == 0) {
			*ret_value = value * units->factor;
			return 0;
		}
	}
	return -ENOENT;
}

/* Units as other programs write them. */
static const struct {
	const char *word, *unit;
} OTHER_WORDS[] = {
	{"sec", "s"},
	{"secs", "s"},
	{"second", "s"},
	{"seconds", "s"},
	{"msec", "ms"},
	{"usec", "us"},
	{"µs", "us"}, /* U+00B5 */
	{"μs", "us"}, /* U+03BC */
	{"mins", "min"},
	{"minute", "min"},
	{"minutes", "min"},
	{"hr", "h"},
	{"hour", "h"},
	{"hours", "h"},
	{"day", "d"},
	{"days", "d"},
	{"K", "KiB"},
	{"M", "MiB"},
	{"G", "GiB"},
	{"percent", "%"},
	{"volt", "V"},
	{"volts", "V"},
};

/* The unit that differs in case only, or that has word as another name. NULL: none. */
static const char *meant_unit(const struct unit *units, const char *word)
{
	for (const struct unit *unit = units; unit->name; unit++) {
		if (strcasecmp(unit->name, word) == 0)
			return unit->name;
	}
	for (size_t i = 0; i < sizeof(OTHER_WORDS) / sizeof(OTHER_WORDS[0]); i++) {
		if (strcasecmp(OTHER_WORDS[i].word, word) != 0)
			continue;
		for (const struct unit *unit = units; unit->name; unit++) {
			if (strcmp(unit->name, OTHER_WORDS[i].unit) == 0)
				return unit->name;
		}
	}
	return NULL;
}

bool schema_units_meant(
	enum schema_type type, const char *text, char hint[static SCHEMA_UNITS_HINT_MAX])
{
	const struct unit *units = units_of(type);
	int length = (int)number_length(text);
	const char *word = text + length + strspn(text + length, " ");

	if (!units || length > SCHEMA_UNITS_TEXT_MAX / 4)
		return false;
	if (type == SCHEMA_DURATION && strcmp(word, "m") == 0) {
		(void)snprintf(hint, SCHEMA_UNITS_HINT_MAX,
			"m could be either: write %.*smin or %.*sms", length, text, length, text);
		return true;
	}
	const char *unit = meant_unit(units, word);
	if (unit)
		(void)snprintf(
			hint, SCHEMA_UNITS_HINT_MAX, "did you mean %.*s%s?", length, text, unit);
	return unit != NULL;
}

void schema_units_list(enum schema_type type, char list[static SCHEMA_UNITS_TEXT_MAX])
{
	const struct unit *units = units_of(type);
	size_t used = 0;

	list[0] = '\0';
	for (; units && units->name; units++) {
		const char *joint = !used ? "" : units[1].name ? ", " : " or ";
		int n = snprintf(
			list + used, SCHEMA_UNITS_TEXT_MAX - used, "%s%s", joint, units->name);
		used += (size_t)n;
	}
}

void schema_units_format(
	enum schema_type type, double value, char text[static SCHEMA_UNITS_TEXT_MAX])
{
	const struct unit *units = units_of(type), *best = units;

	if (value == 0) { /* 0 needs no unit */
		(void)snprintf(text, SCHEMA_UNITS_TEXT_MAX, "0");
		return;
	}
	/* The largest unit in which the number is whole. */
	for (const struct unit *unit = units; unit && unit->name; unit++) {
		double number = value / unit->factor;
		if (!unit->input_only && unit->factor > best->factor && number >= 1 &&
			fabs(number - round(number)) < 1e-9 * number)
			best = unit;
	}
	(void)snprintf(text, SCHEMA_UNITS_TEXT_MAX, "%.9g%s", best ? value / best->factor : value,
		best ? best->name : "");
}
