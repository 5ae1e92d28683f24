/* SPDX-License-Identifier: MIT */
#include "power_cut.h"

#include <assert.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512 };
enum file { DATABASE, WAL, JOURNAL, FILES, NOT_RECORDED };
enum action { CREATE, WRITE, TRUNCATE, SYNC, DELETE };

static const char *const SUFFIXES[FILES] = {"", "-wal", "-journal"};

struct step {
	enum action action;
	enum file file;
	size_t offset, size; /* TRUNCATE: the new size */
	uint8_t *data;
};

struct power_recorder {
	sqlite3_vfs vfs;
	sqlite3_vfs *below;
	bool is_on;
	struct step *steps;
	size_t n_steps, room;
};

/* The file of the layer below stands behind it. */
struct recorded_file {
	sqlite3_file file;
	struct power_recorder *recorder;
	enum file which;
};

static sqlite3_file *below(sqlite3_file *file)
{
	void *behind = (struct recorded_file *)file + 1;

	return behind;
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static enum file which_file(const char *path)
{
	if (!path)
		return NOT_RECORDED;
	if (ends_with(path, "-wal"))
		return WAL;
	return ends_with(path, "-journal") ? JOURNAL : DATABASE;
}

static void record(struct power_recorder *recorder, const struct step *step)
{
	struct step *kept;

	if (!recorder->is_on || step->file == NOT_RECORDED)
		return;
	if (recorder->n_steps == recorder->room) {
		recorder->room = 2 * recorder->room + 64;
		recorder->steps = reallocarray(recorder->steps, recorder->room, sizeof(*step));
		assert(recorder->steps);
	}
	kept = &recorder->steps[recorder->n_steps++];
	*kept = *step;
	if (step->data) {
		kept->data = malloc(step->size);
		assert(kept->data);
		memcpy(kept->data, step->data, step->size);
	}
}

static void record_file(sqlite3_file *file, enum action action, size_t offset, size_t size)
{
	const struct recorded_file *recorded = (struct recorded_file *)file;

	record(recorded->recorder, &(struct step){action, recorded->which, offset, size, NULL});
}

static int on_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
	const struct recorded_file *recorded = (struct recorded_file *)file;
	struct step step = {WRITE, recorded->which, (size_t)offset, (size_t)size, NULL};

	memcpy(&step.data, &data, sizeof(data)); /* record() copies what it points to */
	record(recorded->recorder, &step);
	return below(file)->pMethods->xWrite(below(file), data, size, offset);
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	record_file(file, TRUNCATE, 0, (size_t)size);
	return below(file)->pMethods->xTruncate(below(file), size);
}

/* The real disk need not hurry: the machine's power stays. */
static int on_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	record_file(file, SYNC, 0, 0);
	return SQLITE_OK;
}

static int on_close(sqlite3_file *file)
{
	return below(file)->pMethods->xClose(below(file));
}

static int on_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
	return below(file)->pMethods->xRead(below(file), data, size, offset);
}

static int on_file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	return below(file)->pMethods->xFileSize(below(file), ret_size);
}

static int on_lock(sqlite3_file *file, int level)
{
	return below(file)->pMethods->xLock(below(file), level);
}

static int on_unlock(sqlite3_file *file, int level)
{
	return below(file)->pMethods->xUnlock(below(file), level);
}

static int on_check_reserved(sqlite3_file *file, int *ret_reserved)
{
	return below(file)->pMethods->xCheckReservedLock(below(file), ret_reserved);
}

static int on_control(sqlite3_file *file, int operation, void *argument)
{
	return below(file)->pMethods->xFileControl(below(file), operation, argument);
}

static int on_sector_size(sqlite3_file *file)
{
	return below(file)->pMethods->xSectorSize(below(file));
}

static int on_characteristics(sqlite3_file *file)
{
	return below(file)->pMethods->xDeviceCharacteristics(below(file));
}

static int on_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret_map)
{
	return below(file)->pMethods->xShmMap(below(file), page, size, extend, ret_map);
}

static int on_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return below(file)->pMethods->xShmLock(below(file), offset, n, flags);
}

static void on_shm_barrier(sqlite3_file *file)
{
	below(file)->pMethods->xShmBarrier(below(file));
}

static int on_shm_unmap(sqlite3_file *file, int remove)
{
	return below(file)->pMethods->xShmUnmap(below(file), remove);
}

static const sqlite3_io_methods METHODS = {
	.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_file_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_check_reserved,
	.xFileControl = on_control,
	.xSectorSize = on_sector_size,
	.xDeviceCharacteristics = on_characteristics,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap,
};

static int on_open(
	sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *ret_flags)
{
	struct power_recorder *recorder = (struct power_recorder *)vfs;
	struct recorded_file *recorded = (struct recorded_file *)file;
	bool is_new = path && access(path, F_OK) < 0;
	int r;

	file->pMethods = NULL;
	recorded->recorder = recorder;
	recorded->which = which_file(path);
	r = recorder->below->xOpen(recorder->below, path, below(file), flags, ret_flags);
	if (r != SQLITE_OK)
		return r;
	file->pMethods = &METHODS;
	if (is_new)
		record_file(file, CREATE, 0, 0);
	return r;
}

static int on_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	struct power_recorder *recorder = (struct power_recorder *)vfs;

	record(recorder, &(struct step){.action = DELETE, .file = which_file(path)});
	return recorder->below->xDelete(recorder->below, path, sync);
}

struct power_recorder *power_recorder_new(void)
{
	struct power_recorder *recorder = calloc(1, sizeof(*recorder));

	assert(recorder);
	recorder->below = sqlite3_vfs_find(NULL);
	recorder->vfs = *recorder->below;
	recorder->vfs.zName = "power-recorder";
	recorder->vfs.szOsFile += (int)sizeof(struct recorded_file);
	recorder->vfs.xOpen = on_open;
	recorder->vfs.xDelete = on_delete;
	sqlite3_vfs_register(&recorder->vfs, 1);
	return recorder;
}

struct power_recorder *power_recorder_free(struct power_recorder *recorder)
{
	sqlite3_vfs_unregister(&recorder->vfs);
	for (size_t i = 0; i < recorder->n_steps; i++)
		free(recorder->steps[i].data);
	free(recorder->steps);
	free(recorder);
	return NULL;
}

void power_record(struct power_recorder *recorder, int on)
{
	recorder->is_on = on;
}

size_t power_steps(const struct power_recorder *recorder)
{
	return recorder->n_steps;
}

/* Behind the last sync of that file, or of any. */
static size_t synced(const struct power_recorder *recorder, size_t cut, enum file file)
{
	while (cut > 0 &&
		!(recorder->steps[cut - 1].action == SYNC &&
			(file == NOT_RECORDED || recorder->steps[cut - 1].file == file)))
		cut--;
	return cut;
}

size_t power_synced(const struct power_recorder *recorder, size_t cut)
{
	return synced(recorder, cut, NOT_RECORDED);
}

/* The disk's copy of one file. */
struct content {
	bool exists;
	/* Writes go to a newer file of that name, which is not there yet. */
	bool is_stale;
	uint8_t *bytes;
	size_t size, room;
};

static uint32_t random_below(uint32_t *state, uint32_t limit)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % limit;
}

static void set_size(struct content *content, size_t size)
{
	if (size >= content->room) {
		content->room = 2 * size + 1;
		content->bytes = realloc(content->bytes, content->room);
		assert(content->bytes);
	}
	if (size > content->size)
		memset(content->bytes + content->size, 0, size - content->size);
	content->size = size;
}

/* A part of a write that lies in one sector. */
static void write_sector(
	struct content *content, size_t offset, const uint8_t *data, size_t size, uint32_t *random)
{
	switch (random_below(random, 8)) {
	case 0:
	case 1:
	case 2:
		memcpy(content->bytes + offset, data, size);
		break;
	case 3:
		memcpy(content->bytes + offset, data, size / 2);
		break;
	case 4:
		for (size_t i = 0; i < size; i++)
			content->bytes[offset + i] = (uint8_t)random_below(random, 256);
		break;
	default:
		break;
	}
}

static void write_some(struct content *content, const struct step *step, uint32_t *random)
{
	size_t done = 0;

	while (done < step->size) {
		size_t offset = step->offset + done;
		size_t size = SECTOR - offset % SECTOR;

		if (size > step->size - done)
			size = step->size - done;
		write_sector(content, offset, step->data + done, size, random);
		done += size;
	}
}

static void replay(struct content *content, const struct step *step, bool is_known, bool is_synced,
	uint32_t *random)
{
	switch (step->action) {
	case CREATE:
		content->is_stale = !is_known;
		if (is_known) {
			content->exists = true;
			set_size(content, 0);
		}
		break;
	case DELETE:
		if (is_known)
			content->exists = false;
		break;
	case TRUNCATE:
		if (is_known && !content->is_stale)
			set_size(content, step->size);
		break;
	case WRITE:
		if (content->is_stale || !content->bytes)
			break;
		if (step->offset + step->size > content->size)
			set_size(content, step->offset + step->size);
		if (is_synced)
			memcpy(content->bytes + step->offset, step->data, step->size);
		else
			write_some(content, step, random);
		break;
	case SYNC:
		break;
	}
}

static void write_file(
	const char *folder, const char *name, const char *suffix, const struct content *content)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
	(void)unlink(path);
	if (!content->exists)
		return;
	file = fopen(path, "we");
	assert(file);
	assert(fwrite(content->bytes, 1, content->size, file) == content->size);
	assert(fclose(file) == 0);
}

void power_cut(const struct power_recorder *recorder, size_t cut, uint32_t seed, const char *folder,
	const char *name)
{
	uint8_t shared[] = "what was in memory that two programs shared";
	const struct content shm = {.exists = true, .bytes = shared, .size = sizeof(shared)};
	struct content contents[FILES] = {0};
	size_t all_synced = synced(recorder, cut, NOT_RECORDED);
	size_t known = all_synced + random_below(&seed, (uint32_t)(cut - all_synced + 1));
	size_t file_synced[FILES];

	for (enum file f = DATABASE; f < FILES; f++)
		file_synced[f] = synced(recorder, cut, f);
	for (size_t i = 0; i < cut; i++) {
		const struct step *step = &recorder->steps[i];

		replay(&contents[step->file], step, i < known, i < file_synced[step->file], &seed);
	}
	for (enum file f = DATABASE; f < FILES; f++) {
		write_file(folder, name, SUFFIXES[f], &contents[f]);
		free(contents[f].bytes);
	}
	write_file(folder, name, "-shm", &shm);
}
