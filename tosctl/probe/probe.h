/* SPDX-License-Identifier: MIT */
/*
 * Looks at the board that the program runs on. The result is one JSON object: a list of items for
 * each look, and a list of what is missing. The text on the terminal, --json and the map are all
 * made from it. A look is one struct probe_look in one file of looks/, and its name in
 * looks/meson.build.
 *
 * An item:
 *   name, words   shown: "/dev/i2c-1", "bcm2835 (i2c@7e804000)"
 *   state         how it is shown, and what it means, see enum probe_state
 *   parts         items that are on it
 *   chip          a part for the map: {driver, bus, address}; drivers: all that it may be
 *   channels      those of the chip that have values
 *   example       what the map could have: {section, text}
 */
#pragma once

#include "board.h"
#include "config.h"
#include "driver.h"
#include "options.h"

#include <cjson/cJSON.h>
#include <sys/types.h>

struct probe {
	struct board *board;
	const struct options *options;
	const char *sys;              /* "/sys", or NULL: the board is simulated */
	bool is_running;              /* a tosd runs here */
	pid_t pid;                    /* its process id; 0: not known */
	const struct config *running; /* its map; NULL: it cannot be read */
	cJSON *missing;               /* what is not there and how to get it: {what, cure} */
};

enum probe_state {
	PROBE_PLAIN,
	PROBE_FOUND, /* it is there and can be used */
	PROBE_MAYBE, /* it looks like that, and so may something else */
	PROBE_ALONE, /* left alone: nothing was asked */
	PROBE_HELD,  /* somebody else has it */
	PROBE_FAULT, /* it is there and cannot be used */
};

struct probe_look {
	const char *title; /* its key in the JSON, and what begins its lines */
	/* Adds items to the list, and to probe->missing. */
	void (*look)(struct probe *probe, cJSON *items);
	bool is_quiet; /* that there is none is not worth a line */
};

/* All looks, in the order of looks/meson.build, then NULL. */
extern const struct probe_look *const probe_look_table[];

/* Adds an item and returns it. The texts are copied; words may be NULL. */
cJSON *probe_add(cJSON *items, const char *name, enum probe_state state, const char *words);

/* The same with words as printf() makes them. */
cJSON *probe_addf(cJSON *items, const char *name, enum probe_state state, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The state of an item. */
enum probe_state probe_state_of(const cJSON *item);

/*
 * Makes the item a part for the map; further drivers can be added with another call. address: 0
 * where the bus has none.
 */
void probe_set_chip(cJSON *item, const struct driver *driver, const char *bus, uint16_t address);

/* Adds a channel of the item's chip: a value for the map. */
void probe_add_channel(cJSON *item, const char *channel);

/* Says how the map could use the item: "leds", "{name: act, led: ACT}". */
void probe_set_example(cJSON *item, const char *section, const char *text);

/* Notes what is missing, once. */
void probe_miss(struct probe *probe, const char *what, const char *cure);

/* For a device file that may not be opened: names who may open it. */
void probe_miss_group(struct probe *probe, const char *path, const char *group);

/* True if this is a Raspberry Pi, by the board's own name. */
bool probe_is_pi(const struct probe *probe);

/* Looks at everything. To be deleted. */
cJSON *probe_run(struct probe *probe);

/* Shows it on stdout. */
void probe_print(const cJSON *found);
