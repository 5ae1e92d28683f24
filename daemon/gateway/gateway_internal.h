/* SPDX-License-Identifier: MIT */
/*
 * Shared by the gateway's own files. All of it belongs to the main thread.
 *
 *   gateway.c         builds it up, runs it, tears it down in mirror order
 *   gateway_events.c  what the other threads report, timers, commands
 *   gateway_link.c    a link for a map
 *   gateway_map.c     reads a map and shows its mistakes
 *   gateway_reload.c  another map, without disturbing what stays the same
 *   gateway_safe.c    --safe: every output of the map made safe, and nothing else
 */
#pragma once

#include "board.h"
#include "config.h"
#include "failsafe.h"
#include "gateway.h"
#include "health.h"
#include "link.h"
#include "outbox.h"
#include "outputs.h"
#include "publisher.h"
#include "queue.h"
#include "router.h"
#include "sampler.h"
#include "simulation.h"
#include "spooler.h"
#include "state_lock.h"
#include "status_line.h"
#include "watchdog.h"
#include <systemd/sd-event.h>

struct gateway {
	const struct gateway_options *options;
	struct hal_trace trace;
	sd_event *loop;

	struct config *config;
	struct config *retired; /* the one before, until the sampler has let go of it */
	bool reload_wanted;     /* a reload was asked for meanwhile */
	uint32_t interval_ms;
	bool interval_unsaved; /* to be remembered, and not yet in the state directory */

	struct simulation *simulation; /* NULL on real hardware */
	struct board *board;           /* the simulation's, or our own */

	struct state_lock state_lock;
	struct outbox *outbox;
	struct spooler *spooler;
	struct queue *link_events, *sampler_events;
	struct publisher *publisher;
	struct sampler *sampler;
	struct link *link;
	struct outputs *outputs;
	struct router router;
	struct refusals refusals; /* of actions */
	struct failsafe failsafe;
	uint64_t guard_us;            /* the one the link was told */
	bool tripped_told;            /* whether the service manager knows that it tripped */
	char status[STATUS_LINE_MAX]; /* as the service manager was told */
	struct health health;
	struct watchdog watchdog;

	sd_event_source *outputs_timer; /* ramps, reversals, retries */
	sd_event_source *failsafe_timer;
	sd_event_source *health_timer;
	sd_event_source *refusals_timer; /* tells how many were refused since */
	sd_event_source *store_timer;    /* writes the interval soon after it was changed */
	sd_event_source *state_due; /* publishes the state once the loop has nothing more urgent */
	sd_event_source *health_due;
};

/* The board that the options ask for. */
int gateway_open_board(struct gateway *gateway, const struct config *config);
void gateway_close_board(struct gateway *gateway);

/* Makes a link for that map, of which it keeps nothing. It does not connect before link_start(). A
 * mistake of the password is logged. */
int gateway_prepare_link(
	const struct gateway *gateway, const struct config *config, struct link **ret_link);

/* Sources of the loop: events of the threads, timers. */
int gateway_attach_events(struct gateway *gateway);
void gateway_detach_events(struct gateway *gateway);

/* Publish soon. Both may be called as often as one likes. */
void gateway_state_changed(struct gateway *gateway);
void gateway_health_changed(struct gateway *gateway);

/* Publishes the health from now on in the rhythm of the map. */
void gateway_follow_health(struct gateway *gateway);

/* Publishes now. */
void gateway_publish_state(struct gateway *gateway);

void gateway_set_interval(struct gateway *gateway, uint32_t interval_ms);
/* Writes the interval if it is to be remembered and has not been written yet. */
void gateway_store_interval(struct gateway *gateway);

/* After anything that may have started or stopped a motor: timers and the guard follow. */
void gateway_follow_outputs(struct gateway *gateway);

/* Tells the service manager how things are. */
void gateway_notify_status(struct gateway *gateway);

/* Begins to go over to the map as it is now on disk; a map with mistakes is refused and the old one
 * goes on. */
void gateway_reload(struct gateway *gateway);
/* To be called when the sampler has let go of the old map. */
void gateway_reload_finished(struct gateway *gateway);

/* Leaves a copy of the map for tosd --safe. */
void gateway_keep_map(struct gateway *gateway);

/* --- gateway_map.c --- */

/* For %H of the map. */
void gateway_hostname(char *hostname, size_t hostname_bytes);

/* config_load() with the name of this host. */
int gateway_read_map(const char *path, struct diag *diag, struct config **ret_config);

enum { GATEWAY_COUNTS_BYTES = 32 * OUTPUT_KINDS_MAX };

/* ", LEDs 3, motors 1" */
void gateway_count_outputs(const struct config *config, char ret_counts[GATEWAY_COUNTS_BYTES]);

/* Reads and checks the map; mistakes and warnings are logged. An exit code, or -1 with the map. */
int gateway_load_config(const char *path, struct config **ret_config);
