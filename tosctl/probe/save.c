/* SPDX-License-Identifier: MIT */
#include "save.h"

#include "load.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_NEW = 0644 }; /* the gateway's user has to read it; there is no password in it */

__attribute__((format(printf, 1, 2))) static int refuse(const char *format, ...)
{
	va_list arguments;

	fputs("tosctl: ", stderr);
	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return -1;
}

static bool has_text(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t i = 0;
	int c = EOF;

	while (file && (c = getc(file)) != EOF && i < size && (char)c == text[i])
		i++;
	if (file)
		(void)fclose(file);
	return file && c == EOF && i == size;
}

static bool agrees(const char *path)
{
	char answer[16] = "";

	fprintf(stderr, "%s is there already. Replace it? [y/N] ", path);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* 0 if the file that is there may be replaced. Otherwise -1, and the reason is on stderr. */
static int may_replace(const char *path, const struct stat *old, bool is_forced)
{
	if (!S_ISREG(old->st_mode))
		return refuse("%s is not a regular file; --write - shows the map", path);
	if (is_forced)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return refuse("%s is there already, and is left as it is: give --force to replace "
			      "it, or another name, or - to see the map",
			path);
	return agrees(path) ? 0 : refuse("%s is left as it is", path);
}

/* The folder that shall hold it is made, as /etc/tos is missing before the first map; no other: a
 * path of several that are missing is rather a mistake. */
static int make_folder(const char *path)
{
	char copy[PATH_MAX], *folder;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	folder = dirname(copy);
	if (mkdir(folder, 0755) == 0 || errno == EEXIST)
		return 0;
	if (errno == ENOENT)
		return refuse("the folder %s is not there, nor the one above it: make it with "
			      "mkdir -p %s, or --write - shows the map",
			folder, folder);
	return refuse(
		"%s: %s%s", folder, strerror(errno), errno == EACCES ? "; run this with sudo" : "");
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
	return fsync(fd);
}

/* A map that probe makes has no mistakes. One that has some all the same is not written. */
static int check(const char *path)
{
	struct config *config = probe_load_map(path, true);

	if (!config)
		return refuse("the map would have mistakes and is not written");
	config_free(config);
	return 0;
}

/* The temporary file takes the place of the other one. Without old, none may have come since. */
static int put(const char *temporary, const char *path, const struct stat *old)
{
	if (old ? rename(temporary, path) == 0 : link(temporary, path) == 0)
		return 0;
	if (!old && (errno == EPERM || errno == EOPNOTSUPP) && rename(temporary, path) == 0)
		return 0; /* a file system without hard links */
	return refuse("%s: %s", path, strerror(errno));
}

static int replace(const char *path, const struct stat *old, const char *text, size_t size)
{
	char temporary[PATH_MAX];
	int fd, r = -1;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= sizeof(temporary))
		return refuse("%s: %s", path, strerror(ENAMETOOLONG));
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return refuse("%s: %s%s", path, strerror(errno),
			errno == EACCES ? "; run this with sudo" : "");
	if (old && fchown(fd, old->st_uid, old->st_gid) < 0)
		errno = 0; /* it is ours then */
	if (fchmod(fd, old ? old->st_mode & 07777 : MODE_NEW) < 0 || write_all(fd, text, size) < 0)
		(void)refuse("%s: %s", path, strerror(errno));
	else
		r = check(temporary);
	(void)close(fd);
	if (r == 0)
		r = put(temporary, path, old);
	(void)unlink(temporary);
	return r;
}

int probe_save(const char *path, const char *text, size_t size, bool is_forced, bool *ret_is_same)
{
	char target[PATH_MAX];
	struct stat old;
	bool is_there = stat(path, &old) == 0;

	*ret_is_same = false;
	/* A link stays one. */
	if (is_there && realpath(path, target))
		path = target;
	if (!is_there && errno != ENOENT)
		return refuse("%s: %s", path, strerror(errno));
	if (is_there && S_ISREG(old.st_mode) && has_text(path, text, size)) {
		*ret_is_same = true;
		return 0;
	}
	if (is_there ? may_replace(path, &old, is_forced) < 0 : make_folder(path) < 0)
		return -1;
	return replace(path, is_there ? &old : NULL, text, size);
}
