/* SPDX-License-Identifier: MIT */
/*
 * A switch, or anything that acts as one on a wire: buttons that are held, reed contacts, motion
 * detectors (PIR), float switches, the digital output of comparator boards. The level of its line
 * is its only measurement, and can be read at any time.
 *
 * There is no datasheet. Its place is taken by the kernel's document of the interface,
 * Documentation/userspace-api/gpio/gpio-v2-line-get-values-ioctl.rst, as of Linux 6.12: a bit is 1
 * if the line is active, which for an active low line means the low level.
 */
#include "on_lines.h"

static int switch_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	uint64_t levels;
	int r = lines_levels(chip->lines, &levels);

	if (r == 0)
		ret_values[channel] = (double)(levels & 1);
	return r;
}

/* The simulated switch: on from half of the range, so that a wave switches it. */
struct switch_model {
	bool is_on;
};

static void model_reset(void *state)
{
	*(struct switch_model *)state = (struct switch_model){0};
}

static bool model_line(const void *state, unsigned line)
{
	(void)line;
	return ((const struct switch_model *)state)->is_on;
}

static void model_set_value(void *state, unsigned channel, double value)
{
	(void)channel;
	((struct switch_model *)state)->is_on = value >= 0.5;
}

/* raw: the bits of the line request. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	if (size > 0)
		((struct switch_model *)state)->is_on = raw[0] & 1;
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct switch_model),
	.reset = model_reset,
	.line = model_line,
	.set_value = model_set_value,
	.load = model_load,
};

static const char *const LINE_KEYS[] = {"line", NULL};

static const struct driver_event_word EVENTS[] = {{"0", "off"}, {"1", "on"}};

static const struct driver_param PARAMS[] = {
	{.key = "settle",
		.type = DRIVER_PARAM_DURATION,
		.max = 600e6,
		.help = "for so long after it was opened it is 0, whatever its level"},
};

static const struct driver_channel CHANNELS[] = {
	{"state", "state", "0 or 1", 0, 1, 1, 0},
};

static const struct driver_vector VECTORS[] = {
	{.source = "gpio-v2-line-get-values-ioctl: 1 is active", DRIVER_RAW(1), .value = 1},
	{.source = "gpio-v2-line-get-values-ioctl: 0 is inactive", DRIVER_RAW(0), .value = 0},
};

extern const struct driver driver_switch;

const struct driver driver_switch = {
	.name = "switch",
	.description = "switch, reed contact, motion detector or any other level on a line",
	.datasheet = "Linux 6.12, Documentation/userspace-api/gpio",
	.bus = DRIVER_BUS_LINES,
	.line_keys = LINE_KEYS,
	.events = EVENTS,
	.n_events = sizeof(EVENTS) / sizeof(*EVENTS),
	.channels = CHANNELS,
	.n_channels = sizeof(CHANNELS) / sizeof(*CHANNELS),
	.params = PARAMS,
	.n_params = sizeof(PARAMS) / sizeof(*PARAMS),
	.is_level = true,
	.integrity = DRIVER_INTEGRITY_NONE,
	.configure = on_lines_configure,
	.start = on_lines_start,
	.collect = switch_collect,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(*VECTORS),
	.model = &MODEL,
};
