/* SPDX-License-Identifier: MIT */
#include "state_cause.h"
#include "regular_file.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* 0, or the error if this process may not access the path in that mode. */
static int try_access(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS) < 0 ? -errno : 0;
}

static int find_in_file(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(status.st_mode))
		return -EISDIR;
	return try_access(path, R_OK | W_OK);
}

/* Full for this process: some blocks are reserved for root. */
static bool is_full(const char *directory)
{
	struct statvfs status;

	if (statvfs(directory, &status) < 0)
		return false;
	if (geteuid() == 0)
		return status.f_bfree == 0 || (status.f_files > 0 && status.f_ffree == 0);
	return status.f_bavail == 0 || (status.f_files > 0 && status.f_favail == 0);
}

/* ret_culprit, of PATH_BYTES: the path that cannot be used. */
static int find(const char *directory, const char *const *names, char *ret_culprit)
{
	int r = try_access(directory, W_OK | X_OK);

	(void)snprintf(ret_culprit, PATH_BYTES, "%s", directory);
	for (; r == 0 && *names; names++) {
		(void)snprintf(ret_culprit, PATH_BYTES, "%s/%s", directory, *names);
		r = find_in_file(ret_culprit);
	}
	return r == 0 && is_full(directory) ? -ENOSPC : r;
}

int state_cause_find(const char *directory, const char *const *names)
{
	char culprit[PATH_BYTES];

	return find(directory, names, culprit);
}

static void user_name(uid_t user, char *out, size_t out_bytes)
{
	struct passwd entry, *found = NULL;
	char buffer[1024];

	if (getpwuid_r(user, &entry, buffer, sizeof(buffer), &found) == 0 && found)
		(void)snprintf(out, out_bytes, "%s", found->pw_name);
	else
		(void)snprintf(out, out_bytes, "user %u", (unsigned)user);
}

/* The owner is the usual reason: tosd was once started by hand, as root. */
static void describe_denied(
	const char *directory, const char *culprit, struct state_cause *ret_cause)
{
	char owner[40], ours[40];
	struct stat status;

	user_name(geteuid(), ours, sizeof(ours));
	if (stat(culprit, &status) < 0 || status.st_uid == geteuid()) {
		(void)snprintf(ret_cause->why, sizeof(ret_cause->why),
			"permission denied: %.100s may not be used by %s", culprit, ours);
		(void)snprintf(ret_cause->cure, sizeof(ret_cause->cure), "chmod -R u+rwX %.120s",
			directory);
		return;
	}
	user_name(status.st_uid, owner, sizeof(owner));
	(void)snprintf(ret_cause->why, sizeof(ret_cause->why),
		"permission denied: %.100s belongs to %s, and tosd runs as %s", culprit, owner,
		ours);
	(void)snprintf(
		ret_cause->cure, sizeof(ret_cause->cure), "chown -R %s %.120s", ours, directory);
}

void state_cause_describe(
	const char *directory, const char *const *names, int error, struct state_cause *ret_cause)
{
	static const struct {
		int error;
		const char *why, *cure;
	} WORDS[] = {
		{ENOENT, NULL,
			"make that folder, writable for tosd, or name another one with --state"},
		{EROFS, "the file system is read-only",
			"mount it writable, or name another state directory with --state"},
		{ENOSPC, "the disk is full", "make room on it"},
		{EISDIR, "something is in its place that is no file", "move it away"},
	};
	char culprit[PATH_BYTES];
	int found = find(directory, names, culprit);

	*ret_cause = (struct state_cause){0};
	(void)snprintf(ret_cause->why, sizeof(ret_cause->why), "%s", regular_file_error(-error));
	if (error == -EACCES && (found == -EACCES || found == 0))
		describe_denied(directory, culprit, ret_cause);
	for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
		if (WORDS[i].error != -error)
			continue;
		if (WORDS[i].why)
			(void)snprintf(ret_cause->why, sizeof(ret_cause->why), "%s", WORDS[i].why);
		(void)snprintf(ret_cause->cure, sizeof(ret_cause->cure), "%s", WORDS[i].cure);
	}
}
