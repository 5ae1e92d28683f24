/* SPDX-License-Identifier: MIT */
/*
 * Every driver, on a wire that answers with any bytes. The part behind the wire is the driver's own
 * simulated one, so that an input of zeros is a part that works; the input's bytes disturb what it
 * says, or replace it.
 *
 * Input: driver, parameters, mode, channel or duty (one byte each), and then for each byte that is
 * read one byte of the input. The mode's bits are below.
 *
 * Whatever comes: a call makes a bounded number of transfers and asks for a bounded wait, fails
 * only with the errors that it promises, leaves the value alone when it fails, and gives none
 * outside the channel's range.
 */
#include "board_sim.h"
#include "chip.h"
#include "fuzz.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	MODE_REPLACE = 0x01, /* the input's bytes instead of the part's, not XORed to them */
	MODE_ERRORS = 0x02,  /* each transfer is preceded by a byte that may be an error */

	HEADER_BYTES = 4,
	MEASUREMENTS = 4,
	COLLECTS = 8,          /* questions whether it is ready */
	CONFIGURES = 100,      /* as the sampler does */
	TRANSFERS_MAX = 32,    /* in one call of a driver */
	WAIT_MAX_US = 1100000, /* a VEML7700 at 800 ms, 30 % late */
};

static const double CANARY = -4711.25;

struct wire;

/* The wire: between the chip and the simulated board. */
struct wire_i2c {
	struct i2c_bus base;
	struct wire *wire;
};

struct wire_spi {
	struct spi_device base;
	struct wire *wire;
};

struct wire_attributes {
	struct attributes base;
	struct wire *wire;
};

struct wire_lines {
	struct lines base;
	struct wire *wire;
};

struct wire {
	struct wire_i2c i2c;
	struct wire_spi spi;
	struct wire_attributes attributes;
	struct wire_lines lines;
	struct i2c_bus *inner_i2c;
	struct spi_device *inner_spi;
	struct attributes *inner_attributes;
	struct lines *inner_lines;
	const uint8_t *data;
	size_t size;
	unsigned mode;
	unsigned transfers; /* in this call */
	uint64_t now_us;
};

static uint8_t next_byte(struct wire *wire)
{
	if (wire->size == 0)
		return 0;
	wire->size--;
	return *wire->data++;
}

static void disturb(struct wire *wire, uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = next_byte(wire);

		data[i] = wire->mode & MODE_REPLACE ? byte : data[i] ^ byte;
	}
}

/* Returns 0, or an error that the kernel may return instead of making the transfer. */
static int error_of(struct wire *wire)
{
	static const int ERRORS[] = {-ENXIO, -ETIMEDOUT, -EIO, -ENODEV, -EBUSY};
	uint8_t byte = wire->mode & MODE_ERRORS ? next_byte(wire) : 0;

	FUZZ_CHECK(++wire->transfers <= TRANSFERS_MAX);
	if (byte < 0x100 - sizeof(ERRORS) / sizeof(ERRORS[0]))
		return 0;
	return ERRORS[0xff - byte];
}

static int wire_i2c(
	struct i2c_bus *bus, uint16_t address, struct i2c_message *messages, size_t count)
{
	struct wire *wire = ((struct wire_i2c *)bus)->wire;
	int r = error_of(wire);

	if (r == 0)
		r = i2c_transfer(wire->inner_i2c, address, messages, count);
	for (size_t i = 0; i < count && r == 0; i++) {
		if (messages[i].read)
			disturb(wire, messages[i].data, messages[i].size);
	}
	return r;
}

static int wire_spi(struct spi_device *device, const uint8_t *out, uint8_t *in, size_t size)
{
	struct wire *wire = ((struct wire_spi *)device)->wire;
	int r = error_of(wire);

	if (r == 0)
		r = spi_transfer(wire->inner_spi, out, in, size);
	if (r == 0)
		disturb(wire, in, size);
	return r;
}

static int wire_attribute(
	struct attributes *attributes, const char *attribute, char *text, size_t text_bytes)
{
	struct wire *wire = ((struct wire_attributes *)attributes)->wire;
	struct attributes *inner = wire->inner_attributes;
	int r = error_of(wire);

	if (r == 0)
		r = inner->ops->read(inner, attribute, text, text_bytes);
	if (r == 0)
		disturb(wire, (uint8_t *)text, strlen(text));
	return r;
}

static int wire_levels(struct lines *lines, uint64_t *ret_levels)
{
	struct wire *wire = ((struct wire_lines *)lines)->wire;
	int r = error_of(wire);

	if (r == 0)
		r = lines_levels(wire->inner_lines, ret_levels);
	if (r == 0)
		disturb(wire, (uint8_t *)ret_levels, sizeof(*ret_levels));
	return r;
}

/* The kernel's edges: some are lost, some come twice, and their times jump. */
static int wire_edge(struct lines *lines, struct lines_edge *ret_edge)
{
	struct wire *wire = ((struct wire_lines *)lines)->wire;
	struct lines *inner = wire->inner_lines;
	int r = inner->ops->edge(inner, ret_edge);
	uint8_t byte;

	if (r == 0 && (byte = next_byte(wire)) != 0) {
		*ret_edge = (struct lines_edge){
			byte % lines->n_lines, byte & 2, wire->now_us + byte * 1000};
		r = 1;
	}
	lines->lost = inner->lost;
	return r;
}

static int wire_pulse(struct lines *lines, unsigned line, uint32_t duration_us)
{
	struct wire *wire = ((struct wire_lines *)lines)->wire;
	int r = error_of(wire);

	return r < 0 ? r : lines_pulse(wire->inner_lines, line, duration_us);
}

static uint64_t wire_clock_us(const struct lines *lines)
{
	return lines_now_us(((const struct wire_lines *)lines)->wire->inner_lines);
}

static const struct i2c_ops WIRE_I2C = {.transfer = wire_i2c};
static const struct spi_ops WIRE_SPI = {.transfer = wire_spi};
static const struct attributes_ops WIRE_ATTRIBUTES = {.read = wire_attribute};
static const struct lines_ops WIRE_LINES = {
	.levels = wire_levels, .edge = wire_edge, .pulse = wire_pulse, .now_us = wire_clock_us};

static uint64_t wire_now_us(void *userdata)
{
	return ((struct wire *)userdata)->now_us;
}

static void plug_lines(struct wire *wire, struct chip *chip)
{
	wire->lines.base.fd = chip->lines->fd;
	wire->lines.base.n_lines = chip->lines->n_lines;
	wire->lines.base.debounce_us = chip->lines->debounce_us;
	chip->lines = &wire->lines.base;
}

/* Between the chip and its bus, and out again. */
static void plug(struct wire *wire, struct chip *chip)
{
	wire->inner_i2c = chip->i2c;
	wire->inner_spi = chip->spi;
	wire->inner_attributes = chip->attributes;
	wire->inner_lines = chip->lines;
	if (chip->i2c)
		chip->i2c = &wire->i2c.base;
	else if (chip->attributes)
		chip->attributes = &wire->attributes.base;
	else if (chip->lines)
		plug_lines(wire, chip);
	else
		chip->spi = &wire->spi.base;
}

static void unplug(struct wire *wire, struct chip *chip)
{
	chip->i2c = wire->inner_i2c;
	chip->spi = wire->inner_spi;
	chip->attributes = wire->inner_attributes;
	chip->lines = wire->inner_lines;
}

/* Any parameters that a map could give: choices by number, the others at an end or by default. */
static void choose_params(const struct driver *driver, unsigned seed, double *ret_params)
{
	for (size_t i = 0; i < driver->n_params; i++) {
		const struct driver_param *param = &driver->params[i];
		const double ends[] = {param->default_value, param->min, param->max};

		if (seed == 0)
			ret_params[i] = param->default_value;
		else if (param->n_choices)
			ret_params[i] = param->choices[seed % param->n_choices];
		else
			ret_params[i] = ends[seed % 3];
		seed /= 3;
	}
}

static void check_result(int r, bool may_be_busy)
{
	switch (r) {
	case 0:
	case -ENXIO:
	case -ETIMEDOUT:
	case -EIO:
	case -EBADMSG:
	case -ERANGE:
	case -ENODEV:
	case -EBUSY:
	case -EOPNOTSUPP:
		return;
	default:
		FUZZ_CHECK(r == -EAGAIN && may_be_busy);
	}
}

static int configure(struct wire *wire, struct chip *chip)
{
	int r = -EAGAIN;

	chip_reset(chip);
	for (int i = 0; i < CONFIGURES && r == -EAGAIN; i++) {
		uint32_t wait_us = UINT32_MAX;

		wire->transfers = 0;
		r = chip_configure(chip, &wait_us);
		check_result(r, true);
		if (r == -EAGAIN) {
			FUZZ_CHECK(wait_us <= WAIT_MAX_US);
			wire->now_us += wait_us;
		}
	}
	return r;
}

static void check_values(const struct chip *chip, unsigned channel, int r, const double *values)
{
	for (unsigned i = 0; i < DRIVER_CHANNELS_MAX; i++) {
		bool measured = r == 0 && i < chip->driver->n_channels &&
			(i == channel || chip->driver->channels_together);
		double min, max;

		if (r == 0 && i == 0 && chip->driver->n_channels == 0)
			continue;
		if (!measured) {
			FUZZ_CHECK(values[i] >= CANARY && values[i] <= CANARY);
			continue;
		}
		driver_channel_range(chip->driver, chip->params, i, &min, &max);
		FUZZ_CHECK(isfinite(values[i]) && values[i] >= min && values[i] <= max);
	}
}

static int measure(struct wire *wire, struct chip *chip, unsigned channel)
{
	double values[DRIVER_CHANNELS_MAX];
	uint32_t wait_us = UINT32_MAX;
	int r;

	wire->transfers = 0;
	r = chip_start(chip, channel, &wait_us);
	check_result(r, false);
	if (r < 0)
		return r;
	FUZZ_CHECK(wait_us <= WAIT_MAX_US);
	wire->now_us += wait_us;
	for (unsigned i = 0; i < DRIVER_CHANNELS_MAX; i++)
		values[i] = CANARY;
	r = -EAGAIN;
	for (int i = 0; i < COLLECTS && r == -EAGAIN; i++) {
		wire->transfers = 0;
		r = chip_collect(chip, channel, values);
		check_result(r, true);
		check_values(chip, channel, r, values);
		wire->now_us += 1000;
	}
	return r;
}

/* One with events alone has a channel all the same, see chip.h. */
static unsigned channel_of(const struct driver *driver, unsigned choice)
{
	return driver->n_channels ? choice % (unsigned)driver->n_channels : 0;
}

/* As the sampler does. */
static void watch(struct wire *wire, struct chip *chip)
{
	struct driver_event event = {0};
	uint64_t next_us = 0;
	int r = 1;

	for (unsigned i = 0; i < TRANSFERS_MAX && r == 1; i++) {
		wire->transfers = 0;
		r = chip_event(chip, wire->now_us, &event, &next_us);
		if (r == 1)
			FUZZ_CHECK(event.index < chip->driver->n_events);
		else
			check_result(r, false);
	}
}

static void use_sensor(struct wire *wire, struct chip *chip, unsigned choice)
{
	bool configured = false;

	for (unsigned i = 0; i < MEASUREMENTS; i++) {
		if (!configured && configure(wire, chip) < 0)
			continue;
		configured = measure(wire, chip, channel_of(chip->driver, choice + i)) == 0;
		if (driver_is_input(chip->driver))
			watch(wire, chip);
	}
}

static void use_runs(struct chip *chip, unsigned choice)
{
	const struct driver *driver = chip->driver;
	uint32_t duties[DRIVER_DUTIES_MAX] = {0};
	unsigned first = choice % driver->n_pwm;
	unsigned n = choice / driver->n_pwm % (DRIVER_DUTIES_MAX + 1);
	bool is_valid = n >= 1 && n <= driver->duties_max && first + n <= driver->n_pwm;
	int r;

	if (!driver->set_duties)
		return;
	duties[0] = choice % (driver->pwm_steps + 1);
	r = driver->set_duties(chip, first, n, duties);
	if (is_valid)
		check_result(r, false);
	else
		FUZZ_CHECK(r == -EINVAL);
}

static void use_outputs(struct wire *wire, struct chip *chip, unsigned choice)
{
	const struct driver *driver = chip->driver;

	if (configure(wire, chip) < 0)
		return;
	for (unsigned i = 0; i < MEASUREMENTS; i++) {
		unsigned channel = (choice + i) % driver->n_pwm;
		uint32_t duty_steps = (choice * 2654435761u >> 8) % (driver->pwm_steps + 1);

		wire->transfers = 0;
		check_result(driver->set_duty(chip, channel, duty_steps), false);
		choice++;
	}
	wire->transfers = 0;
	FUZZ_CHECK(driver->set_duty(chip, driver->n_pwm, 0) == -EINVAL);
	FUZZ_CHECK(driver->set_duty(chip, 0, driver->pwm_steps + 1) == -EINVAL);
	use_runs(chip, choice);
}

static const struct driver *choose_driver(unsigned seed)
{
	unsigned n = 0;

	while (driver_table[n])
		n++;
	FUZZ_CHECK(n > 0);
	return driver_table[seed % n];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct driver *driver;
	double params[16];
	struct board *board = NULL;
	struct chip *chip = NULL;

	if (size < HEADER_BYTES)
		return 0;
	driver = choose_driver(data[0]);
	FUZZ_CHECK(driver->n_params <= sizeof(params) / sizeof(params[0]));
	choose_params(driver, data[1], params);

	struct wire wire = {
		.i2c = {.base = {.ops = &WIRE_I2C}, .wire = &wire},
		.spi = {.base = {.ops = &WIRE_SPI}, .wire = &wire},
		.attributes = {.base = {.ops = &WIRE_ATTRIBUTES}, .wire = &wire},
		.lines = {.base = {.ops = &WIRE_LINES}, .wire = &wire},
		.mode = data[2],
		.data = data + HEADER_BYTES,
		.size = size - HEADER_BYTES,
		.now_us = 1000000,
	};
	const struct sim_settings settings = {.now_us = wire_now_us, .userdata = &wire};
	static const char *const buses[] = {
		[DRIVER_BUS_I2C] = "/dev/i2c-1",
		[DRIVER_BUS_SPI] = "/dev/spidev0.0",
		[DRIVER_BUS_ATTRIBUTES] = "device",
		[DRIVER_BUS_LINES] = "GPIO20, GPIO21",
	};
	const char *bus = buses[driver->bus];
	uint16_t address = driver->n_addresses ? driver->addresses[0] : 0;
	const struct chip_settings chip_settings = {
		.name = "part", .driver = driver, .bus = bus, .address = address, .params = params};

	FUZZ_CHECK(board_sim_new(&settings, NULL, &board) == 0);
	FUZZ_CHECK(sim_add_part(board, "part", driver, bus, address) == 0);
	FUZZ_CHECK(chip_open(board, &chip_settings, NULL, &chip) == 0);
	plug(&wire, chip);
	if (driver->n_pwm)
		use_outputs(&wire, chip, data[3]);
	else
		use_sensor(&wire, chip, data[3]);
	unplug(&wire, chip);
	chip_close(chip);
	board_close(board);
	return 0;
}
