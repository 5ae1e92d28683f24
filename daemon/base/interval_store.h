/* SPDX-License-Identifier: MIT */
/*
 * The interval that was set over MQTT, kept in the state directory for the next start
 * (interval.remember). It is only used as long as the map has the same interval as at that time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define INTERVAL_STORE_NAME "interval" /* in the state directory */

enum { INTERVAL_STORE_BYTES = 32 };

/* 0; -ENOENT: none is kept, or the map's interval has changed; else an errno of reading. */
int interval_store_load(const char *state_dir, uint32_t map_default_ms, uint32_t *ret_interval_ms);

/* For the file keeper: the text of the file, and its size. */
size_t interval_store_format(
	uint32_t map_default_ms, uint32_t interval_ms, char text[static INTERVAL_STORE_BYTES]);
