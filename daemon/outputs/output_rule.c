/* SPDX-License-Identifier: MIT */
#include "output_rule.h"

/* A level of the rule. False: the level does not apply. */
typedef bool output_level(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision);

void output_state_settle(const struct output_kind *kind, struct output_state *state)
{
	if (output_is_at_rest(kind, output_state_goal(state)))
		state->for_us = OUTPUT_NEVER;
}

/* Makes these values, of those that it has or waits for, its own. */
static void write(const struct output_facts *facts, const struct output_event *event,
	const struct output_values *values, struct output_decision *decision)
{
	bool rested = output_is_at_rest(facts->kind, &facts->state.values);
	struct output_values next = *output_state_goal(&facts->state);
	struct output_values more = *values;

	output_values_complete(facts->kind, &more);
	output_values_remember(facts->kind, &more);
	output_values_merge(&next, &more);
	decision->verdict = OUTPUT_WRITE;
	decision->next.start_us = OUTPUT_NEVER;
	if (rested && !output_is_at_rest(facts->kind, &next) && event->time_us < facts->free_us) {
		decision->verdict = OUTPUT_WAIT;
		decision->next.start_us = facts->free_us;
		decision->next.waiting = next;
	} else {
		decision->next.values = next;
		if (rested != output_is_at_rest(facts->kind, &next))
			decision->next.since_us = event->time_us;
	}
	output_state_settle(facts->kind, &decision->next);
}

static void rest(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	write(facts, event, &facts->kind->rest, decision);
}

/* The same on every port, since the output may be running, whatever was written. */
static void make_safe(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	rest(facts, event, decision);
	decision->verdict = OUTPUT_REST;
}

/* When it has been on for as long as the map allows. */
static uint64_t max_on_end(
	const struct output_kind *kind, uint64_t max_on_us, const struct output_state *state)
{
	if (max_on_us == 0 || output_is_at_rest(kind, &state->values))
		return OUTPUT_NEVER;
	return state->since_us + max_on_us;
}

static uint64_t max_on_end_us(const struct output_facts *facts)
{
	return max_on_end(facts->kind, facts->max_on_us, &facts->state);
}

static bool is_over(const struct output_facts *facts, const struct output_event *event)
{
	return event->time_us >= facts->state.for_us || event->time_us >= max_on_end_us(facts);
}

/* It went off by itself. A time that is over meanwhile stays over. */
static void show_again(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	if (is_over(facts, event))
		rest(facts, event, decision);
	else
		write(facts, event, &facts->state.values, decision);
}

static bool decide_error(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	bool moves = facts->kind->moves;

	switch (event->type) {
	case OUTPUT_LOST:
		decision->next.start_us = OUTPUT_NEVER;
		if (moves)
			make_safe(facts, event, decision);
		return true;
	case OUTPUT_RESET:
		if (moves)
			make_safe(facts, event, decision);
		else
			show_again(facts, event, decision);
		return true;
	case OUTPUT_OPENED:
		if (!moves && !output_is_at_rest(facts->kind, &facts->state.values))
			show_again(facts, event, decision);
		return true;
	default:
		return false;
	}
}

static bool decide_interlock(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	if (event->type != OUTPUT_EXCLUDED)
		return false;
	rest(facts, event, decision);
	return true;
}

static bool decide_failsafe(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	const struct output_values *values = event->type == OUTPUT_AWAY ? facts->away : facts->end;

	if (event->type != OUTPUT_AWAY && event->type != OUTPUT_END)
		return false;
	if (values->given && facts->kind->moves && output_values_hold(values, &facts->kind->rest))
		make_safe(facts, event, decision);
	else if (values->given)
		write(facts, event, values, decision);
	else if (event->type == OUTPUT_END && facts->fade_end_us)
		write(facts, event, &facts->state.values, decision);
	return true;
}

static bool decide_max_on(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	if (event->type != OUTPUT_TIME || event->time_us < max_on_end_us(facts))
		return false;
	rest(facts, event, decision);
	return true;
}

static bool decide_for(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	if (event->type != OUTPUT_TIME)
		return false;
	if (event->time_us >= facts->state.for_us)
		rest(facts, event, decision);
	else if (event->time_us >= facts->state.start_us)
		write(facts, event, &facts->state.waiting, decision);
	return true;
}

/* Adds the keys that the action does not name. */
static struct output_values complete(
	const struct output_facts *facts, const struct output_request *request)
{
	const struct output_kind *kind = facts->kind;
	struct output_values values = request->values;
	int toggled = request->modifiers.toggle ? output_toggle_key(kind) : -1;

	if (toggled >= 0)
		output_values_set(&values, (size_t)toggled,
			!output_state_goal(&facts->state)->numbers[toggled]);
	for (size_t i = 0; values.given && i < kind->n_keys; i++) {
		const struct output_key *key = &kind->keys[i];

		if (key->is_implied && !output_values_has(&values, i))
			output_values_set(&values, i, key->implied);
	}
	return values;
}

/* A new level or colour alone does not start anew. */
static bool begins_anew(const struct output_facts *facts, const struct output_request *request)
{
	return (request->values.given & facts->kind->rest.given) || request->modifiers.toggle ||
		request->modifiers.for_ms;
}

/* No fade makes the light last longer than the map allows, and the same request again does not make
 * the fade last longer. */
static uint64_t fade_of(const struct output_facts *facts, const struct output_event *event,
	const struct output_values *next)
{
	const struct output_modifiers *modifiers = &event->request.modifiers;
	uint64_t fade_us =
		modifiers->has_fade ? UINT64_C(1000) * modifiers->fade_ms : facts->fade_us;
	uint64_t end_us = OUTPUT_NEVER, left_us;
	bool rests, rested;

	if (!fade_us)
		return 0;
	rests = output_is_at_rest(facts->kind, next);
	rested = output_is_at_rest(facts->kind, &facts->state.values);
	if ((rests && rested) || output_values_hold(&facts->state.values, next))
		end_us = facts->fade_end_us;
	else if (rests)
		end_us = max_on_end_us(facts);
	left_us = end_us > event->time_us ? end_us - event->time_us : 0;
	return fade_us < left_us ? fade_us : left_us;
}

static bool decide_action(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	struct output_request request = event->request;
	bool rested = output_is_at_rest(facts->kind, &facts->state.values);
	bool waits = rested && event->time_us < facts->free_us;
	uint64_t begin_us = waits ? facts->free_us : event->time_us;
	struct output_values values;

	output_values_resume(facts->kind, output_state_goal(&facts->state), &request.values);
	values = complete(facts, &request);
	if (request.modifiers.for_ms)
		decision->next.for_us = begin_us + UINT64_C(1000) * request.modifiers.for_ms;
	else if (begins_anew(facts, &request))
		decision->next.for_us = OUTPUT_NEVER;
	write(facts, event, &values, decision);
	if (decision->verdict == OUTPUT_WRITE)
		decision->fade_us = fade_of(facts, event, &decision->next.values);
	return true;
}

unsigned output_limits_hit(const struct output_facts *facts, const struct output_event *event)
{
	struct output_decision asked = {.next = facts->state};

	if (!facts->limited)
		return 0;
	(void)decide_action(facts, event, &asked);
	return facts->kind->moves_to(output_state_goal(&asked.next)) & facts->limited;
}

/* It is also driven while it slows down for another direction. */
static bool is_at_limit(const struct output_facts *facts)
{
	const struct output_values *goal = output_state_goal(&facts->state);
	unsigned to = facts->kind->moves_to(&facts->state.values) | facts->kind->moves_to(goal);

	return (to | facts->driven) & facts->limited;
}

static bool decide_limit(const struct output_facts *facts, const struct output_event *event,
	struct output_decision *decision)
{
	bool is_at, applies;

	if (!facts->limited)
		return event->type == OUTPUT_LIMIT;
	is_at = is_at_limit(facts);
	applies = event->type == OUTPUT_LIMIT || (event->type == OUTPUT_TIME && is_at) ||
		(event->type == OUTPUT_ACTION && output_limits_hit(facts, event));
	/* An action that is refused changes nothing about a move the other way. */
	if (applies && is_at)
		make_safe(facts, event, decision);
	return applies;
}

static output_level *const LEVELS[] = {decide_error, decide_limit, decide_interlock,
	decide_failsafe, decide_max_on, decide_for, decide_action};

struct output_decision output_decide(
	const struct output_facts *facts, const struct output_event *event)
{
	struct output_decision decision = {.verdict = OUTPUT_LEAVE, .next = facts->state};

	for (size_t i = 0; i < sizeof(LEVELS) / sizeof(LEVELS[0]); i++)
		if (LEVELS[i](facts, event, &decision))
			break;
	return decision;
}

uint64_t output_due(
	const struct output_kind *kind, uint64_t max_on_us, const struct output_state *state)
{
	uint64_t due_us = max_on_end(kind, max_on_us, state);

	if (state->for_us < due_us)
		due_us = state->for_us;
	return state->start_us < due_us ? state->start_us : due_us;
}
