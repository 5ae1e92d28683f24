/* SPDX-License-Identifier: MIT */
/*
 * The interval that was set over MQTT, kept in the state directory for the next start
 * (interval.remember). It is only used as long as the map has the same interval as at that time.
 */
#pragma once

#include <stdint.h>

/* 0; -ENOENT: none is kept, or the map's interval has changed; else an errno of reading. */
int interval_store_load(const char *state_dir, uint32_t map_default_ms, uint32_t *ret_interval_ms);

/* Replaces the file in one step. Does not wait for the disk. 0 or a negative errno. */
int interval_store_save(const char *state_dir, uint32_t map_default_ms, uint32_t interval_ms);
