/* SPDX-License-Identifier: MIT */
#include "router.h"
#include "clock.h"
#include "log.h"
#include "payload.h"
#include "topic.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { QUOTE_BYTES = 100 }; /* of a message, in the log */

/* A message, taken apart. */
struct message {
	const struct link_event *event;
	const char *levels;         /* of its topic, in place of the wildcards; NULL: none */
	const char *response_topic; /* NULL: none */
	const uint8_t *correlation;
	struct payload_bytes payload;
};

struct route {
	const char *topic; /* below the root */
	void (*handle)(const struct router *router, const struct message *message);
	enum link_need need;
	/* For a topic that is easily mistaken for another one: what should have been sent, and the
	 * topic below the root where it belongs. NULL: this is the right topic. */
	const char *meant, *belongs;
};

/*
 * The parts of a message, and its answer. They are large, mostly empty, and main handles one
 * message at a time. The stack is no place for them: the compiler touches each page of it.
 */
static struct {
	struct payload_action action, applied;
	struct payload_errors errors;
	char answer[LINK_PAYLOAD_MAX];
} room;

static void handle_action(const struct router *router, const struct message *message);
static void handle_interval(const struct router *router, const struct message *message);
static void handle_led_text(const struct router *router, const struct message *message);
static void handle_motor_text(const struct router *router, const struct message *message);
static void handle_health(const struct router *router, const struct message *message);
static void handle_birth(const struct router *router, const struct message *message);

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

static const char RETAINED_REASON[] = "a retained message is an old command: publish it without "
				      "retain, or set mqtt.accept_retained";
static const char TOPIC_REASON[] = "the response topic is longer than 511 bytes";
static const char CORRELATION_REASON[] = "the correlation data are longer than 1024 bytes";
_Static_assert(LINK_TOPIC_MAX == 511 + 1 && LINK_CORRELATION_MAX == 1024, "as the words say");

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

/* Finds where its answer goes. topic: room for it. */
static struct outbox_address address_of(
	const struct router *router, const struct message *message, char topic[static TOPIC_MAX])
{
	struct outbox_address to = {.topic = topic, .qos = 1};

	topic_below(topic, router->config->mqtt.topic, "actions/ack");
	if (message->response_topic) {
		to.topic = message->response_topic;
		to.correlation = message->event->correlation_size ? message->correlation : NULL;
		to.correlation_size = message->event->correlation_size;
	}
	return to;
}

static void answer(
	const struct router *router, const struct message *message, const char *text, size_t size)
{
	char topic[TOPIC_MAX];
	struct outbox_address to = address_of(router, message, topic);

	outbox_put_answer(router->outbox, &to, text, size);
}

static void answer_json(const struct router *router, const struct message *message,
	const struct payload_action *applied, const struct payload_errors *errors)
{
	int size = payload_format_answer(
		router->config, applied, errors, room.answer, sizeof(room.answer));

	if (size < 0) {
		static const char fallback[] = "{\"ok\":false,\"errors\":[{\"path\":\"\","
					       "\"reason\":\"the answer is too large\"}]}";

		answer(router, message, fallback, sizeof(fallback) - 1);
		return;
	}
	answer(router, message, room.answer, (size_t)size);
}

/* Returns why the answer cannot go where the sender waits for it; NULL: it can. Only the stops of
 * such a message are carried out, since nobody would learn of the rest. */
static const char *unanswerable(const struct message *message)
{
	if (message->event->response_topic_too_long)
		return TOPIC_REASON;
	return message->event->correlation_too_long ? CORRELATION_REASON : NULL;
}

/* Returns why a message is refused regardless of its contents and its topic; NULL: it is not. */
static const char *refusal(const struct router *router, const struct message *message)
{
	const char *reason = unanswerable(message);

	if (!reason && message->event->retained && !router->config->mqtt.accept_retained)
		reason = RETAINED_REASON;
	return reason;
}

/* Returns true if it is refused or was sent to the wrong topic. Then *errors says only that. */
static bool is_refused(
	const struct router *router, const struct message *message, struct payload_errors *errors)
{
	const struct route *route = &routes[message->event->topic];
	const char *root = router->config->mqtt.topic;
	const char *reason = refusal(router, message);

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

/* The beginning of a message as one line of plain ASCII. */
static void quote(const struct payload_bytes *payload, char out[QUOTE_BYTES])
{
	size_t size = payload->size < QUOTE_BYTES - 4 ? payload->size : QUOTE_BYTES - 4;

	for (size_t i = 0; i < size; i++)
		out[i] =
			(char)(payload->data[i] >= ' ' && payload->data[i] < 0x7f ? payload->data[i]
										  : '.');
	(void)snprintf(out + size, 4, "%s", size < payload->true_size ? "..." : "");
}

/* Logs the refusal, without the sender: MQTT does not say who it was. */
static void tell_refused(const struct router *router, const struct message *message,
	const struct payload_errors *mistakes, size_t n_stops)
{
	const struct payload_error *first = &mistakes->items[0];
	const char *topic = routes[message->event->topic].topic;
	bool is_news = refusals_add(router->refusals, topic, first->reason, clock_now_us());
	char text[QUOTE_BYTES], more[48] = "";

	if (!is_news && !log_verbose())
		return;
	quote(&message->payload, text);
	if (mistakes->count > 1)
		(void)snprintf(more, sizeof(more), " (and %zu more)", mistakes->count - 1);
	log_message(is_news ? LOG_WARNING : LOG_DEBUG, topic, "refused%s: %s%s%s%s; it is %s",
		n_stops > 0 ? ", and only its stops carried out" : "", first->path,
		first->path[0] ? ": " : "", first->reason, more, text);
}

static void add_output_error(
	const struct router *router, size_t index, const char *error, struct payload_errors *errors)
{
	const struct config_output *config = &router->config->outputs[index];
	char path[64];

	(void)snprintf(path, sizeof(path), "%s.%zu", config->kind->word, config->index);
	payload_error_add(errors, path, "%s", error);
}

/* Carries out one output of an action, and fills in its state. */
static int apply_output(
	const struct router *router, struct payload_output *output, struct payload_errors *errors)
{
	const struct output_request request = {output->values, output->modifiers};
	struct hal_error error = {0};

	if (outputs_apply(router->outputs, output->output, &request, &error) < 0) {
		add_output_error(router, output->output, error.text, errors);
		return -EIO;
	}
	output->values = outputs_get(router->outputs, output->output).values;
	return 0;
}

/* Where the results of outputs go that were written together. */
struct outcome {
	const struct router *router;
	struct payload_action *applied;
	struct payload_errors *errors;
};

static void on_failed(void *userdata, size_t index, const char *error)
{
	const struct outcome *outcome = userdata;
	struct payload_action *applied = outcome->applied;
	size_t n = 0;

	add_output_error(outcome->router, index, error, outcome->errors);
	for (size_t i = 0; i < applied->n_outputs; i++)
		if (applied->outputs[i].output != index)
			applied->outputs[n++] = applied->outputs[i];
	applied->n_outputs = n;
}

static size_t apply_stops_of(const struct router *router, const struct payload_action *action,
	bool late, struct payload_action *applied, struct payload_errors *errors)
{
	size_t n_stops = 0;

	for (size_t i = 0; i < action->n_outputs; i++) {
		struct payload_output output = action->outputs[i];

		if (!payload_is_stop(router->config, &output) ||
			outputs_stops_late(router->outputs, output.output) != late)
			continue;
		n_stops++;
		if (apply_output(router, &output, errors) == 0)
			applied->outputs[applied->n_outputs++] = output;
	}
	return n_stops;
}

/* Tries every stop, even if an earlier one fails, and last those that a stuck bus may hold up.
 * Returns the number of stops. */
static size_t apply_stops(const struct router *router, const struct payload_action *action,
	struct payload_action *applied, struct payload_errors *errors)
{
	size_t n_stops = apply_stops_of(router, action, false, applied, errors);

	return n_stops + apply_stops_of(router, action, true, applied, errors);
}

/* Carries out the outputs of one kind, except stops. Returns how many were tried. */
static size_t apply_kind(const struct router *router, const struct output_kind *kind,
	const struct payload_action *action, struct payload_action *applied,
	struct payload_errors *errors)
{
	size_t n_tried = 0;

	for (size_t i = 0; i < action->n_outputs && errors->count == 0; i++) {
		struct payload_output output;

		if (router->config->outputs[action->outputs[i].output].kind != kind ||
			payload_is_stop(router->config, &action->outputs[i]))
			continue;
		output = action->outputs[i];
		n_tried++;
		if (apply_output(router, &output, errors) == 0)
			applied->outputs[applied->n_outputs++] = output;
	}
	return n_tried;
}

/*
 * Stops come first, since they cannot wait; then kind by kind, in the order of the message, and
 * what can go out together does. The first hardware error ends it: what 'applied' holds by then was
 * done.
 */
static void apply(const struct router *router, const struct payload_action *action,
	struct payload_action *applied, struct payload_errors *errors)
{
	size_t left = action->n_outputs - apply_stops(router, action, applied, errors);
	struct outcome outcome = {router, applied, errors};

	outputs_action_begin(router->outputs);
	for (size_t i = 0; left > 0 && errors->count == 0 && output_kind_table[i]; i++)
		left -= apply_kind(router, output_kind_table[i], action, applied, errors);
	(void)outputs_action_end(router->outputs, on_failed, &outcome);
	if (action->interval_ms && errors->count == 0) {
		router->set_interval(router->userdata, action->interval_ms);
		applied->interval_ms = action->interval_ms;
	}
	if (action->read && errors->count == 0) {
		router->read_now(router->userdata);
		applied->read = true;
	}
}

/* Of a message with a mistake, only the stops are carried out, whatever the mistake is. */
static void refuse_action(const struct router *router, const struct message *message,
	struct payload_action *applied, const struct payload_errors *mistakes)
{
	struct payload_errors errors;
	struct payload_action stops;

	errors.count = 0;
	if (message->levels)
		payload_parse_output_text_stops(
			router->config, message->levels, &message->payload, &stops, &errors);
	else
		payload_parse_stops(router->config, &message->payload, &stops, &errors);
	(void)apply_stops(router, &stops, applied, &errors);
	/* The outcome of the stops comes first, since there is no room for all mistakes. */
	payload_errors_append(&errors, mistakes);
	answer_json(router, message, applied, &errors);
	tell_refused(router, message, mistakes, stops.n_outputs);
	if (stops.n_outputs > 0)
		router->applied(router->userdata);
}

/* Collects the moves that a limit forbids. */
static void check_limits(const struct router *router, const struct payload_action *action,
	struct payload_errors *errors)
{
	for (size_t i = 0; i < action->n_outputs; i++) {
		const struct payload_output *output = &action->outputs[i];
		const struct output_request request = {output->values, output->modifiers};
		struct hal_error error;

		if (outputs_limit_refusal(router->outputs, output->output, &request, &error) < 0)
			add_output_error(router, output->output, error.text, errors);
	}
}

/* errors: room to collect mistakes. */
static void carry_out(const struct router *router, const struct message *message,
	const struct payload_action *action, struct payload_action *applied,
	struct payload_errors *errors)
{
	errors->count = 0;
	check_limits(router, action, errors);
	if (errors->count > 0) {
		refuse_action(router, message, applied, errors);
		return;
	}
	apply(router, action, applied, errors);
	answer_json(router, message, applied, errors);
	router->applied(router->userdata);
}

static uint64_t hash_of(const struct message *message)
{
	const char *topic = routes[message->event->topic].topic;
	const char *levels = message->levels ? message->levels : "";
	uint64_t hash = repeats_hash(REPEATS_HASH, topic, strlen(topic));

	hash = repeats_hash(hash, levels, strlen(levels));
	hash = repeats_hash(hash, message->correlation, message->event->correlation_size);
	return repeats_hash(hash, message->payload.data, message->payload.size);
}

static void too_many_counts(struct payload_errors *errors)
{
	payload_error_add(errors, "sensors.count",
		"too many counts wait for the disk: wait for their answers, then send it again");
}

/* The message has nothing else. Its answer comes with the sampler's. */
static void set_count(const struct router *router, const struct message *message,
	const struct payload_action *action, struct payload_action *applied,
	struct payload_errors *errors)
{
	char topic[TOPIC_MAX];
	const struct outbox_address to = address_of(router, message, topic);
	struct count_answer *waiting =
		count_answers_take(router->counts, &to, action, hash_of(message));
	int r = waiting ? router->set_count(
				  router->userdata, action->counter, action->count, waiting->ticket)
			: -EBUSY;

	errors->count = 0;
	if (r == 0) {
		router->applied(router->userdata);
		return;
	}
	if (waiting)
		count_answers_drop(waiting);
	if (r == -EBUSY)
		too_many_counts(errors);
	else
		payload_error_add(errors, "sensors.count", "cannot be set: %s", strerror(-r));
	refuse_action(router, message, applied, errors);
}

/* It came before, and its answer still waits for the disk: so does this one. False: it does not. */
static bool wait_for_count(const struct router *router, const struct message *message,
	const struct payload_action *action, struct payload_errors *errors)
{
	uint64_t hash = hash_of(message), ticket = count_answers_ticket(router->counts, hash);
	char topic[TOPIC_MAX];
	const struct outbox_address to = address_of(router, message, topic);
	struct count_answer *waiting =
		ticket > 0 ? count_answers_take(router->counts, &to, action, hash) : NULL;

	if (waiting)
		waiting->ticket = ticket;
	else if (ticket > 0)
		too_many_counts(errors);
	return waiting != NULL;
}

/* True if it does harm when it comes twice. A stop never does. */
static bool is_harmful_twice(const struct payload_action *action)
{
	for (size_t i = 0; i < action->n_outputs; i++)
		if (action->outputs[i].modifiers.toggle || action->outputs[i].modifiers.for_ms)
			return true;
	return action->read || action->counter;
}

/* Answers with what is now; only the stops are carried out. */
static void answer_again(const struct router *router, const struct message *message,
	const struct payload_action *action, struct payload_action *applied,
	enum repeats_outcome outcome)
{
	struct payload_errors errors;

	errors.count = 0;
	if (action->counter && wait_for_count(router, message, action, &errors))
		return;
	if (apply_stops(router, action, applied, &errors) > 0)
		router->applied(router->userdata);
	for (size_t i = 0; i < action->n_outputs; i++) {
		struct payload_output output = action->outputs[i];

		if (payload_is_stop(router->config, &output))
			continue;
		output.values = outputs_get(router->outputs, output.output).values;
		applied->outputs[applied->n_outputs++] = output;
	}
	applied->read = action->read;
	applied->counter = action->counter;
	applied->count = action->count;
	if (outcome == REPEATS_FAILED)
		payload_error_add(
			&errors, "", "it came before, and could not be carried out whole then");
	answer_json(router, message, applied, &errors);
}

static void refuse_repeated(const struct router *router, const struct message *message,
	struct payload_action *applied, struct payload_errors *errors)
{
	errors->count = 0;
	payload_error_add(errors, "",
		"the broker sends it again, and whether it was carried out before is not known: "
		"send it anew");
	refuse_action(router, message, applied, errors);
}

/* What would do harm if it were carried out twice. */
static void carry_out_once(const struct router *router, const struct message *message,
	const struct payload_action *action, struct payload_action *applied,
	struct payload_errors *errors)
{
	uint64_t hash = hash_of(message), now_us = clock_now_us();
	enum repeats_outcome outcome = message->event->repeated
		? repeats_find(router->repeats, hash, now_us)
		: REPEATS_UNKNOWN;

	if (outcome == REPEATS_DONE || outcome == REPEATS_FAILED) {
		answer_again(router, message, action, applied, outcome);
	} else if (outcome == REPEATS_REFUSED ||
		(message->event->repeated && router->is_forgetful)) {
		refuse_repeated(router, message, applied, errors);
		repeats_note(router->repeats, hash, REPEATS_REFUSED, now_us);
	} else {
		if (action->counter)
			set_count(router, message, action, applied, errors);
		else
			carry_out(router, message, action, applied, errors);
		repeats_note(router->repeats, hash,
			errors->count > 0 ? REPEATS_FAILED : REPEATS_DONE, now_us);
	}
}

static void handle_action(const struct router *router, const struct message *message)
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
		refuse_action(router, message, applied, errors);
	else if (is_harmful_twice(action))
		carry_out_once(router, message, action, applied, errors);
	else
		carry_out(router, message, action, applied, errors);
}

/* The only command of this topic is "stop". */
static void handle_motor_text(const struct router *router, const struct message *message)
{
	if (refusal(router, message) ||
		payload_parse_stop_text(router->config, &message->payload, &room.action) < 0) {
		handle_action(router, message);
		return;
	}
	payload_action_clear(&room.applied);
	carry_out(router, message, &room.action, &room.applied, &room.errors);
}

static void handle_interval(const struct router *router, const struct message *message)
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
	answer_json(router, message, &applied, &errors);
	if (interval_ms)
		router->applied(router->userdata);
	else
		tell_refused(router, message, &errors, 0);
}

/* The answers of this topic are plain text, and there are few. */
static void refuse_led_text(const struct router *router, const struct message *message,
	const struct payload_errors *errors)
{
	const char *text = unanswerable(message) ? errors->items[0].reason : "unknown command";

	answer(router, message, text, strlen(text));
	tell_refused(router, message, errors, 0);
}

static void handle_led_text(const struct router *router, const struct message *message)
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
	if (apply_output(router, &led, &errors) < 0) {
		snprintf(text, sizeof(text), "led%zu failed: %s", number, errors.items[0].reason);
	} else {
		snprintf(text, sizeof(text), "led%zu %s", number,
			output_is_at_rest(kind, &led.values) ? "off" : "on");
		router->applied(router->userdata);
	}
	answer(router, message, text, strlen(text));
}

/* The health of a gateway, and not of this one, whose own does not come back. A retained one may be
 * old. It is no command, and is not answered. */
static void handle_health(const struct router *router, const struct message *message)
{
	char instance[PAYLOAD_INSTANCE_BYTES];

	if (!message->event->retained && payload_find_instance(&message->payload, instance) == 0)
		router->met(router->userdata, instance);
}

/* A retained one is old. That the program ends is no news. */
static void handle_birth(const struct router *router, const struct message *message)
{
	static const char ONLINE[] = "online";

	if (!message->event->retained && message->payload.size == sizeof(ONLINE) - 1 &&
		memcmp(message->payload.data, ONLINE, sizeof(ONLINE) - 1) == 0)
		router->born(router->userdata);
}

void router_handle(const struct router *router, const struct link_event *event)
{
	const uint8_t *at = (const uint8_t *)(event + 1);
	struct message message = {.event = event};

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
