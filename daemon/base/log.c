/* SPDX-License-Identifier: MIT */
/*
 * Nothing here waits: a terminal that was stopped with Ctrl-S, a full pipe without a reader, or a
 * journal that hangs must not keep a motor running. A line that cannot be written at once is lost,
 * and the next one that can be written says how many were lost. Since sd_journal_sendv() waits, the
 * journal is written to by its own protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/).
 */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024, OBJECT_MAX_BYTES = 128 };

/* Written by log_setup() alone, before there are threads. */
static struct {
	bool verbose;
	int journal_fd; /* a socket; 0: stderr is not the journal */
} settings;

/* Lets one thread write at a time, so that lines do not mix and poll()'s answer about stderr holds.
 * */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static unsigned lost; /* lines since the last one that was written; under the mutex */

/* systemd names the socket that it gave us as stderr. If stderr was redirected since, they differ.
 */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;
	int end = 0;

	if (!stream || sscanf(stream, "%llu:%llu%n", &device, &inode, &end) != 2 || stream[end])
		return false;
	return fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
		status.st_ino == inode;
}

void log_setup(bool verbose)
{
	settings.verbose = verbose;
	if (settings.journal_fd > 0)
		(void)close(settings.journal_fd);
	settings.journal_fd =
		stderr_is_journal() ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : 0;
}

bool log_verbose(void)
{
	return settings.verbose;
}

static const char *level_word(int level)
{
	switch (level) {
	case LOG_ERR:
		return "error";
	case LOG_WARNING:
		return "warning";
	case LOG_NOTICE:
		return "notice";
	case LOG_DEBUG:
		return "debug";
	default:
		return "info";
	}
}

/* A message may contain what a peer sent, which must not add line breaks or terminal escapes. */
static void replace_control_characters(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

static int send_to_journal(int level, const char *object, const char *text)
{
	const struct sockaddr_un journal = {AF_UNIX, "/run/systemd/journal/socket"};
	char message[LINE_MAX_BYTES + OBJECT_MAX_BYTES + 128];
	int size = snprintf(message, sizeof(message),
		"MESSAGE=%s\nPRIORITY=%u\nSYSLOG_IDENTIFIER=tosd\n%s%s%s", text,
		(unsigned)level & 7U, object ? "TOS_OBJECT=" : "", object ? object : "",
		object ? "\n" : "");

	if (sendto(settings.journal_fd, message, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (const struct sockaddr *)&journal, sizeof(journal)) < 0)
		return -errno;
	return 0;
}

/* Writes a line with one write(), which does not wait: if a pipe or terminal is writable, it takes
 * a line. word comes before the text, or is NULL. */
static int write_to_stderr(const char *word, const char *text)
{
	struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
	char line[LINE_MAX_BYTES + 16];
	int size =
		snprintf(line, sizeof(line), "%s%s%s\n", word ? word : "", word ? ": " : "", text);

	if (poll(&room, 1, 0) == 0)
		return -EAGAIN;
	return write(STDERR_FILENO, line, (size_t)size) < 0 ? -errno : 0;
}

static int deliver(int level, const char *word, const char *object, const char *text)
{
	int r = settings.journal_fd > 0 ? send_to_journal(level, object, text) : -ENOTCONN;

	/* If the journal was stopped, what systemd does with stderr may still be read. */
	return r == 0 || r == -EAGAIN ? r : write_to_stderr(word, text);
}

static void deliver_in_turn(int level, const char *word, const char *object, const char *text)
{
	char gap[64];

	(void)pthread_mutex_lock(&turn);
	if (lost > 0) {
		(void)snprintf(gap, sizeof(gap), "log: %u lines were lost here", lost);
		if (deliver(LOG_WARNING, level_word(LOG_WARNING), "log", gap) == 0)
			lost = 0;
	}
	if (lost > 0 || deliver(level, word, object, text) == -EAGAIN)
		lost++;
	(void)pthread_mutex_unlock(&turn);
}

void log_message(int level, const char *object, const char *format, ...)
{
	int saved_errno = errno;
	char text[LINE_MAX_BYTES];
	char about[OBJECT_MAX_BYTES];
	size_t length = 0;
	va_list arguments;

	if (level == LOG_DEBUG && !settings.verbose)
		return;
	if (object) {
		(void)snprintf(about, sizeof(about), "%s", object);
		replace_control_characters(about);
		length = (size_t)snprintf(text, sizeof(text), "%s: ", about);
	}
	va_start(arguments, format);
	(void)vsnprintf(text + length, sizeof(text) - length, format, arguments);
	va_end(arguments);
	replace_control_characters(text);

	deliver_in_turn(level, level_word(level), object ? about : NULL, text);
	errno = saved_errno;
}

void log_lines(int level, const char *lines)
{
	int saved_errno = errno;
	char text[LINE_MAX_BYTES];

	while (*lines) {
		size_t length = strcspn(lines, "\n");

		(void)snprintf(text, sizeof(text), "%.*s", (int)length, lines);
		deliver_in_turn(level, NULL, NULL, text);
		lines += length + (lines[length] == '\n');
	}
	errno = saved_errno;
}

bool log_limit_pass(struct log_limit *limit, uint64_t now_us, unsigned *ret_suppressed)
{
	if (limit->count == 0 || now_us - limit->begin_us >= limit->interval_us) {
		limit->begin_us = now_us;
		limit->count = 0;
	}
	if (limit->count >= limit->burst) {
		limit->suppressed++;
		return false;
	}
	limit->count++;
	*ret_suppressed = limit->suppressed;
	limit->suppressed = 0;
	return true;
}
