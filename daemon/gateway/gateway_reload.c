/* SPDX-License-Identifier: MIT */
/*
 * A reload reads the new map, checks it completely, keeps a copy of it for tosd --safe, and
 * prepares everything that can fail, including a connection with other settings. Only then it
 * changes anything: first the outputs, then the connection (if its settings changed), then the
 * sensors. If something fails before, the old map stays in force. The map keeper does what waits
 * for the disk. The sampler changes between two rounds, which a stuck bus can delay. The main
 * thread waits for neither: the old map lives until the sampler reports that it has let go, and its
 * copy is gone. A reload that is requested meanwhile begins after that.
 */
#include "clock.h"
#include "gateway_internal.h"
#include "log.h"
#include "map_changes.h"
#include "round.h"
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum {
	/* For the old connection's farewell. Commands wait for it; motors are stopped before. */
	LINK_RESTART_US = 500000,
	LINK_LATE_US = 10000, /* how often it is looked at after that */
};

/* Everything that a reload needs and that can fail, made before anything changes. */
struct preparation {
	struct config *config;
	struct link *link; /* NULL: the connection stays as it is */
	struct round *round;
};

/* Undoes the preparation. */
static void give_up(struct gateway *gateway, struct preparation *preparation)
{
	(void)link_close(preparation->link, 0);
	round_free(preparation->round);
	/* The old map was accepted once, so it is again. */
	if (gateway->simulation)
		(void)simulation_set_map(gateway->simulation, gateway->config);
	config_free(preparation->config);
}

/* On failure *ret_what says what failed. */
static int prepare(struct gateway *gateway, struct preparation *preparation, const char **ret_what)
{
	const struct config *config = preparation->config;
	int r = 0;

	*ret_what = "the connection's new settings";
	if (!gateway_is_same_connection(config, gateway->config))
		r = gateway_prepare_link(gateway, config, &preparation->link);
	if (r < 0)
		return r;
	*ret_what = "the simulated board";
	if (gateway->simulation)
		r = simulation_set_map(gateway->simulation, config);
	if (r < 0)
		return r;
	*ret_what = "the sensors";
	return sampler_prepare(gateway->sampler, config, &preparation->round);
}

/* What the fail-safe has left on, since the map keeps it, ends in time meanwhile. */
static void say_farewell(struct gateway *gateway)
{
	uint64_t now_us = clock_now_us(), end_us = now_us + LINK_RESTART_US;
	int signals_fd = gateway_end_signals_fd();
	struct pollfd fds[] = {
		{.fd = outputs_limits_fd(gateway->outputs), .events = POLLIN},
		{.fd = link_closed_fd(gateway->link), .events = POLLIN},
		{.fd = signals_fd, .events = POLLIN},
	};
	enum { N_FDS = sizeof(fds) / sizeof(fds[0]) };

	link_begin_close(gateway->link, LINK_RESTART_US);
	while (!link_is_closed(gateway->link, now_us >= end_us)) {
		uint64_t next_us = outputs_poll(gateway->outputs, now_us);
		uint64_t until_us = now_us < end_us ? end_us : now_us + LINK_LATE_US;
		uint64_t wait_us = next_us < until_us ? next_us : until_us;
		struct timespec wait;

		wait_us = wait_us > now_us ? wait_us - now_us : 0;
		wait = (struct timespec){
			(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};
		if (ppoll(fds, N_FDS, &wait, NULL) > 0 && fds[0].revents)
			outputs_limits_event(gateway->outputs);
		/* Once: the loop takes the signal, and does the rest. */
		if (fds[2].fd >= 0 && fds[2].revents) {
			(void)outputs_safe(gateway->outputs);
			fds[2].fd = -1;
		}
		now_us = clock_now_us();
	}
	gateway->link = link_close(gateway->link, 0);
	if (signals_fd >= 0)
		(void)close(signals_fd);
}

/* The old connection ends here, not earlier. Two with one client id would disconnect each other. */
static void replace_link(struct gateway *gateway, struct link *link)
{
	bool running = outputs_running(gateway->outputs, true);
	int r = 0;

	/* Where it has tripped it was done, and what has ended since is not begun again. */
	if (!gateway->failsafe.tripped)
		r = outputs_failsafe(gateway->outputs);
	log_notice("mqtt", "its settings changed, connecting anew%s",
		running && r == 0 ? "; motors are stopped" : "");
	say_farewell(gateway);
	gateway->link = link;
	failsafe_lost(&gateway->failsafe, clock_now_us());
	gateway->health.connected = false;
	discovery_connected(&gateway->discovery); /* the next one is told */
	gateway->lost_us = 0; /* another broker's messages may be older than this process */
	gateway->guard_us = 0;
	link_start(link);
	watchdog_set_link(&gateway->watchdog, link);
}

static void follow_interval(struct gateway *gateway, const struct config *old)
{
	const struct config_interval *interval = &gateway->config->interval;
	uint32_t interval_ms = gateway->interval_ms;

	if (interval->default_ms != old->interval.default_ms)
		interval_ms = interval->default_ms;
	if (interval_ms < interval->min_ms)
		interval_ms = interval->min_ms;
	if (interval_ms > interval->max_ms)
		interval_ms = interval->max_ms;
	if (interval_ms != gateway->interval_ms)
		gateway_set_interval(gateway, interval_ms);
}

static void refuse(struct gateway *gateway)
{
	log_error("reload", "refused, the gateway goes on as before");
	sd_notify(0, "READY=1");
	gateway_notify_status(gateway);
}

/* Puts the preparation in force. Nothing here can fail. */
static void go_over(struct gateway *gateway, const struct preparation *preparation)
{
	struct config *config = preparation->config, *old = gateway->config;

	gateway->has_let_go = false;
	gateway->config = config;
	gateway->router.config = config;
	gateway->retired = old;
	spooler_configure(gateway->spooler, config->spool.size_bytes, config->spool.after_us);
	failsafe_set_after(&gateway->failsafe, config->failsafe.after_us, clock_now_us());
	health_keep_sensors(&gateway->health, old, config);
	if (preparation->link)
		replace_link(gateway, preparation->link);
	link_set_answer(gateway->link, config->spool.after_us);
	sampler_swap(gateway->sampler, preparation->round);
	follow_interval(gateway, old);
	if (config->mqtt.health_interval_us != old->mqtt.health_interval_us)
		gateway_follow_health(gateway);
	gateway_follow_topics(gateway);
	gateway_publish_state(gateway);
	gateway_publish_about(gateway);
	discovery_announce(&gateway->discovery, config);
	gateway_follow_outputs(gateway);
}

static void notify_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_now_us());
}

void gateway_reload(struct gateway *gateway)
{
	int r;

	if (gateway->retired || map_keeper_busy_us(gateway->maps) > 0) {
		/* A copy that waits for the disk is no reload: nothing was told of one yet. */
		if (!gateway->retired && !map_keeper_reads(gateway->maps))
			notify_reloading();
		gateway->reload_wanted = true;
		return;
	}
	log_info("reload", "reading %s", gateway->options->config_path);
	notify_reloading();
	r = map_keeper_begin(gateway->maps, gateway->config, true);
	if (r < 0) {
		log_error("reload", "there can be no thread for it: %s", strerror(-r));
		refuse(gateway);
	}
}

/* False: the old map stays in force. */
static bool change(struct gateway *gateway, struct config *config)
{
	struct preparation preparation = {.config = config};
	const char *what;
	int r = prepare(gateway, &preparation, &what);

	if (r == 0) {
		/* To be connected anew is an absence, too: see replace_link(). */
		what = "the outputs";
		r = outputs_reload(
			gateway->outputs, config, gateway->failsafe.tripped || preparation.link);
	}
	if (r < 0) {
		log_error("reload", "%s: %s", what, strerror(-r));
		give_up(gateway, &preparation);
		return false;
	}
	go_over(gateway, &preparation);
	return true;
}

/* When both have done their part, or nothing was changed. */
static void end(struct gateway *gateway)
{
	char changes[MAP_CHANGES_MAX];

	if (map_keeper_busy_us(gateway->maps) > 0 || (gateway->retired && !gateway->has_let_go))
		return;
	if (gateway->retired) {
		map_changes_describe(gateway->retired, gateway->config, changes);
		log_info("reload", "done: %s", changes);
		gateway->retired = config_free(gateway->retired);
		sd_notify(0, "READY=1");
		gateway_notify_status(gateway);
		gateway_health_changed(gateway);
	}
	if (gateway->reload_wanted) {
		gateway->reload_wanted = false;
		gateway_reload(gateway);
	}
}

void gateway_reload_goes_on(struct gateway *gateway)
{
	enum map_keeper_step step = map_keeper_step(gateway->maps);

	if (step == MAP_KEEPER_READ) {
		struct config *config = map_keeper_take(gateway->maps);
		bool runs = config && change(gateway, config);

		map_keeper_decide(gateway->maps, runs);
		if (!runs)
			refuse(gateway);
	} else if (step == MAP_KEEPER_DONE) {
		map_keeper_finish(gateway->maps);
		gateway_note_map(gateway);
		end(gateway);
	}
}

void gateway_reload_let_go(struct gateway *gateway)
{
	gateway->has_let_go = true;
	outputs_hurry_limits(gateway->outputs);
	gateway_follow_outputs(gateway);
	end(gateway);
}
