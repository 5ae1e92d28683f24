/* SPDX-License-Identifier: MIT */
/*
 * Shared by the router's own files. All of it belongs to the main thread.
 *
 *   router.c         the topics, and what is done with a message of each
 *   router_action.c  carries out an action, or only its stops, and answers it
 *   router_answer.c  answers, and what is logged about a refusal
 *   router_apply.c   an action's outputs
 *
 * errors is always added to, and never cleared, unless said otherwise. applied collects what was
 * carried out, for the answer.
 */
#pragma once

#include "payload.h"
#include "router.h"

/* A message, taken apart. It is valid while it is handled. */
struct router_message {
	const struct link_event *event;
	const char *levels;         /* of its topic, in place of the wildcards; NULL: none */
	const char *response_topic; /* NULL: none */
	const uint8_t *correlation;
	struct payload_bytes payload;
};

/* --- router_action.c --- */

/* Carries out an action without a mistake, and answers it. One that would do harm twice is done
 * once. errors is cleared first; it is room for mistakes that show only now. */
void router_carry_out(const struct router *router, const struct router_message *message,
	const struct payload_action *action, struct payload_action *applied,
	struct payload_errors *errors);

/* Answers a message with mistakes. Only its stops are carried out, whatever the mistakes are. */
void router_refuse(const struct router *router, const struct router_message *message,
	struct payload_action *applied, const struct payload_errors *mistakes);

/* --- router_answer.c --- */

/* The address of the answer to a message, which is borrowed. topic: room for it. */
struct outbox_address router_address(const struct router *router,
	const struct router_message *message, char topic[static TOPIC_MAX]);

/* Answer a message: in the words of an action, or with a text of size bytes. */
void router_answer(const struct router *router, const struct router_message *message,
	const struct payload_action *applied, const struct payload_errors *errors);
void router_answer_text(const struct router *router, const struct router_message *message,
	const char *text, size_t size);

/* Returns why the answer cannot go where the sender waits for it; NULL: it can. Only the stops of
 * such a message are carried out, since nobody would learn of the rest. */
const char *router_unanswerable(const struct router_message *message);

/* Returns why a message is refused regardless of its contents and its topic; NULL: it is not. */
const char *router_refusal(const struct router *router, const struct router_message *message);

/* Logs a refusal, as often as refusals.h allows. n_stops: so many stops were carried out. The
 * sender is not named, since MQTT does not say who it was. */
void router_tell_refused(const struct router *router, const struct router_message *message,
	const struct payload_errors *mistakes, size_t n_stops);

/* --- router_apply.c --- */

/* Carries out one output of an action, and fills in its state. 0, or -EIO and a mistake. */
int router_apply_output(
	const struct router *router, struct payload_output *output, struct payload_errors *errors);

/* Tries every stop of an action, even if an earlier one fails, and last those that a stuck bus may
 * hold up. Returns the number of stops. */
size_t router_apply_stops(const struct router *router, const struct payload_action *action,
	struct payload_action *applied, struct payload_errors *errors);

/*
 * Carries out the whole action. Stops come first, since they cannot wait; then kind by kind, in the
 * order of the message, and what can go out together does. The first hardware error ends it: what
 * applied holds by then was done.
 */
void router_apply(const struct router *router, const struct payload_action *action,
	struct payload_action *applied, struct payload_errors *errors);

/* Collects the moves that a limit forbids. */
void router_check_limits(const struct router *router, const struct payload_action *action,
	struct payload_errors *errors);
