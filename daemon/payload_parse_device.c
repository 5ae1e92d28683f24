/* SPDX-License-Identifier: MIT */
/* The words of an action for LEDs and motors. */
#include "payload_parse.h"

#include <stdio.h>
#include <string.h>

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

static ssize_t device_find(
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

static const struct payload_key LED_KEYS[] = {
	{"on", check_on}, {"bright", check_bright}, {NULL, NULL}};

void payload_check_leds(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *leds, void *target)
{
	struct payload_action *action = target;
	const cJSON *item;

	if (!payload_check_filled(parser, path, leds))
		return;
	cJSON_ArrayForEach(item, leds) {
		const struct payload_path here = {path, item->string};
		struct payload_led led = {0};
		ssize_t index = device_find(&parser->leds, item->string, &led.by_name);

		payload_check_object(parser, &here, item, LED_KEYS, &led);
		if (!address(parser, &here, &parser->leds, index))
			continue;
		led.index = (size_t)index;
		action->leds[action->n_leds++] = led;
	}
}

static void check_direction(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	static const char *const NAMES[] = {"stop", "forward", "backward", NULL};
	static const enum motor_direction DIRECTIONS[] = {
		MOTOR_STOP, MOTOR_FORWARD, MOTOR_BACKWARD};
	struct payload_motor *motor = target;
	const char *near;

	if (!cJSON_IsString(item)) {
		payload_mistake(parser, path, "must be a string, not %s", payload_type_name(item));
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
	if (near)
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

	if (payload_check_whole(parser, path, item, &RANGE, &speed))
		motor->speed = (unsigned)speed;
}

static const struct payload_key MOTOR_KEYS[] = {
	{"direction", check_direction}, {"speed", check_speed}, {NULL, NULL}};

static void add_motor(struct payload_parser *parser, const struct payload_path *path,
	struct payload_motor *motor, ssize_t index)
{
	struct payload_action *action = parser->action;

	if (!address(parser, path, &parser->motors, index))
		return;
	motor->index = (size_t)index;
	action->motors[action->n_motors++] = *motor;
}

/* {"motor":{"1":{...}}}. What is neither a motor nor looks like one is an unknown key. */
static void check_keyed_motor(
	struct payload_parser *parser, const struct payload_path *path, const cJSON *item)
{
	struct payload_motor motor = {0};
	bool by_name;
	ssize_t index = device_find(&parser->motors, path->key, &by_name);
	bool is_number = path->key[0] && !path->key[strspn(path->key, "0123456789")];

	if (index < 0 && !is_number && !cJSON_IsObject(item)) {
		payload_unknown_key(parser, path, MOTOR_KEYS);
		return;
	}
	motor.called = by_name ? PAYLOAD_MOTOR_BY_NAME : PAYLOAD_MOTOR_BY_INDEX;
	payload_check_object(parser, path, item, MOTOR_KEYS, &motor);
	add_motor(parser, path, &motor, index);
}

/* direction and speed without a motor's key are the first one's. */
void payload_check_motors(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *motors, void *target)
{
	struct payload_motor first = {.called = PAYLOAD_MOTOR_PLAIN};
	const char *first_key = NULL;
	const cJSON *item;

	(void)target;
	if (!payload_check_filled(parser, path, motors))
		return;
	cJSON_ArrayForEach(item, motors) {
		const struct payload_path here = {path, item->string};
		const struct payload_key *key = payload_key_find(MOTOR_KEYS, item->string);

		if (!key) {
			check_keyed_motor(parser, &here, item);
			continue;
		}
		key->check(parser, &here, item, &first);
		if (!first_key)
			first_key = item->string;
	}
	if (first_key && parser->motors.count == 0)
		payload_mistake(parser, path, "this gateway has no motor");
	else if (first_key)
		add_motor(parser, &(struct payload_path){path, first_key}, &first, 0);
}
