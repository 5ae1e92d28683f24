/* SPDX-License-Identifier: MIT */
/* The words of an action for LEDs and motors. */
#include "payload_parse.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The index as everybody would write it; -1: not one of count. */
static ssize_t index_find(const char *key, size_t count)
{
	size_t digits = strspn(key, "0123456789"), index = 0;

	if (digits == 0 || digits > 3 || key[digits] || (key[0] == '0' && digits > 1))
		return -1;
	for (const char *digit = key; *digit; digit++)
		index = 10 * index + (size_t)(*digit - '0');
	return index < count ? (ssize_t)index : -1;
}

ssize_t payload_device_find(
	const struct payload_devices *devices, const char *key, bool *ret_by_name)
{
	ssize_t index = index_find(key, devices->count);

	*ret_by_name = false;
	for (size_t i = 0; index < 0 && i < devices->count; i++) {
		if (strcmp(devices->names[i], key) == 0) {
			*ret_by_name = true;
			index = (ssize_t)i;
		}
	}
	return index;
}

static void no_such_device(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_devices *devices)
{
	const char *near = diag_nearest(path->key, devices->names);
	char list[144] = "none";
	size_t used = 0;

	for (size_t i = 0; i < devices->count && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%zu (%s)",
			i ? ", " : "", i, devices->names[i]);
	if (near)
		payload_mistake(parser, path, "there is no %s \"%.40s\", did you mean \"%s\"?",
			devices->kind, path->key, near);
	else
		payload_mistake(parser, path, "there is no %s \"%.40s\": this gateway has %s%s",
			devices->kind, path->key, list, used >= sizeof(list) ? "..." : "");
}

/* Whether the device may be addressed: it exists, and this is the first time. key: as the sender
 * calls it. */
static bool address(struct payload_parser *parser, const struct payload_path *path,
	struct payload_devices *devices, ssize_t index)
{
	const char *earlier;

	if (index < 0) {
		no_such_device(parser, path, devices);
		return false;
	}
	earlier = devices->addressed[index];
	if (!earlier) {
		devices->addressed[index] = path->key;
		return true;
	}
	if (strcmp(earlier, path->key) != 0)
		payload_mistake(parser, path, "the same %s as \"%.64s\"", devices->kind, earlier);
	return false; /* the same key twice is known already */
}

static void check_on(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	struct payload_led *led = target;

	if (!cJSON_IsBool(item)) {
		payload_mistake(
			parser, path, "must be true or false, not %s", payload_type_name(item));
		return;
	}
	led->has_on = true;
	led->on = cJSON_IsTrue(item);
}

static void check_bright(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	static const struct payload_range RANGE = {LED_LEVEL_MIN, LED_LEVEL_MAX, ""};
	struct payload_led *led = target;
	double bright;

	if (payload_check_whole(parser, path, item, &RANGE, &bright))
		led->bright = (unsigned)bright;
}

static const struct payload_key LED_ROWS[] = {
	{"on", check_on, NULL}, {"bright", check_bright, NULL}, {NULL, NULL, NULL}};
static const struct payload_keys LED_KEYS = {LED_ROWS, "{\"on\":true}", NULL};
static const struct payload_keys LEDS_KEYS = {NULL, "{\"0\":{\"on\":true}}", NULL};

bool payload_key_is_of_leds(const char *key)
{
	return payload_key_find(&LED_KEYS, key) != NULL;
}

void payload_check_leds(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *leds, void *target)
{
	struct payload_action *action = target;
	const cJSON *item;

	if (!payload_check_filled(parser, path, leds, &LEDS_KEYS))
		return;
	cJSON_ArrayForEach(item, leds) {
		const struct payload_path here = {path, item->string};
		struct payload_led led = {0};
		ssize_t index = payload_device_find(&parser->leds, item->string, &led.by_name);

		payload_check_object(parser, &here, item, &LED_KEYS, &led);
		if (!address(parser, &here, &parser->leds, index))
			continue;
		led.index = (size_t)index;
		action->leds[action->n_leds++] = led;
	}
}

/* --- what stops a motor --- */

bool payload_is_stop_word(const cJSON *item)
{
	return cJSON_IsString(item) && strcmp(item->valuestring, "stop") == 0;
}

static bool is_zero(const cJSON *item)
{
	return cJSON_IsNumber(item) && item->valuedouble == 0;
}

static bool is_false(const cJSON *item)
{
	return cJSON_IsFalse(item);
}

bool payload_word_means_stop(const char *word)
{
	static const char *const WORDS[] = {
		"stop", "stopped", "stopp", "off", "halt", "brake", "none", "0", "false"};

	for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
		if (strcasecmp(word, WORDS[i]) == 0)
			return true;
	}
	return false;
}

bool payload_looks_like_stop(const cJSON *item)
{
	if (cJSON_IsString(item))
		return payload_word_means_stop(item->valuestring) && !payload_is_stop_word(item);
	return cJSON_IsFalse(item) || cJSON_IsNull(item) || is_zero(item);
}

static void check_direction(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	static const char *const NAMES[] = {"stop", "forward", "backward", NULL};
	static const enum motor_direction DIRECTIONS[] = {
		MOTOR_STOP, MOTOR_FORWARD, MOTOR_BACKWARD};
	bool may_mean_stop = payload_looks_like_stop(item);
	struct payload_motor *motor = target;
	const char *near;

	if (!cJSON_IsString(item)) {
		payload_mistake(parser, path, "must be a string, not %s%s", payload_type_name(item),
			may_mean_stop ? ": to stop it, say \"stop\"" : "");
		return;
	}
	for (size_t i = 0; NAMES[i]; i++) {
		if (strcmp(NAMES[i], item->valuestring) == 0) {
			motor->has_direction = true;
			motor->direction = DIRECTIONS[i];
			return;
		}
	}
	near = diag_nearest(item->valuestring, NAMES);
	if (may_mean_stop)
		payload_mistake(parser, path, "\"%.64s\" is no direction: to stop it, say \"stop\"",
			item->valuestring);
	else if (near)
		payload_mistake(parser, path, "\"%.64s\" is no direction, did you mean \"%s\"?",
			item->valuestring, near);
	else
		payload_mistake(parser, path,
			"\"%.64s\" is none of \"forward\", \"backward\", \"stop\"",
			item->valuestring);
}

static void check_speed(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	static const struct payload_range RANGE = {MOTOR_SPEED_MIN, MOTOR_SPEED_MAX, ""};
	struct payload_motor *motor = target;
	double speed;

	if (payload_is_stop_word(item) || payload_looks_like_stop(item))
		payload_mistake(parser, path,
			"must be a whole number, not %s: to stop it, say \"speed\":0",
			payload_type_name(item));
	else if (payload_check_whole(parser, path, item, &RANGE, &speed))
		motor->speed = (unsigned)speed;
}

static const struct payload_key MOTOR_ROWS[] = {
	{"direction", check_direction, payload_is_stop_word},
	{"speed", check_speed, is_zero},
	{"on", NULL, is_false},
	{"percent", NULL, is_zero},
	{NULL, NULL, NULL},
};

#define MOTOR_EXAMPLE "{\"direction\":\"forward\",\"speed\":5}"

const struct payload_keys PAYLOAD_MOTOR_KEYS = {
	MOTOR_ROWS, MOTOR_EXAMPLE, "\"direction\":\"stop\""};
static const struct payload_keys KEYED_MOTOR_KEYS = {MOTOR_ROWS, MOTOR_EXAMPLE, "\"stop\""};
static const struct payload_keys MOTORS_KEYS = {MOTOR_ROWS, MOTOR_EXAMPLE, "{\"motor\":\"stop\"}"};

static void add_motor(struct payload_parser *parser, const struct payload_path *path,
	struct payload_motor *motor, ssize_t index)
{
	struct payload_action *action = parser->action;

	if (!address(parser, path, &parser->motors, index))
		return;
	motor->index = (size_t)index;
	action->motors[action->n_motors++] = *motor;
}

/* Whatever direction stands beside it. */
static void stop_motor(struct payload_motor *motor)
{
	motor->has_direction = true;
	motor->direction = MOTOR_STOP;
}

/* {"motor":{"1":{...}}} or {"motor":{"1":"stop"}}. What is neither a motor nor looks like one is an
 * unknown key. */
static void check_keyed_motor(
	struct payload_parser *parser, const struct payload_path *path, const cJSON *item)
{
	struct payload_motor motor = {0};
	bool by_name, is_stop = payload_is_stop_word(item);
	ssize_t index = payload_device_find(&parser->motors, path->key, &by_name);
	bool is_number = path->key[0] && !path->key[strspn(path->key, "0123456789")];

	if (index < 0 && !is_number && !cJSON_IsObject(item) && !is_stop) {
		payload_unknown_key(parser, path, &PAYLOAD_MOTOR_KEYS);
		return;
	}
	motor.called = by_name ? PAYLOAD_MOTOR_BY_NAME : PAYLOAD_MOTOR_BY_INDEX;
	parser->stopped = is_stop;
	if (!is_stop)
		payload_check_object(parser, path, item, &KEYED_MOTOR_KEYS, &motor);
	if (parser->stopped)
		stop_motor(&motor);
	add_motor(parser, path, &motor, index);
}

/* {"motor":"stop"} */
static void stop_every_motor(struct payload_parser *parser, const struct payload_path *path)
{
	if (parser->motors.count == 0)
		payload_mistake(parser, path, "this gateway has no motor");
	for (size_t i = 0; i < parser->motors.count; i++) {
		struct payload_motor motor = {.called = payload_motor_called(parser->config)};

		stop_motor(&motor);
		add_motor(parser, path, &motor, (ssize_t)i);
	}
}

/* direction and speed without a motor's key are the first one's. */
void payload_check_motors(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *motors, void *target)
{
	struct payload_motor first = {.called = PAYLOAD_MOTOR_PLAIN};
	const char *first_key = NULL;
	bool is_first_stopped = false;
	const cJSON *item;

	(void)target;
	if (payload_is_stop_word(motors)) {
		stop_every_motor(parser, path);
		return;
	}
	if (!payload_check_filled(parser, path, motors, &MOTORS_KEYS))
		return;
	cJSON_ArrayForEach(item, motors) {
		const struct payload_path here = {path, item->string};
		const struct payload_key *key = payload_key_find(&PAYLOAD_MOTOR_KEYS, item->string);

		if (!key || !key->check) {
			check_keyed_motor(parser, &here, item);
			continue;
		}
		parser->stopped = false;
		payload_check_value(parser, &here, key, item, &first);
		is_first_stopped = is_first_stopped || parser->stopped;
		if (!first_key)
			first_key = item->string;
	}
	if (is_first_stopped)
		stop_motor(&first);
	if (first_key && parser->motors.count == 0)
		payload_mistake(parser, path, "this gateway has no motor");
	else if (first_key)
		add_motor(parser, &(struct payload_path){path, first_key}, &first, 0);
}
