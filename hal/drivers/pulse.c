/* SPDX-License-Identifier: MIT */
/*
 * Pulses of water, gas and energy meters, anemometers, rain gauges, flow and Hall sensors. Each
 * pulse is an edge with the kernel's time stamp, so the rate does not depend on when it is read.
 * The kernel counts the edges that it had to drop, and they stand for half as many pulses.
 *
 * There is no datasheet. Its place is taken by the kernel's document of the edges,
 * Documentation/userspace-api/gpio/gpio-v2-line-event-read.rst, as of Linux 6.12.
 */
#include "driver.h"
#include "on_lines.h"
#include <math.h>

enum { COUNT, RATE, PERIOD, N_CHANNELS };
enum { PARAM_EDGE, PARAM_SILENCE, PARAM_REMEMBER };
enum { EDGE_RISING, EDGE_FALLING, EDGE_BOTH };

#define COUNT_MAX 9007199254740991.0 /* 2^53 - 1: exact in a double and in JSON */
#define RATE_MAX  1e6                /* the time stamps are in us */

struct pulse {
	bool has_last;
	uint64_t last_us;  /* the last pulse */
	uint64_t first_us; /* n pulses before it */
	uint32_t n;
	double period_us;   /* of the earlier ones; 0: unknown */
	uint64_t lost_seen; /* of the lines' */
	uint64_t lost_half; /* a lost edge that is half a pulse */
};

static bool is_counted(const struct chip *chip, bool level)
{
	int edge = (int)chip->params[PARAM_EDGE];

	return edge == EDGE_BOTH || level == (edge == EDGE_RISING);
}

/* With a debounce, nobody knows what the lost edges would have meant. */
static void count_lost(struct chip *chip, struct pulse *pulse)
{
	uint64_t lost = chip->lines->lost - pulse->lost_seen + pulse->lost_half;
	uint64_t edges = (int)chip->params[PARAM_EDGE] == EDGE_BOTH ? 1 : 2;

	pulse->lost_seen = chip->lines->lost;
	if (chip->lines->debounce_us > 0)
		return;
	chip->count += (int64_t)(lost / edges);
	pulse->n += (uint32_t)(lost / edges);
	pulse->lost_half = lost % edges;
}

static void count_pulse(struct chip *chip, struct pulse *pulse, uint64_t time_us)
{
	uint64_t silence_us = (uint64_t)chip->params[PARAM_SILENCE];

	chip->count++;
	if (pulse->has_last && time_us - pulse->last_us < silence_us) {
		pulse->n++;
	} else {
		pulse->first_us = time_us;
		pulse->n = 0;
		pulse->period_us = 0;
	}
	pulse->has_last = true;
	pulse->last_us = time_us;
}

static int pulse_event(struct chip *chip, const struct lines_edge *edge, uint64_t now_us,
	struct driver_event *ret_event, uint64_t *ret_next_us)
{
	struct pulse *pulse = chip->state;

	(void)now_us;
	(void)ret_event;
	*ret_next_us = DEBOUNCE_NEVER;
	if (chip->lines->lost != pulse->lost_seen)
		count_lost(chip, pulse);
	if (edge && is_counted(chip, edge->level))
		count_pulse(chip, pulse, edge->time_us);
	return 0;
}

/* Lines count the edges that they lost since they were opened. */
static int pulse_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	struct pulse *pulse = chip->state;

	pulse->lost_seen = chip->lines->lost;
	return on_lines_take(chip, ret_wait_us);
}

/* In us; 0: there is none. A pulse that is late makes it longer. */
static double period_us(const struct chip *chip, struct pulse *pulse, uint64_t now_us)
{
	double waited_us;

	if (!pulse->has_last)
		return 0;
	waited_us = now_us > pulse->last_us ? (double)(now_us - pulse->last_us) : 0;
	if (waited_us >= chip->params[PARAM_SILENCE])
		return 0;
	if (pulse->n > 0)
		pulse->period_us = (double)(pulse->last_us - pulse->first_us) / pulse->n;
	pulse->first_us = pulse->last_us;
	pulse->n = 0;
	if (pulse->period_us <= 0)
		return 0;
	return fmax(fmax(pulse->period_us, waited_us), 1);
}

static int pulse_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	uint64_t levels;
	double us;
	uint32_t wait_us;
	int r = lines_levels(chip->lines, &levels);

	(void)channel;
	if (r == 0)
		r = on_lines_take(chip, &wait_us);
	if (r < 0)
		return r;
	us = period_us(chip, chip->state, lines_now_us(chip->lines));
	ret_values[COUNT] = (double)chip->count;
	ret_values[RATE] = us > 0 ? 1e6 / us : 0;
	ret_values[PERIOD] = us / 1e6;
	return 0;
}

static void pulse_narrow(const double *params, unsigned channel, double *min, double *max)
{
	(void)min;
	if (channel == PERIOD)
		*max = params[PARAM_SILENCE] / 1e6;
}

/* The simulated meter: each pulse is active for 5 ms, or for half of the period of its rate. */
struct pulse_model {
	struct wire_model wire;
	double shown; /* the count */
	double rate_hz, period_s;
};

enum { MODEL_HALF_US = 5000 };

static void model_reset(void *state)
{
	*(struct pulse_model *)state = (struct pulse_model){.rate_hz = 0};
}

static bool model_line(const void *state, unsigned line)
{
	return wire_model_line(&((const struct pulse_model *)state)->wire, line);
}

static double model_rate_hz(const struct pulse_model *model)
{
	if (model->rate_hz > 0)
		return model->rate_hz;
	return model->period_s > 0 ? 1 / model->period_s : 0;
}

static uint32_t half_us(double rate_hz)
{
	return (uint32_t)fmin(fmax(5e5 / rate_hz, 1), UINT32_MAX);
}

static bool model_step(void *state, uint64_t now_us, uint64_t *ret_time_us)
{
	struct pulse_model *model = state;
	double rate_hz = model_rate_hz(model);

	if (rate_hz > 0 && model->wire.n == 0)
		wire_model_add(&model->wire, !model->wire.levels, half_us(rate_hz));
	return wire_model_step(&model->wire, now_us, ret_time_us);
}

/* A lower count means that the count was set back: nothing happens. */
static void show_count(struct pulse_model *model, double value)
{
	while (model->wire.n + 2 <= WIRE_CHANGES_MAX && model->shown + 1 <= value) {
		wire_model_add(&model->wire, 1, MODEL_HALF_US);
		wire_model_add(&model->wire, 0, MODEL_HALF_US);
		model->shown++;
	}
	if (value < model->shown)
		model->shown = floor(value);
}

static void model_set_value(void *state, unsigned channel, double value)
{
	struct pulse_model *model = state;

	if (channel == COUNT)
		show_count(model, value);
	else if (channel == RATE)
		model->rate_hz = fmin(value, RATE_MAX);
	else
		model->period_s = value;
}

static void model_load(void *state, const uint8_t *raw, size_t size)
{
	wire_model_load(&((struct pulse_model *)state)->wire, raw, size);
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct pulse_model),
	.reset = model_reset,
	.line = model_line,
	.step = model_step,
	.set_value = model_set_value,
	.load = model_load,
};

static const char *const LINE_KEYS[] = {"line", NULL};

static const char *const EDGE_WORDS[] = {
	[EDGE_RISING] = "rising", [EDGE_FALLING] = "falling", [EDGE_BOTH] = "both", NULL};

static const struct driver_param PARAMS[] = {
	[PARAM_EDGE] = {.key = "edge",
		.type = DRIVER_PARAM_WORD,
		.max = EDGE_BOTH,
		.words = EDGE_WORDS,
		.help = "which edges are pulses"},
	[PARAM_SILENCE] = {.key = "silence",
		.type = DRIVER_PARAM_DURATION,
		.min = 1e3,
		.max = 86400e6,
		.default_value = 10e6,
		.help = "without a pulse for so long the rate is 0"},
	[PARAM_REMEMBER] = {.key = "remember",
		.type = DRIVER_PARAM_BOOL,
		.max = 1,
		.help = "the count goes on after a restart"},
};

static const struct driver_channel CHANNELS[] = {
	[COUNT] = {"count", "count", "pulses", 0, COUNT_MAX, 1, 0},
	[RATE] = {"rate", "frequency", "Hz", 0, RATE_MAX, 0.001, 0},
	[PERIOD] = {"period", "duration", "s", 0, 86400, 0.000001, 0},
};

#define AFTER(ms) (ms) / 256, (ms) % 256
#define UP(ms)    1, AFTER(ms)
#define DOWN(ms)  0, AFTER(ms)
#define PULSE(ms) UP((ms)-10), DOWN(10)
#define WITH(edge)                                                                                 \
	.params = (const double[])                                                                 \
	{                                                                                          \
		edge, 10e6, 0                                                                      \
	}

static const struct driver_vector VECTORS[] = {
	{.source = "three pulses",
		DRIVER_RAW(PULSE(100), PULSE(100), PULSE(900)),
		.after_us = 1200000,
		.value = 3},
	{.source = "a pulse of which only the beginning has come, and falling edges are counted",
		WITH(EDGE_FALLING),
		DRIVER_RAW(PULSE(100), UP(100)),
		.after_us = 1000000,
		.value = 1},
	{.source = "the same, and both are counted",
		WITH(EDGE_BOTH),
		DRIVER_RAW(PULSE(100), UP(100)),
		.after_us = 1000000,
		.value = 3},
	{.source = "a pulse every 100 ms, 50 ms after the last one",
		.channel = RATE,
		DRIVER_RAW(PULSE(100), PULSE(100), PULSE(100)),
		.after_us = 340000,
		.value = 10,
		.tolerance = 1e-9},
	{.source = "the same in seconds",
		.channel = PERIOD,
		DRIVER_RAW(PULSE(100), PULSE(100), PULSE(100)),
		.after_us = 340000,
		.value = 0.1,
		.tolerance = 1e-9},
	{.source = "the times between edges, 200 and 300 ms: 2 pulses in 0.5 s",
		.channel = RATE,
		DRIVER_RAW(PULSE(100), PULSE(200), PULSE(300)),
		.after_us = 600000,
		.value = 4,
		.tolerance = 1e-9},
	{.source = "no further one for 2 s: not more than 0.5 Hz",
		.channel = RATE,
		DRIVER_RAW(PULSE(100), PULSE(100)),
		.after_us = 2190000,
		.value = 0.5,
		.tolerance = 1e-9},
	{.source = "one pulse has no rate",
		.channel = RATE,
		DRIVER_RAW(PULSE(100)),
		.after_us = 200000},
	{.source = "silence",
		.channel = RATE,
		DRIVER_RAW(PULSE(100), PULSE(100)),
		.after_us = 10200000},
	{.source = "silence",
		.channel = PERIOD,
		DRIVER_RAW(PULSE(100), PULSE(100)),
		.after_us = 10200000},
};

extern const struct driver driver_pulse;

const struct driver driver_pulse = {
	.name = "pulse",
	.description = "pulses of a meter, an anemometer, a rain gauge or a flow sensor",
	.datasheet = "Linux 6.12, Documentation/userspace-api/gpio",
	.bus = DRIVER_BUS_LINES,
	.line_keys = LINE_KEYS,
	.needs_edges = true,
	.channels = CHANNELS,
	.n_channels = N_CHANNELS,
	.channels_together = true,
	.counts = 1U << COUNT,
	.paced = 1U << RATE | 1U << PERIOD,
	.params = PARAMS,
	.n_params = sizeof(PARAMS) / sizeof(*PARAMS),
	.integrity = DRIVER_INTEGRITY_NONE,
	.state_bytes = sizeof(struct pulse),
	.configure = pulse_configure,
	.start = on_lines_start,
	.collect = pulse_collect,
	.event = pulse_event,
	.narrow = pulse_narrow,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(*VECTORS),
	.model = &MODEL,
};
