/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "log.h"
#include "router_internal.h"
#include <stdio.h>

enum { QUOTE_BYTES = 100 }; /* of a message, in the log */

static const char RETAINED_REASON[] = "a retained message is an old command: publish it without "
				      "retain, or set mqtt.accept_retained";
static const char ENDING_REASON[] = "the gateway is ending: send it again when it is back";
static const char TOPIC_REASON[] = "the response topic is longer than 511 bytes";
static const char CORRELATION_REASON[] = "the correlation data are longer than 1024 bytes";
_Static_assert(LINK_TOPIC_MAX == 511 + 1 && LINK_CORRELATION_MAX == 1024, "as the words say");

struct outbox_address router_address(const struct router *router,
	const struct router_message *message, char topic[static TOPIC_MAX])
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

void router_answer_text(const struct router *router, const struct router_message *message,
	const char *text, size_t size)
{
	char topic[TOPIC_MAX];
	struct outbox_address to = router_address(router, message, topic);

	outbox_put_answer(router->outbox, &to, text, size);
}

void router_answer(const struct router *router, const struct router_message *message,
	const struct payload_action *applied, const struct payload_errors *errors)
{
	/* Large, and main makes one at a time: on the stack, the compiler would touch each page. */
	static char text[LINK_PAYLOAD_MAX];
	int size = payload_format_answer(router->config, applied, errors, text, sizeof(text));

	if (size < 0) {
		static const char fallback[] = "{\"ok\":false,\"errors\":[{\"path\":\"\","
					       "\"reason\":\"the answer is too large\"}]}";

		router_answer_text(router, message, fallback, sizeof(fallback) - 1);
		return;
	}
	router_answer_text(router, message, text, (size_t)size);
}

const char *router_unanswerable(const struct router_message *message)
{
	if (message->event->response_topic_too_long)
		return TOPIC_REASON;
	return message->event->correlation_too_long ? CORRELATION_REASON : NULL;
}

const char *router_refusal(const struct router *router, const struct router_message *message)
{
	const char *reason = router_unanswerable(message);

	if (!reason && router->is_ending)
		reason = ENDING_REASON;
	if (!reason && message->event->retained && !router->config->mqtt.accept_retained)
		reason = RETAINED_REASON;
	return reason;
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

void router_tell_refused(const struct router *router, const struct router_message *message,
	const struct payload_errors *mistakes, size_t n_stops)
{
	const struct payload_error *first = &mistakes->items[0];
	const char *topic = router_topic(message->event->topic);
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
