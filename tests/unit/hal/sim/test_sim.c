/* SPDX-License-Identifier: MIT */
/* The simulated buses: wires, the parts on them, and the faults of both. */
#include "board_sim.h"
#include "clock.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BUS       "/dev/i2c-1"
#define OTHER_BUS "/dev/i2c-2"
#define SPI_BUS   "/dev/spidev0.0"

enum { ADDRESS = 0x20, CELLS = 16 };

/* The simplest part there is: cells that are written and read, and one channel, a plain number. */
struct memory {
	uint8_t cells[CELLS];
	uint8_t pointer;
	double value;
	uint64_t now_us; /* of the last transfer */
	bool busy;
};

static void memory_reset(void *state)
{
	memset(state, 0, sizeof(struct memory));
}

static int memory_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct memory *memory = state;

	memory->now_us = now_us;
	memory->pointer = data[0] % CELLS;
	for (size_t i = 1; i < size; i++)
		memory->cells[memory->pointer++ % CELLS] = data[i];
	return 0;
}

static int memory_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct memory *memory = state;

	memory->now_us = now_us;
	for (size_t i = 0; i < size; i++)
		data[i] = memory->cells[memory->pointer++ % CELLS];
	return 0;
}

static int memory_spi(void *state, const uint8_t *out, uint8_t *in, size_t size, uint64_t now_us)
{
	(void)state;
	(void)now_us;
	for (size_t i = 0; i < size; i++)
		in[i] = (uint8_t)~out[i];
	return 0;
}

static void memory_set_value(void *state, unsigned channel, double value)
{
	(void)channel;
	((struct memory *)state)->value = value;
}

static void memory_set_busy(void *state, bool busy)
{
	((struct memory *)state)->busy = busy;
}

static void memory_load(void *state, const uint8_t *raw, size_t size)
{
	(void)size;
	((struct memory *)state)->value = raw[0];
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct memory),
	.reset = memory_reset,
	.i2c_write = memory_write,
	.i2c_read = memory_read,
	.spi_transfer = memory_spi,
	.set_value = memory_set_value,
	.set_busy = memory_set_busy,
	.load = memory_load,
};

static const struct driver_channel CHANNEL = {
	.name = "0", .quantity = "raw", .unit = "raw", .max = 100, .step = 1, .typical = 7};

static const struct driver MEMORY = {
	.name = "memory",
	.bus = DRIVER_BUS_I2C,
	.channels = &CHANNEL,
	.n_channels = 1,
	.model = &MODEL,
};

static const struct driver SPI_MEMORY = {
	.name = "spi-memory", .bus = DRIVER_BUS_SPI, .model = &MODEL};

struct fixture {
	struct board *board;
	struct i2c_bus *bus;
	uint64_t now_us;
};

static uint64_t fake_now_us(void *userdata)
{
	return ((struct fixture *)userdata)->now_us;
}

static struct i2c_bus *open_bus(struct board *board, const char *path)
{
	struct i2c_bus *bus = NULL;

	assert_int_equal(board_open_i2c(board, path, NULL, &bus), 0);
	return bus;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const struct sim_settings settings = {
		.now_us = fake_now_us, .userdata = fixture, .stuck_us = 50};

	assert_non_null(fixture);
	*state = fixture;
	assert_int_equal(board_sim_new(&settings, NULL, &fixture->board), 0);
	assert_int_equal(sim_add_part(fixture->board, "a", &MEMORY, BUS, ADDRESS), 0);
	fixture->bus = open_bus(fixture->board, BUS);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	i2c_close(fixture->bus);
	board_close(fixture->board);
	free(fixture);
	return 0;
}

static struct memory *memory_of(struct fixture *fixture, const char *name)
{
	return sim_part_state(fixture->board, name);
}

static void what_is_written_is_read(void **state)
{
	struct fixture *fixture = *state;
	const uint8_t out[] = {2, 0xab, 0xcd};
	uint8_t in[2];

	fixture->now_us = 777;
	assert_int_equal(i2c_write(fixture->bus, ADDRESS, out, sizeof(out)), 0);
	assert_int_equal(i2c_read_registers(fixture->bus, ADDRESS, 2, in, sizeof(in)), 0);
	assert_memory_equal(in, out + 1, sizeof(in));
	assert_int_equal(memory_of(fixture, "a")->now_us, 777);
}

static void nobody_answers_at_an_empty_place(void **state)
{
	struct fixture *fixture = *state;
	struct i2c_bus *other = open_bus(fixture->board, OTHER_BUS);

	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS + 1, 0, 0), -ENXIO);
	assert_int_equal(i2c_write_register(other, ADDRESS, 0, 0), -ENXIO);
	i2c_close(other);
}

static void two_handles_see_one_bus(void **state)
{
	struct fixture *fixture = *state;
	struct i2c_bus *second = open_bus(fixture->board, BUS);
	uint8_t in;

	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 5, 0x55), 0);
	assert_int_equal(i2c_read_registers(second, ADDRESS, 5, &in, 1), 0);
	assert_int_equal(in, 0x55);
	i2c_close(second);
}

static void a_part_stays_where_it_is_when_added_again(void **state)
{
	struct fixture *fixture = *state;

	memory_of(fixture, "a")->cells[0] = 1;
	assert_int_equal(sim_add_part(fixture->board, "a", &MEMORY, BUS, ADDRESS), 0);
	assert_int_equal(memory_of(fixture, "a")->cells[0], 1);
}

static void a_part_that_differs_is_another(void **state)
{
	struct fixture *fixture = *state;

	memory_of(fixture, "a")->cells[0] = 1;
	assert_int_equal(sim_add_part(fixture->board, "a", &MEMORY, BUS, ADDRESS + 1), 0);
	assert_int_equal(memory_of(fixture, "a")->cells[0], 0);
	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 0), -ENXIO);
	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS + 1, 0, 0), 0);
}

static void two_parts_cannot_have_one_place(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(sim_add_part(fixture->board, "b", &MEMORY, BUS, ADDRESS), -EEXIST);
	assert_null(sim_part_state(fixture->board, "b"));
	assert_int_equal(sim_add_part(fixture->board, "b", &MEMORY, OTHER_BUS, ADDRESS), 0);
	/* And a move onto another leaves both as they were. */
	assert_int_equal(sim_add_part(fixture->board, "a", &MEMORY, OTHER_BUS, ADDRESS), -EEXIST);
	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 0), 0);
}

static void a_part_that_was_removed_is_gone(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(sim_remove_part(fixture->board, "a"), 0);
	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 0), -ENXIO);
	assert_int_equal(sim_remove_part(fixture->board, "a"), -ENOENT);
}

static void spi_is_full_duplex_and_floats_without_a_part(void **state)
{
	struct fixture *fixture = *state;
	const struct spi_settings settings = {.mode = 0, .speed_hz = 1000000, .bits = 8};
	const uint8_t out[] = {0x12, 0x34};
	struct spi_device *device = NULL;
	uint8_t in[2];

	assert_int_equal(board_open_spi(fixture->board, SPI_BUS, &settings, NULL, &device), 0);
	assert_int_equal(spi_transfer(device, out, in, sizeof(in)), 0);
	assert_memory_equal(in, "\xff\xff", 2);
	assert_int_equal(sim_add_part(fixture->board, "s", &SPI_MEMORY, SPI_BUS, 0), 0);
	assert_int_equal(spi_transfer(device, out, in, sizeof(in)), 0);
	assert_memory_equal(in, "\xed\xcb", 2);
	assert_int_equal(sim_set_fault(fixture->board, "s", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(spi_transfer(device, out, in, sizeof(in)), 0);
	assert_memory_equal(in, "\xff\xff", 2);
	assert_int_equal(sim_set_fault(fixture->board, "s", SIM_FAULT_SHORT), 0);
	assert_int_equal(spi_transfer(device, out, in, sizeof(in)), -EIO);
	assert_int_equal(sim_set_fault(fixture->board, "s", SIM_FAULT_STUCK), 0);
	assert_int_equal(spi_transfer(device, out, in, sizeof(in)), -ETIMEDOUT);
	spi_close(device);
}

static void a_part_shows_its_wave_at_the_time_of_the_transfer(void **state)
{
	struct fixture *fixture = *state;
	const struct sim_wave ramp = {SIM_WAVE_RAMP, .min = 0, .max = 100, .period_us = 1000};

	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 0), 0);
	assert_true(fabs(memory_of(fixture, "a")->value - CHANNEL.typical) <= 0);

	assert_int_equal(sim_set_wave(fixture->board, "a", 0, &ramp), 0);
	for (fixture->now_us = 0; fixture->now_us < 1000; fixture->now_us += 250) {
		assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 0), 0);
		assert_true(fabs(memory_of(fixture, "a")->value - (double)fixture->now_us / 10) <=
			1e-9);
	}
}

static void a_wave_without_a_period_or_a_channel_is_refused(void **state)
{
	struct fixture *fixture = *state;
	const struct sim_wave sine = {SIM_WAVE_SINE, .min = 0, .max = 1, .period_us = 0};
	const struct sim_wave constant = {SIM_WAVE_CONSTANT, .min = 1};

	assert_int_equal(sim_set_wave(fixture->board, "a", 0, &sine), -EINVAL);
	assert_int_equal(sim_set_wave(fixture->board, "a", 1, &constant), -ENOENT);
	assert_int_equal(sim_set_wave(fixture->board, "b", 0, &constant), -ENOENT);
}

static void what_was_loaded_is_shown_until_the_next_wave(void **state)
{
	struct fixture *fixture = *state;
	const struct sim_wave constant = {SIM_WAVE_CONSTANT, .min = 3};
	const uint8_t raw[] = {99};

	assert_int_equal(sim_load_part(fixture->board, "a", raw, sizeof(raw)), 0);
	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 0), 0);
	assert_true(fabs(memory_of(fixture, "a")->value - 99) <= 0);
	assert_int_equal(sim_set_wave(fixture->board, "a", 0, &constant), 0);
	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 0), 0);
	assert_true(fabs(memory_of(fixture, "a")->value - 3) <= 0);
	assert_int_equal(sim_load_part(fixture->board, "b", raw, sizeof(raw)), -ENOENT);
}

static void faults_have_names(void **state)
{
	(void)state;
	assert_string_equal(sim_fault_name(SIM_FAULT_NONE), "none");
	assert_string_equal(sim_fault_name(SIM_FAULT_NO_ANSWER), "no-answer");
	assert_string_equal(sim_fault_name(SIM_FAULT_STUCK), "stuck");
	assert_string_equal(sim_fault_name(SIM_FAULT_SHORT), "short");
	assert_string_equal(sim_fault_name(SIM_FAULT_FLIP), "flip");
	assert_string_equal(sim_fault_name(SIM_FAULT_SLOW), "slow");
	assert_string_equal(sim_fault_name(SIM_FAULT_BUSY), "busy");
	assert_string_equal(sim_fault_name(SIM_FAULT_HELD_SDA), "held-sda");
	assert_null(sim_fault_name(SIM_FAULT_HELD_SDA + 1));
}

static void a_fault_is_its_error_until_it_is_taken_back(void **state)
{
	struct fixture *fixture = *state;
	static const char *const TARGETS[] = {"a", BUS};
	static const struct {
		enum sim_fault fault;
		int error;
	} CASES[] = {
		{SIM_FAULT_NO_ANSWER, -ENXIO},
		{SIM_FAULT_STUCK, -ETIMEDOUT},
		{SIM_FAULT_SHORT, -EIO},
		{SIM_FAULT_SLOW, 0},
		{SIM_FAULT_NONE, 0},
	};

	for (size_t target = 0; target < 2; target++) {
		for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
			assert_int_equal(
				sim_set_fault(fixture->board, TARGETS[target], CASES[i].fault), 0);
			assert_int_equal(
				i2c_write_register(fixture->bus, ADDRESS, 0, 1), CASES[i].error);
		}
	}
}

static void a_short_transfer_loses_its_last_byte(void **state)
{
	struct fixture *fixture = *state;
	const uint8_t out[] = {0, 0x11, 0x22};

	assert_int_equal(sim_set_fault(fixture->board, "a", SIM_FAULT_SHORT), 0);
	assert_int_equal(i2c_write(fixture->bus, ADDRESS, out, sizeof(out)), -EIO);
	assert_int_equal(memory_of(fixture, "a")->cells[0], 0x11);
	assert_int_equal(memory_of(fixture, "a")->cells[1], 0);
}

static void a_stuck_part_hangs_its_neighbours_and_a_missing_one_does_not(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(sim_add_part(fixture->board, "b", &MEMORY, BUS, ADDRESS + 1), 0);
	assert_int_equal(sim_set_fault(fixture->board, "b", SIM_FAULT_STUCK), 0);
	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 1), -ETIMEDOUT);
	assert_int_equal(sim_set_fault(fixture->board, "b", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 1), 0);
}

static void an_unplugged_part_forgets(void **state)
{
	struct fixture *fixture = *state;
	uint8_t in = 0xff;

	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 1, 0x42), 0);
	assert_int_equal(sim_set_fault(fixture->board, "a", SIM_FAULT_NO_ANSWER), 0);
	assert_int_equal(sim_set_fault(fixture->board, "a", SIM_FAULT_NONE), 0);
	assert_int_equal(i2c_read_registers(fixture->bus, ADDRESS, 1, &in, 1), 0);
	assert_int_equal(in, 0);
}

static void a_flipped_bit_is_one_and_in_time_each(void **state)
{
	struct fixture *fixture = *state;
	uint32_t met = 0, last = 0;

	assert_int_equal(sim_set_fault(fixture->board, "a", SIM_FAULT_FLIP), 0);
	for (int i = 0; i < 200; i++) {
		uint8_t in[4];
		uint32_t bits;

		assert_int_equal(i2c_read_registers(fixture->bus, ADDRESS, 0, in, sizeof(in)), 0);
		memcpy(&bits, in, sizeof(bits));
		assert_int_equal(__builtin_popcount(bits), 1);
		assert_int_not_equal(bits, last);
		last = bits;
		met |= bits;
	}
	assert_int_equal(met, UINT32_MAX);
	/* A write goes through: it reads nothing. */
	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 0x0f), 0);
	assert_int_equal(memory_of(fixture, "a")->cells[0], 0x0f);
}

static void a_busy_fault_reaches_the_model_also_through_its_bus(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(sim_set_fault(fixture->board, "a", SIM_FAULT_BUSY), 0);
	assert_true(memory_of(fixture, "a")->busy);
	assert_int_equal(sim_set_fault(fixture->board, "a", SIM_FAULT_NONE), 0);
	assert_false(memory_of(fixture, "a")->busy);
	assert_int_equal(sim_set_fault(fixture->board, BUS, SIM_FAULT_BUSY), 0);
	assert_true(memory_of(fixture, "a")->busy);
	assert_int_equal(sim_add_part(fixture->board, "b", &MEMORY, BUS, ADDRESS + 1), 0);
	assert_true(memory_of(fixture, "b")->busy);
}

static void a_slow_transfer_takes_20_ms(void **state)
{
	struct fixture *fixture = *state;
	uint64_t begin_us;

	assert_int_equal(sim_set_fault(fixture->board, BUS, SIM_FAULT_SLOW), 0);
	begin_us = clock_now_us();
	assert_int_equal(i2c_write_register(fixture->bus, ADDRESS, 0, 0x77), 0);
	assert_true(clock_now_us() - begin_us >= 20000);
	assert_int_equal(memory_of(fixture, "a")->cells[0], 0x77);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(nobody_answers_at_an_empty_place),
		TEST(two_handles_see_one_bus),
		TEST(a_part_stays_where_it_is_when_added_again),
		TEST(a_part_that_differs_is_another),
		TEST(two_parts_cannot_have_one_place),
		TEST(a_part_that_was_removed_is_gone),
		TEST(spi_is_full_duplex_and_floats_without_a_part),
		TEST(a_part_shows_its_wave_at_the_time_of_the_transfer),
		TEST(a_wave_without_a_period_or_a_channel_is_refused),
		TEST(what_was_loaded_is_shown_until_the_next_wave),
		TEST(faults_have_names),
		TEST(a_fault_is_its_error_until_it_is_taken_back),
		TEST(a_short_transfer_loses_its_last_byte),
		TEST(a_stuck_part_hangs_its_neighbours_and_a_missing_one_does_not),
		TEST(an_unplugged_part_forgets),
		TEST(a_flipped_bit_is_one_and_in_time_each),
		TEST(a_busy_fault_reaches_the_model_also_through_its_bus),
		TEST(a_slow_transfer_takes_20_ms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
