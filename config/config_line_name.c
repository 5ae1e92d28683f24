/* SPDX-License-Identifier: MIT */
#include "config_line_name.h"
#include "diag_lookalike.h"
#include "pi_lines.h"
#include "utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* The highest number on BCM2835, BCM2711 and RP1. Compute modules have more than the
	 * header. */
	LAST_GPIO = 57,
	DIGITS_MAX = 4,
};

/* The number after the prefix; case, and a blank or sign in between, do not matter. -1: the text is
 * something else. */
static int number_behind(const char *prefix, const char *text)
{
	size_t length = strlen(prefix);

	if (strncasecmp(text, prefix, length) != 0)
		return -1;
	text += length;
	text += strspn(text, " _.-");
	size_t digits = strspn(text, "0123456789");
	if (digits < 1 || digits > DIGITS_MAX || text[digits])
		return -1;
	return atoi(text);
}

static void suggest(int number, char cure[static CONFIG_LINE_WORDS_MAX])
{
	if (number <= LAST_GPIO)
		(void)snprintf(cure, CONFIG_LINE_WORDS_MAX, "did you mean GPIO%d?", number);
	else
		(void)snprintf(cure, CONFIG_LINE_WORDS_MAX,
			"the lines of a Raspberry Pi's header are GPIO0 to GPIO%d", PI_LINES - 1);
}

/* "gpiochip0.17", where the sign before the offset should be a colon. */
static bool is_chip_and_offset(const char *text, char cure[static CONFIG_LINE_WORDS_MAX])
{
	static const char prefix[] = "gpiochip";
	size_t chip = strlen(prefix);

	if (strncasecmp(text, prefix, chip) != 0)
		return false;
	chip += strspn(text + chip, "0123456789");
	size_t sign = strspn(text + chip, " ._/-");
	size_t offset = strspn(text + chip + sign, "0123456789");
	if (chip == strlen(prefix) || sign < 1 || offset < 1 || text[chip + sign + offset])
		return false;
	(void)snprintf(cure, CONFIG_LINE_WORDS_MAX, "did you mean gpiochip%.*s:%.*s?",
		(int)(chip - strlen(prefix)), text + strlen(prefix), (int)offset,
		text + chip + sign);
	return true;
}

/* A pin of the header, as many tables number them. */
static bool is_pin(const char *text, char cure[static CONFIG_LINE_WORDS_MAX])
{
	static const char *const prefixes[] = {"P1-", "P1_", "J8-", "J8_", "J8:"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		int pin = number_behind(prefixes[i], text);
		if (pin < 0)
			continue;
		int number = pi_line_at_pin((unsigned)pin);
		if (number >= 0)
			suggest(number, cure);
		else
			(void)snprintf(cure, CONFIG_LINE_WORDS_MAX,
				"pin %d of a Raspberry Pi's header is no GPIO line", pin);
		return true;
	}
	return false;
}

/* True for characters beyond ASCII, which no line's name has. */
static bool is_of_other_characters(const char *text, char cure[static CONFIG_LINE_WORDS_MAX])
{
	const char *end = text + strlen(text), *name = "character that is none of a line's name";
	char buffer[DIAG_LOOKALIKE_CURE_MAX];
	uint32_t code = 0;

	while (*text && (unsigned char)*text < 0x80)
		text++;
	if (!*text)
		return false;
	(void)utf8_decode(text, (size_t)(end - text), &code);
	const char *instead = diag_lookalike(code, &name);
	(void)snprintf(cure, CONFIG_LINE_WORDS_MAX, "it has U+%04X, a %s: %s", (unsigned)code, name,
		diag_lookalike_cure(instead ? instead : "", buffer));
	return true;
}

bool config_line_name_is_odd(const char *text, char ret_cure[static CONFIG_LINE_WORDS_MAX])
{
	static const char *const prefixes[] = {"GPIO", "BCM"};
	char own[16];

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		int number = number_behind(prefixes[i], text);
		if (number < 0)
			continue;
		(void)snprintf(own, sizeof(own), "GPIO%d", number);
		if (strcmp(own, text) == 0 && number <= LAST_GPIO)
			return false;
		suggest(number, ret_cure);
		return true;
	}
	return is_chip_and_offset(text, ret_cure) || is_pin(text, ret_cure) ||
		is_of_other_characters(text, ret_cure);
}
