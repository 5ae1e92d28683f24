/* SPDX-License-Identifier: MIT */
/*
 * Plain texts: an interval ("1000"), an LED of the tutorial ("1 0"), and an output's own topic
 * ("forward 40% 5s"). The same bytes are given to all.
 */
#include "../unit/fake_config.h"
#include "fuzz.h"
#include "payload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct payload_bytes bytes_of(const char *text, int size)
{
	return (struct payload_bytes){(const uint8_t *)text, (size_t)size, (uint64_t)size};
}

static void check_interval(const struct config *config, const struct payload_bytes *bytes)
{
	struct payload_errors errors;
	uint32_t interval_ms = 0, again_ms = 0;
	char text[24];
	int r = payload_parse_interval(config, bytes, &interval_ms, &errors);

	if (r < 0) {
		FUZZ_CHECK(r == -EINVAL && errors.count == 1 && interval_ms == 0);
		FUZZ_CHECK(errors.items[0].reason[0]);
		fuzz_check_printable(errors.items[0].path, strlen(errors.items[0].path));
		fuzz_check_printable(errors.items[0].reason, strlen(errors.items[0].reason));
		return;
	}
	FUZZ_CHECK(r == 0 && errors.count == 0);
	FUZZ_CHECK(interval_ms >= config->interval.min_ms);
	FUZZ_CHECK(interval_ms <= config->interval.max_ms);

	const struct payload_bytes plain =
		bytes_of(text, snprintf(text, sizeof(text), "%" PRIu32 "ms", interval_ms));

	FUZZ_CHECK(payload_parse_interval(config, &plain, &again_ms, &errors) == 0);
	FUZZ_CHECK(again_ms == interval_ms);
}

static void check_led(const struct config *config, const struct payload_bytes *bytes)
{
	struct payload_output led = {.output = SIZE_MAX}, again;
	char text[48];
	int r = payload_parse_led_text(config, bytes, &led);

	if (r < 0) {
		FUZZ_CHECK(r == -EINVAL && led.output == SIZE_MAX);
		return;
	}
	FUZZ_CHECK(r == 0 && led.output < config->n_outputs);
	FUZZ_CHECK(led.values.given == 1 && led.called == PAYLOAD_BY_INDEX);

	const struct payload_bytes plain = bytes_of(text,
		snprintf(text, sizeof(text), "%zu %d", config->outputs[led.output].index + 1,
			led.values.numbers[0]));

	FUZZ_CHECK(payload_parse_led_text(config, &plain, &again) == 0);
	FUZZ_CHECK(again.output == led.output && output_values_hold(&again.values, &led.values));
}

static void check_output_of(
	const struct config *config, const char *target, const struct payload_bytes *bytes)
{
	struct payload_action action, stops;
	struct payload_errors errors;
	int r = payload_parse_output_text(config, target, bytes, &action, &errors);

	if (r == 0) {
		const struct payload_output *output = &action.outputs[0];
		const struct config_output *of = &config->outputs[output->output];

		FUZZ_CHECK(errors.count == 0 && action.n_outputs == 1);
		FUZZ_CHECK(output->output < config->n_outputs);
		for (size_t i = 0; i < of->kind->n_keys; i++) {
			const struct output_range range = output_key_range(of->kind, i, of->params);

			FUZZ_CHECK(!output_values_has(&output->values, i) ||
				(output->values.numbers[i] >= range.min &&
					output->values.numbers[i] <= range.max));
		}
		FUZZ_CHECK(output->modifiers.for_ms <= 86400000);
	} else {
		FUZZ_CHECK(r == -EINVAL && errors.count > 0);
		for (size_t i = 0; i < errors.count && i < PAYLOAD_ERRORS_MAX; i++)
			fuzz_check_printable(
				errors.items[i].reason, strlen(errors.items[i].reason));
	}
	payload_action_clear(&stops);
	errors.count = 0;
	payload_parse_output_text_stops(config, target, bytes, &stops, &errors);
	for (size_t i = 0; i < stops.n_outputs; i++)
		FUZZ_CHECK(payload_is_stop(config, &stops.outputs[i]));
	FUZZ_CHECK(r < 0 || payload_is_stop(config, &action.outputs[0]) == (stops.n_outputs == 1));
}

static void check_output(const struct config *config, const struct payload_bytes *bytes)
{
	static const char *const TARGETS[] = {"led/red", "led/1", "motor/left", "motor/middle",
		"relay/other", "servo/other", "buzzer/0", "lamp/red", "", "/"};

	for (size_t i = 0; i < sizeof(TARGETS) / sizeof(TARGETS[0]); i++)
		check_output_of(config, TARGETS[i], bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct payload_bytes bytes = {data, size, size};
	struct fake_config fake;

	fake_config_init(&fake);
	fake_config_add_other_kinds(&fake);
	check_interval(&fake.config, &bytes);
	fake.config.interval.topic_unit_ms = 1000;
	check_interval(&fake.config, &bytes);
	check_led(&fake.config, &bytes);
	check_output(&fake.config, &bytes);
	return 0;
}
