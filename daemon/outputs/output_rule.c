/* SPDX-License-Identifier: MIT */
#include "output_rule.h"

static struct output_decision write(
	const struct output_facts *facts, const struct output_values *values)
{
	struct output_decision decision = {OUTPUT_WRITE, facts->now};
	struct output_values more = *values;

	output_values_complete(facts->kind, &more);
	output_values_merge(&decision.values, &more);
	return decision;
}

static bool decide_error(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	bool moves = facts->kind->moves;

	switch (event->type) {
	case OUTPUT_LOST:
		decision->verdict = moves ? OUTPUT_REST : OUTPUT_LEAVE;
		return true;
	case OUTPUT_RESET:
		if (moves)
			decision->verdict = OUTPUT_REST;
		else
			*decision = write(facts, &facts->now);
		return true;
	case OUTPUT_OPENED:
		if (!moves && !output_is_at_rest(facts->kind, &facts->now))
			*decision = write(facts, &facts->now);
		return true;
	default:
		return false;
	}
}

static bool decide_failsafe(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	const struct output_values *values =
		event->type == OUTPUT_AWAY ? &facts->failsafe->away : &facts->failsafe->end;

	if (event->type != OUTPUT_AWAY && event->type != OUTPUT_END)
		return false;
	if (values->given && facts->kind->moves)
		decision->verdict = OUTPUT_REST;
	else if (values->given)
		*decision = write(facts, values);
	return true;
}

static bool decide_action(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	struct output_values values = event->request.values;

	for (size_t i = 0; i < facts->kind->n_keys; i++) {
		const struct output_key *key = &facts->kind->keys[i];

		if (key->is_implied && !output_values_has(&values, i))
			output_values_set(&values, i, key->implied);
	}
	*decision = write(facts, &values);
	return true;
}

static bool (*const LEVELS[])(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision) = {decide_error, decide_failsafe, decide_action};

struct output_decision output_decide(
	const struct output_facts *facts, const struct output_event *event)
{
	struct output_decision decision = {OUTPUT_LEAVE, {0}};

	for (size_t i = 0; i < sizeof(LEVELS) / sizeof(LEVELS[0]); i++)
		if (LEVELS[i](facts, event, &decision))
			break;
	return decision;
}
