/* SPDX-License-Identifier: MIT */
#include "chip.h"
#include "chip_pwm.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* More rounds than any part's start-up has steps. A part that asks for more never gets ready. */
enum { CONFIGURE_ROUNDS_MAX = 100 };

static bool has_address(const struct driver *driver, uint16_t address)
{
	for (size_t i = 0; i < driver->n_addresses; i++) {
		if (driver->addresses[i] == address)
			return true;
	}
	return false;
}

static struct spi_settings spi_settings(const struct chip *chip)
{
	struct spi_settings settings = chip->driver->spi;

	for (size_t i = 0; i < chip->driver->n_params; i++) {
		if (strcmp(chip->driver->params[i].key, "speed") == 0)
			settings.speed_hz = (uint32_t)chip->params[i];
	}
	return settings;
}

static int open_lines(struct chip *chip, struct board *board, const struct chip_settings *settings,
	struct hal_error *error)
{
	char consumer[32];
	const struct lines_request request = {
		.lines = settings->bus,
		.consumer = consumer,
		.settings = settings->lines,
		.outputs = chip->driver->output_lines,
	};

	int r;

	(void)snprintf(consumer, sizeof(consumer), "tosd %.26s", chip->name);
	r = board_open_lines(board, &request, error, &chip->lines);
	if (r == 0)
		chip->lines->settle_us =
			(uint32_t)driver_param_value(chip->driver, chip->params, "settle");
	return r;
}

static int open_bus(struct chip *chip, struct board *board, const struct chip_settings *settings,
	struct hal_error *error)
{
	const struct driver *driver = chip->driver;
	const char *bus = settings->bus;
	int r;

	(void)snprintf(chip->place, sizeof(chip->place), "%s on %s", driver->name, bus);
	if (driver->bus == DRIVER_BUS_SPI) {
		const struct spi_settings spi = spi_settings(chip);

		return board_open_spi(board, bus, &spi, error, &chip->spi);
	}
	if (driver->bus == DRIVER_BUS_LINES)
		return open_lines(chip, board, settings, error);
	if (driver->bus == DRIVER_BUS_ATTRIBUTES)
		return board_open_attributes(
			board, driver->attributes, bus, error, &chip->attributes);
	(void)snprintf(chip->place, sizeof(chip->place), "%s at 0x%02x on %s", driver->name,
		(unsigned)chip->address, bus);
	if (!has_address(driver, chip->address))
		return hal_error_set(error, -EINVAL, "%s cannot have the address 0x%02x",
			driver->name, (unsigned)chip->address);
	r = board_open_i2c(board, bus, error, &chip->i2c);
	return r < 0 ? r : i2c_check_address(chip->i2c, chip->address, error);
}

static int copy_params(struct chip *chip, const double *params)
{
	const struct driver *driver = chip->driver;

	/* One more than needed, since calloc() of nothing may return NULL. */
	chip->params = calloc(driver->n_params + 1, sizeof(*chip->params));
	chip->state = calloc(1, driver->state_bytes + 1);
	if (!chip->params || !chip->state)
		return -ENOMEM;
	for (size_t i = 0; i < driver->n_params; i++)
		chip->params[i] = params ? params[i] : driver->params[i].default_value;
	return 0;
}

int chip_open(struct board *board, const struct chip_settings *settings, struct hal_error *error,
	struct chip **ret_chip)
{
	struct chip *chip = calloc(1, sizeof(*chip));
	int r;

	if (!chip)
		return -ENOMEM;
	chip->driver = settings->driver;
	chip->address = settings->address;
	chip->count = settings->count;
	(void)snprintf(chip->name, sizeof(chip->name), "%s", settings->name);

	r = copy_params(chip, settings->params);
	if (r == 0)
		r = chip_pwm_allocate(chip);
	if (r == 0)
		r = open_bus(chip, board, settings, error);
	if (r < 0) {
		chip_close(chip);
		return r;
	}
	*ret_chip = chip;
	return 0;
}

struct chip *chip_close(struct chip *chip)
{
	if (!chip)
		return NULL;
	i2c_close(chip->i2c);
	spi_close(chip->spi);
	attributes_close(chip->attributes);
	lines_close(chip->lines);
	free(chip->params);
	free(chip->state);
	free(chip->duties);
	free(chip);
	return NULL;
}

void chip_reset(struct chip *chip)
{
	chip->is_stuck = false;
	chip_pwm_forget(chip);
	memset(chip->state, 0, chip->driver->state_bytes);
}

static void begin_call(struct chip *chip)
{
	chip->words.text[0] = '\0';
	if (chip->i2c)
		i2c_forget(chip->i2c);
}

/* No driver accepts an answer of zeros. This finds out whether they come from a held SDA. */
static int end_call(struct chip *chip, int r)
{
	if (r < 0 && chip->i2c && i2c_is_held(chip->i2c))
		(void)hal_error_set(&chip->words, r,
			"every address answers with zeros: SDA is held low, by a part that hangs "
			"or a short circuit");
	return r;
}

int chip_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	int r;

	begin_call(chip);
	if (chip->driver->needs_edges && chip->lines->fd < 0)
		return hal_error_set(&chip->words, -EOPNOTSUPP,
			"its GPIO chip cannot report edges, which a %s needs", chip->driver->name);
	r = end_call(chip, chip->driver->configure(chip, ret_wait_us));
	if (r == 0)
		chip_pwm_is_off(chip);
	return r;
}

static void rest(uint32_t wait_us)
{
	struct timespec wait = {(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, &wait) == EINTR)
		;
}

int chip_configure_wait(struct chip *chip)
{
	chip_reset(chip);
	for (int round = 0; round < CONFIGURE_ROUNDS_MAX; round++) {
		uint32_t wait_us = 0;
		int r = chip_configure(chip, &wait_us);

		if (r != -EAGAIN)
			return r;
		rest(wait_us);
	}
	return -ETIMEDOUT;
}

int chip_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain)
{
	begin_call(chip);
	if (!chip->driver->identify)
		return -EOPNOTSUPP;
	return end_call(chip, chip->driver->identify(chip, ret_wait_us, ret_is_certain));
}

int chip_identify_wait(struct chip *chip, bool *ret_is_certain)
{
	chip_reset(chip);
	for (int round = 0; round < CONFIGURE_ROUNDS_MAX; round++) {
		uint32_t wait_us = 0;
		int r = chip_identify(chip, &wait_us, ret_is_certain);

		if (r != -EAGAIN)
			return r;
		rest(wait_us);
	}
	return -ETIMEDOUT;
}

/* Most channels are in the table, so it is looked at first. */
static bool has_channel(const struct driver *driver, unsigned channel)
{
	return channel < driver->n_channels || driver_has_channel(driver, channel);
}

/* A part that has only events is measured by reading its lines. */
static bool is_presence(const struct driver *driver, unsigned channel)
{
	return channel == 0 && driver->n_channels == 0 && driver->n_events > 0;
}

static int start_presence(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	if (!is_presence(chip->driver, channel))
		return -ENOENT;
	*ret_wait_us = 0;
	return 0;
}

static int collect_presence(struct chip *chip, unsigned channel, double *ret_values)
{
	uint64_t levels;
	int r = -ENOENT;

	if (is_presence(chip->driver, channel)) {
		begin_call(chip);
		r = lines_levels(chip->lines, &levels);
	}
	if (r == 0)
		ret_values[0] = 1;
	return r;
}

int chip_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	if (!has_channel(chip->driver, channel))
		return start_presence(chip, channel, ret_wait_us);
	begin_call(chip);
	return end_call(chip, chip->driver->start(chip, channel, ret_wait_us));
}

/* Written so that NaN, which compares false with everything, counts as outside. */
static bool is_measurable(const struct chip *chip, unsigned channel, double value)
{
	double min, max;

	driver_channel_range(chip->driver, chip->params, channel, &min, &max);
	return value >= min && value <= max;
}

int chip_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	const struct driver *driver = chip->driver;
	double values[DRIVER_CHANNELS_MAX];
	size_t first = driver_value_index(driver, channel), end = first + 1;
	int r;

	if (!has_channel(driver, channel))
		return collect_presence(chip, channel, ret_values);
	if (driver->channels_together) {
		first = 0;
		end = driver->n_channels;
	}
	/* A driver that forgets a channel must not pass on what lay on the stack. */
	for (size_t i = first; i < end; i++)
		values[i] = (double)NAN;

	begin_call(chip);
	r = end_call(chip, driver->collect(chip, channel, values));
	if (r < 0)
		return r;
	for (size_t i = first; i < end; i++) {
		unsigned measured = driver->channels_together ? (unsigned)i : channel;

		if (!is_measurable(chip, measured, values[i]))
			return -ERANGE;
	}
	memcpy(ret_values + first, values + first, (end - first) * sizeof(*values));
	return 0;
}

/* edge: NULL if there is no further one. */
static int event_of(struct chip *chip, const struct lines_edge *edge, uint64_t now_us,
	struct driver_event *ret_event, uint64_t *ret_next_us)
{
	*ret_next_us = DEBOUNCE_NEVER;
	if (chip->driver->event)
		return chip->driver->event(chip, edge,
			edge ? now_us : lines_known_us(chip->lines, now_us), ret_event,
			ret_next_us);
	if (!edge || edge->line > 0)
		return 0;
	*ret_event = (struct driver_event){edge->level, edge->time_us};
	return 1;
}

int chip_event(
	struct chip *chip, uint64_t now_us, struct driver_event *ret_event, uint64_t *ret_next_us)
{
	uint64_t edge_us = DEBOUNCE_NEVER, next_us = DEBOUNCE_NEVER;
	struct lines_edge edge;
	int r;

	do {
		r = lines_edge(chip->lines, now_us, &edge, &edge_us);
		if (r < 0)
			return r;
		if (event_of(chip, r ? &edge : NULL, now_us, ret_event, &next_us))
			return 1;
	} while (r > 0);
	/* An edge that still has to hold may change the decision, so it is waited for. */
	*ret_next_us = edge_us < next_us || next_us <= now_us ? edge_us : next_us;
	return 0;
}

unsigned chip_event_now(const struct chip *chip)
{
	return chip->lines->debounces[0].level;
}
