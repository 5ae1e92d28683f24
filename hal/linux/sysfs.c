/* SPDX-License-Identifier: MIT */
#include "sysfs.h"
#include "clock.h"
#include "linux_error.h"
#include "path.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { NUMBER_BYTES = 24 }; /* 2^64 with newline and NUL */

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define CLOSING __attribute__((cleanup(close_fd)))

static int open_file(const char *directory, const char *file, int flags)
{
	char path[PATH_MAX];
	int r = path_join(directory, file, path, sizeof(path));

	if (r < 0)
		return r;
	int fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? linux_error(errno) : fd;
}

static int read_line(int fd, char *ret_text, size_t text_bytes)
{
	char text[256];
	ssize_t size = read(fd, text, sizeof(text) - 1);

	if (size < 0)
		return linux_error(errno);
	text[size] = '\0';
	text[strcspn(text, "\n")] = '\0';
	size_t length = strlen(text);
	if (length >= text_bytes)
		return -EIO;
	memcpy(ret_text, text, length + 1);
	return 0;
}

int sysfs_read_text(const char *directory, const char *file, char *ret_text, size_t text_bytes)
{
	CLOSING int fd = open_file(directory, file, O_RDONLY);

	return fd < 0 ? fd : read_line(fd, ret_text, text_bytes);
}

int sysfs_read_text_at(int directory, const char *file, char *ret_text, size_t text_bytes)
{
	CLOSING int fd = openat(directory, file, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? linux_error(errno) : read_line(fd, ret_text, text_bytes);
}

int sysfs_read_number(const char *directory, const char *file, uint64_t *ret_value)
{
	char text[NUMBER_BYTES] = "";
	char *end;
	int r = sysfs_read_text(directory, file, text, sizeof(text));

	if (r < 0)
		return r;
	if (text[0] < '0' || text[0] > '9')
		return -EIO;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno || *end)
		return -EIO;
	*ret_value = value;
	return 0;
}

int sysfs_write_text(const char *directory, const char *file, const char *text)
{
	CLOSING int fd = open_file(directory, file, O_WRONLY | O_TRUNC);

	if (fd < 0)
		return fd;
	return write(fd, text, strlen(text)) < 0 ? linux_error(errno) : 0;
}

int sysfs_write_number(const char *directory, const char *file, uint64_t value)
{
	char text[NUMBER_BYTES];

	(void)snprintf(text, sizeof(text), "%" PRIu64 "\n", value);
	return sysfs_write_text(directory, file, text);
}

int sysfs_open_writable(const char *directory, const char *file)
{
	return open_file(directory, file, O_WRONLY);
}

int sysfs_rewrite_number(int fd, uint64_t value)
{
	char text[NUMBER_BYTES];
	int length = snprintf(text, sizeof(text), "%" PRIu64 "\n", value);

	return pwrite(fd, text, (size_t)length, 0) < 0 ? linux_error(errno) : 0;
}

static int check_access(const char *directory, const char *file, int mode)
{
	char path[PATH_MAX];
	int r = path_join(directory, file, path, sizeof(path));

	if (r < 0)
		return r;
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS) < 0 ? linux_error(errno) : 0;
}

bool sysfs_exists(const char *directory, const char *file)
{
	return check_access(directory, file, F_OK) == 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void sysfs_add_word(char *words, size_t words_bytes, const char *word)
{
	size_t used = strlen(words);

	if (used + strlen(", ") + strlen(word) < words_bytes)
		(void)snprintf(words + used, words_bytes - used, "%s%s", used ? ", " : "", word);
}

size_t sysfs_list(const char *directory, char *ret_words, size_t words_bytes)
{
	struct dirent **entries = NULL;
	int n = scandir(directory, &entries, is_visible, versionsort);

	ret_words[0] = '\0';
	for (int i = 0; i < n; i++) {
		sysfs_add_word(ret_words, words_bytes, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return n > 0 ? (size_t)n : 0;
}

int sysfs_no_permission(const char *path, struct hal_error *error)
{
	return hal_error_set(error, -EACCES,
		"no permission for %s: is the user in group gpio, and are the udev rules "
		"installed?",
		path);
}

static int check_writable(const char *directory, const char *const *files, size_t n_files)
{
	for (size_t i = 0; i < n_files; i++) {
		int r = check_access(directory, files[i], W_OK);
		if (r < 0)
			return r;
	}
	return 0;
}

static int64_t now_ms(void)
{
	return (int64_t)(clock_now_us() / 1000);
}

/* Sleeps until the next event and discards it: the caller looks again at what has changed. */
static void wait_event(int inotify, int64_t until_ms)
{
	char events[1024];
	struct pollfd poll_fd = {.fd = inotify, .events = POLLIN};
	int64_t left_ms = until_ms - now_ms();

	if (left_ms > 0 && poll(&poll_fd, 1, (int)left_ms) > 0)
		(void)!read(inotify, events, sizeof(events));
}

int sysfs_wait_writable(const char *parent, const char *directory, const char *const *files,
	size_t n_files, unsigned timeout_ms)
{
	const uint32_t changes = IN_ATTRIB | IN_CREATE;
	int64_t until_ms = now_ms() + timeout_ms;
	CLOSING int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (inotify < 0)
		return linux_error(errno);
	if (inotify_add_watch(inotify, parent, changes) < 0)
		return linux_error(errno);
	for (;;) {
		/*
		 * Watch first, then look, so that nothing is missed in between. As long as the
		 * directory is missing, the watch fails, and the parent's event leads to the next
		 * try.
		 */
		(void)inotify_add_watch(inotify, directory, changes);
		int r = check_writable(directory, files, n_files);
		if ((r != -EACCES && r != -ENOENT) || now_ms() >= until_ms)
			return r;
		wait_event(inotify, until_ms);
	}
}
