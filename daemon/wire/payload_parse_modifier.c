/* SPDX-License-Identifier: MIT */
/* The modifiers of an action, which stand beside the keys of any output: one row each. */
#include "json_writer.h"
#include "payload_parse.h"

#include <string.h>

#define FOR_MAX_MS 86400000.0 /* a day */

static bool is_for_all(const struct output_kind *kind)
{
	(void)kind;
	return true;
}

static void check_for(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, struct output_modifiers *modifiers)
{
	static const struct payload_range RANGE = {1, FOR_MAX_MS, " ms", 0};
	double for_ms;

	if (payload_check_number(parser, path, item, &RANGE, &for_ms))
		modifiers->for_ms = (uint32_t)for_ms;
}

static bool can_be_toggled(const struct output_kind *kind)
{
	return output_toggle_key(kind) >= 0;
}

/* false would mean nothing. */
static void check_toggle(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, struct output_modifiers *modifiers)
{
	if (cJSON_IsTrue(item))
		modifiers->toggle = true;
	else if (cJSON_IsFalse(item))
		payload_mistake(parser, path, "must be true: leave it out where nothing toggles");
	else
		payload_mistake(parser, path, "must be true, not %s", payload_type_name(item));
}

static bool can_fade(const struct output_kind *kind)
{
	return kind->fade != NULL;
}

static void check_fade(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, struct output_modifiers *modifiers)
{
	static const struct payload_range RANGE = {0, OUTPUT_FADE_MAX_MS, " ms", 0};
	double fade_ms;

	modifiers->has_fade = payload_check_number(parser, path, item, &RANGE, &fade_ms);
	if (modifiers->has_fade)
		modifiers->fade_ms = (uint32_t)fade_ms;
}

/* One of an interlock is on or off at once. */
static bool fades(const struct config_output *output)
{
	enum port_type ports[OUTPUT_PORTS_MAX];

	config_output_ports(output, ports);
	return output_can_fade(output->kind, ports) && !output->interlock;
}

static const struct modifier {
	const char *name;
	bool (*is_of)(const struct output_kind *kind);
	bool (*takes)(const struct config_output *output); /* of such a kind; NULL: each does */
	void (*check)(struct payload_parser *parser, const struct payload_path *path,
		const cJSON *item, struct output_modifiers *modifiers);
} MODIFIERS[] = {
	{"for", is_for_all, NULL, check_for},
	{"toggle", can_be_toggled, NULL, check_toggle},
	{"fade", can_fade, fades, check_fade},
};

enum { N_MODIFIERS = sizeof(MODIFIERS) / sizeof(MODIFIERS[0]) };

static const struct modifier *find(const struct output_kind *kind, const char *name)
{
	for (size_t i = 0; i < N_MODIFIERS; i++)
		if (MODIFIERS[i].is_of(kind) && strcmp(MODIFIERS[i].name, name) == 0)
			return &MODIFIERS[i];
	return NULL;
}

bool payload_is_modifier(const struct output_kind *kind, const char *name)
{
	return find(kind, name) != NULL;
}

const char *payload_modifier_name(const struct output_kind *kind, size_t index)
{
	for (size_t i = 0; i < N_MODIFIERS; i++)
		if (MODIFIERS[i].is_of(kind) && index-- == 0)
			return MODIFIERS[i].name;
	return NULL;
}

void payload_add_modifiers(struct json_writer *json, const struct config_output *output)
{
	json_array(json, "modifiers");
	for (size_t i = 0; i < N_MODIFIERS; i++) {
		const struct modifier *modifier = &MODIFIERS[i];

		if (modifier->is_of(output->kind) && (!modifier->takes || modifier->takes(output)))
			json_text(json, NULL, modifier->name);
	}
	json_array_end(json);
}

void payload_check_modifier(struct payload_parser *parser, const struct payload_path *path,
	const struct output_kind *kind, const cJSON *item, struct output_modifiers *modifiers)
{
	find(kind, path->key)->check(parser, path, item, modifiers);
}

/* True if the action leaves it on, or may. */
static bool turns_on(const struct config_output *config, const struct payload_output *output)
{
	const struct output_values *rest = &config->kind->rest;

	return (output->values.given & rest->given) != rest->given ||
		!output_is_at_rest(config->kind, &output->values);
}

static void check_pair(struct payload_parser *parser, const struct payload_output *a,
	const struct payload_output *b)
{
	const struct config_output *one = &parser->config->outputs[a->output];
	const struct config_output *other = &parser->config->outputs[b->output];
	const struct payload_path up = {NULL, other->kind->word};
	const struct payload_path path = {&up, other->name};

	if (one->interlock && other->interlock && strcmp(one->interlock, other->interlock) == 0 &&
		turns_on(one, a) && turns_on(other, b))
		payload_mistake(parser, &path,
			"at most one of the interlock \"%s\" can be on, and \"%s\" is in this "
			"action, "
			"too",
			other->interlock, one->name);
}

void payload_check_interlocks(struct payload_parser *parser)
{
	const struct payload_action *action = parser->action;

	for (size_t i = 0; i < action->n_outputs; i++) {
		if (!parser->config->outputs[action->outputs[i].output].interlock)
			continue;
		for (size_t j = i + 1; j < action->n_outputs; j++)
			check_pair(parser, &action->outputs[i], &action->outputs[j]);
	}
}

/* The settings of the output in the map may rule out a fade. */
static void check_fade_of(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of)
{
	const struct payload_path at_fade = {path, "fade"};

	if (fades(of->output))
		return;
	if (of->output->interlock)
		payload_mistake(parser, &at_fade,
			"this %s is in the interlock \"%s\": it is on or off at once",
			of->kind->noun, of->output->interlock);
	else
		payload_mistake(parser, &at_fade, "this %s is on a plain line: it is on or off",
			of->kind->noun);
}

void payload_check_modifiers(struct payload_parser *parser, const struct payload_path *path,
	const struct payload_key_of *of, const struct payload_output *output)
{
	const struct output_kind *kind = of->kind;
	uint64_t max_on_us = of->output ? of->output->max_on_us : 0;
	const struct payload_path at_for = {path, "for"}, at_toggle = {path, "toggle"};
	const struct output_values *values = &output->values;
	int toggled = output->modifiers.toggle ? output_toggle_key(kind) : -1;
	bool rests = (values->given & kind->rest.given) == kind->rest.given &&
		output_is_at_rest(kind, values);

	if (max_on_us > 0 && UINT64_C(1000) * output->modifiers.for_ms > max_on_us)
		payload_mistake(parser, &at_for, "%u ms is more than its max_on, %.15g ms",
			output->modifiers.for_ms, (double)max_on_us / 1000);
	if (output->modifiers.for_ms && rests)
		payload_mistake(parser, &at_for,
			"beside a stop it means nothing: it is how long something is to go on");
	if (toggled >= 0 && output_values_has(values, (size_t)toggled))
		payload_mistake(parser, &at_toggle,
			"\"toggle\" and \"%s\" are two answers to one question: send one of them",
			kind->keys[toggled].name);
	if (output->modifiers.has_fade && of->output)
		check_fade_of(parser, path, of);
}
