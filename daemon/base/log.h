/* SPDX-License-Identifier: MIT */
/*
 * What the user reads. To the journal with level and fields when stderr is the journal, else to
 * stderr, one line each. A message is logged once, by the layer that knows what it means for the
 * user: the object, what was tried, the error, the consequence.
 *
 * Any thread may log, and none waits for whoever reads it: lines that cannot be written at once are
 * lost, and counted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

/* Call before other threads exist. verbose: LOG_DEBUG too. */
void log_setup(bool verbose);
bool log_verbose(void);

/* level is LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO or LOG_DEBUG; object is what it is about
 * ("led.red", "mqtt"), or NULL. */
void log_message(int level, const char *object, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A text of several lines that says by itself what it is, such as the mistakes of a map: each line
 * as it is, with the level in the journal alone. Without control characters but tabs. */
void log_lines(int level, const char *lines);

#define log_error(object, ...)   log_message(LOG_ERR, object, __VA_ARGS__)
#define log_warning(object, ...) log_message(LOG_WARNING, object, __VA_ARGS__)
#define log_notice(object, ...)  log_message(LOG_NOTICE, object, __VA_ARGS__)
#define log_info(object, ...)    log_message(LOG_INFO, object, __VA_ARGS__)
#define log_debug(object, ...)                                                                     \
	((void)(log_verbose() && (log_message(LOG_DEBUG, object, __VA_ARGS__), 0)))

/* For what a peer or a broken wire can trigger: at most burst messages in each interval. */
struct log_limit {
	uint64_t interval_us;
	unsigned burst;
	uint64_t begin_us;
	unsigned count;      /* of this interval */
	unsigned suppressed; /* since the last one that passed */
};

/* Whether to log now; *ret_suppressed: how many were not, since the last one that was. Pure but for
 * *limit. */
bool log_limit_pass(struct log_limit *limit, uint64_t now_us, unsigned *ret_suppressed);
