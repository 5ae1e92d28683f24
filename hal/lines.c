/* SPDX-License-Identifier: MIT */
#include "lines.h"
#include "clock.h"
#include "hal_error.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

int lines_next_name(const char **names, char *ret_name, size_t name_bytes)
{
	const char *end = strstr(*names, LINES_SEPARATOR);
	size_t length = end ? (size_t)(end - *names) : strlen(*names);

	if (length == 0)
		return -ENOENT;
	if (length >= name_bytes)
		return -EINVAL;
	memcpy(ret_name, *names, length);
	ret_name[length] = '\0';
	*names += length + (end ? strlen(LINES_SEPARATOR) : 0);
	return 0;
}

uint64_t lines_taken(const struct lines *lines)
{
	uint64_t levels = 0;

	for (unsigned i = 0; i < lines->n_lines; i++)
		levels |= (uint64_t)lines->debounces[i].level << i;
	return levels;
}

static int begin(struct lines *lines)
{
	uint64_t levels, now_us;
	int r = lines->ops->levels(lines, &levels);

	if (r < 0)
		return r;
	now_us = lines->settle_us ? lines_now_us(lines) : 0;
	lines->settled_us = lines->settle_us ? now_us + lines->settle_us : 0;
	for (unsigned i = 0; i < lines->n_lines; i++) {
		debounce_begin(&lines->debounces[i], !lines->settle_us && levels >> i & 1);
		debounce_edge(&lines->debounces[i], levels >> i & 1, now_us);
	}
	lines->has_begun = true;
	return 0;
}

/* lines_edge() begins the lines; those without edges are begun here. */
static int settled_levels(struct lines *lines, uint64_t *levels)
{
	int r = lines->fd < 0 && !lines->has_begun ? begin(lines) : 0;

	if (r < 0)
		return r;
	if (lines->fd >= 0)
		*levels = lines->has_begun ? lines_taken(lines) : 0;
	else if (lines_now_us(lines) < lines->settled_us)
		*levels = 0;
	return 0;
}

int lines_levels(struct lines *lines, uint64_t *ret_levels)
{
	uint64_t levels;
	int r = lines->ops->levels(lines, &levels);

	if (r == 0 && lines->settle_us)
		r = settled_levels(lines, &levels);
	else if (r == 0 && lines->has_begun && lines->debounce_us > 0)
		levels = lines_taken(lines);
	if (r == 0)
		*ret_levels = levels;
	if (lines->trace && r == 0)
		hal_trace_printf(lines->trace, lines->name, "levels %" PRIx64 " ok", *ret_levels);
	else if (lines->trace)
		hal_trace_printf(lines->trace, lines->name, "levels %s", hal_strerror(r));
	return r;
}

/* After lost edges: takes the levels as they are now. */
static int catch_up(struct lines *lines, uint64_t now_us)
{
	uint64_t levels;
	int r = lines->ops->levels(lines, &levels);

	for (unsigned i = 0; r == 0 && i < lines->n_lines; i++)
		debounce_edge(&lines->debounces[i], levels >> i & 1, now_us);
	if (r == 0)
		lines->lost_seen = lines->lost;
	return r;
}

/* The line whose level is the first to have held for its time; n_lines: no line is waiting. */
static unsigned first_due(const struct lines *lines, uint64_t *ret_due_us)
{
	unsigned first = lines->n_lines;

	*ret_due_us = DEBOUNCE_NEVER;
	for (unsigned i = 0; i < lines->n_lines; i++) {
		uint64_t due_us = debounce_due_us(&lines->debounces[i], lines->debounce_us);

		if (due_us < lines->settled_us)
			due_us = lines->settled_us;
		if (due_us >= *ret_due_us)
			continue;
		first = i;
		*ret_due_us = due_us;
	}
	return first;
}

/* The next edge that has held by that time, in the order of time over all lines. */
static bool settle(
	struct lines *lines, uint64_t now_us, struct lines_edge *ret_edge, uint64_t *ret_next_us)
{
	unsigned line = first_due(lines, ret_next_us);
	struct debounce *debounce = &lines->debounces[line];
	uint64_t time_us;

	if (line == lines->n_lines || now_us < lines->settled_us ||
		!debounce_settle(debounce, lines->debounce_us, now_us, &time_us))
		return false;
	if (time_us < lines->settled_us)
		time_us = lines->settled_us;
	*ret_edge = (struct lines_edge){line, debounce->level, time_us};
	return true;
}

int lines_edge(
	struct lines *lines, uint64_t now_us, struct lines_edge *ret_edge, uint64_t *ret_next_us)
{
	const struct lines_edge *next = &lines->next;
	int r = lines->has_begun ? 0 : begin(lines);

	while (r == 0) {
		if (!lines->has_next)
			r = lines->ops->edge(lines, &lines->next);
		if (r < 0)
			return r;
		lines->has_next = lines->has_next || r == 1;
		if (!lines->has_next)
			break;
		if (settle(lines, next->time_us, ret_edge, ret_next_us))
			return 1;
		debounce_edge(&lines->debounces[next->line], next->level, next->time_us);
		lines->has_next = false;
		r = 0;
	}
	if (r < 0)
		return r;
	if (settle(lines, now_us, ret_edge, ret_next_us))
		return 1;
	if (lines->lost == lines->lost_seen)
		return 0;
	r = catch_up(lines, now_us);
	return r < 0 ? r : settle(lines, now_us, ret_edge, ret_next_us);
}

uint64_t lines_known_us(const struct lines *lines, uint64_t now_us)
{
	for (unsigned i = 0; i < lines->n_lines; i++) {
		const struct debounce *debounce = &lines->debounces[i];

		if (debounce->raw != debounce->level && debounce->changed_us < now_us)
			now_us = debounce->changed_us;
	}
	return now_us;
}

int lines_pulse(struct lines *lines, unsigned line, uint32_t duration_us)
{
	int r = -EINVAL;

	if (lines->ops->pulse && line < lines->n_lines && duration_us <= LINES_PULSE_MAX_US)
		r = lines->ops->pulse(lines, line, duration_us);
	if (lines->trace)
		hal_trace_printf(lines->trace, lines->name, "pulse of line %u, %u us: %s", line,
			(unsigned)duration_us, r < 0 ? hal_strerror(r) : "ok");
	return r;
}

uint64_t lines_now_us(const struct lines *lines)
{
	return lines->ops->now_us ? lines->ops->now_us(lines) : clock_now_us();
}

struct lines *lines_close(struct lines *lines)
{
	if (lines)
		lines->ops->close(lines);
	return NULL;
}
