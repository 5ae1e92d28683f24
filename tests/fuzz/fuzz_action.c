/* SPDX-License-Identifier: MIT */
/*
 * An action as anybody may publish it. What is accepted means the same when the gateway says it
 * back; what is refused names its mistakes in printable words, and nothing of it is kept.
 */
#include "../unit/fake_config.h"
#include "fuzz.h"
#include "json_scan.h"
#include "link.h"
#include "payload.h"

#include <errno.h>
#include <string.h>

enum { UNTOUCHED = 0xa5 };

static const uint64_t NOW_MS = UINT64_C(1795360000123);

static void check_id(const struct payload_id *id)
{
	size_t size = strnlen(id->string, sizeof(id->string));

	switch (id->kind) {
	case PAYLOAD_ID_NONE:
		break;
	case PAYLOAD_ID_STRING:
		FUZZ_CHECK(size <= PAYLOAD_ID_MAX);
		break;
	case PAYLOAD_ID_INTEGER:
		FUZZ_CHECK(id->integer >= -(INT64_C(1) << 53) && id->integer <= INT64_C(1) << 53);
		break;
	default:
		fuzz_failed(__FILE__, __LINE__, "an id of no kind");
	}
}

static void check_leds(const struct config *config, const struct payload_action *action)
{
	FUZZ_CHECK(action->n_leds <= config->n_leds);
	for (size_t i = 0; i < action->n_leds; i++) {
		const struct payload_led *led = &action->leds[i];

		FUZZ_CHECK(led->index < config->n_leds);
		FUZZ_CHECK(led->has_on || led->bright);
		FUZZ_CHECK(led->bright <= LED_LEVEL_MAX);
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(action->leds[j].index != led->index);
	}
}

static void check_motors(const struct config *config, const struct payload_action *action)
{
	FUZZ_CHECK(action->n_motors <= config->n_motors);
	for (size_t i = 0; i < action->n_motors; i++) {
		const struct payload_motor *motor = &action->motors[i];

		FUZZ_CHECK(motor->index < config->n_motors);
		FUZZ_CHECK(motor->has_direction || motor->speed);
		FUZZ_CHECK(motor->direction <= MOTOR_BACKWARD);
		FUZZ_CHECK(motor->speed <= MOTOR_SPEED_MAX);
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(action->motors[j].index != motor->index);
	}
}

/* Field by field, for a struct has holes; the order of the devices may differ. */
static void check_equal(const struct payload_action *a, const struct payload_action *b)
{
	FUZZ_CHECK(a->n_leds == b->n_leds && a->n_motors == b->n_motors);
	FUZZ_CHECK(a->interval_ms == b->interval_ms);
	for (size_t i = 0, j = 0; i < a->n_leds; i++, j = 0) {
		while (j < b->n_leds && b->leds[j].index != a->leds[i].index)
			j++;
		FUZZ_CHECK(j < b->n_leds && a->leds[i].by_name == b->leds[j].by_name);
		FUZZ_CHECK(a->leds[i].has_on == b->leds[j].has_on);
		FUZZ_CHECK(a->leds[i].on == b->leds[j].on);
		FUZZ_CHECK(a->leds[i].bright == b->leds[j].bright);
	}
	for (size_t i = 0, j = 0; i < a->n_motors; i++, j = 0) {
		while (j < b->n_motors && b->motors[j].index != a->motors[i].index)
			j++;
		FUZZ_CHECK(j < b->n_motors && a->motors[i].called == b->motors[j].called);
		FUZZ_CHECK(a->motors[i].has_direction == b->motors[j].has_direction);
		FUZZ_CHECK(a->motors[i].direction == b->motors[j].direction);
		FUZZ_CHECK(a->motors[i].speed == b->motors[j].speed);
	}
}

/* What the sender is told about it. Its id comes back as it was, whatever characters are in it. */
static void check_answer(const struct config *config, const struct payload_action *applied,
	const struct payload_errors *errors)
{
	static char text[LINK_PAYLOAD_MAX];
	struct json_mistake mistake;
	int size = payload_format_answer(config, applied, errors, text, sizeof(text));

	FUZZ_CHECK(size > 0);
	FUZZ_CHECK(
		json_scan((const uint8_t *)text, (size_t)size, PAYLOAD_DEPTH_MAX, &mistake) == 0);
}

static void check_accepted(const struct config *config, const struct payload_action *action)
{
	static char text[PAYLOAD_ACTION_MAX];
	struct payload_action again;
	struct payload_errors errors;
	int size = payload_format_state(config, action, text, sizeof(text));
	const struct payload_bytes bytes = {(const uint8_t *)text, (size_t)size, (uint64_t)size};

	FUZZ_CHECK(action->n_leds || action->n_motors || action->interval_ms);
	if (action->interval_ms) {
		FUZZ_CHECK(action->interval_ms >= config->interval.min_ms);
		FUZZ_CHECK(action->interval_ms <= config->interval.max_ms);
	}
	check_leds(config, action);
	check_motors(config, action);
	FUZZ_CHECK(size > 0);
	FUZZ_CHECK(payload_parse_action(config, &bytes, NOW_MS, &again, &errors) == 0);
	check_equal(action, &again);
	check_answer(config, action, NULL);
}

static void check_refused(const struct config *config, const struct payload_action *action,
	const struct payload_errors *errors)
{
	struct payload_action only_id = {.id = action->id};
	const uint8_t *rest = (const uint8_t *)&action->n_leds;
	size_t kept = errors->count < PAYLOAD_ERRORS_MAX ? errors->count : PAYLOAD_ERRORS_MAX;

	FUZZ_CHECK(errors->count > 0);
	for (size_t i = 0; i < kept; i++) {
		const struct payload_error *error = &errors->items[i];

		FUZZ_CHECK(error->reason[0]);
		fuzz_check_printable(error->path, strlen(error->path));
		fuzz_check_printable(error->reason, strlen(error->reason));
	}
	for (size_t i = 0; i < sizeof(*action) - offsetof(struct payload_action, n_leds); i++)
		FUZZ_CHECK(rest[i] == UNTOUCHED);
	check_answer(config, &only_id, errors);
}

static bool is_stop(const struct payload_motor *motor)
{
	return motor->has_direction && motor->direction == MOTOR_STOP;
}

/* Found without a tree, and the same as with one: in what is accepted, the motors that it stops
 * come first. In what is refused there may be any number, each motor once. */
static void check_stops(const struct config *config, const struct payload_bytes *bytes,
	const struct payload_action *accepted)
{
	struct payload_action stops;
	struct payload_errors errors;
	size_t n = 0;

	payload_action_clear(&stops);
	errors.count = 0;
	payload_parse_stops(config, bytes, &stops, &errors);
	FUZZ_CHECK(errors.count <= 1);
	check_motors(config, &stops);
	for (size_t i = 0; i < stops.n_motors; i++)
		FUZZ_CHECK(is_stop(&stops.motors[i]));
	if (!accepted)
		return;
	for (size_t i = 0; i < accepted->n_motors; i++) {
		if (!is_stop(&accepted->motors[i]))
			continue;
		n++;
		FUZZ_CHECK(stops.n_motors == accepted->n_motors);
		for (size_t j = 0; j < stops.n_motors; j++)
			if (stops.motors[j].index == accepted->motors[i].index)
				FUZZ_CHECK(stops.motors[j].speed == accepted->motors[i].speed);
	}
	FUZZ_CHECK(n > 0 || stops.n_motors == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct payload_bytes bytes = {data, size, size};
	struct fake_config fake;
	struct payload_action action;
	struct payload_errors errors;
	int r;

	fake_config_init(&fake);
	memset(&action, UNTOUCHED, sizeof(action));
	memset(&errors, UNTOUCHED, sizeof(errors));
	r = payload_parse_action(&fake.config, &bytes, NOW_MS, &action, &errors);
	check_id(&action.id);
	if (r == 0) {
		FUZZ_CHECK(errors.count == 0);
		check_accepted(&fake.config, &action);
		check_stops(&fake.config, &bytes, &action);
	} else {
		FUZZ_CHECK(r == -EINVAL);
		check_refused(&fake.config, &action, &errors);
		check_stops(&fake.config, &bytes, NULL);
	}
	return 0;
}
