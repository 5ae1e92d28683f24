/* SPDX-License-Identifier: MIT */
/*
 * Ultrasonic distance sensor. A pulse of 10 us at its trigger starts it. Then its echo line is high
 * for as long as the sound takes there and back. The kernel's time stamps of the two edges are the
 * measurement, so it does not matter when they are looked at.
 *
 * ElecFreaks HC-SR04 user guide: range 2 cm to 4 m, accuracy 3 mm; "Timing diagram": range = high
 * level time * velocity (340 m/s) / 2, and over 60 ms from one measurement to the next, so that no
 * earlier echo is taken for its own. Without an echo the line falls after about 38 ms. Linux's
 * driver of the same parts, drivers/iio/proximity/srf04.c, waits 20 ms for it to rise.
 */
#include "driver.h"
#include "on_lines.h"
#include <errno.h>

enum { DISTANCE, N_CHANNELS };
enum { LINE_TRIGGER, LINE_ECHO };

enum {
	TRIGGER_US = 10,
	CYCLE_US = 60000,
	RISE_MAX_US = 20000,
	FIRST_LOOK_US = 1000, /* hardly any echo is there earlier */
	LOOK_US = 1000,
};

#define SOUND_M_S   340.0
#define RANGE_MAX   4.0
#define US_TO_M(us) ((us)*1e-6 * SOUND_M_S / 2)

struct hcsr04 {
	bool was_triggered;
	bool is_pending; /* the last measurement is too recent to trigger another one */
	uint64_t triggered_us;
	bool has_rise, has_fall;
	uint64_t rise_us, fall_us;
};

static void take_edge(struct hcsr04 *part, const struct lines_edge *edge)
{
	if (edge->line != LINE_ECHO || edge->time_us < part->triggered_us)
		return;
	if (edge->level && !part->has_rise) {
		part->has_rise = true;
		part->rise_us = edge->time_us;
	} else if (!edge->level && part->has_rise && !part->has_fall) {
		part->has_fall = true;
		part->fall_us = edge->time_us;
	}
}

static int take_edges(struct chip *chip, uint64_t now_us)
{
	struct lines_edge edge;
	uint64_t next_us;
	int r;

	while ((r = lines_edge(chip->lines, now_us, &edge, &next_us)) == 1)
		take_edge(chip->state, &edge);
	return r;
}

static int trigger(struct chip *chip, uint64_t now_us)
{
	struct hcsr04 *part = chip->state;

	*part = (struct hcsr04){.was_triggered = true, .triggered_us = now_us};
	return lines_pulse(chip->lines, LINE_TRIGGER, TRIGGER_US);
}

static int hcsr04_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	struct hcsr04 *part = chip->state;
	uint64_t now_us = lines_now_us(chip->lines);
	uint64_t passed_us = now_us - part->triggered_us;
	int r = take_edges(chip, now_us);

	(void)channel;
	if (r < 0)
		return r;
	part->is_pending = part->was_triggered && passed_us < CYCLE_US;
	*ret_wait_us = part->is_pending ? CYCLE_US - (uint32_t)passed_us : FIRST_LOOK_US;
	return part->is_pending ? 0 : trigger(chip, now_us);
}

/* The part of the echo that is there so far. */
static int find_echo(struct chip *chip, const struct hcsr04 *part, uint64_t now_us)
{
	uint64_t passed_us = now_us - part->triggered_us;

	if (part->has_fall && US_TO_M((double)(part->fall_us - part->rise_us)) <= RANGE_MAX)
		return 0;
	if (part->has_fall || (part->has_rise && passed_us > CYCLE_US))
		return hal_error_set(
			&chip->words, -ERANGE, "no echo: nothing within %.0f m", RANGE_MAX);
	if (!part->has_rise && passed_us > RISE_MAX_US)
		return hal_error_set(
			&chip->words, -ENXIO, "its echo line does not answer the trigger");
	return -EAGAIN;
}

static int hcsr04_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	struct hcsr04 *part = chip->state;
	uint64_t levels, now_us = lines_now_us(chip->lines);
	int r = lines_levels(chip->lines, &levels);

	if (r < 0)
		return r;
	if (part->is_pending) {
		r = trigger(chip, now_us);
		return r < 0 ? r : -EAGAIN;
	}
	r = take_edges(chip, now_us);
	if (r == 0)
		r = find_echo(chip, part, now_us);
	if (r == 0)
		ret_values[channel] = US_TO_M((double)(part->fall_us - part->rise_us));
	return r;
}

/* The simulated sensor: its echo line rises after the burst of eight periods at 40 kHz. */
struct hcsr04_model {
	struct wire_model wire;
	uint32_t echo_us;
};

enum { MODEL_BURST_US = 200, MODEL_ECHO = 1U << LINE_ECHO };

static void model_reset(void *state)
{
	*(struct hcsr04_model *)state = (struct hcsr04_model){.echo_us = 0};
}

static bool model_line(const void *state, unsigned line)
{
	return wire_model_line(&((const struct hcsr04_model *)state)->wire, line);
}

static bool model_step(void *state, uint64_t now_us, uint64_t *ret_time_us)
{
	return wire_model_step(&((struct hcsr04_model *)state)->wire, now_us, ret_time_us);
}

static void model_pulse(void *state, unsigned line, uint64_t now_us, uint32_t duration_us)
{
	struct hcsr04_model *model = state;

	if (line != LINE_TRIGGER || duration_us < TRIGGER_US || model->wire.n > 0)
		return;
	wire_model_begin(&model->wire, now_us);
	wire_model_add(&model->wire, MODEL_ECHO, duration_us + MODEL_BURST_US);
	wire_model_add(&model->wire, 0, model->echo_us);
}

static void model_set_value(void *state, unsigned channel, double value)
{
	(void)channel;
	((struct hcsr04_model *)state)->echo_us = (uint32_t)(value * 2 / SOUND_M_S * 1e6 + 0.5);
}

/* raw: the high level time in us, high byte first. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	if (size >= 2)
		((struct hcsr04_model *)state)->echo_us = raw[0] * 256U + raw[1];
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct hcsr04_model),
	.reset = model_reset,
	.line = model_line,
	.step = model_step,
	.pulse = model_pulse,
	.set_value = model_set_value,
	.load = model_load,
};

static const char *const LINE_KEYS[] = {[LINE_TRIGGER] = "trigger", [LINE_ECHO] = "echo", NULL};

static const struct driver_channel CHANNELS[] = {
	[DISTANCE] = {"distance", "distance", "m", 0.02, RANGE_MAX, 0.003, 1},
};

#define RAW(us) .raw = (const uint8_t[]){(us) / 256, (us) % 256}, .raw_bytes = 2

static const struct driver_vector VECTORS[] = {
	{.source = "timing diagram: 1000 us * 340 m/s / 2",
		RAW(1000),
		.value = 0.17,
		.tolerance = 1e-9},
	{.source = "timing diagram: 10000 us * 340 m/s / 2",
		RAW(10000),
		.value = 1.7,
		.tolerance = 1e-9},
	{.source = "timing diagram: 23500 us * 340 m/s / 2",
		RAW(23500),
		.value = 3.995,
		.tolerance = 1e-9},
};

extern const struct driver driver_hcsr04;

const struct driver driver_hcsr04 = {
	.name = "hcsr04",
	.also_called = "HC-SR04, SRF04",
	.description = "ultrasonic distance sensor",
	.datasheet = "ElecFreaks HC-SR04 user guide",
	.bus = DRIVER_BUS_LINES,
	.line_keys = LINE_KEYS,
	.output_lines = 1U << LINE_TRIGGER,
	.needs_edges = true,
	.channels = CHANNELS,
	.n_channels = N_CHANNELS,
	.integrity = DRIVER_INTEGRITY_NONE,
	.deadline_us = 2 * CYCLE_US,
	.poll_us = LOOK_US,
	.state_bytes = sizeof(struct hcsr04),
	.configure = on_lines_configure,
	.start = hcsr04_start,
	.collect = hcsr04_collect,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(*VECTORS),
	.model = &MODEL,
};
