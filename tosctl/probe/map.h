/* SPDX-License-Identifier: MIT */
/* The first device map, made of what was found. */
#pragma once

#include "config.h"

#include <stdio.h>

struct cJSON;

/*
 * Writes the map. Parts that are certain are in it; those that are likely, and examples of what
 * cannot be seen, are comments that become part of it without their "#". No password is ever
 * written. mqtt: the broker that was asked.
 */
void probe_write_map(const struct cJSON *found, const struct config_mqtt *mqtt, FILE *out);
