/* SPDX-License-Identifier: MIT */
/* The outputs of a map on a simulated board, for tests of those that cannot be written. */
#pragma once

#include "backoff.h"
#include "clock.h"
#include "map_rig.h"
#include "output_words.h"
#include "outputs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PUMP  "relays: [{name: pump, line: GPIO5}]\n"
#define FAN   "relays: [{name: fan, line: GPIO6}]\n"
#define BOARD "chips: {board: {driver: pca9685, bus: /dev/i2c-1, address: 0x40}}\n"

struct fixture {
	struct map_rig rig;
	struct outputs *outputs;
	unsigned n_states; /* how often a change of the state was told */
	char health[1024];
};

static inline void on_health(void *userdata, const char *object, const char *error)
{
	struct fixture *f = userdata;
	size_t used = strlen(f->health);

	(void)snprintf(f->health + used, sizeof(f->health) - used, "%s: %s\n", object,
		error ? error : "works");
}

static inline void on_state(void *userdata)
{
	((struct fixture *)userdata)->n_states++;
}

/* On the board of the rig, whatever was done to it before. */
static inline void open_outputs(struct fixture *f, bool safe_only)
{
	const struct outputs_settings settings = {
		.board = f->rig.board,
		.config = f->rig.config,
		.listener = {on_health, on_state, f},
		.safe_only = safe_only,
	};

	assert_int_equal(outputs_new(&settings, &f->outputs), 0);
}

static inline void open_traced(struct fixture *f, const char *map, const struct hal_trace *trace)
{
	*f = (struct fixture){.n_states = 0};
	map_rig_open_traced(&f->rig, map, trace);
	open_outputs(f, false);
}

static inline void open_map(struct fixture *f, const char *map)
{
	open_traced(f, map, NULL);
}

static inline void close_all(struct fixture *f)
{
	outputs_free(f->outputs);
	map_rig_close(&f->rig);
}

/* Lets the time of every retry come. */
static inline void poll_much_later(struct fixture *f)
{
	uint64_t now_us = clock_now_us();

	for (int i = 0; i < 12; i++) {
		now_us += UINT64_C(1000) * BACKOFF_MAX_MS;
		(void)outputs_poll(f->outputs, now_us);
	}
}

static inline void set_fault(struct fixture *f, const char *target, enum sim_fault fault)
{
	assert_int_equal(sim_set_fault(f->rig.board, target, fault), 0);
}

static inline int set(struct fixture *f, const char *word, size_t index, bool on, uint32_t for_ms)
{
	const struct output_request request = {led_values(on, 0), {.for_ms = for_ms}};

	return outputs_apply(f->outputs, output_index(f->rig.config, word, index), &request, NULL);
}

static inline struct outputs_status get(struct fixture *f, const char *word, size_t index)
{
	return outputs_get(f->outputs, output_index(f->rig.config, word, index));
}

static inline bool is_on(struct fixture *f, const char *word, size_t index)
{
	const struct outputs_status status = get(f, word, index);

	return output_value(word, &status.values, "on") != 0;
}

static inline void reload(struct fixture *f, const char *map)
{
	struct config *config = map_load(map);

	map_rig_add_parts(&f->rig, config);
	assert_int_equal(outputs_reload(f->outputs, config, false), 0);
	config_free(f->rig.config);
	f->rig.config = config;
}
