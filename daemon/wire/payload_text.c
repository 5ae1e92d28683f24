/* SPDX-License-Identifier: MIT */
/* The tutorial's plain texts. */
#include "payload.h"
#include "schema_units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char INTERVAL_PATH[] = "sensors.interval";

enum { QUOTE_MAX = 40 }; /* bytes of the message, in an answer */

struct text {
	const uint8_t *at, *end;
};

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool skip_space(struct text *text)
{
	const uint8_t *begin = text->at;

	while (text->at < text->end && is_space(*text->at))
		text->at++;
	return text->at > begin;
}

/* Parses digits; a number beyond uint64_t becomes UINT64_MAX. */
static bool take_number(struct text *text, uint64_t *ret_number)
{
	const uint8_t *begin = text->at;
	uint64_t number = 0;

	for (; text->at < text->end && is_digit(*text->at); text->at++) {
		unsigned digit = (unsigned)(*text->at - '0');

		if (number > (UINT64_MAX - digit) / 10)
			number = UINT64_MAX;
		else
			number = number * 10 + digit;
	}
	if (text->at == begin)
		return false;
	*ret_number = number;
	return true;
}

/* The text without the white space around it. */
static struct text text_of(const struct payload_bytes *bytes)
{
	struct text text = {bytes->data, bytes->data + bytes->size};

	(void)skip_space(&text);
	while (text.end > text.at && is_space(text.end[-1]))
		text.end--;
	return text;
}

/* The text as far as it is shown, with a NUL. */
static void quote(const struct text *text, char out[QUOTE_MAX + 1])
{
	size_t size = (size_t)(text->end - text->at);

	if (size > QUOTE_MAX)
		size = QUOTE_MAX;
	for (size_t i = 0; i < size; i++)
		out[i] = text->at[i] ? (char)text->at[i] : '?';
	out[size] = '\0';
}

/* hint: what it should have been, or "". */
static int refuse_interval(const struct config *config, const struct text *text, const char *hint,
	struct payload_errors *errors)
{
	char shown[QUOTE_MAX + 1];

	quote(text, shown);
	payload_error_add(errors, INTERVAL_PATH, "\"%s\" is not a %s%s%s", shown,
		config->interval.topic_unit_ms == 1 ? "whole number of milliseconds"
						    : "number of seconds",
		*hint ? ": " : "", hint);
	return -EINVAL;
}

static bool is_whole(const struct text *text)
{
	struct text rest = *text;
	uint64_t number;

	return take_number(&rest, &number) && rest.at == rest.end;
}

/* As a duration of the map, with the topic's unit where it has none. "": it is none. */
static void write_duration(
	const struct config *config, const struct text *text, char out[SCHEMA_UNITS_TEXT_MAX])
{
	size_t size = (size_t)(text->end - text->at);
	bool is_ms = config->interval.topic_unit_ms == 1;
	double number;

	out[0] = '\0';
	if (size + sizeof("ms") > SCHEMA_UNITS_TEXT_MAX || memchr(text->at, '\0', size))
		return;
	memcpy(out, text->at, size);
	out[size] = '\0';
	if (schema_units_parse(SCHEMA_DURATION, out, &number) != -ENODATA)
		return;
	if (is_ms && !is_whole(text))
		out[0] = '\0';
	else
		memcpy(out + size, is_ms ? "ms" : "s", is_ms ? sizeof("ms") : sizeof("s"));
}

int payload_parse_interval(const struct config *config, const struct payload_bytes *bytes,
	uint32_t *ret_interval_ms, struct payload_errors *errors)
{
	const struct config_interval *limits = &config->interval;
	const struct text text = text_of(bytes);
	char duration[SCHEMA_UNITS_TEXT_MAX], hint[SCHEMA_UNITS_HINT_MAX] = "";
	double us, interval_ms;
	int r;

	errors->count = 0;
	if (bytes->true_size > PAYLOAD_ACTION_MAX)
		return refuse_interval(config, &text, "", errors);
	write_duration(config, &text, duration);
	r = schema_units_parse(SCHEMA_DURATION, duration, &us);
	if (r == -ENOENT)
		(void)schema_units_meant(SCHEMA_DURATION, duration, hint);
	if (r < 0)
		return refuse_interval(config, &text, hint, errors);
	interval_ms = round(us / 1e3);
	if (interval_ms < limits->min_ms || interval_ms > limits->max_ms) {
		char shown[QUOTE_MAX + 1];

		quote(&text, shown);
		payload_error_add(errors, INTERVAL_PATH,
			"%s%s is outside %" PRIu32 "..%" PRIu32 " ms", shown,
			limits->topic_unit_ms != 1 && isdigit((unsigned char)text.end[-1]) ? " s"
											   : "",
			limits->min_ms, limits->max_ms);
		return -EINVAL;
	}
	if (fabs(us - 1e3 * interval_ms) > 1e-3) {
		payload_error_add(errors, INTERVAL_PATH, "%s is not a whole number of milliseconds",
			duration);
		return -EINVAL;
	}
	*ret_interval_ms = (uint32_t)interval_ms;
	return 0;
}

int payload_parse_led_text(const struct config *config, const struct payload_bytes *bytes,
	struct payload_output *ret_led)
{
	const struct output_kind *kind = output_kind_find("led");
	const struct config_outputs_of *leds = payload_outputs_of(config, kind);
	struct text text = text_of(bytes);
	uint64_t number, state;

	if (bytes->true_size > PAYLOAD_ACTION_MAX || !take_number(&text, &number) ||
		!skip_space(&text) || !take_number(&text, &state) || text.at != text.end)
		return -EINVAL;
	if (number < 1 || number > leds->n || state > 1)
		return -EINVAL;
	*ret_led = (struct payload_output){
		.output = leds->first + (size_t)number - 1, .called = PAYLOAD_BY_INDEX};
	output_values_set(&ret_led->values, (size_t)output_key_find(kind, "on"), (int)state);
	return 0;
}
