/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "router_internal.h"
#include <stdio.h>
#include <string.h>

struct route {
	const char *topic; /* below the root */
	void (*handle)(const struct router *router, const struct router_message *message);
	enum link_need need;
	/* For a topic that is easily mistaken for another one: what should have been sent, and the
	 * topic below the root where it belongs. NULL: this is the right topic. */
	const char *meant, *belongs;
};

/*
 * The parts of the message that is being handled. They are large, mostly empty, and main handles
 * one message at a time. The stack is no place for them: the compiler touches each page of it.
 */
static struct {
	struct payload_action action, applied;
	struct payload_errors errors;
} room;

static void handle_action(const struct router *router, const struct router_message *message);
static void handle_interval(const struct router *router, const struct router_message *message);
static void handle_led_text(const struct router *router, const struct router_message *message);
static void handle_motor_text(const struct router *router, const struct router_message *message);
static void handle_health(const struct router *router, const struct router_message *message);
static void handle_birth(const struct router *router, const struct router_message *message);

static const struct route routes[ROUTER_TOPICS] = {
	{"actions", handle_action, LINK_REQUIRED, NULL, NULL},
	{"sensors/interval", handle_interval, LINK_REQUIRED, NULL, NULL},
	{"actions/leds", handle_led_text, LINK_REQUIRED, NULL, NULL},
	{"action", handle_action, LINK_OPTIONAL, "an action", "actions"},
	{"actions/led", handle_action, LINK_OPTIONAL, "{\"led\":{...}}", "actions"},
	{"actions/motor", handle_motor_text, LINK_OPTIONAL, "{\"motor\":{...}}", "actions"},
	{"actions/+/+", handle_action, LINK_OPTIONAL, NULL, NULL},
	{"health", handle_health, LINK_OF_OTHERS, NULL, NULL},
	{"status", handle_birth, LINK_BIRTH, NULL, NULL}, /* below the prefix of discovery */
};

const char *router_topic(unsigned index)
{
	return routes[index].topic;
}

bool router_full_topic(
	const struct config *config, unsigned index, char ret_topic[static TOPIC_MAX])
{
	bool is_birth = routes[index].need == LINK_BIRTH;
	const char *root = is_birth ? config->mqtt.discovery : config->mqtt.topic;

	if (!root)
		return false;
	topic_below(ret_topic, root, routes[index].topic);
	return true;
}

enum link_need router_topic_need(unsigned index)
{
	return routes[index].need;
}

bool router_topic_is_vital(unsigned index)
{
	return routes[index].need == LINK_REQUIRED && routes[index].handle == handle_action;
}

/* Returns true if it is refused or was sent to the wrong topic. Then *errors says only that. */
static bool is_refused(const struct router *router, const struct router_message *message,
	struct payload_errors *errors)
{
	const struct route *route = &routes[message->event->topic];
	const char *root = router->config->mqtt.topic;
	const char *reason = router_refusal(router, message);

	if (!reason && !route->belongs)
		return false;
	errors->count = 0;
	if (reason)
		payload_error_add(errors, "", "%s", reason);
	else if (route->handle == handle_motor_text && payload_text_means_stop(&message->payload))
		payload_error_add(errors, "",
			"%.64s/%s takes the text stop alone, which stops every motor", root,
			route->topic);
	else
		payload_error_add(errors, "",
			"%.64s/%s is no topic of this gateway: send %s to %.64s/%s", root,
			route->topic, route->meant, root, route->belongs);
	return true;
}

static void handle_action(const struct router *router, const struct router_message *message)
{
	struct payload_action *action = &room.action, *applied = &room.applied;
	struct payload_errors *errors = &room.errors;
	int r;

	r = message->levels ? payload_parse_output_text(router->config, message->levels,
				      &message->payload, action, errors)
			    : payload_parse_action(router->config, &message->payload,
				      clock_wall_ms(), action, errors);
	payload_action_clear(applied);
	payload_id_copy(&applied->id, &action->id);
	if (is_refused(router, message, errors) || r < 0)
		router_refuse(router, message, applied, errors);
	else
		router_carry_out(router, message, action, applied, errors);
}

/* The only command of this topic is "stop". */
static void handle_motor_text(const struct router *router, const struct router_message *message)
{
	if (router_refusal(router, message) ||
		payload_parse_stop_text(router->config, &message->payload, &room.action) < 0) {
		handle_action(router, message);
		return;
	}
	payload_action_clear(&room.applied);
	router_carry_out(router, message, &room.action, &room.applied, &room.errors);
}

static void handle_interval(const struct router *router, const struct router_message *message)
{
	struct payload_action applied;
	struct payload_errors errors;
	uint32_t interval_ms = 0;

	payload_action_clear(&applied);
	errors.count = 0;
	if (!is_refused(router, message, &errors) &&
		payload_parse_interval(router->config, &message->payload, &interval_ms, &errors) ==
			0) {
		router->set_interval(router->userdata, interval_ms);
		applied.interval_ms = interval_ms;
	}
	router_answer(router, message, &applied, &errors);
	if (interval_ms)
		router->applied(router->userdata);
	else
		router_tell_refused(router, message, &errors, 0);
}

/* The answers of this topic are plain text, and there are few. */
static void refuse_led_text(const struct router *router, const struct router_message *message,
	const struct payload_errors *errors)
{
	const char *text =
		router_unanswerable(message) ? errors->items[0].reason : "unknown command";

	router_answer_text(router, message, text, strlen(text));
	router_tell_refused(router, message, errors, 0);
}

static void handle_led_text(const struct router *router, const struct router_message *message)
{
	const struct output_kind *kind = output_kind_find("led");
	struct payload_errors errors;
	struct payload_output led = {0};
	char text[PAYLOAD_ID_MAX + 64];
	size_t number;

	errors.count = 0;
	if (!is_refused(router, message, &errors) &&
		payload_parse_led_text(router->config, &message->payload, &led) < 0)
		payload_error_add(&errors, "",
			"unknown command, it is \"N S\": LED N, 1 to %zu; S is 0 or 1",
			payload_outputs_of(router->config, kind)->n);
	if (errors.count > 0) {
		refuse_led_text(router, message, &errors);
		return;
	}
	number = router->config->outputs[led.output].index + 1;
	if (router_apply_output(router, &led, &errors) < 0) {
		snprintf(text, sizeof(text), "led%zu failed: %s", number, errors.items[0].reason);
	} else {
		snprintf(text, sizeof(text), "led%zu %s", number,
			output_is_at_rest(kind, &led.values) ? "off" : "on");
		router->applied(router->userdata);
	}
	router_answer_text(router, message, text, strlen(text));
}

/* The health of a gateway, and not of this one, whose own does not come back. A retained one may be
 * old. It is no command, and is not answered. */
static void handle_health(const struct router *router, const struct router_message *message)
{
	char instance[PAYLOAD_INSTANCE_BYTES];

	if (!message->event->retained && payload_find_instance(&message->payload, instance) == 0)
		router->met(router->userdata, instance);
}

/* The status of Home Assistant. Only a start is news, and a retained one is old. */
static void handle_birth(const struct router *router, const struct router_message *message)
{
	static const char ONLINE[] = "online";

	if (!message->event->retained && message->payload.size == sizeof(ONLINE) - 1 &&
		memcmp(message->payload.data, ONLINE, sizeof(ONLINE) - 1) == 0)
		router->born(router->userdata);
}

void router_handle(const struct router *router, const struct link_event *event)
{
	const uint8_t *at = (const uint8_t *)(event + 1);
	struct router_message message = {.event = event};

	/* An empty payload clears a retained message, and is no command. */
	if (event->true_size == 0)
		return;
	if (event->levels_size > 0)
		message.levels = (const char *)at;
	at += event->levels_size;
	/* A topic with a wildcard cannot be published to: the broker would end the connection. */
	if (event->response_topic_size && !strpbrk((const char *)at, "+#"))
		message.response_topic = (const char *)at;
	at += event->response_topic_size;
	message.correlation = at;
	at += event->correlation_size;
	message.payload = (struct payload_bytes){
		.data = at,
		.size = event->payload_size,
		.true_size = event->true_size,
	};
	routes[event->topic].handle(router, &message);
}
