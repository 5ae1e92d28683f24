/* SPDX-License-Identifier: MIT */
/* A PWM part whose channels are written together, by itself and as the outputs of an action. */
#include "checks.h"
#include "chip_pwm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool has_runs(const struct driver *driver)
{
	return driver->set_duties != NULL;
}

static double pin(struct rig *rig, unsigned channel)
{
	char name[32];
	double duty = -1;

	(void)snprintf(name, sizeof(name), RIG_PART ".%u", channel);
	assert_int_equal(sim_get_output(rig->board, name, &duty), 0);
	return duty;
}

/* Another duty for each channel, and none is at an end. */
static uint32_t duty_of(const struct rig *rig, unsigned channel, unsigned round)
{
	return 1 + (channel * 7 + round * 3) % (rig->driver->pwm_steps - 1);
}

static void assert_pin(struct rig *rig, unsigned channel, uint32_t steps)
{
	assert_near(pin(rig, channel), steps / (double)rig->driver->pwm_steps, 1e-9);
}

/* Returns the number of transfers that one channel costs alone. */
static size_t cost_of_one(struct rig *rig)
{
	size_t before = rig_transfers(rig);

	assert_int_equal(rig->driver->set_duty(rig->chip, 0, 0), 0);
	return rig_transfers(rig) - before;
}

static unsigned duties_max(const struct rig *rig)
{
	return rig->driver->set_duties ? rig->driver->duties_max : 1;
}

static void set(struct rig *rig, unsigned channel, uint32_t steps, bool soon)
{
	struct pwm_output *output = NULL;

	assert_int_equal(chip_pwm_output(rig->chip, channel, false, &output), 0);
	assert_int_equal((soon ? pwm_set_soon : pwm_set)(output, steps), 0);
	pwm_close(output);
}

static void begin(struct rig *rig)
{
	chip_pwm_begin(rig->chip);
	chip_pwm_collect(rig->chip, true);
}

static void its_table_says_how_many(void **state)
{
	const struct driver *driver = ((struct rig *)*state)->driver;

	assert_true(driver->set_duties ? driver->duties_max >= 2 : driver->duties_max == 0);
	assert_true(driver->duties_max <= DRIVER_DUTIES_MAX);
	assert_true(driver->duties_max <= driver->n_pwm);
}

static void every_run_is_on_its_pins_and_on_no_other(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;
	uint32_t steps[DRIVER_DUTIES_MAX] = {0};
	unsigned round = 0;

	assert_int_equal(rig_configure(rig), 0);
	for (unsigned n = 1; n <= driver->duties_max; n++) {
		for (unsigned first = 0; first + n <= driver->n_pwm; first++) {
			for (unsigned i = 0; i < driver->n_pwm; i++)
				assert_int_equal(driver->set_duty(rig->chip, i, 1), 0);
			round++;
			for (unsigned i = 0; i < n; i++)
				steps[i] = duty_of(rig, first + i, round);
			steps[round % n] = round % 2 ? driver->pwm_steps : 0;
			assert_int_equal(driver->set_duties(rig->chip, first, n, steps), 0);
			for (unsigned i = 0; i < driver->n_pwm; i++)
				assert_pin(
					rig, i, i >= first && i - first < n ? steps[i - first] : 1);
		}
	}
}

static void a_run_beyond_the_ends_is_refused_whole(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;
	uint32_t steps[DRIVER_DUTIES_MAX + 1] = {1, 1};

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(driver->set_duties(rig->chip, 0, 0, steps), -EINVAL);
	assert_int_equal(driver->set_duties(rig->chip, 0, driver->duties_max + 1, steps), -EINVAL);
	assert_int_equal(driver->set_duties(rig->chip, driver->n_pwm - 1, 2, steps), -EINVAL);
	assert_int_equal(driver->set_duties(rig->chip, driver->n_pwm, 1, steps), -EINVAL);
	assert_int_equal(driver->set_duties(rig->chip, 0, UINT32_MAX, steps), -EINVAL);
	steps[1] = driver->pwm_steps + 1;
	assert_int_equal(driver->set_duties(rig->chip, 0, 2, steps), -EINVAL);
	for (unsigned i = 0; i < driver->n_pwm; i++)
		assert_near(pin(rig, i), 0, 0);
}

static void what_waits_goes_out_in_as_few_transfers_as_possible(void **state)
{
	struct rig *rig = *state;
	unsigned n = rig->driver->n_pwm;
	size_t one, before;

	assert_int_equal(rig_configure(rig), 0);
	one = cost_of_one(rig);
	begin(rig);
	before = rig_transfers(rig);
	for (unsigned i = n; i-- > 0;) {
		set(rig, i, duty_of(rig, i, 0), true);
		assert_true(chip_pwm_waits(rig->chip, i));
		assert_near(pin(rig, i), 0, 0);
	}
	assert_int_equal(rig_transfers(rig), before);
	assert_int_equal(chip_pwm_end(rig->chip), 0);
	assert_int_equal(
		rig_transfers(rig) - before, one * ((n + duties_max(rig) - 1) / duties_max(rig)));
	for (unsigned i = 0; i < n; i++) {
		assert_pin(rig, i, duty_of(rig, i, 0));
		assert_int_equal(chip_pwm_result(rig->chip, i), 0);
		assert_false(chip_pwm_waits(rig->chip, i));
	}
}

/* The ends of the longest run: what is between them keeps its duty. */
static void a_run_passes_over_what_it_knows(void **state)
{
	struct rig *rig = *state;
	unsigned last = duties_max(rig) - 1;
	size_t one, before;

	assert_int_equal(rig_configure(rig), 0);
	one = cost_of_one(rig);
	for (unsigned i = 0; i <= last; i++)
		set(rig, i, duty_of(rig, i, 0), false);
	begin(rig);
	set(rig, 0, duty_of(rig, 0, 1), true);
	set(rig, last, duty_of(rig, last, 1), true);
	before = rig_transfers(rig);
	rig_log_clear(rig);
	assert_int_equal(chip_pwm_end(rig->chip), 0);
	assert_int_equal(rig_transfers(rig) - before, one);
	for (unsigned i = 0; i <= last; i++)
		assert_pin(rig, i, duty_of(rig, i, i == 0 || i == last));
	for (unsigned i = 1; i < last; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), RIG_PART ".%u ", i);
		assert_null(strstr(rig_log(rig), name));
	}
}

/* A write has failed, and nobody knows what the part made of it. */
static void a_run_does_not_pass_over_what_it_does_not_know(void **state)
{
	struct rig *rig = *state;
	unsigned last = duties_max(rig) - 1;
	struct pwm_output *output = NULL;
	size_t one, before;

	assert_int_equal(rig_configure(rig), 0);
	one = cost_of_one(rig);
	assert_int_equal(chip_pwm_output(rig->chip, 1, false, &output), 0);
	rig_cut(rig, 0);
	assert_int_equal(pwm_set(output, 5), -EIO);
	rig_cut(rig, SIZE_MAX);
	pwm_close(output);
	begin(rig);
	set(rig, 0, 7, true);
	set(rig, last, 9, true);
	before = rig_transfers(rig);
	assert_int_equal(chip_pwm_end(rig->chip), 0);
	assert_int_equal(rig_transfers(rig) - before, last > 1 ? 2 * one : one);
	assert_pin(rig, 0, 7);
	assert_pin(rig, last, 9);
}

static void a_stop_is_written_at_once(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	set(rig, 0, 5, false);
	begin(rig);
	set(rig, 1, 6, true);
	set(rig, 0, 9, true);
	set(rig, 0, 0, false);
	assert_near(pin(rig, 0), 0, 0);
	assert_false(chip_pwm_waits(rig->chip, 0));
	assert_near(pin(rig, 1), 0, 0);
	/* That is how it is already, so it may be written again with the others. */
	set(rig, 0, 0, false);
	assert_true(chip_pwm_waits(rig->chip, 0));
	assert_int_equal(chip_pwm_end(rig->chip), 0);
	assert_near(pin(rig, 0), 0, 0);
	assert_pin(rig, 1, 6);
}

static void nothing_waits_without_a_collection(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	set(rig, 0, 5, true);
	assert_pin(rig, 0, 5);
	begin(rig);
	chip_pwm_collect(rig->chip, false);
	set(rig, 0, 6, true);
	assert_pin(rig, 0, 6);
	assert_int_equal(chip_pwm_end(rig->chip), 0);
}

/* expected: 0 for any error. */
static void assert_all_fail(struct rig *rig, int expected)
{
	unsigned n = rig->driver->n_pwm;
	int r;

	begin(rig);
	for (unsigned i = 0; i < n; i++)
		set(rig, i, duty_of(rig, i, 2), true);
	r = chip_pwm_end(rig->chip);
	assert_true(expected ? r == expected : r < 0);
	for (unsigned i = 0; i < n; i++) {
		r = chip_pwm_result(rig->chip, i);
		assert_true(expected ? r == expected : r < 0);
		assert_false(chip_pwm_waits(rig->chip, i));
	}
}

static void assert_all_work(struct rig *rig)
{
	assert_int_equal(rig_configure(rig), 0);
	begin(rig);
	for (unsigned i = 0; i < rig->driver->n_pwm; i++)
		set(rig, i, duty_of(rig, i, 1), true);
	assert_int_equal(chip_pwm_end(rig->chip), 0);
	for (unsigned i = 0; i < rig->driver->n_pwm; i++)
		assert_pin(rig, i, duty_of(rig, i, 1));
}

/* On a bad wire, no channel of a run passes for written. */
static void a_run_that_fails_has_failed_for_all(void **state)
{
	static const struct {
		enum sim_fault fault;
		int error;
	} FAULTS[] = {
		{SIM_FAULT_NO_ANSWER, -ENXIO},
		{SIM_FAULT_SHORT, -EIO},
		{SIM_FAULT_STUCK, -ETIMEDOUT},
		{SIM_FAULT_HELD_SDA, 0},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(FAULTS) / sizeof(*FAULTS); i++) {
		assert_all_work(rig);
		rig_fault(rig, FAULTS[i].fault);
		assert_all_fail(rig, FAULTS[i].error);
		rig_fault(rig, SIM_FAULT_NONE);
	}
	assert_all_work(rig);
}

static void a_part_that_forgot_its_settings_takes_no_run(void **state)
{
	struct rig *rig = *state;

	assert_all_work(rig);
	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	rig_fault(rig, SIM_FAULT_NONE);
	assert_all_fail(rig, -ENODEV);
	assert_all_work(rig);
}

/* A stuck bus costs the time of one transfer, and not one for each run. */
static void a_stuck_bus_is_waited_for_once(void **state)
{
	struct rig *rig = *state;
	size_t before;

	assert_all_work(rig);
	before = rig_transfers(rig);
	rig_fault(rig, SIM_FAULT_STUCK);
	assert_all_fail(rig, -ETIMEDOUT);
	assert_int_equal(rig_transfers(rig) - before, 1);
	rig_fault(rig, SIM_FAULT_NONE);
}

/* The wire breaks off at each transfer in turn: the runs before it are written, the others failed.
 */
static void a_run_that_breaks_off_leaves_the_others_right(void **state)
{
	struct rig *rig = *state;
	unsigned n = rig->driver->n_pwm;
	size_t cut = 0;
	int r;

	do {
		rig_cut(rig, SIZE_MAX);
		assert_all_work(rig);
		begin(rig);
		for (unsigned i = 0; i < n; i++)
			set(rig, i, duty_of(rig, i, 3), true);
		rig_cut(rig, cut++);
		r = chip_pwm_end(rig->chip);
		for (unsigned i = 0; i < n; i++)
			if (chip_pwm_result(rig->chip, i) == 0)
				assert_pin(rig, i, duty_of(rig, i, 3));
	} while (r < 0);
	assert_true(cut > 2);
}

static void a_set_up_in_between_drops_what_waits(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	begin(rig);
	set(rig, 1, 5, true);
	assert_int_equal(rig_configure(rig), 0);
	assert_false(chip_pwm_waits(rig->chip, 1));
	assert_int_equal(chip_pwm_end(rig->chip), 0);
	assert_int_equal(chip_pwm_result(rig->chip, 1), -ENODEV);
	assert_int_equal(chip_pwm_result(rig->chip, 0), 0);
	assert_near(pin(rig, 1), 0, 0);
	begin(rig);
	assert_int_equal(chip_pwm_result(rig->chip, 1), 0);
}

const struct driver_check CHECKS_TOGETHER[] = {
	{"its table says how many", is_pwm, its_table_says_how_many},
	{"every run is on its pins and on no other", has_runs,
		every_run_is_on_its_pins_and_on_no_other},
	{"a run beyond the ends is refused whole", has_runs,
		a_run_beyond_the_ends_is_refused_whole},
	{"what waits goes out in as few transfers as possible", is_pwm,
		what_waits_goes_out_in_as_few_transfers_as_possible},
	{"a run passes over what it knows", is_pwm, a_run_passes_over_what_it_knows},
	{"a run does not pass over what it does not know", is_pwm,
		a_run_does_not_pass_over_what_it_does_not_know},
	{"a stop is written at once", is_pwm, a_stop_is_written_at_once},
	{"nothing waits without a collection", is_pwm, nothing_waits_without_a_collection},
	{"a run that fails has failed for all", is_pwm, a_run_that_fails_has_failed_for_all},
	{"a part that forgot its settings takes no run", is_pwm,
		a_part_that_forgot_its_settings_takes_no_run},
	{"a stuck bus is waited for once", is_pwm, a_stuck_bus_is_waited_for_once},
	{"a run that breaks off leaves the others right", is_pwm,
		a_run_that_breaks_off_leaves_the_others_right},
	{"a set-up in between drops what waits", is_pwm, a_set_up_in_between_drops_what_waits},
	{NULL, NULL, NULL},
};
