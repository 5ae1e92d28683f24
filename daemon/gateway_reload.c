/* SPDX-License-Identifier: MIT */
/*
 * A reload reads the map anew, checks it whole, and only then changes anything: first the outputs,
 * then the connection (only if its settings changed), then the sensors. The sampler goes over
 * between two rounds, which a stuck bus can delay; the main thread does not wait for it, and the
 * old map lives until the sampler says that it has let go. A reload that is asked for meanwhile
 * begins after that.
 */
#include "clock.h"
#include "gateway.h"
#include "log.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

/* The old connection's farewell; commands wait for it, motors are stopped before. */
enum { LINK_RESTART_US = 500000 };

static void restart_link(struct gateway *gateway)
{
	bool running =
		gateway->config->failsafe.stop_motors && actuators_running(gateway->actuators);
	int r;

	log_notice("mqtt", "its settings changed, connecting anew%s",
		running ? "; motors are stopped" : "");
	actuators_failsafe(gateway->actuators);
	gateway_stop_link(gateway, LINK_RESTART_US);
	failsafe_lost(&gateway->failsafe, clock_now_us());
	gateway->guard_us = 0;
	r = gateway_start_link(gateway);
	if (r < 0) {
		log_error("mqtt", "cannot start the connection again: %s", strerror(-r));
		sd_event_exit(gateway->loop, EXIT_FAILED);
		return;
	}
	supervisor_set_link(&gateway->supervisor, gateway->link);
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

void gateway_reload(struct gateway *gateway)
{
	struct config *config = NULL;
	struct config *old = gateway->config;

	if (gateway->retired) {
		gateway->reload_wanted = true;
		return;
	}
	log_info("reload", "reading %s", gateway->options->config_path);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_now_us());
	if (gateway_load_config(gateway->options->config_path, &config) >= 0) {
		refuse(gateway);
		return;
	}
	/* The wires first: what the new map has is looked for at once. */
	if (gateway->simulation)
		simulation_set_map(gateway->simulation, config);
	if (actuators_reload(gateway->actuators, config) < 0) {
		if (gateway->simulation)
			simulation_set_map(gateway->simulation, old);
		config_free(config);
		refuse(gateway);
		return;
	}
	gateway->config = config;
	gateway->router.config = config;
	gateway->retired = old;
	spooler_configure(gateway->spooler, config->spool.size_bytes, config->spool.after_us);
	failsafe_set_after(&gateway->failsafe, config->failsafe.after_us, clock_now_us());
	health_reset_sensors(&gateway->health);
	if (strcmp(config->mqtt.fingerprint, old->mqtt.fingerprint) != 0)
		restart_link(gateway);
	if (sampler_swap(gateway->sampler, config) < 0) {
		/* The outputs follow the new map already: there is no way back, and none forward. */
		log_error("reload", "out of memory, ending");
		sd_event_exit(gateway->loop, EXIT_FAILED);
		return;
	}
	follow_interval(gateway, old);
	if (config->mqtt.health_interval_us != old->mqtt.health_interval_us)
		gateway_follow_health(gateway);
	gateway_publish_state(gateway);
	gateway_follow_actuators(gateway);
}

void gateway_reload_finished(struct gateway *gateway)
{
	if (gateway->retired != gateway->link_config)
		config_free(gateway->retired);
	gateway->retired = NULL;
	gateway_keep_map(gateway);
	log_info("reload", "done: sensors %zu, LEDs %zu, motors %zu", gateway->config->n_sensors,
		gateway->config->n_leds, gateway->config->n_motors);
	sd_notify(0, "READY=1");
	gateway_notify_status(gateway);
	gateway_health_changed(gateway);
	if (gateway->reload_wanted) {
		gateway->reload_wanted = false;
		gateway_reload(gateway);
	}
}
