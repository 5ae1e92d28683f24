/* SPDX-License-Identifier: MIT */
/*
 * A simulated board for the probe, with answers besides those of its parts: kernel items that the
 * board lacks, and a log of everything that went over its wires.
 */
#pragma once

#include "board_sim.h"
#include "probe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct probe_rig {
	struct probe probe;
	struct options options;
	struct board_ops ops;           /* the board's own, but for list */
	const struct board_ops *real;   /* the board's own */
	const struct board_item *extra; /* listed besides, by kind */
	enum board_kind extra_kind;
	bool is_asked[128]; /* addresses */
	unsigned n_transfers;
	struct hal_trace trace;
	cJSON *found;
};

static struct probe_rig *probe_rig_now; /* of the test that runs */

static inline void probe_rig_note(void *userdata, const char *object, const char *text)
{
	struct probe_rig *rig = userdata;
	unsigned address = 0;

	if (strncmp(object, "/dev/i2c", 8) != 0 || sscanf(text, "0x%x", &address) != 1)
		return;
	rig->is_asked[address % 128] = true;
	rig->n_transfers++;
}

static inline int probe_rig_list(struct board *board, enum board_kind kind,
	const struct attributes_class *class, board_found *found, void *userdata)
{
	struct probe_rig *rig = probe_rig_now;

	if (rig->extra && kind == rig->extra_kind)
		found(userdata, rig->extra);
	return rig->real->list(board, kind, class, found, userdata);
}

static inline int probe_rig_setup(void **state)
{
	static char url[] = "mqtt://127.0.0.1:1", topic[] = "tos", *urls[] = {url};
	struct probe_rig *rig = calloc(1, sizeof(*rig));
	const struct sim_settings settings = {.stuck_us = 50};

	if (!rig)
		return -1;
	rig->trace = (struct hal_trace){probe_rig_note, rig};
	if (board_sim_new(&settings, &rig->trace, &rig->probe.board) < 0)
		return -1;
	rig->real = rig->probe.board->ops;
	rig->ops = *rig->real;
	rig->ops.list = probe_rig_list;
	rig->probe.board->ops = &rig->ops;
	rig->options.mqtt.urls = urls;
	rig->options.mqtt.n_urls = 1;
	rig->options.mqtt.topic = topic;
	rig->probe.options = &rig->options;
	probe_rig_now = rig;
	*state = rig;
	return 0;
}

static inline int probe_rig_teardown(void **state)
{
	struct probe_rig *rig = *state;

	cJSON_Delete(rig->found);
	board_close(rig->probe.board);
	free(rig);
	return 0;
}

static inline void probe_rig_add(struct probe_rig *rig, const char *name, const char *driver,
	const char *bus, uint16_t address)
{
	const struct driver *found = driver_find(driver);

	assert_non_null(found);
	assert_int_equal(sim_add_part(rig->probe.board, name, found, bus, address), 0);
}

static inline const cJSON *probe_rig_look(struct probe_rig *rig)
{
	cJSON_Delete(rig->found);
	rig->found = probe_run(&rig->probe);
	return rig->found;
}

static inline const char *probe_rig_text(const cJSON *item, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));

	return text ? text : "";
}

/* The item of that name in the list, or among the parts of its items; NULL. */
static inline const cJSON *probe_rig_find(const cJSON *items, const char *name)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, items) {
		const cJSON *parts = cJSON_GetObjectItemCaseSensitive(item, "parts");
		const cJSON *part = parts ? probe_rig_find(parts, name) : NULL;

		if (part)
			return part;
		if (strcmp(probe_rig_text(item, "name"), name) == 0)
			return item;
	}
	return NULL;
}

static inline const cJSON *probe_rig_item(
	const struct probe_rig *rig, const char *look, const char *name)
{
	return probe_rig_find(cJSON_GetObjectItemCaseSensitive(rig->found, look), name);
}

static inline bool probe_rig_misses(const struct probe_rig *rig, const char *what, const char *cure)
{
	const cJSON *entry;

	cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(rig->found, "missing"))
		if (strstr(probe_rig_text(entry, "what"), what) &&
			strstr(probe_rig_text(entry, "cure"), cure))
			return true;
	return false;
}
