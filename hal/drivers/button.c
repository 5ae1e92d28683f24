/* SPDX-License-Identifier: MIT */
/*
 * A button that is pressed: once, twice in a row, or for long. It has events and measures nothing.
 * The kind of a press depends on the time stamps of the edges alone, however late they come.
 *
 * There is no datasheet. Its place is taken by the kernel's document of the edges,
 * Documentation/userspace-api/gpio/gpio-v2-line-event-read.rst, as of Linux 6.12.
 */
#include "driver.h"
#include "on_lines.h"
#include <string.h>

enum { SINGLE, DOUBLE, LONG };
enum { PARAM_DOUBLE, PARAM_LONG };

enum phase {
	RELEASED,
	PRESSED,
	RELEASED_ONCE, /* may be pressed again */
	PRESSED_SAID,  /* the event was sent; until the release */
};

struct button {
	enum phase phase;
	uint64_t pressed_us, released_us;
};

static uint64_t due_us(const struct chip *chip, const struct button *button)
{
	uint64_t double_us = (uint64_t)chip->params[PARAM_DOUBLE];
	uint64_t long_us = (uint64_t)chip->params[PARAM_LONG];

	if (button->phase == PRESSED && long_us > 0)
		return button->pressed_us + long_us;
	if (button->phase == RELEASED_ONCE)
		return button->released_us + double_us;
	return DEBOUNCE_NEVER;
}

static int say(struct button *button, unsigned word, uint64_t time_us, enum phase next,
	struct driver_event *ret_event)
{
	*ret_event = (struct driver_event){word, time_us};
	button->phase = next;
	return 1;
}

/* Decides what it means that there was no edge until time_us. */
static int pass_time(const struct chip *chip, struct button *button, uint64_t time_us,
	struct driver_event *ret_event)
{
	if (time_us < due_us(chip, button))
		return 0;
	if (button->phase == PRESSED)
		return say(button, LONG, button->pressed_us, PRESSED_SAID, ret_event);
	return say(button, SINGLE, button->pressed_us, RELEASED, ret_event);
}

static int press(const struct chip *chip, struct button *button, uint64_t time_us,
	struct driver_event *ret_event)
{
	int r = pass_time(chip, button, time_us, ret_event);

	if (button->phase == RELEASED_ONCE)
		return say(button, DOUBLE, time_us, PRESSED_SAID, ret_event);
	button->phase = PRESSED;
	button->pressed_us = time_us;
	return r;
}

static int release(const struct chip *chip, struct button *button, uint64_t time_us,
	struct driver_event *ret_event)
{
	int r = pass_time(chip, button, time_us, ret_event);

	if (button->phase == PRESSED && chip->params[PARAM_DOUBLE] > 0) {
		button->phase = RELEASED_ONCE;
		button->released_us = time_us;
	} else if (button->phase == PRESSED) {
		return say(button, SINGLE, button->pressed_us, RELEASED, ret_event);
	} else {
		button->phase = RELEASED;
	}
	return r;
}

static int button_event(struct chip *chip, const struct lines_edge *edge, uint64_t now_us,
	struct driver_event *ret_event, uint64_t *ret_next_us)
{
	struct button *button = chip->state;
	int r;

	if (!edge)
		r = pass_time(chip, button, now_us, ret_event);
	else if (edge->level)
		r = press(chip, button, edge->time_us, ret_event);
	else
		r = release(chip, button, edge->time_us, ret_event);
	*ret_next_us = due_us(chip, button);
	return r;
}

static void model_reset(void *state)
{
	(void)state; /* nobody presses it */
}

static bool model_line(const void *state, unsigned line)
{
	return wire_model_line(state, line);
}

static bool model_step(void *state, uint64_t now_us, uint64_t *ret_time_us)
{
	return wire_model_step(state, now_us, ret_time_us);
}

static void model_load(void *state, const uint8_t *raw, size_t size)
{
	wire_model_load(state, raw, size);
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct wire_model),
	.reset = model_reset,
	.line = model_line,
	.step = model_step,
	.load = model_load,
};

static const char *const LINE_KEYS[] = {"line", NULL};

static const struct driver_event_word EVENTS[] = {
	[SINGLE] = {"single", NULL}, [DOUBLE] = {"double", NULL}, [LONG] = {"long", NULL}};

static const struct driver_param PARAMS[] = {
	[PARAM_DOUBLE] = {.key = "double",
		.type = DRIVER_PARAM_DURATION,
		.max = 5e6,
		.default_value = 300e3,
		.help = "pressed again within it is a double press; 0s: there is none"},
	[PARAM_LONG] = {.key = "long",
		.type = DRIVER_PARAM_DURATION,
		.max = 60e6,
		.default_value = 800e3,
		.help = "held for so long is a long press; 0s: there is none"},
};

#define AFTER(ms) (ms) / 256, (ms) % 256
#define DOWN(ms)  1, AFTER(ms)
#define UP(ms)    0, AFTER(ms)

static const struct driver_vector VECTORS[] = {
	{.source = "pressed for 100 ms",
		DRIVER_RAW(DOWN(10), UP(100)),
		.after_us = 1000000,
		.events = "single"},
	{.source = "pressed again after 299 ms",
		DRIVER_RAW(DOWN(10), UP(100), DOWN(299), UP(100)),
		.after_us = 2000000,
		.events = "double"},
	{.source = "pressed again after 300 ms",
		DRIVER_RAW(DOWN(10), UP(100), DOWN(300), UP(100)),
		.after_us = 2000000,
		.events = "single single"},
	{.source = "held, and said while it is held",
		DRIVER_RAW(DOWN(10)),
		.after_us = 810000,
		.events = "long"},
	{.source = "held for less than 800 ms",
		DRIVER_RAW(DOWN(10), UP(799)),
		.after_us = 1200000,
		.events = "single"},
	{.source = "a long press, and a double one, whose second one is held",
		DRIVER_RAW(DOWN(10), UP(900), DOWN(100), UP(50), DOWN(50), UP(2000)),
		.after_us = 4000000,
		.events = "long double"},
	{.source = "three times",
		DRIVER_RAW(DOWN(10), UP(50), DOWN(50), UP(50), DOWN(50), UP(50)),
		.after_us = 2000000,
		.events = "double single"},
	{.source = "nobody waits for what there is not",
		.params = (const double[]){[PARAM_DOUBLE] = 0, [PARAM_LONG] = 0},
		DRIVER_RAW(DOWN(10), UP(900), DOWN(100), UP(50)),
		.after_us = 1100000,
		.events = "single single"},
};

extern const struct driver driver_button;

const struct driver driver_button = {
	.name = "button",
	.description = "push button: pressed once, twice, or long",
	.datasheet = "Linux 6.12, Documentation/userspace-api/gpio",
	.bus = DRIVER_BUS_LINES,
	.line_keys = LINE_KEYS,
	.needs_edges = true,
	.debounce_us = 30000,
	.events = EVENTS,
	.n_events = sizeof(EVENTS) / sizeof(*EVENTS),
	.event = button_event,
	.params = PARAMS,
	.n_params = sizeof(PARAMS) / sizeof(*PARAMS),
	.integrity = DRIVER_INTEGRITY_NONE,
	.state_bytes = sizeof(struct button),
	.configure = on_lines_configure,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(*VECTORS),
	.model = &MODEL,
};
