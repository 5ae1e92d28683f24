/* SPDX-License-Identifier: MIT */
/* Publishes what others know the gateway by: state, about, health, and its entities. */
#include "clock.h"
#include "gateway_internal.h"
#include "log.h"
#include "loop_source.h"
#include "payload.h"
#include "topic.h"
#include "version.h"
#include <string.h>

enum {
	HEALTH_ACCURACY_US = 250000, /* so that it can share a wake-up with others */
	NEIGHBOUR_INTERVAL_US = 60000000,
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
		.payload = gateway->payload,
	};

	gateway->health.refused = gateway->refusals.count;
	health_publish(&gateway->health, &sources);
	discovery_settle(&gateway->discovery, gateway->config);
}

void gateway_state_changed(struct gateway *gateway)
{
	loop_run_soon(gateway->state_due);
}

void gateway_health_changed(struct gateway *gateway)
{
	loop_run_soon(gateway->health_due);
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

/* The other one's interval is not known: it may be that of this gateway, or the usual one. */
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

	gateway_retry_files(gateway);
	look_for_neighbour(gateway, now_us);
	publish_health(gateway);
	/* Counted from the time it was due, so that delays do not add up. */
	loop_arm(source, next_us > now_us ? next_us : now_us);
	return 0;
}

void gateway_follow_health(struct gateway *gateway)
{
	loop_arm(gateway->health_timer,
		clock_now_us() +
			health_first_us(
				&gateway->health, gateway->config->mqtt.health_interval_us));
}

void gateway_born(struct gateway *gateway)
{
	uint64_t delay_us = discovery_delay_us(gateway_random());

	log_info("discovery", "Home Assistant has started: it is told in %.1f s what there is",
		(double)delay_us / 1e6);
	loop_arm(gateway->birth_timer, clock_now_us() + delay_us);
}

static int on_birth_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gateway *gateway = userdata;

	(void)source;
	(void)usec;
	discovery_announce(&gateway->discovery, gateway->config);
	return 0;
}

int gateway_attach_reports(struct gateway *gateway)
{
	sd_event *loop = gateway->loop;
	int r;

	if ((r = loop_add_timer(loop, HEALTH_ACCURACY_US, on_health_timer, gateway,
		     &gateway->health_timer)) < 0 ||
		(r = loop_add_timer(loop, HEALTH_ACCURACY_US, on_birth_timer, gateway,
			 &gateway->birth_timer)) < 0 ||
		(r = loop_add_deferred(loop, on_state_due, gateway, &gateway->state_due)) < 0 ||
		(r = loop_add_deferred(loop, on_health_due, gateway, &gateway->health_due)) < 0)
		return r;
	gateway_follow_health(gateway);
	return 0;
}

void gateway_detach_reports(struct gateway *gateway)
{
	gateway->health_timer = sd_event_source_unref(gateway->health_timer);
	gateway->birth_timer = sd_event_source_unref(gateway->birth_timer);
	gateway->state_due = sd_event_source_unref(gateway->state_due);
	gateway->health_due = sd_event_source_unref(gateway->health_due);
}
