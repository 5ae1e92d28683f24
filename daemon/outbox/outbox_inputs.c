/* SPDX-License-Identifier: MIT */
/* The state of each input has a slot of its own. */
#include "outbox_internal.h"

#include <errno.h>
#include <string.h>

int outbox_put_input(
	struct outbox *outbox, size_t index, const char *topic, const void *payload, size_t size)
{
	struct outbox_input *input;

	if (index >= OUTBOX_INPUTS_MAX || strlen(topic) >= TOPIC_MAX ||
		size > sizeof(input->payload))
		return -EMSGSIZE;
	input = &outbox->inputs[index];
	(void)pthread_mutex_lock(&outbox->mutex);
	strcpy(input->topic, topic);
	memcpy(input->payload, payload, size);
	input->size = size;
	input->due = true;
	if (index >= outbox->n_inputs)
		outbox->n_inputs = index + 1;
	doorbell_ring(&outbox->bell);
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	return 0;
}

/* With the oldest one forgotten where there is no room. */
static void clear_input(struct outbox *outbox, const struct outbox_input *input)
{
	struct outbox_input *cleared = outbox->cleared;

	if (outbox->n_cleared == OUTBOX_INPUTS_MAX)
		memmove(cleared, cleared + 1, --outbox->n_cleared * sizeof(*cleared));
	cleared += outbox->n_cleared++;
	*cleared = *input;
	cleared->size = 0;
	cleared->due = true;
	doorbell_ring(&outbox->bell);
}

void outbox_forget_inputs(struct outbox *outbox,
	bool (*is_kept)(const void *context, const char *topic), const void *context)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&outbox->mutex);
	for (size_t i = 0; i < outbox->n_cleared; i++) {
		if (!is_kept(context, outbox->cleared[i].topic))
			outbox->cleared[n++] = outbox->cleared[i];
	}
	outbox->n_cleared = n;
	for (size_t i = 0; i < outbox->n_inputs; i++) {
		const struct outbox_input *input = &outbox->inputs[i];

		if (input->topic[0] && !is_kept(context, input->topic))
			clear_input(outbox, input);
		outbox->inputs[i] = (struct outbox_input){.topic = ""};
	}
	outbox->n_inputs = 0;
	doorbell_unlock(&outbox->bell, &outbox->mutex);
}

void outbox_repeat_inputs(struct outbox *outbox)
{
	for (size_t i = 0; i < outbox->n_inputs; i++)
		outbox->inputs[i].due = outbox->inputs[i].topic[0] != '\0';
	for (size_t i = 0; i < outbox->n_cleared; i++)
		outbox->cleared[i].due = true;
}

static bool take(struct outbox_input *inputs, size_t n, struct outbox_message *message)
{
	for (size_t i = 0; i < n; i++) {
		struct outbox_input *input = &inputs[i];

		if (!input->due)
			continue;
		input->due = false;
		message->kind = OUTBOX_KIND_RETAINED;
		message->optional = true;
		message->id = SOURCE_SLOTS;
		message->qos = 1;
		strcpy(message->topic, input->topic);
		message->correlation_size = 0;
		message->size = input->size;
		memcpy(message->payload, input->payload, input->size);
		return true;
	}
	return false;
}

bool outbox_take_input(struct outbox *outbox, struct outbox_message *message)
{
	return take(outbox->cleared, outbox->n_cleared, message) ||
		take(outbox->inputs, outbox->n_inputs, message);
}
