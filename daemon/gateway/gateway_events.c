/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "gateway_internal.h"
#include "log.h"
#include "payload.h"
#include "topic.h"
#include "version.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

enum {
	TIMER_ACCURACY_US = 1000,
	HEALTH_ACCURACY_US = 250000, /* so that it can share a wake-up with others */
	NEIGHBOUR_INTERVAL_US = 60000000,
	/* After that, other sources of the loop have their turn: a signal, the fail-safe. */
	EVENTS_A_TURN = 64,
	EVENTS_TURN_US = 10000, /* a slow bus makes commands slow */
	/* Edges of limits are looked at that often in that time, then the others have theirs. */
	LIMITS_TURNS = 10,
	LIMITS_US = 10000,
};

static void put_retained(struct gateway *gateway, enum outbox_slot slot, const char *name, int size)
{
	char topic[TOPIC_MAX];

	topic_below(topic, gateway->config->mqtt.topic, name);
	if (size < 0 ||
		outbox_put_retained(gateway->outbox, slot, topic, gateway->payload, (size_t)size) <
			0)
		log_error(name, "does not fit into a message");
}

void gateway_publish_state(struct gateway *gateway)
{
	struct payload_action *state = &gateway->state;

	payload_action_clear(state);
	state->interval_ms = gateway->interval_ms;
	for (size_t i = 0; i < gateway->config->n_outputs; i++) {
		const struct output_kind *kind = gateway->config->outputs[i].kind;

		state->outputs[state->n_outputs++] = (struct payload_output){
			.output = i,
			.called = payload_called(gateway->config, kind),
			.values = outputs_get(gateway->outputs, i).values,
		};
	}
	put_retained(gateway, OUTBOX_STATE, "state",
		payload_format_state(
			gateway->config, state, gateway->payload, sizeof(gateway->payload)));
	gateway_publish_topics(gateway);
}

void gateway_publish_about(struct gateway *gateway)
{
	const struct payload_gateway about = {
		.version = TOS_VERSION,
		.instance = gateway->health.instance,
		.board = *gateway->board_name ? gateway->board_name : NULL,
	};

	put_retained(gateway, OUTBOX_ABOUT, "about",
		payload_format_about(
			gateway->config, &about, gateway->payload, sizeof(gateway->payload)));
}

static void arm(sd_event_source *timer, uint64_t at_us)
{
	if (!timer)
		return;
	if (at_us == UINT64_MAX) {
		sd_event_source_set_enabled(timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(timer, at_us);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

void gateway_born(struct gateway *gateway)
{
	uint64_t delay_us = discovery_delay_us(gateway_random());

	log_info("discovery", "Home Assistant has started: it is told in %.1f s what there is",
		(double)delay_us / 1e6);
	arm(gateway->birth_timer, clock_now_us() + delay_us);
}

static int on_birth_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gateway *gateway = userdata;

	(void)source;
	(void)usec;
	discovery_announce(&gateway->discovery, gateway->config);
	return 0;
}

static void publish_health(struct gateway *gateway)
{
	struct health_sources sources = {
		.config = gateway->config,
		.outputs = gateway->outputs,
		.publisher = gateway->publisher,
		.sampler = gateway->sampler,
		.outbox = gateway->outbox,
		.spooler = gateway->spooler,
		.interval_ms = gateway->interval_ms,
	};

	gateway->health.refused = gateway->refusals.count;
	health_publish(&gateway->health, &sources);
	discovery_settle(&gateway->discovery, gateway->config);
}

/* While the gateway is being built or torn down, the source may not exist. */
static void soon(sd_event_source *source)
{
	if (source)
		sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void gateway_state_changed(struct gateway *gateway)
{
	soon(gateway->state_due);
}

void gateway_health_changed(struct gateway *gateway)
{
	soon(gateway->health_due);
}

static int on_state_due(sd_event_source *source, void *userdata)
{
	(void)source;
	gateway_publish_state(userdata);
	return 0;
}

static int on_health_due(sd_event_source *source, void *userdata)
{
	(void)source;
	publish_health(userdata);
	gateway_notify_status(userdata); /* an output may have failed */
	return 0;
}

/* Tries again to write the map's copy if that failed, so that it is there when needed. */
static void retry_map(struct gateway *gateway)
{
	if (gateway->health.files[HEALTH_RUNNING_MAP].failed)
		gateway_keep_map(gateway);
}

void gateway_met(struct gateway *gateway, const char *instance)
{
	struct health *health = &gateway->health;

	if (strcmp(instance, health->instance) == 0 ||
		!neighbour_heard(&health->neighbour, instance, clock_now_us()))
		return;
	log_warning("mqtt",
		"another gateway, of instance %s, publishes on %s as well: readings and commands "
		"of both are mixed; give each a topic of its own, with %%i (different on each "
		"board) in mqtt.topic",
		instance, gateway->config->mqtt.topic);
	gateway_health_changed(gateway);
}

/* Its interval is not known: it may be that of this gateway, or the usual one. */
static void look_for_neighbour(struct gateway *gateway, uint64_t now_us)
{
	uint64_t interval_us = gateway->config->mqtt.health_interval_us;
	uint64_t silence_us =
		3 * (interval_us > NEIGHBOUR_INTERVAL_US ? interval_us : NEIGHBOUR_INTERVAL_US);

	if (neighbour_is_gone(&gateway->health.neighbour, silence_us, now_us))
		log_notice("mqtt", "the other gateway on %s has fallen silent",
			gateway->config->mqtt.topic);
}

static int on_health_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gateway *gateway = userdata;
	uint64_t next_us = usec + gateway->config->mqtt.health_interval_us;
	uint64_t now_us = clock_now_us();

	retry_map(gateway);
	look_for_neighbour(gateway, now_us);
	publish_health(gateway);
	/* Counted from the time it was due, so that delays do not add up. */
	arm(source, next_us > now_us ? next_us : now_us);
	return 0;
}

void gateway_follow_health(struct gateway *gateway)
{
	arm(gateway->health_timer,
		clock_now_us() +
			health_first_us(
				&gateway->health, gateway->config->mqtt.health_interval_us));
}

enum { MADE_SAFE_BYTES = 64 };

/* Names what the fail-safe changed, first of all what moved. Returns NULL if it did not trip, or if
 * the map lets it change nothing. */
static const char *what_was_made_safe(
	const struct gateway *gateway, char words[static MADE_SAFE_BYTES])
{
	const struct config *config = gateway->config;
	const struct output_kind *changed = NULL;
	bool is_stopped = false;

	for (size_t i = 0; gateway->failsafe.tripped && i < config->n_outputs; i++) {
		const struct config_output *output = &config->outputs[i];
		bool stops = output->kind->moves && !config_output_acts_away(output);

		if (!config_output_failsafe(output)->away.given ||
			(changed && (is_stopped || !stops)))
			continue;
		changed = output->kind;
		is_stopped = stops;
	}
	if (!changed)
		return NULL;
	(void)snprintf(words, MADE_SAFE_BYTES, "%s are %s", changed->nouns,
		is_stopped ? "stopped" : "as the map wants them");
	return words;
}

/* Returns how many names there are. */
static size_t list_failing_sensors(const struct gateway *gateway, const char **names)
{
	const struct config *config = gateway->config;
	size_t n = 0;

	for (size_t i = 0; i < config->n_sensors; i++) {
		if (gateway->health.sensors[i].failed)
			names[n++] = config->sensors[i].name;
	}
	return n;
}

static size_t list_failing_outputs(const struct gateway *gateway, const char **names)
{
	const struct config *config = gateway->config;
	size_t n = 0;

	for (size_t i = 0; i < config->n_outputs; i++) {
		if (!outputs_get(gateway->outputs, i).ok)
			names[n++] = config->outputs[i].name;
	}
	return n;
}

/* Connected, but no stop can come. */
static bool is_deaf(const struct gateway *gateway)
{
	return gateway->health.connected && !gateway->failsafe.connected;
}

void gateway_notify_status(struct gateway *gateway)
{
	const char *sensors[CONFIG_SENSORS_MAX];
	const char *outputs[CONFIG_OUTPUTS_MAX];
	char made_safe[MADE_SAFE_BYTES];
	struct status_line line = {
		.connected = gateway->health.connected,
		.is_deaf = is_deaf(gateway),
		.made_safe = what_was_made_safe(gateway, made_safe),
		.n_sensors = gateway->config->n_sensors,
		.sensors = {sensors, list_failing_sensors(gateway, sensors)},
		.outputs = {outputs, list_failing_outputs(gateway, outputs)},
		.interval_ms = gateway->interval_ms,
	};
	char text[STATUS_LINE_MAX];

	gateway->tripped_told = gateway->failsafe.tripped;
	status_line_format(&line, text);
	if (strcmp(text, gateway->status) == 0)
		return;
	(void)snprintf(gateway->status, sizeof(gateway->status), "%s", text);
	sd_notifyf(0, "STATUS=%s", text);
}

void gateway_set_interval(struct gateway *gateway, uint32_t interval_ms)
{
	gateway->interval_ms = interval_ms;
	sampler_set_interval(gateway->sampler, interval_ms);
	if (gateway->config->interval.remember)
		gateway_keep_interval(gateway);
	gateway_notify_status(gateway);
}

void gateway_follow_outputs(struct gateway *gateway)
{
	uint64_t now_us = clock_now_us();
	uint64_t next_us, guard_us;

	/* An output that ends by itself is no longer guarded. */
	next_us = outputs_poll(gateway->outputs, now_us);
	failsafe_follow(&gateway->failsafe, outputs_running(gateway->outputs, true),
		outputs_have_failsafe(gateway->outputs), now_us);
	if (gateway->failsafe.tripped != gateway->tripped_told)
		gateway_notify_status(gateway);
	guard_us = gateway->failsafe.guarded ? gateway->failsafe.after_us : 0;
	if (guard_us != gateway->guard_us)
		link_guard(gateway->link, guard_us);
	gateway->guard_us = guard_us;
	arm(gateway->failsafe_timer, failsafe_due(&gateway->failsafe));
	arm(gateway->outputs_timer, next_us);
}

static int on_outputs_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	gateway_follow_outputs(userdata);
	return 0;
}

/* A limit was reached or left. */
static int on_limits(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct gateway *gateway = userdata;

	(void)source;
	(void)fd;
	(void)events;
	outputs_limits_event(gateway->outputs);
	gateway_follow_outputs(gateway);
	return 0;
}

static int on_failsafe_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gateway *gateway = userdata;
	bool running = outputs_running(gateway->outputs, false);

	(void)source;
	(void)usec;
	if (failsafe_trip(&gateway->failsafe, clock_now_us())) {
		int r = outputs_failsafe(gateway->outputs);

		if (r < 0)
			log_error("failsafe",
				"the broker is away, and not everything could be made safe: %s",
				hal_strerror(r));
		else if (running)
			log_warning("failsafe", "%s %.1f s: motors are stopped",
				is_deaf(gateway) ? "the broker has refused to pass on actions for"
						 : "the broker has been away for",
				(double)gateway->config->failsafe.after_us / 1e6);
	}
	gateway_follow_outputs(gateway);
	return 0;
}

static void on_link_event(struct gateway *gateway, const struct link_event *event)
{
	switch (event->kind) {
	case LINK_EVENT_MESSAGE:
		failsafe_heard(&gateway->failsafe, event->at_us);
		router_handle(&gateway->router, event);
		break;
	case LINK_EVENT_BROKER:
		memcpy(gateway->health.broker, event + 1, event->payload_size);
		gateway->health.broker_size = event->payload_size;
		discovery_met_broker(&gateway->discovery, gateway->config, event->packet_max);
		gateway_health_changed(gateway);
		break;
	case LINK_EVENT_CONNECTED:
		gateway->health.connected = true;
		discovery_connected(&gateway->discovery);
		gateway->router.is_forgetful =
			gateway->lost_us == 0 || event->at_us - gateway->lost_us >= REPEATS_US;
		/* Where no stop can come, nobody is there, whatever else goes on. */
		if (event->is_deaf)
			failsafe_lost(&gateway->failsafe, event->at_us);
		else
			failsafe_connected(&gateway->failsafe, event->at_us);
		gateway_notify_status(gateway);
		break;
	case LINK_EVENT_HEARING:
		failsafe_connected(&gateway->failsafe, event->at_us);
		gateway_notify_status(gateway);
		break;
	case LINK_EVENT_DISCONNECTED:
		/* Also told when a first connection could not be made. */
		if (gateway->health.connected)
			gateway->lost_us = event->at_us;
		gateway->health.connected = false;
		failsafe_lost(&gateway->failsafe, event->at_us);
		gateway_notify_status(gateway);
		break;
	case LINK_EVENT_HEARD:
		failsafe_heard(&gateway->failsafe, event->at_us);
		break;
	case LINK_EVENT_PONG:
		watchdog_link_answered(&gateway->watchdog);
		break;
	}
}

static void tell_refusals(struct gateway *gateway, uint64_t now_us)
{
	unsigned more = refusals_take_rest(&gateway->refusals, now_us);

	if (more > 0)
		log_warning("actions", "and %u more were refused; %" PRIu64 " so far", more,
			gateway->refusals.count);
}

static int on_refusals_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gateway *gateway = userdata;

	tell_refusals(gateway, usec);
	arm(source, refusals_due(&gateway->refusals));
	return 0;
}

static int on_link_events(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct gateway *gateway = userdata;
	uint64_t begin_us = clock_now_us();
	const void *record;
	size_t size;

	(void)source;
	(void)fd;
	(void)events;
	for (int i = 0; i < EVENTS_A_TURN && (record = queue_peek(gateway->link_events, &size));
		i++) {
		on_link_event(gateway, record);
		queue_pop(gateway->link_events);
		if (clock_now_us() - begin_us >= EVENTS_TURN_US)
			break;
	}
	if (refusals_due(&gateway->refusals) != UINT64_MAX)
		arm(gateway->refusals_timer, refusals_due(&gateway->refusals));
	gateway_follow_outputs(gateway);
	return 0;
}

static void on_sensor_event(struct gateway *gateway, const struct sampler_event *event)
{
	struct health_part *sensor = &gateway->health.sensors[event->sensor];
	const char *name = event->config->sensors[event->sensor].name;

	if (event->error == 0)
		log_notice(name, "works again");
	else if (event->retry_ms)
		log_error(name, "%s; its value is null, trying again in %u s", event->text,
			event->retry_ms / 1000);
	else
		log_error(name, "%s; its value is null", event->text);
	sensor->failed = false; /* so that the time is the one that the sampler reports */
	(void)health_part_note(sensor, event->error ? event->text : NULL, event->since_ms);
	gateway_health_changed(gateway);
	gateway_notify_status(gateway);
}

static int on_sampler_events(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct gateway *gateway = userdata;
	const struct sampler_event *event;
	size_t size;

	(void)source;
	(void)fd;
	(void)events;
	while ((event = queue_peek(gateway->sampler_events, &size))) {
		switch (event->kind) {
		case SAMPLER_EVENT_SENSOR:
			/* Reports about the previous map no longer matter. */
			if (event->config == gateway->config)
				on_sensor_event(gateway, event);
			break;
		case SAMPLER_EVENT_SWAPPED:
			gateway_reload_finished(gateway);
			break;
		case SAMPLER_EVENT_COUNT:
			count_answers_give(&gateway->counts, event->ticket, event->error,
				gateway->outbox, &gateway->repeats);
			break;
		case SAMPLER_EVENT_PONG:
			watchdog_sampler_answered(&gateway->watchdog);
			break;
		}
		queue_pop(gateway->sampler_events);
	}
	return 0;
}

static int add_timer(struct gateway *gateway, uint64_t accuracy_us, sd_event_time_handler_t handler,
	sd_event_source **ret_source)
{
	int r = sd_event_add_time(
		gateway->loop, ret_source, CLOCK_MONOTONIC, 0, accuracy_us, handler, gateway);

	return r < 0 ? r : sd_event_source_set_enabled(*ret_source, SD_EVENT_OFF);
}

/* For outputs that move: it comes before commands, however many there are. */
static int add_urgent_timer(
	struct gateway *gateway, sd_event_time_handler_t handler, sd_event_source **ret_source)
{
	int r = add_timer(gateway, TIMER_ACCURACY_US, handler, ret_source);

	return r < 0 ? r : sd_event_source_set_priority(*ret_source, SD_EVENT_PRIORITY_IMPORTANT);
}

/* Runs once after it is switched on, after everything more urgent. */
static int add_deferred(
	struct gateway *gateway, sd_event_handler_t handler, sd_event_source **ret_source)
{
	int r = sd_event_add_defer(gateway->loop, ret_source, handler, gateway);

	if (r < 0)
		return r;
	sd_event_source_set_priority(*ret_source, SD_EVENT_PRIORITY_IDLE);
	return sd_event_source_set_enabled(*ret_source, SD_EVENT_OFF);
}

/* Only the health shows the disk's condition, and reads it itself. */
static int on_spooler_status(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct gateway *gateway = userdata;

	(void)source;
	(void)fd;
	(void)events;
	(void)spooler_status(gateway->spooler);
	gateway_health_changed(gateway);
	return 0;
}

static int add_fd(struct gateway *gateway, int fd, sd_event_io_handler_t handler)
{
	sd_event_source *source;
	int r = sd_event_add_io(gateway->loop, &source, fd, EPOLLIN, handler, gateway);

	if (r < 0)
		return r;
	sd_event_source_set_floating(source, true);
	sd_event_source_unref(source);
	return 0;
}

/* Before commands, however many there are. But a cable that picks up noise must not keep a stop
 * from coming through. */
static int add_limits(struct gateway *gateway)
{
	int r = sd_event_add_io(gateway->loop, &gateway->limits,
		outputs_limits_fd(gateway->outputs), EPOLLIN, on_limits, gateway);

	if (r == 0)
		r = sd_event_source_set_priority(gateway->limits, SD_EVENT_PRIORITY_IMPORTANT);
	if (r >= 0)
		r = sd_event_source_set_ratelimit(gateway->limits, LIMITS_US, LIMITS_TURNS);
	return r;
}

int gateway_attach_events(struct gateway *gateway)
{
	int r;

	if ((r = add_fd(gateway, queue_fd(gateway->link_events), on_link_events)) < 0 ||
		(r = add_fd(gateway, queue_fd(gateway->sampler_events), on_sampler_events)) < 0 ||
		(r = add_fd(gateway, spooler_fd(gateway->spooler), on_spooler_status)) < 0 ||
		(r = gateway_attach_files(gateway)) < 0 || (r = add_limits(gateway)) < 0 ||
		(r = add_urgent_timer(gateway, on_outputs_timer, &gateway->outputs_timer)) < 0 ||
		(r = add_urgent_timer(gateway, on_failsafe_timer, &gateway->failsafe_timer)) < 0 ||
		(r = add_timer(gateway, HEALTH_ACCURACY_US, on_health_timer,
			 &gateway->health_timer)) < 0 ||
		(r = add_timer(
			 gateway, HEALTH_ACCURACY_US, on_birth_timer, &gateway->birth_timer)) < 0 ||
		(r = add_timer(gateway, HEALTH_ACCURACY_US, on_refusals_timer,
			 &gateway->refusals_timer)) < 0 ||
		(r = add_deferred(gateway, on_state_due, &gateway->state_due)) < 0 ||
		(r = add_deferred(gateway, on_health_due, &gateway->health_due)) < 0)
		return r;
	gateway_follow_health(gateway);
	return 0;
}

void gateway_detach_events(struct gateway *gateway)
{
	tell_refusals(gateway, UINT64_MAX);
	gateway->limits = sd_event_source_unref(gateway->limits);
	gateway->outputs_timer = sd_event_source_unref(gateway->outputs_timer);
	gateway->failsafe_timer = sd_event_source_unref(gateway->failsafe_timer);
	gateway->health_timer = sd_event_source_unref(gateway->health_timer);
	gateway->birth_timer = sd_event_source_unref(gateway->birth_timer);
	gateway->refusals_timer = sd_event_source_unref(gateway->refusals_timer);
	gateway->state_due = sd_event_source_unref(gateway->state_due);
	gateway->health_due = sd_event_source_unref(gateway->health_due);
}
