/* SPDX-License-Identifier: MIT */
#include "in_flight.h"

#include <string.h>

void in_flight_add(struct in_flight *in_flight, const struct in_flight_entry *entry)
{
	in_flight->entries[in_flight->count++] = *entry;
}

bool in_flight_done(struct in_flight *in_flight, int token, int reason)
{
	for (size_t i = 0; i < in_flight->count; i++) {
		struct in_flight_entry *entry = &in_flight->entries[i];

		if (entry->token == token && !entry->done) {
			entry->done = true;
			entry->reason = reason;
			return true;
		}
	}
	return false;
}

static bool contains(const int *tokens, int token)
{
	for (; tokens && *tokens >= 0; tokens++) {
		if (*tokens == token)
			return true;
	}
	return false;
}

bool in_flight_keep(struct in_flight *in_flight, const int *tokens)
{
	bool is_news = false;

	for (size_t i = 0; i < in_flight->count; i++) {
		struct in_flight_entry *entry = &in_flight->entries[i];

		if (contains(tokens, entry->token))
			continue;
		is_news = is_news || !entry->done;
		entry->done = true;
	}
	return is_news;
}

bool in_flight_take_done(struct in_flight *in_flight, struct in_flight_entry *ret_entry)
{
	for (size_t i = 0; i < in_flight->count; i++) {
		struct in_flight_entry *entry = &in_flight->entries[i];

		if (!entry->done)
			continue;
		*ret_entry = *entry;
		in_flight->count--;
		memmove(entry, entry + 1, (in_flight->count - i) * sizeof(*entry));
		return true;
	}
	return false;
}

uint64_t in_flight_oldest_us(const struct in_flight *in_flight, unsigned qos)
{
	for (size_t i = 0; i < in_flight->count; i++) {
		const struct in_flight_entry *entry = &in_flight->entries[i];

		if (!entry->done && entry->qos >= qos)
			return entry->at_us;
	}
	return 0;
}

const struct in_flight_entry *in_flight_oldest(const struct in_flight *in_flight)
{
	for (size_t i = 0; i < in_flight->count; i++) {
		if (!in_flight->entries[i].done)
			return &in_flight->entries[i];
	}
	return NULL;
}

size_t in_flight_count(const struct in_flight *in_flight, unsigned kind)
{
	size_t count = 0;

	for (size_t i = 0; i < in_flight->count; i++)
		count += in_flight->entries[i].kind == kind;
	return count;
}
