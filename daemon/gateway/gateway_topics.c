/* SPDX-License-Identifier: MIT */
/* The topics of single outputs, where the map asks for them. */
#include "gateway_internal.h"
#include "payload.h"
#include "running_map.h"
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

void gateway_clear_old_topics(struct gateway *gateway)
{
	const char *state_dir = gateway->options->state_dir;
	struct config *old = NULL;
	struct diag *diag = NULL;
	char path[PATH_MAX];

	if (running_map_differs(state_dir, gateway->options->config_path) != 1 ||
		running_map_path(state_dir, path, sizeof(path)) < 0 || diag_new(path, &diag) < 0)
		return;
	/* One with a mistake was written for another version. */
	if (gateway_read_map(path, diag, &old) == 0)
		clear_gone(gateway, old);
	config_free(old);
	diag_free(diag);
}
