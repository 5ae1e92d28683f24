/* SPDX-License-Identifier: MIT */
#include "left_out.h"

#include <string.h>

/* NULL: nothing is known about it. */
static const struct left_out_topic *find(const struct left_out *left_out, const char *topic)
{
	for (size_t i = 0; i < left_out->n; i++) {
		if (strncmp(left_out->topics[i].topic, topic, IN_FLIGHT_TOPIC_MAX - 1) == 0)
			return &left_out->topics[i];
	}
	return NULL;
}

/* NULL: there is no room. */
static struct left_out_topic *find_or_add(struct left_out *left_out, const char *topic)
{
	const struct left_out_topic *known = find(left_out, topic);
	struct left_out_topic *added;

	if (known)
		return &left_out->topics[known - left_out->topics];
	if (left_out->n == LEFT_OUT_MAX)
		return NULL;
	added = &left_out->topics[left_out->n++];
	*added = (struct left_out_topic){0};
	memcpy(added->topic, topic, strnlen(topic, IN_FLIGHT_TOPIC_MAX - 1));
	return added;
}

bool left_out_has(const struct left_out *left_out, const char *topic)
{
	const struct left_out_topic *known = find(left_out, topic);

	return known && known->is_out;
}

static bool leave_out(struct left_out_topic *topic)
{
	bool is_news = !topic->is_out;

	topic->is_out = true;
	return is_news;
}

bool left_out_refused(struct left_out *left_out, const char *topic)
{
	struct left_out_topic *known = find_or_add(left_out, topic);

	return known && leave_out(known);
}

bool left_out_lost(struct left_out *left_out, const char *topic)
{
	struct left_out_topic *known = find_or_add(left_out, topic);

	return known && ++known->losses >= LEFT_OUT_LOSSES && leave_out(known);
}

void left_out_taken(struct left_out *left_out, const char *topic)
{
	const struct left_out_topic *known = find(left_out, topic);

	if (known)
		left_out->topics[known - left_out->topics].losses = 0;
}
