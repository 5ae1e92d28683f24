/* SPDX-License-Identifier: MIT */
/*
 * An action as anybody may publish it. If it is accepted, it means the same when the gateway says
 * it back. If it is refused, its mistakes are named in printable words, and nothing of it is kept.
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

static void check_number(const struct config_output *output, size_t key, int number)
{
	const struct output_range range = output_key_range(output->kind, key, output->params);

	FUZZ_CHECK(number >= range.min && number <= range.max);
}

static bool has_modifier(const struct payload_output *output)
{
	return output->modifiers.for_ms || output->modifiers.toggle || output->modifiers.has_fade;
}

static void check_outputs(const struct config *config, const struct payload_action *action)
{
	FUZZ_CHECK(action->n_outputs <= config->n_outputs);
	for (size_t i = 0; i < action->n_outputs; i++) {
		const struct payload_output *output = &action->outputs[i];
		const struct output_kind *kind;

		FUZZ_CHECK(output->output < config->n_outputs);
		kind = config->outputs[output->output].kind;
		FUZZ_CHECK(output->values.given || has_modifier(output));
		FUZZ_CHECK(output->values.given >> kind->n_keys == 0);
		FUZZ_CHECK(!output->modifiers.toggle || output_toggle_key(kind) >= 0);
		FUZZ_CHECK(output->modifiers.fade_ms <= OUTPUT_FADE_MAX_MS);
		for (size_t j = 0; j < kind->n_keys; j++)
			if (output_values_has(&output->values, j))
				check_number(&config->outputs[output->output], j,
					output->values.numbers[j]);
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(action->outputs[j].output != output->output);
	}
}

static const struct payload_output *find(const struct payload_action *action, size_t output)
{
	for (size_t i = 0; i < action->n_outputs; i++)
		if (action->outputs[i].output == output)
			return &action->outputs[i];
	return NULL;
}

/* As the wire says it: a finer key that says no more than the other is left out, and so is what is
 * remembered beside a stop. */
static struct output_values said(const struct config *config, const struct payload_output *output)
{
	const struct output_kind *kind = config->outputs[output->output].kind;
	struct output_values values = output->values;

	output_values_complete(kind, &values);
	for (size_t i = 0; i < kind->n_keys; i++)
		if (kind->keys[i].is_hidden)
			values.given &= ~(1U << i);
	return values;
}

/* Field by field, for a struct has holes; the order of the outputs may differ. */
static void check_equal(
	const struct config *config, const struct payload_action *a, const struct payload_action *b)
{
	FUZZ_CHECK(a->n_outputs == b->n_outputs && a->interval_ms == b->interval_ms &&
		a->read == b->read && a->counter == b->counter &&
		(!a->counter || a->count == b->count));
	for (size_t i = 0; i < a->n_outputs; i++) {
		const struct payload_output *one = &a->outputs[i];
		const struct payload_output *other = find(b, one->output);

		FUZZ_CHECK(other && one->called == other->called);

		const struct output_values its = said(config, one);
		const struct output_values others = said(config, other);

		FUZZ_CHECK(its.given == others.given && output_values_hold(&its, &others));
	}
}

/* Checks the answer to the sender. Its id comes back unchanged, whatever characters are in it. */
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

/* A state has no modifiers. Without them an output may be left with nothing to say. */
static void drop_what_only_modifies(struct payload_action *action)
{
	size_t n = 0;

	for (size_t i = 0; i < action->n_outputs; i++)
		if (action->outputs[i].values.given)
			action->outputs[n++] = action->outputs[i];
	action->n_outputs = n;
}

/* The state that says the same is an action that means the same. */
static void check_said_back(const struct config *config, const struct payload_action *action)
{
	static char text[PAYLOAD_ACTION_MAX];
	struct payload_action again;
	struct payload_errors errors;
	int size = payload_format_state(config, action, text, sizeof(text));
	const struct payload_bytes bytes = {(const uint8_t *)text, (size_t)size, (uint64_t)size};

	FUZZ_CHECK(size > 0);
	FUZZ_CHECK(payload_parse_action(config, &bytes, NOW_MS, &again, &errors) == 0);
	check_equal(config, action, &again);
}

static void check_accepted(const struct config *config, const struct payload_action *action)
{
	struct payload_action settings = *action;

	FUZZ_CHECK(action->n_outputs || action->interval_ms || action->read);
	if (action->interval_ms) {
		FUZZ_CHECK(action->interval_ms >= config->interval.min_ms);
		FUZZ_CHECK(action->interval_ms <= config->interval.max_ms);
	}
	check_outputs(config, action);
	drop_what_only_modifies(&settings);
	if (settings.n_outputs || settings.interval_ms || settings.read)
		check_said_back(config, &settings);
	check_answer(config, action, NULL);
}

static void check_refused(const struct config *config, const struct payload_action *action,
	const struct payload_errors *errors)
{
	struct payload_action only_id = {.id = action->id};
	const uint8_t *rest = (const uint8_t *)&action->n_outputs;
	size_t kept = errors->count < PAYLOAD_ERRORS_MAX ? errors->count : PAYLOAD_ERRORS_MAX;

	FUZZ_CHECK(errors->count > 0);
	for (size_t i = 0; i < kept; i++) {
		const struct payload_error *error = &errors->items[i];

		FUZZ_CHECK(error->reason[0]);
		fuzz_check_printable(error->path, strlen(error->path));
		fuzz_check_printable(error->reason, strlen(error->reason));
	}
	for (size_t i = 0; i < sizeof(*action) - offsetof(struct payload_action, n_outputs); i++)
		FUZZ_CHECK(rest[i] == UNTOUCHED);
	check_answer(config, &only_id, errors);
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
	check_outputs(config, &stops);
	for (size_t i = 0; i < stops.n_outputs; i++)
		FUZZ_CHECK(payload_is_stop(config, &stops.outputs[i]));
	if (!accepted)
		return;
	for (size_t i = 0; i < accepted->n_outputs; i++) {
		const struct payload_output *output = &accepted->outputs[i];
		const struct payload_output *stop = find(&stops, output->output);

		if (!payload_is_stop(config, output))
			continue;
		n++;
		FUZZ_CHECK(stop && stop->values.given == output->values.given);
		FUZZ_CHECK(output_values_hold(&stop->values, &output->values));
	}
	FUZZ_CHECK(n > 0 || stops.n_outputs == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct payload_bytes bytes = {data, size, size};
	struct fake_config fake;
	struct payload_action action;
	struct payload_errors errors;
	int r;

	fake_config_init(&fake);
	fake_config_add_other_kinds(&fake);
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
