/* SPDX-License-Identifier: MIT */
/*
 * A connection to the gateway's broker. One thread; functions that return an exit code have
 * reported what is wrong on stderr.
 */
#pragma once

#include "mqtt_client.h"
#include "options.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;
struct session;

/* -1, or an exit code. options are borrowed. */
int session_open(const struct options *options, struct session **ret_session);

/* The same, and learns what the gateway has. An exit code if it is not online. */
int session_meet(const struct options *options, struct session **ret_session);

/* Where the broker is, for the user: options may have several URLs, which are tried in turn. NULL:
 * there are no more. */
const char *session_place(const struct options *options, size_t index);

/* session_open() at one of them, without a word on stderr: 0, or a negative errno with what is
 * wrong. Signals end the program. */
int session_try(const struct options *options, size_t index,
	char error[static MQTT_CLIENT_ERROR_MAX], struct session **ret_session);

/* Whole topics, or "" for ROOT itself: to those below ROOT, exactly. -1, or an exit code; what the
 * broker refuses is an error if is_needed. */
int session_subscribe(struct session *session, const char *const *names, size_t n, bool is_needed);

/*
 * The next message, to be freed. 0: there was none until then (CLOCK_MONOTONIC; UINT64_MAX: waits
 * for ever). -EINTR: the user wants to end. -ENOTCONN, and -EACCES where the broker refused what
 * was sent: reported.
 */
int session_next(struct session *session, uint64_t until_us, struct mqtt_inbound *ret_inbound);

/* The topic's name below ROOT; NULL: it is not below ROOT. */
const char *session_name(const struct session *session, const char *topic);

/* ROOT/about of the gateway, for a session that session_meet() opened. Valid as long as the
 * session. NULL: there is none. */
const struct cJSON *session_about(const struct session *session);

/*
 * Sends that to ROOT/name and waits for the answer (to be freed), which comes to this session
 * alone where the broker speaks MQTT 5. id: what the payload has as its "id", or NULL. -1, or an
 * exit code.
 */
int session_ask(struct session *session, const char *name, const char *payload, const char *id,
	char **ret_answer);

/* Receives the other messages that come while an answer is awaited, with their name below ROOT.
 * They are borrowed for the call. NULL: they are dropped. */
void session_on_other(struct session *session,
	void (*take)(void *userdata, const char *name, const struct mqtt_inbound *inbound),
	void *userdata);

/* Called before a lost connection is reported, so that a screen can be left. */
void session_on_lost(struct session *session, void (*leave)(void));

/* A word that no other session uses. */
const char *session_id(const struct session *session);

/* Returns NULL; session may be NULL. */
struct session *session_close(struct session *session);
