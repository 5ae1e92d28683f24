/* SPDX-License-Identifier: MIT */
/* The broker's password: systemd's credential "mqtt-password", or the map's password_file. */
#pragma once

#include "config.h"
#include <stddef.h>

enum { CREDENTIALS_PASSWORD_MAX = 4096 };

/*
 * Reads it without the line's end. 0: *ret_password is allocated (wipe and free with
 * credentials_forget()), or NULL when there is none. A negative errno after it was logged.
 */
int credentials_load(const struct config_mqtt *mqtt, char **ret_password);

/* Overwrites and frees. Returns NULL; password may be NULL. */
char *credentials_forget(char *password);
