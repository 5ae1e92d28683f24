/* SPDX-License-Identifier: MIT */
#include "refusals.h"

#include "fnv.h"
#include <stddef.h>

enum { LINES = 5, LINES_IN_US = 60000000 };

/* Of the text without digits and without quoted parts. It ends with a byte that no text has. */
static uint32_t hash_words(uint32_t hash, const char *text)
{
	static const uint8_t END = 0xff;
	bool is_quoted = false;

	for (; *text; text++) {
		if (*text == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && (*text < '0' || *text > '9'))
			hash = fnv_add_32(hash, text, 1);
	}
	return fnv_add_32(hash, &END, 1);
}

static struct refusals_kind *find(struct refusals *refusals, uint32_t hash)
{
	for (unsigned i = 0; i < refusals->n_kinds; i++) {
		if (refusals->kinds[i].hash == hash)
			return &refusals->kinds[i];
	}
	return NULL;
}

/* Finds or frees a place for another kind. */
static struct refusals_kind *make_room(struct refusals *refusals)
{
	struct refusals_kind *oldest = &refusals->kinds[0];

	if (refusals->n_kinds < REFUSALS_KINDS)
		return &refusals->kinds[refusals->n_kinds++];
	for (unsigned i = 1; i < REFUSALS_KINDS; i++) {
		if (refusals->kinds[i].told_us < oldest->told_us)
			oldest = &refusals->kinds[i];
	}
	return oldest;
}

static bool count_only(struct refusals *refusals, uint64_t now_us)
{
	if (refusals->untold++ == 0)
		refusals->since_us = now_us;
	return false;
}

bool refusals_add(struct refusals *refusals, const char *place, const char *reason, uint64_t now_us)
{
	uint32_t hash = hash_words(hash_words(FNV_32_START, place), reason);
	struct refusals_kind *kind = find(refusals, hash);
	unsigned suppressed;

	refusals->count++;
	if (kind && now_us - kind->told_us < REFUSALS_AGAIN_US)
		return count_only(refusals, now_us);
	refusals->limit.interval_us = LINES_IN_US;
	refusals->limit.burst = LINES;
	if (!log_limit_pass(&refusals->limit, now_us, &suppressed))
		return count_only(refusals, now_us);
	if (!kind)
		kind = make_room(refusals);
	*kind = (struct refusals_kind){hash, now_us};
	return true;
}

uint64_t refusals_due(const struct refusals *refusals)
{
	return refusals->untold > 0 ? refusals->since_us + REFUSALS_REST_US : UINT64_MAX;
}

unsigned refusals_take_rest(struct refusals *refusals, uint64_t now_us)
{
	unsigned untold = refusals->untold;

	if (now_us < refusals_due(refusals))
		return 0;
	refusals->untold = 0;
	return untold;
}
