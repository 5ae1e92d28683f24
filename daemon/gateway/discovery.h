/* SPDX-License-Identifier: MIT */
/*
 * Tells Home Assistant what this gateway has, where the map wants it (mqtt.discovery), and takes
 * back what is gone. A list of all that was told is in the state directory, so that it is taken
 * back whatever happened meanwhile: a map that was edited while the gateway did not run, another
 * prefix, another root. Main thread, which waits neither for the broker nor for the disk.
 *
 * A device's message is made anew for each connection, when the map changes, and when Home
 * Assistant starts; in between it takes no memory.
 */
#pragma once

#include "announced.h"
#include "config.h"
#include "file_keeper.h"
#include "host.h"
#include "outbox.h"
#include <pthread.h>
#include <stdint.h>

enum {
	DISCOVERY_DELAY_US = 5000000, /* at most, after the start of Home Assistant */
	DISCOVERY_ID_BYTES = HOST_ID_BYTES + 9,
};

/* All zero, then discovery_init(). */
struct discovery {
	struct outbox *outbox; /* borrowed, as the rest */
	struct file_keeper *files;
	struct kept_file *file;
	const char *board;           /* its name, or "" */
	char id[DISCOVERY_ID_BYTES]; /* of the device; "": unknown */
	bool is_new;                 /* this connection was not told anything yet */
	bool is_settling;            /* what was told is on its way */
	size_t packet_max;           /* of this broker; 0: unlimited */
	/* All that some broker may keep, and what it keeps when the last message has arrived. */
	struct announced told, wanted;
	pthread_mutex_t mutex; /* over the file's text, which the keeper's thread takes */
	struct announced text;
	bool is_left_out_told;
};

/* Adds its file to the keeper, and reads it. 0 or a negative errno. */
int discovery_init(struct discovery *discovery, struct outbox *outbox, struct file_keeper *files);

/* Sets whose device it is. root: "" for the real files of this machine. */
void discovery_identify(struct discovery *discovery, const char *root, const char *state_dir);

/* A connection was made: what is told next comes with discovery_met_broker(). */
void discovery_connected(struct discovery *discovery);

/* The connection's retained messages are out. packet_max: in bytes, or 0. */
void discovery_met_broker(
	struct discovery *discovery, const struct config *config, size_t packet_max);

/* The map is another one, or Home Assistant has started. Without a connection, it waits for one. */
void discovery_announce(struct discovery *discovery, const struct config *config);

/* To be called from time to time: notes that the broker has got it all. */
void discovery_settle(struct discovery *discovery, const struct config *config);

/* A random time within DISCOVERY_DELAY_US, so that many gateways do not speak at once. */
uint64_t discovery_delay_us(uint64_t random);

void discovery_free(struct discovery *discovery);
