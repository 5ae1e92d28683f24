/* SPDX-License-Identifier: MIT */
#include "credentials.h"

#include "password_text.h"
#include "regular_file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns the number of bytes read, at most size, or a negative errno. */
static ssize_t read_whole(int fd, char *buffer, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t n = read(fd, buffer + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

static int read_password(const char *path, mode_t forbidden, struct credentials *credentials)
{
	char buffer[CREDENTIALS_PASSWORD_MAX + 1];
	int fd = regular_file_open(path), r = 0;
	struct stat status;
	ssize_t length;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		r = -errno;
	else if (status.st_mode & forbidden)
		r = -EPERM;
	length = r < 0 ? r : read_whole(fd, buffer, sizeof(buffer));
	(void)close(fd);
	if (length < 0)
		return (int)length;
	if (length > CREDENTIALS_PASSWORD_MAX) {
		r = -EFBIG;
	} else {
		credentials->odd = password_text_odd(buffer, (size_t)length);
		buffer[length] = '\0';
		buffer[strcspn(buffer, "\r\n")] = '\0';
		credentials->password = strdup(buffer);
		r = credentials->password ? 0 : -ENOMEM;
	}
	explicit_bzero(buffer, sizeof(buffer));
	return r;
}

static void describe(const char *path, int error, char *text)
{
	const char *words = regular_file_error(error), *cure = "";

	switch (error) {
	case EPERM:
		words = "others can read it";
		cure = ": set its mode to 600";
		break;
	case EFBIG:
		words = "it has more than 4096 bytes";
		cure = ": the password is its first line, and nothing else belongs there";
		break;
	case EACCES:
		cure = ": its owner is to be the user that tosd runs as";
		break;
	case ENOENT:
		cure = ": put the file there, with the password as its first line";
		break;
	default:
		break;
	}
	(void)snprintf(text, CREDENTIALS_ERROR_MAX, "password: %.160s: %s%s", path, words, cure);
}

_Static_assert(CREDENTIALS_PASSWORD_MAX == 4096, "as the words say");

int credentials_load(const struct credentials_places *places, char error[CREDENTIALS_ERROR_MAX],
	struct credentials *ret_credentials)
{
	struct credentials credentials = {.is_copy = places->directory != NULL};
	const char *path = places->file;
	char copy[4096];
	int r = -ENOENT;

	if (places->directory) {
		(void)snprintf(copy, sizeof(copy), "%s/mqtt-password", places->directory);
		r = read_password(copy, 0, &credentials);
	}
	if (r == -ENOENT) {
		credentials.is_copy = false;
		r = path ? read_password(path, S_IRWXG | S_IRWXO, &credentials) : 0;
	}
	if (r < 0) {
		describe(credentials.is_copy ? copy : path, -r, error);
		return r;
	}
	*ret_credentials = credentials;
	return 0;
}

void credentials_forget(struct credentials *credentials)
{
	if (credentials->password)
		explicit_bzero(credentials->password, strlen(credentials->password));
	free(credentials->password);
	*credentials = (struct credentials){0};
}
