/* SPDX-License-Identifier: MIT */
#include "output_kind.h"

#include <errno.h>
#include <string.h>

const struct output_kind *output_kind_find(const char *word)
{
	for (const struct output_kind *const *kind = output_kind_table; *kind; kind++) {
		if (strcmp((*kind)->word, word) == 0)
			return *kind;
	}
	return NULL;
}

size_t output_kind_index(const struct output_kind *kind)
{
	size_t index = 0;

	while (output_kind_table[index] && output_kind_table[index] != kind)
		index++;
	return index;
}

int output_key_find(const struct output_kind *kind, const char *name)
{
	for (size_t i = 0; i < kind->n_keys; i++) {
		if (!kind->keys[i].is_hidden && strcmp(kind->keys[i].name, name) == 0)
			return (int)i;
	}
	return -ENOENT;
}

static int coarse_of(const struct output_key *key, int number)
{
	return (number + key->per_coarse - 1) / key->per_coarse;
}

void output_values_complete(const struct output_kind *kind, struct output_values *values)
{
	for (size_t i = 0; i < kind->n_keys; i++) {
		const struct output_key *key = &kind->keys[i];

		if (!key->per_coarse)
			continue;
		if (output_values_has(values, i))
			output_values_set(values, key->coarse, coarse_of(key, values->numbers[i]));
		else if (output_values_has(values, key->coarse))
			output_values_set(
				values, i, values->numbers[key->coarse] * key->per_coarse);
	}
}

void output_values_remember(const struct output_kind *kind, struct output_values *values)
{
	for (size_t i = 0; i < kind->n_keys; i++) {
		size_t key = kind->keys[i].remembers;

		if (kind->keys[i].is_hidden && output_values_has(values, key) &&
			values->numbers[key] != kind->keys[key].stop)
			output_values_set(values, i, values->numbers[key]);
	}
}

/* Keys that are only for actions are not remembered. */
static void drop_resuming(const struct output_kind *kind, struct output_values *values)
{
	for (size_t i = 0; i < kind->n_keys; i++)
		if (kind->keys[i].resumes)
			values->given &= ~(1U << i);
}

void output_values_stop(const struct output_kind *kind, struct output_values *values)
{
	output_values_remember(kind, values);
	output_values_merge(values, &kind->rest);
	drop_resuming(kind, values);
}

static bool resumes(const struct output_kind *kind, const struct output_values *values)
{
	for (size_t i = 0; i < kind->n_keys; i++)
		if (kind->keys[i].resumes && output_values_has(values, i) && values->numbers[i])
			return true;
	return false;
}

void output_values_resume(const struct output_kind *kind, const struct output_values *state,
	struct output_values *values)
{
	bool is_resumed = resumes(kind, values);

	drop_resuming(kind, values);
	for (size_t i = 0; is_resumed && i < kind->n_keys; i++) {
		size_t key = kind->keys[i].remembers;

		if (kind->keys[i].is_hidden && !output_values_has(values, key))
			output_values_set(values, key, state->numbers[i]);
	}
}

bool output_values_agree(
	const struct output_kind *kind, const struct output_values *values, size_t *ret_key)
{
	for (size_t i = 0; i < kind->n_keys; i++) {
		const struct output_key *key = &kind->keys[i];

		if (!key->per_coarse || !output_values_has(values, i) ||
			!output_values_has(values, key->coarse) ||
			values->numbers[key->coarse] == coarse_of(key, values->numbers[i]))
			continue;
		*ret_key = i;
		return false;
	}
	return true;
}

const char *const output_modifier_words[] = {"for", "toggle", NULL};

int output_toggle_key(const struct output_kind *kind)
{
	for (size_t i = 0; !kind->moves && i < kind->n_keys; i++)
		if (kind->keys[i].type == OUTPUT_KEY_BOOL && output_values_has(&kind->rest, i))
			return (int)i;
	return -1;
}

int output_goal_key(const struct output_kind *kind)
{
	for (size_t i = 0; i < kind->n_keys; i++)
		if (kind->keys[i].is_goal)
			return (int)i;
	return -1;
}

bool output_can_fade(const struct output_kind *kind, const enum port_type ports[])
{
	for (size_t i = 0; kind->fade && i < kind->n_ports; i++)
		if (port_type_has_duty(ports[i]))
			return true;
	return false;
}

void output_refuse_keys(const struct output_draft *draft, const char *const *keys,
	const struct output_mistake *mistake)
{
	for (; *keys; keys++) {
		struct output_mistake of_key = *mistake;

		of_key.key = *keys;
		if (draft->gives(draft, *keys))
			draft->report(draft, &of_key);
	}
}

struct output_range output_key_range(
	const struct output_kind *kind, size_t key, const double *params)
{
	const struct output_key *row = &kind->keys[key];
	struct output_range range = {0, 1};

	switch (row->type) {
	case OUTPUT_KEY_BOOL:
		break;
	case OUTPUT_KEY_NUMBER:
		range = (struct output_range){row->min, row->max};
		if (kind->narrow && params)
			kind->narrow(params, key, &range);
		break;
	case OUTPUT_KEY_CHOICE:
		while (row->choices[range.max + 1])
			range.max++;
		break;
	case OUTPUT_KEY_COLOR:
		range = (struct output_range){OUTPUT_COLOR_MIN, OUTPUT_COLOR_MAX};
		break;
	}
	return range;
}

bool output_key_is_there(const struct output_kind *kind, size_t key, const enum port_type ports[])
{
	const struct output_range range = output_key_range(kind, key, NULL);
	/* Other types have too many values to ask for each. */
	int step = kind->keys[key].type == OUTPUT_KEY_CHOICE ? 1 : range.max - range.min;

	if (!kind->refuses)
		return true;
	for (int number = range.min; number <= range.max; number += step)
		if (!kind->refuses(ports, key, number))
			return true;
	return false;
}

struct output_values output_kind_initial(const struct output_kind *kind, const double *params)
{
	struct output_values values = {0};

	for (size_t i = 0; i < kind->n_keys; i++) {
		struct output_range range = output_key_range(kind, i, params);
		int number = kind->keys[i].initial;

		if (kind->keys[i].resumes)
			continue;
		number = number < range.min ? range.min : number;
		output_values_set(&values, i, number > range.max ? range.max : number);
	}
	return values;
}
