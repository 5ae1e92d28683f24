/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	STUCK_US = 50,     /* a hanging bus hangs really, but a test need not wait long for it */
	POLL_US = 100,     /* between two questions whether it is ready */
	CONFIGURE_MAX = 50 /* rounds */
};

struct tap {
	struct i2c_bus i2c;
	struct spi_device spi;
	struct attributes attributes;
	struct lines lines;
	struct i2c_bus *inner_i2c; /* one of the four, owned by the tap while it is in place */
	struct spi_device *inner_spi;
	struct attributes *inner_attributes;
	struct lines *inner_lines;
	size_t transfer, bit, seen;
	bool hit;
	size_t left;  /* transfers until the wire is cut */
	size_t count; /* of all transfers */
};

static uint64_t rig_now_us(void *userdata)
{
	return ((struct rig *)userdata)->now_us;
}

const char *rig_bus(const struct driver *driver)
{
	static const char *const buses[] = {
		[DRIVER_BUS_I2C] = "/dev/i2c-1",
		[DRIVER_BUS_SPI] = "/dev/spidev0.0",
		[DRIVER_BUS_ATTRIBUTES] = "device",
	};
	static const char *const lines[] = {"GPIO20", "GPIO20, GPIO21"};

	if (driver->bus == DRIVER_BUS_LINES)
		return lines[driver->line_keys[1] || driver->n_listed > 1];
	return buses[driver->bus];
}

uint16_t rig_address(const struct driver *driver)
{
	return driver->bus == DRIVER_BUS_I2C ? driver->addresses[0] : 0;
}

static void untap(struct rig *rig)
{
	if (!rig->tap)
		return;
	rig->chip->i2c = rig->tap->inner_i2c;
	rig->chip->spi = rig->tap->inner_spi;
	rig->chip->attributes = rig->tap->inner_attributes;
	rig->chip->lines = rig->tap->inner_lines;
	free(rig->tap);
	rig->tap = NULL;
}

void rig_open(struct rig *rig, const double *params)
{
	const struct chip_settings settings = {
		.name = RIG_PART,
		.driver = rig->driver,
		.bus = rig_bus(rig->driver),
		.address = rig_address(rig->driver),
		.lines = {.debounce_us = rig->driver->debounce_us},
		.params = params,
	};
	struct hal_error error = {""};

	untap(rig);
	rig->chip = chip_close(rig->chip);
	if (chip_open(rig->board, &settings, &error, &rig->chip) < 0)
		fail_msg("chip_open: %s", error.text);
}

int rig_setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	if (!rig)
		return -1;
	rig->driver = *state;
	*state = rig;
	rig->now_us = 1000000;
	rig->wire_log = open_memstream(&rig->log_text, &rig->log_bytes);
	if (!rig->wire_log)
		return -1;

	const struct sim_settings settings = {
		.now_us = rig_now_us,
		.userdata = rig,
		.stuck_us = STUCK_US,
		.wire_log = rig->wire_log,
	};

	if (board_sim_new(&settings, NULL, &rig->board) < 0)
		return -1;
	if (sim_add_part(rig->board, RIG_PART, rig->driver, rig_bus(rig->driver),
		    rig_address(rig->driver)) < 0)
		return -1;
	rig_open(rig, NULL);
	return 0;
}

int rig_teardown(void **state)
{
	struct rig *rig = *state;

	untap(rig);
	chip_close(rig->chip);
	board_close(rig->board);
	if (rig->wire_log)
		(void)fclose(rig->wire_log);
	free(rig->log_text);
	free(rig);
	return 0;
}

void rig_fault(struct rig *rig, enum sim_fault fault)
{
	assert_int_equal(sim_set_fault(rig->board, RIG_PART, fault), 0);
}

void rig_show(struct rig *rig, unsigned channel, double value)
{
	const struct sim_wave wave = {.kind = SIM_WAVE_CONSTANT, .min = value};

	assert_int_equal(sim_set_wave(rig->board, RIG_PART, channel, &wave), 0);
}

void rig_range(const struct rig *rig, unsigned channel, double *ret_min, double *ret_max)
{
	driver_channel_range(rig->driver, rig->chip->params, channel, ret_min, ret_max);
}

int rig_configure(struct rig *rig)
{
	chip_reset(rig->chip);
	for (int round = 0; round < CONFIGURE_MAX; round++) {
		uint32_t wait_us = 0;
		int r = chip_configure(rig->chip, &wait_us);

		if (r != -EAGAIN)
			return r;
		rig->now_us += wait_us;
	}
	return -ETIMEDOUT;
}

int rig_measure(struct rig *rig, unsigned channel, double *ret_values)
{
	uint32_t wait_us = 0;
	int r = chip_start(rig->chip, channel, &wait_us);

	if (r < 0)
		return r;
	rig->now_us += wait_us;
	uint32_t poll_us = rig->driver->poll_us ? rig->driver->poll_us : POLL_US;

	for (uint64_t waited_us = 0; waited_us <= rig->driver->deadline_us; waited_us += poll_us) {
		r = chip_collect(rig->chip, channel, ret_values);
		if (r != -EAGAIN)
			return r;
		rig->now_us += poll_us;
	}
	return -ETIMEDOUT;
}

/* Inverts the bit if this is the transfer, and this piece has it. Returns the bits of the piece. */
static size_t tap_piece(struct tap *tap, uint8_t *data, size_t size, size_t first_bit)
{
	if (tap->seen == tap->transfer && tap->bit >= first_bit &&
		tap->bit < first_bit + size * 8) {
		size_t bit = tap->bit - first_bit;

		data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		tap->hit = true;
	}
	return size * 8;
}

static int tap_i2c_transfer(
	struct i2c_bus *bus, uint16_t address, struct i2c_message *messages, size_t count)
{
	struct tap *tap = (struct tap *)(void *)bus;
	size_t bits = 0;
	int r = tap->left > 0 ? i2c_transfer(tap->inner_i2c, address, messages, count) : -EIO;

	for (size_t i = 0; r == 0 && i < count; i++) {
		if (messages[i].read)
			bits += tap_piece(tap, messages[i].data, messages[i].size, bits);
	}
	tap->seen += bits > 0;
	tap->left -= tap->left > 0;
	tap->count++;
	return r;
}

static int tap_spi_transfer(struct spi_device *device, const uint8_t *out, uint8_t *in, size_t size)
{
	struct tap *tap = (struct tap *)(void *)((char *)device - offsetof(struct tap, spi));
	int r = tap->left > 0 ? spi_transfer(tap->inner_spi, out, in, size) : -EIO;

	if (r == 0)
		(void)tap_piece(tap, in, size, 0);
	tap->seen++;
	tap->left -= tap->left > 0;
	tap->count++;
	return r;
}

static int tap_read_attribute(
	struct attributes *attributes, const char *attribute, char *text, size_t text_bytes)
{
	struct tap *tap =
		(struct tap *)(void *)((char *)attributes - offsetof(struct tap, attributes));
	struct attributes *inner = tap->inner_attributes;
	int r = tap->left > 0 ? inner->ops->read(inner, attribute, text, text_bytes) : -EIO;

	if (r == 0)
		(void)tap_piece(tap, (uint8_t *)text, strlen(text), 0);
	tap->seen++;
	tap->left -= tap->left > 0;
	tap->count++;
	return r;
}

static int tap_levels(struct lines *lines, uint64_t *ret_levels)
{
	struct tap *tap = (struct tap *)(void *)((char *)lines - offsetof(struct tap, lines));
	int r = tap->left > 0 ? lines_levels(tap->inner_lines, ret_levels) : -EIO;

	if (r == 0)
		(void)tap_piece(tap, (uint8_t *)ret_levels, sizeof(*ret_levels), 0);
	tap->seen++;
	tap->left -= tap->left > 0;
	tap->count++;
	return r;
}

static struct lines *inner_of(const struct lines *lines)
{
	const struct tap *tap = (const struct tap *)(const void *)((const char *)lines -
		offsetof(struct tap, lines));

	return tap->inner_lines;
}

/* Edges are the kernel's: only levels are read on the wire. */
static int tap_edge(struct lines *lines, struct lines_edge *ret_edge)
{
	struct lines *inner = inner_of(lines);
	int r = inner->ops->edge(inner, ret_edge);

	lines->lost = inner->lost;
	return r;
}

static int tap_pulse(struct lines *lines, unsigned line, uint32_t duration_us)
{
	return lines_pulse(inner_of(lines), line, duration_us);
}

static uint64_t tap_now_us(const struct lines *lines)
{
	return lines_now_us(inner_of(lines));
}

static const struct i2c_ops TAP_I2C_OPS = {.transfer = tap_i2c_transfer};
static const struct spi_ops TAP_SPI_OPS = {.transfer = tap_spi_transfer};
static const struct attributes_ops TAP_ATTRIBUTES_OPS = {.read = tap_read_attribute};
static const struct lines_ops TAP_LINES_OPS = {
	.levels = tap_levels, .edge = tap_edge, .pulse = tap_pulse, .now_us = tap_now_us};

static struct tap *tap_in_place(struct rig *rig)
{
	struct chip *chip = rig->chip;

	if (rig->tap)
		return rig->tap;
	rig->tap = calloc(1, sizeof(*rig->tap));
	assert_non_null(rig->tap);
	rig->tap->i2c.ops = &TAP_I2C_OPS;
	rig->tap->spi.ops = &TAP_SPI_OPS;
	rig->tap->attributes.ops = &TAP_ATTRIBUTES_OPS;
	rig->tap->lines.ops = &TAP_LINES_OPS;
	if (chip->lines) {
		rig->tap->lines.fd = chip->lines->fd;
		rig->tap->lines.n_lines = chip->lines->n_lines;
	}
	rig->tap->inner_attributes = chip->attributes;
	rig->tap->inner_lines = chip->lines;
	rig->tap->inner_i2c = chip->i2c;
	rig->tap->inner_spi = chip->spi;
	rig->tap->transfer = SIZE_MAX;
	rig->tap->left = SIZE_MAX;
	if (chip->i2c)
		chip->i2c = &rig->tap->i2c;
	else if (chip->attributes)
		chip->attributes = &rig->tap->attributes;
	else if (chip->lines)
		chip->lines = &rig->tap->lines;
	else
		chip->spi = &rig->tap->spi;
	return rig->tap;
}

void rig_tap(struct rig *rig, size_t transfer, size_t bit)
{
	struct tap *tap = tap_in_place(rig);

	tap->transfer = transfer;
	tap->bit = bit;
	tap->seen = 0;
	tap->hit = false;
}

void rig_cut(struct rig *rig, size_t transfers)
{
	tap_in_place(rig)->left = transfers;
}

size_t rig_transfers(struct rig *rig)
{
	return tap_in_place(rig)->count;
}

bool rig_tap_hit(const struct rig *rig)
{
	return rig->tap->hit;
}

size_t rig_tap_transfers(const struct rig *rig)
{
	return rig->tap->seen;
}

void rig_log_clear(struct rig *rig)
{
	(void)fseek(rig->wire_log, 0, SEEK_SET);
}

const char *rig_log(struct rig *rig)
{
	/*
	 * Text from before the last clear may reach further: cut it at the writing position.
	 */
	(void)fflush(rig->wire_log);
	rig->log_text[ftell(rig->wire_log)] = '\0';
	return rig->log_text;
}
