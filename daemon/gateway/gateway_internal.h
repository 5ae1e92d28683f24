/* SPDX-License-Identifier: MIT */
/*
 * Shared by the gateway's own files. All of it belongs to the main thread.
 *
 *   gateway.c          builds it, runs it, tears it down in mirror order
 *   gateway_events.c   takes the other threads' events: messages, the connection, sensors
 *   gateway_files.c    the small files of the state directory, and the interval, which is in one
 *   gateway_link.c     makes a link for a map
 *   gateway_map.c      reads a map and shows its mistakes
 *   gateway_outputs.c  follows the outputs: their timers, limits, the fail-safe
 *   gateway_reload.c   changes to another map without disturbing what stays the same
 *   gateway_reports.c  publishes the state, about, the health, and what Home Assistant is told
 *   gateway_safe.c     --safe: makes every output of the map safe, and does nothing else
 *   gateway_status.c   the line of status for the service manager
 *   gateway_topics.c   topics of single outputs
 */
#pragma once

#include "board.h"
#include "board_name.h"
#include "config.h"
#include "discovery.h"
#include "failsafe.h"
#include "file_keeper.h"
#include "gateway.h"
#include "health.h"
#include "link.h"
#include "map_keeper.h"
#include "outbox.h"
#include "outputs.h"
#include "payload.h"
#include "publisher.h"
#include "queue.h"
#include "router.h"
#include "running_map.h"
#include "sampler.h"
#include "simulation.h"
#include "spooler.h"
#include "state_lock.h"
#include "status_line.h"
#include "watchdog.h"
#include <stdatomic.h>
#include <systemd/sd-event.h>

struct gateway {
	const struct gateway_options *options;
	struct hal_trace trace;
	sd_event *loop;

	struct config *config;
	struct config *retired;                  /* the previous one, until the reload is over */
	bool has_let_go;                         /* the sampler, of the previous one */
	bool reload_wanted;                      /* another reload was requested meanwhile */
	struct config *past[RUNNING_MAP_COPIES]; /* what the process before ran, at the start */
	bool has_other_copies;                   /* of maps, or none of this one: to be settled */
	uint32_t interval_ms;

	struct simulation *simulation;     /* NULL with real hardware */
	struct board *board;               /* the simulation's, or our own */
	char board_name[BOARD_NAME_BYTES]; /* "": unknown */

	struct state_lock state_lock;
	struct map_keeper *maps;
	struct file_keeper *files; /* of the state directory */
	struct kept_file *kept_interval;
	atomic_uint kept_default_ms, kept_interval_ms; /* what the file keeper is to write */
	struct count_keeper *kept_counts;
	struct last_values *last;
	struct outbox *outbox;
	struct spooler *spooler;
	struct queue *link_events, *sampler_events;
	struct publisher *publisher;
	struct sampler *sampler;
	struct link *link;
	struct outputs *outputs;
	struct router router;
	struct refusals refusals; /* of actions */
	uint64_t lost_us;         /* when the connection was; 0: there was none yet */
	struct failsafe failsafe;
	uint64_t guard_us;            /* the guard that the link was given */
	bool tripped_told;            /* the service manager knows that the fail-safe tripped */
	char status[STATUS_LINE_MAX]; /* as last reported to the service manager */
	struct discovery discovery;
	struct watchdog watchdog;

	sd_event_source *limits;        /* edges of the switches that end a move */
	sd_event_source *outputs_timer; /* ramps, reversals, retries */
	sd_event_source *failsafe_timer;
	sd_event_source *health_timer;
	sd_event_source *birth_timer;    /* announces again after the start of Home Assistant */
	sd_event_source *refusals_timer; /* logs how many actions were refused since */
	sd_event_source *state_due;      /* publishes the state when nothing more urgent is left */
	sd_event_source *health_due;

	/* From here on large. Below the health little is in use, and the rest stays unmapped. */
	struct health health;
	struct repeats repeats;
	struct count_answers counts;

	/*
	 * For the message that main is just making. The stack is no place for them: the compiler
	 * touches each page of it, while here only those that are written to are in use.
	 */
	struct payload_action state;
	char payload[OUTBOX_PAYLOAD_MAX];
};

/* Connected, but no stop can come. */
static inline bool gateway_is_deaf(const struct gateway *gateway)
{
	return gateway->health.connected && !gateway->failsafe.connected;
}

/* Opens the board that the options ask for. */
int gateway_open_board(struct gateway *gateway, const struct config *config);
void gateway_close_board(struct gateway *gateway);

/* Makes a link for that map, of which it keeps nothing. It only connects after link_start(). */
int gateway_prepare_link(
	const struct gateway *gateway, const struct config *config, struct link **ret_link);

/* Reads the map's password, and logs its mistake. Waits for the disk. Any thread. */
int gateway_check_password(const struct config *config);

/* True if one connection serves for both maps. */
bool gateway_is_same_connection(const struct config *one, const struct config *other);

/* --- gateway_events.c --- */

/* Adds all sources of the loop: the threads' events, and what the other files add. 0 or a negative
 * errno; then call gateway_detach_events() all the same. */
int gateway_attach_events(struct gateway *gateway);
void gateway_detach_events(struct gateway *gateway);

/* At the end: answers the messages that wait, until that time, and carries out only their stops. */
void gateway_answer_rest(struct gateway *gateway, uint64_t until_us);
/* Without a connection: logs how many are left, or came after that, and how many answers. */
void gateway_tell_unanswered(struct gateway *gateway);

/* --- gateway_reports.c --- */

/* Adds its sources of the loop, as gateway_attach_events(). */
int gateway_attach_reports(struct gateway *gateway);
void gateway_detach_reports(struct gateway *gateway);

/* These publish soon. Both may be called any number of times. */
void gateway_state_changed(struct gateway *gateway);
void gateway_health_changed(struct gateway *gateway);

/* Publishes the health in the rhythm of the map from now on. */
void gateway_follow_health(struct gateway *gateway);

/* Publish now. */
void gateway_publish_state(struct gateway *gateway);
void gateway_publish_about(struct gateway *gateway);

/* Home Assistant has started: the discovery goes out soon. */
void gateway_born(struct gateway *gateway);

/* Another gateway has published its health on our topic. */
void gateway_met(struct gateway *gateway, const char *instance);

/* --- gateway_status.c --- */

/* Reports the present status to the service manager. */
void gateway_notify_status(struct gateway *gateway);

/* --- gateway_outputs.c --- */

/* Adds its sources of the loop, as gateway_attach_events(). */
int gateway_attach_outputs(struct gateway *gateway);
void gateway_detach_outputs(struct gateway *gateway);

/* Updates timers and the guard. Call this after anything that may have started or stopped a motor.
 */
void gateway_follow_outputs(struct gateway *gateway);

/* --- gateway.c --- */

/* A random number. At boot, before the kernel's pool is filled, it is made of the time and the
 * process id. */
uint64_t gateway_random(void);

/* Readable while a signal waits that ends the process, which is the loop's to take. To be closed. A
 * negative number: there is none. */
int gateway_end_signals_fd(void);

/* --- gateway_reload.c --- */

/* Begins to change to the map as it is now on disk. A map with mistakes is refused, and the old one
 * stays in force. */
void gateway_reload(struct gateway *gateway);
/* Call this when the map keeper has come to a step. */
void gateway_reload_goes_on(struct gateway *gateway);
/* Call this when the sampler has let go of the old map. */
void gateway_reload_let_go(struct gateway *gateway);

/* --- gateway_files.c --- */

/* Leaves a copy of the map for tosd --safe, beside those of what ran before. Waits for the disk:
 * call this before its outputs are opened. */
void gateway_keep_map(struct gateway *gateway);

/* Once it runs, has only its copy kept. */
void gateway_settle_map(struct gateway *gateway);

/* Tells whether there is a copy, after a job of the map keeper. */
void gateway_note_map(struct gateway *gateway);

/* Sets the interval of the start: the map's, or the one that was remembered. */
void gateway_first_interval(struct gateway *gateway);

/* Puts an interval in force, and has it written soon if it is to be remembered. */
void gateway_set_interval(struct gateway *gateway, uint32_t interval_ms);

/* Has the interval written soon, for the next start. */
void gateway_keep_interval(struct gateway *gateway);

/* Tries again to write what could not be written, so that it is there when needed. A disk that does
 * not answer is reported. */
void gateway_retry_files(struct gateway *gateway);

/* Opens the files that the file keeper writes, and reads what earlier processes left. Call this
 * before the outputs are opened. */
int gateway_open_files(struct gateway *gateway);

/* Adds its sources of the loop, as gateway_attach_events(). */
int gateway_attach_files(struct gateway *gateway);

/*
 * Ends the threads that write to disk. False: it does not answer until end_us, and one of them
 * waits for it with all that it uses until the process ends. is_stuck: the sampler is left behind,
 * and counts.
 */
bool gateway_close_files(struct gateway *gateway, uint64_t end_us, bool is_stuck);

/* Call this when the outputs were freed, too: frees what no thread uses any more. */
void gateway_free_files(struct gateway *gateway);

/* --- gateway_topics.c --- */

/* Publishes the states of the outputs that have topics of their own, as far as they changed. */
void gateway_publish_topics(struct gateway *gateway);

/* After a reload: clears the topics that only the old map had. */
void gateway_follow_topics(struct gateway *gateway);

/* At the start: the same, with what ran last. Read it before the copy of the map is replaced. */
void gateway_read_past_maps(struct gateway *gateway);
void gateway_clear_past_topics(struct gateway *gateway);
void gateway_forget_past_maps(struct gateway *gateway);

/* --- gateway_map.c --- */

/* config_load() with the name and the identity of this host. */
int gateway_read_map(const char *path, struct diag *diag, struct config **ret_config);

enum { GATEWAY_COUNTS_BYTES = 32 * OUTPUT_KINDS_MAX };

/* ", LEDs 3, motors 1" */
void gateway_count_outputs(const struct config *config, char ret_counts[GATEWAY_COUNTS_BYTES]);

/* Reads and checks the map, and logs mistakes and warnings. An exit code, or -1 with the map. */
int gateway_load_config(const char *path, struct config **ret_config);
