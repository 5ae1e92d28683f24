/* SPDX-License-Identifier: MIT */
/*
 * The log for the user. It goes to the journal with level and fields if stderr is the journal, else
 * to stderr, one line each. A message is logged once, by the layer that knows what it means for the
 * user: the object, what was tried, the error, the consequence.
 *
 * Any thread may log, and none waits for a reader: lines that cannot be written at once are lost
 * and counted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

/* Call before other threads exist. verbose: LOG_DEBUG too. */
void log_setup(bool verbose);
bool log_verbose(void);

/* level is LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO or LOG_DEBUG. object is the subject of the
 * message ("led.red", "mqtt"), or NULL. */
void log_message(int level, const char *object, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Logs a text of several lines that needs no introduction, such as the mistakes of a map: each line
 * as it is, and the level in the journal only. It must have no control characters except tabs. */
void log_lines(int level, const char *lines);

#define log_error(object, ...)   log_message(LOG_ERR, object, __VA_ARGS__)
#define log_warning(object, ...) log_message(LOG_WARNING, object, __VA_ARGS__)
#define log_notice(object, ...)  log_message(LOG_NOTICE, object, __VA_ARGS__)
#define log_info(object, ...)    log_message(LOG_INFO, object, __VA_ARGS__)
#define log_debug(object, ...)                                                                     \
	((void)(log_verbose() && (log_message(LOG_DEBUG, object, __VA_ARGS__), 0)))

/* For messages that a peer or a broken wire can trigger: at most burst of them in each interval. */
struct log_limit {
	uint64_t interval_us;
	unsigned burst;
	uint64_t begin_us;
	unsigned count;      /* in this interval */
	unsigned suppressed; /* since the last one that was logged */
};

/* True if the message may be logged; *ret_suppressed is then the number of those suppressed since
 * the last one. Pure, except for *limit. */
bool log_limit_pass(struct log_limit *limit, uint64_t now_us, unsigned *ret_suppressed);
