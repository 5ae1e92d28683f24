/* SPDX-License-Identifier: MIT */
/*
 * The states of single inputs and outputs: small retained messages, each in a slot of its own. The
 * topic of one that has left the map is cleared by an empty message, which is kept until the broker
 * has taken it.
 */
#include "outbox_internal.h"

#include <errno.h>
#include <string.h>

static const size_t SLOTS_MAX[] = {[OUTBOX_CLEARED_TOPICS] = OUTBOX_CLEARED_MAX,
	[OUTBOX_INPUT_TOPICS] = OUTBOX_INPUTS_MAX,
	[OUTBOX_OUTPUT_TOPICS] = OUTBOX_OUTPUTS_MAX};

static struct outbox_topic *slots_of(struct outbox *outbox, enum outbox_topics group)
{
	if (group == OUTBOX_CLEARED_TOPICS)
		return outbox->cleared;
	return group == OUTBOX_INPUT_TOPICS ? outbox->inputs : outbox->outputs;
}

static bool holds(
	const struct outbox_topic *slot, const char *topic, const void *payload, size_t size)
{
	return strcmp(slot->topic, topic) == 0 && slot->size == size &&
		memcmp(slot->payload, payload, size) == 0;
}

static void fill(struct outbox *outbox, struct outbox_topic *slot, const char *topic,
	const void *payload, size_t size)
{
	strcpy(slot->topic, topic);
	if (size > 0)
		memcpy(slot->payload, payload, size);
	slot->size = size;
	slot->due = true;
	slot->postponed = false;
	doorbell_ring(&outbox->bell);
}

int outbox_put_topic(struct outbox *outbox, const struct outbox_topic_id *id, const char *topic,
	const void *payload, size_t size)
{
	struct outbox_topic *slot = slots_of(outbox, id->group) + id->index;

	if (id->index >= SLOTS_MAX[id->group] || strlen(topic) >= TOPIC_MAX ||
		size > sizeof(slot->payload))
		return -EMSGSIZE;
	(void)pthread_mutex_lock(&outbox->mutex);
	if (!holds(slot, topic, payload, size))
		fill(outbox, slot, topic, payload, size);
	if (id->index >= outbox->n_topics[id->group])
		outbox->n_topics[id->group] = id->index + 1;
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	return 0;
}

/* With the last one given up if there is no room. */
static void clear_topic(struct outbox *outbox, const char *topic)
{
	size_t index = 0;

	while (index < OUTBOX_CLEARED_MAX - 1 && outbox->cleared[index].topic[0])
		index++;
	fill(outbox, &outbox->cleared[index], topic, NULL, 0);
	if (index >= outbox->n_topics[OUTBOX_CLEARED_TOPICS])
		outbox->n_topics[OUTBOX_CLEARED_TOPICS] = index + 1;
}

void outbox_clear_topic(struct outbox *outbox, const char *topic)
{
	if (strlen(topic) >= TOPIC_MAX)
		return;
	(void)pthread_mutex_lock(&outbox->mutex);
	clear_topic(outbox, topic);
	doorbell_unlock(&outbox->bell, &outbox->mutex);
}

void outbox_forget_topics(struct outbox *outbox, enum outbox_topics group,
	bool (*is_kept)(const void *context, const char *topic), const void *context)
{
	struct outbox_topic *slots = slots_of(outbox, group);

	(void)pthread_mutex_lock(&outbox->mutex);
	for (size_t i = 0; i < outbox->n_topics[OUTBOX_CLEARED_TOPICS]; i++)
		if (outbox->cleared[i].topic[0] && is_kept(context, outbox->cleared[i].topic))
			outbox->cleared[i] = (struct outbox_topic){.topic = ""};
	for (size_t i = 0; i < outbox->n_topics[group]; i++) {
		if (slots[i].topic[0] && !is_kept(context, slots[i].topic))
			clear_topic(outbox, slots[i].topic);
		slots[i] = (struct outbox_topic){.topic = ""};
	}
	outbox->n_topics[group] = 0;
	doorbell_unlock(&outbox->bell, &outbox->mutex);
}

void outbox_repeat_topics(struct outbox *outbox)
{
	for (int group = 0; group < OUTBOX_TOPIC_GROUPS; group++) {
		for (size_t i = 0; i < outbox->n_topics[group]; i++) {
			struct outbox_topic *slot = slots_of(outbox, (enum outbox_topics)group) + i;

			slot->due = slot->topic[0] != '\0';
			slot->postponed = false;
		}
	}
}

/* The place of a slot in the ids of messages: behind the larger ones. */
static uint64_t position_of(enum outbox_topics group, size_t index)
{
	uint64_t position = OUTBOX_SLOTS + index;

	for (int before = 0; before < (int)group; before++)
		position += SLOTS_MAX[before];
	return position;
}

/* NULL: there is none. */
static struct outbox_topic *slot_at(struct outbox *outbox, uint64_t position)
{
	for (int group = 0; group < OUTBOX_TOPIC_GROUPS; group++) {
		uint64_t begin = position_of((enum outbox_topics)group, 0);

		if (position >= begin && position < begin + SLOTS_MAX[group])
			return slots_of(outbox, (enum outbox_topics)group) + (position - begin);
	}
	return NULL;
}

static void take(struct outbox_topic *slot, uint64_t position, struct outbox_message *message)
{
	slot->due = false;
	message->kind = OUTBOX_KIND_RETAINED;
	message->optional = true;
	message->id = position << SOURCE_BITS | SOURCE_SLOTS;
	message->qos = 1;
	strcpy(message->topic, slot->topic);
	message->correlation_size = 0;
	message->size = slot->size;
	memcpy(message->payload, slot->payload, slot->size);
}

bool outbox_take_topic(struct outbox *outbox, struct outbox_message *message)
{
	for (int group = 0; group < OUTBOX_TOPIC_GROUPS; group++) {
		for (size_t i = 0; i < outbox->n_topics[group]; i++) {
			struct outbox_topic *slot = slots_of(outbox, (enum outbox_topics)group) + i;

			if (!slot->due)
				continue;
			take(slot, position_of((enum outbox_topics)group, i), message);
			return true;
		}
	}
	return false;
}

void outbox_acknowledge_topic(struct outbox *outbox, uint64_t position)
{
	uint64_t first = position_of(OUTBOX_CLEARED_TOPICS, 0);
	struct outbox_topic *slot = slot_at(outbox, position);

	/* Only what is cleared is done with then. It may be another one by now. */
	if (slot && position < first + OUTBOX_CLEARED_MAX && !slot->due && !slot->postponed)
		*slot = (struct outbox_topic){.topic = ""};
}

void outbox_postpone_topic(struct outbox *outbox, uint64_t position)
{
	struct outbox_topic *slot = slot_at(outbox, position);

	/* It may be empty by now, after a change of the map. */
	if (slot && slot->topic[0] && !slot->due)
		slot->postponed = true;
}

void outbox_retry_topics(struct outbox *outbox)
{
	for (int group = 0; group < OUTBOX_TOPIC_GROUPS; group++) {
		for (size_t i = 0; i < outbox->n_topics[group]; i++) {
			struct outbox_topic *slot = slots_of(outbox, (enum outbox_topics)group) + i;

			slot->due = slot->due || slot->postponed;
			slot->postponed = false;
		}
	}
}
