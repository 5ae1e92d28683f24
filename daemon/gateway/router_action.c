/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "router_internal.h"
#include <errno.h>
#include <string.h>

void router_refuse(const struct router *router, const struct router_message *message,
	struct payload_action *applied, const struct payload_errors *mistakes)
{
	struct payload_errors errors;
	struct payload_action stops;

	errors.count = 0;
	if (message->levels)
		payload_parse_output_text_stops(
			router->config, message->levels, &message->payload, &stops, &errors);
	else
		payload_parse_stops(router->config, &message->payload, &stops, &errors);
	(void)router_apply_stops(router, &stops, applied, &errors);
	/* The outcome of the stops comes first, since there is no room for all mistakes. */
	payload_errors_append(&errors, mistakes);
	router_answer(router, message, applied, &errors);
	router_tell_refused(router, message, mistakes, stops.n_outputs);
	if (stops.n_outputs > 0)
		router->applied(router->userdata);
}

static void carry_out(const struct router *router, const struct router_message *message,
	const struct payload_action *action, struct payload_action *applied,
	struct payload_errors *errors)
{
	errors->count = 0;
	router_check_limits(router, action, errors);
	if (errors->count > 0) {
		router_refuse(router, message, applied, errors);
		return;
	}
	router_apply(router, action, applied, errors);
	router_answer(router, message, applied, errors);
	router->applied(router->userdata);
}

static uint64_t hash_of(const struct router_message *message)
{
	const char *topic = router_topic(message->event->topic);
	const char *levels = message->levels ? message->levels : "";
	uint64_t hash = repeats_hash(REPEATS_HASH, topic, strlen(topic));

	hash = repeats_hash(hash, levels, strlen(levels));
	hash = repeats_hash(hash, message->correlation, message->event->correlation_size);
	return repeats_hash(hash, message->payload.data, message->payload.size);
}

static void too_many_counts(struct payload_errors *errors)
{
	payload_error_add(errors, "sensors.count",
		"too many counts wait for the disk: wait for their answers, then send it again");
}

/* Has a count set, which the message has alone. Its answer comes with the sampler's. */
static void set_count(const struct router *router, const struct router_message *message,
	const struct payload_action *action, struct payload_action *applied,
	struct payload_errors *errors)
{
	char topic[TOPIC_MAX];
	const struct outbox_address to = router_address(router, message, topic);
	struct count_answer *waiting =
		count_answers_take(router->counts, &to, action, hash_of(message));
	int r = waiting ? router->set_count(
				  router->userdata, action->counter, action->count, waiting->ticket)
			: -EBUSY;

	errors->count = 0;
	if (r == 0) {
		router->applied(router->userdata);
		return;
	}
	if (waiting)
		count_answers_drop(waiting);
	if (r == -EBUSY)
		too_many_counts(errors);
	else
		payload_error_add(errors, "sensors.count", "cannot be set: %s", strerror(-r));
	router_refuse(router, message, applied, errors);
}

/* If the message came before and its answer still waits for the disk, so does this one. False: it
 * does not wait. */
static bool wait_for_count(const struct router *router, const struct router_message *message,
	const struct payload_action *action, struct payload_errors *errors)
{
	uint64_t hash = hash_of(message), ticket = count_answers_ticket(router->counts, hash);
	char topic[TOPIC_MAX];
	const struct outbox_address to = router_address(router, message, topic);
	struct count_answer *waiting =
		ticket > 0 ? count_answers_take(router->counts, &to, action, hash) : NULL;

	if (waiting)
		waiting->ticket = ticket;
	else if (ticket > 0)
		too_many_counts(errors);
	return waiting != NULL;
}

/* True if the action does harm when it comes twice. A stop never does. */
static bool is_harmful_twice(const struct payload_action *action)
{
	for (size_t i = 0; i < action->n_outputs; i++)
		if (action->outputs[i].modifiers.toggle || action->outputs[i].modifiers.for_ms)
			return true;
	return action->read || action->counter;
}

/* Answers with what is now; only the stops are carried out. */
static void answer_again(const struct router *router, const struct router_message *message,
	const struct payload_action *action, struct payload_action *applied,
	enum repeats_outcome outcome)
{
	struct payload_errors errors;

	errors.count = 0;
	if (action->counter && wait_for_count(router, message, action, &errors))
		return;
	if (router_apply_stops(router, action, applied, &errors) > 0)
		router->applied(router->userdata);
	for (size_t i = 0; i < action->n_outputs; i++) {
		struct payload_output output = action->outputs[i];

		if (payload_is_stop(router->config, &output))
			continue;
		output.values = outputs_get(router->outputs, output.output).values;
		applied->outputs[applied->n_outputs++] = output;
	}
	applied->read = action->read;
	applied->counter = action->counter;
	applied->count = action->count;
	if (outcome == REPEATS_FAILED)
		payload_error_add(
			&errors, "", "it came before, and could not be carried out whole then");
	router_answer(router, message, applied, &errors);
}

static void refuse_repeated(const struct router *router, const struct router_message *message,
	struct payload_action *applied, struct payload_errors *errors)
{
	errors->count = 0;
	payload_error_add(errors, "",
		"the broker sends it again, and whether it was carried out before is not known: "
		"send it anew");
	router_refuse(router, message, applied, errors);
}

/* For an action that does harm if it is carried out twice. */
static void carry_out_once(const struct router *router, const struct router_message *message,
	const struct payload_action *action, struct payload_action *applied,
	struct payload_errors *errors)
{
	uint64_t hash = hash_of(message), now_us = clock_now_us();
	enum repeats_outcome outcome = message->event->repeated
		? repeats_find(router->repeats, hash, now_us)
		: REPEATS_UNKNOWN;

	if (outcome == REPEATS_DONE || outcome == REPEATS_FAILED) {
		answer_again(router, message, action, applied, outcome);
	} else if (outcome == REPEATS_REFUSED ||
		(message->event->repeated && router->is_forgetful)) {
		refuse_repeated(router, message, applied, errors);
		repeats_note(router->repeats, hash, REPEATS_REFUSED, now_us);
	} else {
		if (action->counter)
			set_count(router, message, action, applied, errors);
		else
			carry_out(router, message, action, applied, errors);
		repeats_note(router->repeats, hash,
			errors->count > 0 ? REPEATS_FAILED : REPEATS_DONE, now_us);
	}
}

void router_carry_out(const struct router *router, const struct router_message *message,
	const struct payload_action *action, struct payload_action *applied,
	struct payload_errors *errors)
{
	if (is_harmful_twice(action))
		carry_out_once(router, message, action, applied, errors);
	else
		carry_out(router, message, action, applied, errors);
}
