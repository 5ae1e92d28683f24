/* SPDX-License-Identifier: MIT */
#include "credentials.h"
#include "log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_password(const char *path, char **ret_password)
{
	char buffer[CREDENTIALS_PASSWORD_MAX + 1];
	FILE *file = fopen(path, "re");
	size_t size;
	int r = 0;

	if (!file)
		return -errno;
	size = fread(buffer, 1, sizeof(buffer), file);
	if (ferror(file)) /* a folder, for example, can be opened but not read */
		r = -errno;
	else if (size > CREDENTIALS_PASSWORD_MAX)
		r = -EFBIG;
	fclose(file);
	if (r == 0) {
		buffer[size] = '\0';
		buffer[strcspn(buffer, "\r\n")] = '\0';
		*ret_password = strdup(buffer);
		r = *ret_password ? 0 : -ENOMEM;
	}
	explicit_bzero(buffer, sizeof(buffer));
	return r;
}

int credentials_load(const struct config_mqtt *mqtt, char **ret_password)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	char path[4096];
	int r;

	*ret_password = NULL;
	if (directory) {
		snprintf(path, sizeof(path), "%s/mqtt-password", directory);
		r = read_password(path, ret_password);
		if (r != -ENOENT)
			goto finish;
	}
	if (!mqtt->password_file)
		return 0;
	snprintf(path, sizeof(path), "%s", mqtt->password_file);
	r = read_password(path, ret_password);
finish:
	if (r < 0)
		log_error("mqtt", "password: %s: %s", path, strerror(-r));
	return r;
}

char *credentials_forget(char *password)
{
	if (password)
		explicit_bzero(password, strlen(password));
	free(password);
	return NULL;
}
