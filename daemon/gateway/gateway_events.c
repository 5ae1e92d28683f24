/* SPDX-License-Identifier: MIT */
/* The other threads' events: messages and the connection, sensors, the disk. */
#include "clock.h"
#include "gateway_internal.h"
#include "log.h"
#include "loop_source.h"
#include <inttypes.h>
#include <string.h>

enum {
	REFUSALS_ACCURACY_US = 250000, /* so that it can share a wake-up with others */
	/* After that, other sources of the loop have their turn: a signal, the fail-safe. */
	EVENTS_A_TURN = 64,
	EVENTS_TURN_US = 10000, /* a slow bus makes commands slow */
};

/* Each connection anew, from its first event on. */
static void follow_repeats(struct gateway *gateway, uint64_t at_us)
{
	gateway->router.is_forgetful =
		gateway->lost_us == 0 || at_us - gateway->lost_us >= REPEATS_US;
}

static void on_link_event(struct gateway *gateway, const struct link_event *event)
{
	switch (event->kind) {
	case LINK_EVENT_MESSAGE:
		if (!gateway->health.connected)
			follow_repeats(gateway, event->at_us);
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
		follow_repeats(gateway, event->at_us);
		/* Nobody is there if no stop can come, whatever else goes on. */
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
	loop_arm(source, refusals_due(&gateway->refusals));
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
		loop_arm(gateway->refusals_timer, refusals_due(&gateway->refusals));
	gateway_follow_outputs(gateway);
	return 0;
}

void gateway_answer_rest(struct gateway *gateway, uint64_t until_us)
{
	const struct sampler_event *count;
	const struct link_event *event;
	size_t size;

	while ((count = queue_peek(gateway->sampler_events, &size))) {
		if (count->kind == SAMPLER_EVENT_COUNT)
			count_answers_give(&gateway->counts, count->ticket, count->error,
				gateway->outbox, &gateway->repeats);
		queue_pop(gateway->sampler_events);
	}
	count_answers_end(&gateway->counts, gateway->outbox, &gateway->repeats);

	gateway->router.is_ending = true;
	while (clock_now_us() < until_us && (event = queue_peek(gateway->link_events, &size))) {
		if (event->kind == LINK_EVENT_MESSAGE)
			router_handle(&gateway->router, event);
		queue_pop(gateway->link_events);
	}
}

void gateway_tell_unanswered(struct gateway *gateway)
{
	const struct link_event *event;
	unsigned n = 0;
	size_t size, answers;

	while ((event = queue_peek(gateway->link_events, &size))) {
		n += event->kind == LINK_EVENT_MESSAGE && event->true_size > 0 &&
			router_topic_need(event->topic) < LINK_OF_OTHERS;
		queue_pop(gateway->link_events);
	}
	if (n > 0)
		log_warning("actions",
			"%u messages came in the last moment, and are neither carried out nor "
			"answered",
			n);
	answers = outbox_answering(gateway->outbox);
	if (answers > 0)
		log_warning("actions",
			"%zu answers were not acknowledged by the broker, and may be lost",
			answers);
}

static void on_sensor_event(struct gateway *gateway, const struct sampler_event *event)
{
	const char *name = event->config->sensors[event->sensor].name;

	if (event->error == 0)
		log_notice(name, "works again");
	else if (event->retry_ms)
		log_error(name, "%s; its value is null, trying again in %u s", event->text,
			event->retry_ms / 1000);
	else
		log_error(name, "%s; its value is null", event->text);
	health_note_sensor(&gateway->health, event->sensor, event->error ? event->text : NULL,
		event->since_ms);
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
			health_settle_sensors(&gateway->health);
			gateway_reload_let_go(gateway);
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

int gateway_attach_events(struct gateway *gateway)
{
	sd_event *loop = gateway->loop;
	int r;

	if ((r = loop_add_fd(loop, queue_fd(gateway->link_events), on_link_events, gateway)) < 0 ||
		(r = loop_add_fd(loop, queue_fd(gateway->sampler_events), on_sampler_events,
			 gateway)) < 0 ||
		(r = loop_add_fd(loop, spooler_fd(gateway->spooler), on_spooler_status, gateway)) <
			0 ||
		(r = loop_add_timer(loop, REFUSALS_ACCURACY_US, on_refusals_timer, gateway,
			 &gateway->refusals_timer)) < 0 ||
		(r = gateway_attach_files(gateway)) < 0 ||
		(r = gateway_attach_outputs(gateway)) < 0)
		return r;
	return gateway_attach_reports(gateway);
}

void gateway_detach_events(struct gateway *gateway)
{
	tell_refusals(gateway, UINT64_MAX);
	gateway->refusals_timer = sd_event_source_unref(gateway->refusals_timer);
	gateway_detach_outputs(gateway);
	gateway_detach_reports(gateway);
}
