/* SPDX-License-Identifier: MIT */
/*
 * A reload reads the new map, checks it completely, and prepares everything that can fail,
 * including a connection with other settings. Only then it changes anything: first the outputs,
 * then the connection (if its settings changed), then the sensors. If something fails before, the
 * old map stays in force. The sampler changes between two rounds, which a stuck bus can delay. The
 * main thread does not wait for it: the old map lives until the sampler reports that it has let go.
 * A reload that is requested meanwhile begins after that.
 */
#include "clock.h"
#include "gateway_internal.h"
#include "log.h"
#include "map_changes.h"
#include "round.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

/* For the old connection's farewell. Commands wait for it; motors are stopped before. */
enum { LINK_RESTART_US = 500000 };

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

static bool is_same_connection(const struct config *one, const struct config *other)
{
	return strcmp(one->mqtt.fingerprint, other->mqtt.fingerprint) == 0;
}

/* On failure *ret_what says what failed. */
static int prepare(struct gateway *gateway, struct preparation *preparation, const char **ret_what)
{
	const struct config *config = preparation->config;
	int r = 0;

	*ret_what = "the connection's new settings";
	if (!is_same_connection(config, gateway->config))
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

/* The old connection ends here, not earlier. Two with one client id would disconnect each other. */
static void replace_link(struct gateway *gateway, struct link *link)
{
	bool running = outputs_running(gateway->outputs, true);

	log_notice("mqtt", "its settings changed, connecting anew%s",
		running ? "; motors are stopped" : "");
	/* Where it has tripped it was done, and what has ended since is not begun again. */
	if (!gateway->failsafe.tripped)
		outputs_failsafe(gateway->outputs);
	(void)link_close(gateway->link, LINK_RESTART_US);
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

	gateway->config = config;
	gateway->router.config = config;
	gateway->retired = old;
	gateway_keep_map(gateway); /* before a command can move a new output */
	spooler_configure(gateway->spooler, config->spool.size_bytes, config->spool.after_us);
	failsafe_set_after(&gateway->failsafe, config->failsafe.after_us, clock_now_us());
	health_reset_sensors(&gateway->health);
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

void gateway_reload(struct gateway *gateway)
{
	struct preparation preparation = {0};
	const char *what;
	int r;

	if (gateway->retired) {
		gateway->reload_wanted = true;
		return;
	}
	log_info("reload", "reading %s", gateway->options->config_path);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_now_us());
	if (gateway_load_config(gateway->options->config_path, &preparation.config) >= 0) {
		refuse(gateway);
		return;
	}
	r = prepare(gateway, &preparation, &what);
	if (r == 0) {
		what = "the outputs";
		r = outputs_reload(gateway->outputs, preparation.config, gateway->failsafe.tripped);
	}
	if (r < 0) {
		log_error("reload", "%s: %s", what, strerror(-r));
		give_up(gateway, &preparation);
		refuse(gateway);
		return;
	}
	go_over(gateway, &preparation);
}

void gateway_reload_finished(struct gateway *gateway)
{
	char changes[MAP_CHANGES_MAX];

	map_changes_describe(gateway->retired, gateway->config, changes);
	log_info("reload", "done: %s", changes);
	gateway->retired = config_free(gateway->retired);
	sd_notify(0, "READY=1");
	gateway_notify_status(gateway);
	gateway_health_changed(gateway);
	outputs_hurry_limits(gateway->outputs);
	gateway_follow_outputs(gateway);
	if (gateway->reload_wanted) {
		gateway->reload_wanted = false;
		gateway_reload(gateway);
	}
}
