/* SPDX-License-Identifier: MIT */
/* A part on lines that reports events. */
#include "checks.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

enum { TICK_US = 1000, TEXT_BYTES = 256 };

static bool has_events(const struct driver *driver)
{
	return driver->n_events > 0;
}

static bool is_on_lines(const struct driver *driver)
{
	return driver->bus == DRIVER_BUS_LINES;
}

/* Adds the events until now to the text. Returns when to ask again. */
static uint64_t take_events(struct rig *rig, uint64_t *last_us, char text[TEXT_BYTES])
{
	struct driver_event event;
	uint64_t next_us;

	int r;

	while ((r = chip_event(rig->chip, rig->now_us, &event, &next_us)) == 1) {
		size_t used = strlen(text);

		assert_true(event.index < rig->driver->n_events);
		assert_true(event.time_us >= *last_us && event.time_us <= rig->now_us);
		*last_us = event.time_us;
		(void)snprintf(text + used, TEXT_BYTES - used, "%s%s", used ? " " : "",
			rig->driver->events[event.index].word);
	}
	assert_int_equal(r, 0);
	return next_us;
}

static void begin_vector(struct rig *rig, const struct driver_vector *vector)
{
	struct driver_event event;
	uint64_t next_us;

	rig_open(rig, vector->params);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_event(rig->chip, rig->now_us, &event, &next_us), 0);
	assert_int_equal(sim_load_part(rig->board, RIG_PART, vector->raw, vector->raw_bytes), 0);
}

/* When the part is asked: all the time, when it has edges or is due, or once at the end. */
enum way { ALWAYS, WHEN_DUE, LATE, WAYS };

static void play_vector(struct rig *rig, const struct driver_vector *vector, enum way way)
{
	struct pollfd fd = {.fd = rig->chip->lines->fd, .events = POLLIN};
	uint64_t last_us = 0, next_us = DEBOUNCE_NEVER;
	char text[TEXT_BYTES] = "";

	for (uint32_t us = 0; us < vector->after_us; us += TICK_US) {
		rig->now_us += TICK_US;
		/* The wire moves on when somebody looks. */
		assert_int_equal(sim_load_part(rig->board, RIG_PART, NULL, 0), 0);
		if (way == ALWAYS ||
			(way == WHEN_DUE && (poll(&fd, 1, 0) > 0 || rig->now_us >= next_us)))
			next_us = take_events(rig, &last_us, text);
	}
	if (way == LATE)
		(void)take_events(rig, &last_us, text);
	if (strcmp(text, vector->events) != 0)
		fail_msg("%s: \"%s\" instead of \"%s\", asked in way %d", vector->source, text,
			vector->events, (int)way);
}

static void it_says_what_its_vectors_say(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;

	for (size_t i = 0; i < WAYS * driver->n_vectors; i++) {
		const struct driver_vector *vector = driver->vectors + i / WAYS;

		if (!vector->events)
			continue;
		rig_fault(rig, SIM_FAULT_NO_ANSWER);
		rig_fault(rig, SIM_FAULT_NONE);
		begin_vector(rig, vector);
		play_vector(rig, vector, (enum way)(i % WAYS));
	}
}

static void nothing_happens_by_itself(void **state)
{
	struct rig *rig = *state;
	uint64_t last_us = 0;
	char text[TEXT_BYTES] = "";

	assert_int_equal(rig_configure(rig), 0);
	for (int second = 0; second < 100; second++) {
		(void)take_events(rig, &last_us, text);
		rig->now_us += 1000000;
	}
	assert_string_equal(text, "");
}

/* An expander may report no edges. */
static void lines_without_edges_are_refused_where_they_are_needed(void **state)
{
	struct rig *rig = *state;
	int fd = rig->chip->lines->fd;

	rig->chip->lines->fd = -1;
	assert_int_equal(rig_configure(rig), rig->driver->needs_edges ? -EOPNOTSUPP : 0);
	assert_true(!rig->driver->needs_edges || strlen(rig->chip->words.text) > 0);
	rig->chip->lines->fd = fd;
}

const struct driver_check CHECKS_EVENTS[] = {
	{"says what its vectors say", has_events, it_says_what_its_vectors_say},
	{"nothing happens by itself", has_events, nothing_happens_by_itself},
	{"lines without edges are refused where they are needed", is_on_lines,
		lines_without_edges_are_refused_where_they_are_needed},
	{NULL, NULL, NULL},
};
