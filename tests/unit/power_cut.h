/* SPDX-License-Identifier: MIT */
/*
 * A disk whose power can be cut. It stands between SQLite and its files, keeps a list of what was
 * done to them, and can tell afterwards what a disk might have held when the power went at any
 * point of that list:
 *
 * - What was written before a file's last sync is there.
 * - Of what was written after it each sector is there, or is not, or in half, or is garbage.
 * - Files come, go and shrink in that order, as in a journal: up to some point after the last sync.
 *
 * One recorder at a time: SQLite knows it by name.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct power_recorder;

/* From now on SQLite's files go through it. Nothing is recorded before power_record(). */
struct power_recorder *power_recorder_new(void);
struct power_recorder *power_recorder_free(struct power_recorder *recorder);

void power_record(struct power_recorder *recorder, int on);

/* So many things were done; and so many before the last sync of any file that ends before 'cut'. */
size_t power_steps(const struct power_recorder *recorder);
size_t power_synced(const struct power_recorder *recorder, size_t cut);

/* Makes the files in a folder as they might be after a cut before step 'cut'. name: the database's.
 */
void power_cut(const struct power_recorder *recorder, size_t cut, uint32_t seed, const char *folder,
	const char *name);
