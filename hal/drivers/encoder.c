/* SPDX-License-Identifier: MIT */
/*
 * A rotary encoder, turned by hand or by a shaft. It has two contacts, A and B, of which one
 * changes at a time, so the order of the changes gives the direction. A contact that bounces goes
 * there and back, which is a step forward and a step backward, so no debounce is needed.
 *
 * Bourns PEC11R series, "2-bit quadrature code": 12, 18 or 24 pulses for each rotation, contact
 * bounce up to 2.0 ms at 15 RPM. Here each change is a step of the position, four for each pulse.
 * The position rises while A changes before B; the direction of that depends on the wiring.
 */
#include "driver.h"
#include "on_lines.h"
#include <math.h>

enum { POSITION, N_CHANNELS };
enum { A = 1, B = 2 };

#define POSITION_MAX 9007199254740991.0 /* 2^53 - 1: exact in a double and in JSON */

struct encoder {
	bool has_levels;
	unsigned levels;
};

/* The levels that follow each other when it turns forward. */
static const unsigned NEXT[] = {[0] = A, [A] = A | B, [A | B] = B, [B] = 0};

static int encoder_event(struct chip *chip, const struct lines_edge *edge, uint64_t now_us,
	struct driver_event *ret_event, uint64_t *ret_next_us)
{
	struct encoder *encoder = chip->state;
	unsigned before, after = (unsigned)lines_taken(chip->lines) & (A | B);

	(void)now_us;
	(void)ret_event;
	*ret_next_us = DEBOUNCE_NEVER;
	before = encoder->has_levels ? encoder->levels : after ^ (edge ? 1U << edge->line : 0);
	if (NEXT[before] == after)
		chip->count++;
	else if (NEXT[after] == before)
		chip->count--;
	encoder->levels = after;
	encoder->has_levels = true;
	return 0;
}

static int encoder_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	uint64_t levels;
	uint32_t wait_us;
	int r = lines_levels(chip->lines, &levels);

	if (r == 0)
		r = on_lines_take(chip, &wait_us);
	if (r == 0)
		ret_values[channel] = (double)chip->count;
	return r;
}

/* The simulated encoder: a step each millisecond until it has reached its position. */
struct encoder_model {
	struct wire_model wire;
	double shown;
};

enum { MODEL_STEP_US = 1000 };

static void model_reset(void *state)
{
	*(struct encoder_model *)state = (struct encoder_model){.shown = 0};
}

static bool model_line(const void *state, unsigned line)
{
	return wire_model_line(&((const struct encoder_model *)state)->wire, line);
}

static bool model_step(void *state, uint64_t now_us, uint64_t *ret_time_us)
{
	return wire_model_step(&((struct encoder_model *)state)->wire, now_us, ret_time_us);
}

static unsigned levels_at(double position)
{
	static const unsigned LEVELS[] = {0, A, A | B, B};
	int phase = (int)fmod(position, 4);

	return LEVELS[phase < 0 ? phase + 4 : phase];
}

static void model_set_value(void *state, unsigned channel, double value)
{
	struct encoder_model *model = state;

	(void)channel;
	while (model->wire.n < WIRE_CHANGES_MAX && fabs(value - model->shown) >= 1) {
		model->shown += value > model->shown ? 1 : -1;
		wire_model_add(&model->wire, levels_at(model->shown), MODEL_STEP_US);
	}
}

static void model_load(void *state, const uint8_t *raw, size_t size)
{
	wire_model_load(&((struct encoder_model *)state)->wire, raw, size);
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct encoder_model),
	.reset = model_reset,
	.line = model_line,
	.step = model_step,
	.set_value = model_set_value,
	.load = model_load,
};

static const char *const LINE_KEYS[] = {"lines", NULL};

static const struct driver_channel CHANNELS[] = {
	[POSITION] = {"position", "position", "steps", -POSITION_MAX, POSITION_MAX, 1, 0},
};

#define AT(levels) levels, 0, 10 /* ms since the change before */

static const struct driver_vector VECTORS[] = {
	{.source = "Bourns PEC11R, quadrature code: one pulse, A before B",
		DRIVER_RAW(AT(A), AT(A | B), AT(B), AT(0)),
		.after_us = 100000,
		.value = 4},
	{.source = "Bourns PEC11R, quadrature code: one pulse, B before A",
		DRIVER_RAW(AT(B), AT(A | B), AT(A), AT(0)),
		.after_us = 100000,
		.value = -4},
	{.source = "the first change bounces twice, the second one once, and it turns back",
		DRIVER_RAW(AT(A), AT(0), AT(A), AT(0), AT(A), AT(A | B), AT(A), AT(A | B), AT(A)),
		.after_us = 100000,
		.value = 1},
};

extern const struct driver driver_encoder;

const struct driver driver_encoder = {
	.name = "encoder",
	.description = "rotary encoder with two contacts: KY-040, PEC11R, EC11",
	.datasheet = "Bourns PEC11R series, 2-bit quadrature code",
	.bus = DRIVER_BUS_LINES,
	.line_keys = LINE_KEYS,
	.n_listed = 2,
	.needs_edges = true,
	.channels = CHANNELS,
	.n_channels = N_CHANNELS,
	.counts = 1U << POSITION,
	.integrity = DRIVER_INTEGRITY_NONE,
	.state_bytes = sizeof(struct encoder),
	.configure = on_lines_take,
	.start = on_lines_start,
	.collect = encoder_collect,
	.event = encoder_event,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(*VECTORS),
	.model = &MODEL,
};
