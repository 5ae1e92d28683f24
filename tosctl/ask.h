/* SPDX-License-Identifier: MIT */
/* Actions, and the state and answers in words. Exit codes as in session.h. */
#pragma once

#include "session.h"
#include <stdio.h>

/* Sends an action, which becomes the callee's, and prints what was applied. */
int ask_action(struct session *session, const struct options *options, struct cJSON *action);

/* The same with a payload that may be anything, to that topic below ROOT. */
int ask_text(struct session *session, const struct options *options, const char *name,
	const char *payload, const char *id);

/* As ask_action(), but prints only what is refused. -1, or an exit code. */
int ask_quietly(struct session *session, struct cJSON *action);

/* The same two in a session of their own. */
int ask_action_once(const struct options *options, struct cJSON *action);
int ask_text_once(
	const struct options *options, const char *name, const char *payload, const char *id);

/* "on, bright 10" */
void ask_print_values(FILE *out, const struct cJSON *values);

/* Of a state or of an answer's "applied": what it says of the kind's output of that index and name,
 * or NULL. */
const struct cJSON *ask_output(
	const struct cJSON *state, const char *kind, int index, const char *name);
