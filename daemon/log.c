/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024, OBJECT_MAX_BYTES = 128 };

/* Written by log_setup() only, before there are threads. */
static struct {
	bool verbose;
	bool journal;
} settings;

/* systemd names the socket that it gave us as stderr; a stderr that was redirected since is not it.
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
	settings.journal = stderr_is_journal();
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

/* What a peer sent may end up in a message: no line breaks and no terminal escapes from there. */
static void replace_control_characters(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

static int send_to_journal(int level, const char *object, const char *text)
{
	char message[LINE_MAX_BYTES + sizeof("MESSAGE=")];
	char priority[sizeof("PRIORITY=7")];
	char about[OBJECT_MAX_BYTES + sizeof("TOS_OBJECT=")];
	struct iovec fields[3];

	(void)snprintf(message, sizeof(message), "MESSAGE=%s", text);
	(void)snprintf(priority, sizeof(priority), "PRIORITY=%u", (unsigned)level & 7U);
	(void)snprintf(about, sizeof(about), "TOS_OBJECT=%s", object ? object : "");
	fields[0] = (struct iovec){message, strlen(message)};
	fields[1] = (struct iovec){priority, strlen(priority)};
	fields[2] = (struct iovec){about, strlen(about)};
	return sd_journal_sendv(fields, object ? 3 : 2);
}

/* In one write(), so that the lines of two threads do not mix. */
static void write_to_stderr(int level, const char *text)
{
	char line[LINE_MAX_BYTES + 16];
	int length = snprintf(line, sizeof(line) - 1, "%s: %s", level_word(level), text);
	size_t size = strlen(line);

	if (length < 0)
		return;
	line[size++] = '\n';
	/* There is nobody left to tell when stderr is gone. */
	if (write(STDERR_FILENO, line, size) < 0)
		return;
}

void log_message(int level, const char *object, const char *format, ...)
{
	int saved_errno = errno;
	char text[LINE_MAX_BYTES];
	size_t length = 0;
	va_list arguments;

	if (level == LOG_DEBUG && !settings.verbose)
		return;
	if (object) {
		(void)snprintf(text, sizeof(text), "%.*s: ", OBJECT_MAX_BYTES - 1, object);
		length = strlen(text);
	}
	va_start(arguments, format);
	(void)vsnprintf(text + length, sizeof(text) - length, format, arguments);
	va_end(arguments);
	replace_control_characters(text);

	if (!settings.journal || send_to_journal(level, object, text) < 0)
		write_to_stderr(level, text);
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
