/* SPDX-License-Identifier: MIT */
/* The topics of single outputs, where the map asks for them. */
#include "gateway_internal.h"
#include "payload.h"
#include "topic.h"
#include <limits.h>
#include <string.h>

/* ROOT/state/led/red */
static void topic_of(const struct config *config, const struct config_output *output,
	char ret_topic[static TOPIC_MAX])
{
	char state[TOPIC_MAX], kind[TOPIC_MAX];

	topic_below(state, config->mqtt.topic, "state");
	topic_below(kind, state, output->kind->word);
	topic_below(ret_topic, kind, output->name);
}

void gateway_publish_topics(struct gateway *gateway)
{
	const struct config *config = gateway->config;

	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct config_output *output = &config->outputs[i];
		const struct outbox_topic_id id = {OUTBOX_OUTPUT_TOPICS, i};
		char topic[TOPIC_MAX], text[PAYLOAD_OUTPUT_TEXT_MAX];
		struct output_values values;
		int size;

		if (!output->topic)
			continue;
		values = outputs_get(gateway->outputs, i).values;
		size = payload_format_output_text(output->kind, &values, text, sizeof(text));
		topic_of(config, output, topic);
		if (size > 0)
			(void)outbox_put_topic(gateway->outbox, &id, topic, text, (size_t)size);
	}
}

static bool has_topic(const void *context, const char *topic)
{
	const struct config *config = context;
	char other[TOPIC_MAX];

	for (size_t i = 0; i < config->n_outputs; i++) {
		if (!config->outputs[i].topic)
			continue;
		topic_of(config, &config->outputs[i], other);
		if (strcmp(other, topic) == 0)
			return true;
	}
	return false;
}

/* Those that only the old map has. */
static void clear_gone(struct gateway *gateway, const struct config *old)
{
	char topic[TOPIC_MAX];

	for (size_t i = 0; i < old->n_outputs; i++) {
		if (!old->outputs[i].topic)
			continue;
		topic_of(old, &old->outputs[i], topic);
		if (!has_topic(gateway->config, topic))
			outbox_clear_topic(gateway->outbox, topic);
	}
}

void gateway_follow_topics(struct gateway *gateway)
{
	outbox_forget_topics(gateway->outbox, OUTBOX_OUTPUT_TOPICS, has_topic, gateway->config);
}

/* NULL: there is no such copy, or it is that of the map that runs now. */
static struct config *read_past(const struct gateway *gateway, enum running_map_copy copy)
{
	const char *state_dir = gateway->options->state_dir;
	struct config *past = NULL;
	struct diag *diag = NULL;
	char path[PATH_MAX];

	if (running_map_differs(state_dir, copy, gateway->options->config_path) != 1 ||
		running_map_path(state_dir, copy, path, sizeof(path)) < 0 ||
		diag_new(path, &diag) < 0)
		return NULL;
	/* One with a mistake was written for another version. */
	(void)gateway_read_map(path, diag, &past);
	diag_free(diag);
	return past;
}

void gateway_read_past_maps(struct gateway *gateway)
{
	for (unsigned i = 0; i < RUNNING_MAP_COPIES; i++)
		gateway->past[i] = read_past(gateway, i);
}

void gateway_clear_past_topics(struct gateway *gateway)
{
	for (unsigned i = 0; i < RUNNING_MAP_COPIES; i++)
		if (gateway->past[i])
			clear_gone(gateway, gateway->past[i]);
	gateway_forget_past_maps(gateway);
}

void gateway_forget_past_maps(struct gateway *gateway)
{
	for (unsigned i = 0; i < RUNNING_MAP_COPIES; i++)
		gateway->past[i] = config_free(gateway->past[i]);
}
