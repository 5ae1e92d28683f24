/* SPDX-License-Identifier: MIT */
/*
 * The broker's password: systemd's credential "mqtt-password", or else the map's password_file. It
 * is read anew at each connection, so a changed password is used without telling the gateway.
 * systemd's credential stays the same: it is a copy from the start of the process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	CREDENTIALS_PASSWORD_MAX = 4096, /* bytes, of the whole file */
	CREDENTIALS_ERROR_MAX = 320,
};

struct credentials_places {
	const char *directory; /* the environment's CREDENTIALS_DIRECTORY; NULL: none */
	const char *file;      /* the map's password_file; NULL: none */
};

struct credentials {
	char *password;  /* the first line of the file, allocated; NULL: there is none */
	bool is_copy;    /* systemd's, from the start of the process */
	const char *odd; /* a doubt about the file, see password_text.h; or NULL */
};

/*
 * Reads a regular file, and waits for nothing but its disk. Returns 0, or a negative errno; then
 * error says what is wrong, and the cure. The map's file is refused (-EPERM) when group or others
 * can read it.
 */
int credentials_load(const struct credentials_places *places, char error[CREDENTIALS_ERROR_MAX],
	struct credentials *ret_credentials);

/* Overwrites and frees. */
void credentials_forget(struct credentials *credentials);
