/* SPDX-License-Identifier: MIT */
/*
 * Larger retained messages, sent once, for programs that show this gateway. They take memory only
 * until the broker has them, since main makes them anew for each connection.
 */
#include "outbox_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct outbox_announcement *new_announcement(
	const char *topic, const void *payload, size_t size)
{
	struct outbox_announcement *new = malloc(sizeof(*new) + size);

	if (!new)
		return NULL;
	new->next = NULL;
	new->in_flight = new->postponed = new->superseded = false;
	new->size = size;
	strcpy(new->topic, topic);
	if (size > 0)
		memcpy(new->payload, payload, size);
	return new;
}

static bool is_same(const struct outbox_announcement *a, const struct outbox_announcement *b)
{
	return a->size == b->size && memcmp(a->payload, b->payload, a->size) == 0;
}

/* While a broker refuses them they are made again and again: only the last of the same waits. */
static void append(struct outbox *outbox, struct outbox_announcement *new)
{
	struct outbox_announcement **at = &outbox->announcements, *old;

	while ((old = *at)) {
		bool is_on_topic = strcmp(old->topic, new->topic) == 0;

		if (is_on_topic) {
			new->in_flight = new->postponed = old->postponed;
			old->superseded = true;
		}
		if (is_on_topic && old->postponed && is_same(old, new)) {
			*at = old->next;
			outbox->n_announcements--;
			free(old);
		} else {
			at = &old->next;
		}
	}
	*at = new;
	new->number = ++outbox->last_announcement;
	outbox->n_announcements++;
	doorbell_ring(&outbox->bell);
}

int outbox_announce(struct outbox *outbox, const char *topic, const void *payload, size_t size)
{
	struct outbox_announcement *new;
	int r = 0;

	if (strlen(topic) >= TOPIC_MAX || size > OUTBOX_PAYLOAD_MAX)
		return -EMSGSIZE;
	new = new_announcement(topic, payload, size);
	if (!new)
		return -ENOMEM;
	(void)pthread_mutex_lock(&outbox->mutex);
	if (outbox->connected)
		append(outbox, new);
	else
		r = -ENOTCONN;
	doorbell_unlock(&outbox->bell, &outbox->mutex);
	if (r < 0)
		free(new);
	return r;
}

size_t outbox_announcing(struct outbox *outbox)
{
	size_t n;

	(void)pthread_mutex_lock(&outbox->mutex);
	n = outbox->n_announcements;
	(void)pthread_mutex_unlock(&outbox->mutex);
	return n;
}

bool outbox_take_announcement(struct outbox *outbox, struct outbox_message *message)
{
	struct outbox_announcement *next = outbox->announcements;

	while (next && next->in_flight)
		next = next->next;
	if (!next)
		return false;
	next->in_flight = true;
	message->kind = OUTBOX_KIND_RETAINED;
	message->optional = true;
	message->id = next->number << SOURCE_BITS | SOURCE_ANNOUNCEMENTS;
	message->qos = 1;
	strcpy(message->topic, next->topic);
	message->correlation_size = 0;
	message->size = next->size;
	if (next->size > 0)
		memcpy(message->payload, next->payload, next->size);
	return true;
}

void outbox_acknowledge_announcement(struct outbox *outbox, uint64_t number)
{
	struct outbox_announcement **at = &outbox->announcements, *found;

	while (*at && (*at)->number != number)
		at = &(*at)->next;
	found = *at;
	if (!found)
		return;
	*at = found->next;
	outbox->n_announcements--;
	free(found);
}

/* The next one on the same topic; NULL: there is none. */
static struct outbox_announcement *successor(const struct outbox_announcement *of)
{
	struct outbox_announcement *at = of->next;

	while (at && strcmp(at->topic, of->topic) != 0)
		at = at->next;
	return at;
}

/* With those that came later on its topic, so that the order stays. */
void outbox_postpone_announcement(struct outbox *outbox, uint64_t number)
{
	struct outbox_announcement *at = outbox->announcements;

	while (at && at->number != number)
		at = at->next;
	for (; at; at = successor(at))
		at->in_flight = at->postponed = true;
}

void outbox_retry_announcements(struct outbox *outbox)
{
	struct outbox_announcement *next;

	for (struct outbox_announcement *at = outbox->announcements; at; at = next) {
		next = at->next;
		if (!at->postponed)
			continue;
		/* The broker has a newer one by now. */
		if (at->superseded && !successor(at)) {
			outbox_acknowledge_announcement(outbox, at->number);
			continue;
		}
		at->in_flight = at->postponed = false;
	}
}

void outbox_drop_announcements(struct outbox *outbox)
{
	while (outbox->announcements)
		outbox_acknowledge_announcement(outbox, outbox->announcements->number);
}
