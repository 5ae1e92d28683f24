/* SPDX-License-Identifier: MIT */
/* A PWM part, seen from its pins. */
#include "checks.h"
#include "chip_pwm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static double pin(struct rig *rig, unsigned channel)
{
	char name[32];
	double duty = -1;

	(void)snprintf(name, sizeof(name), RIG_PART ".%u", channel);
	assert_int_equal(sim_get_output(rig->board, name, &duty), 0);
	return duty;
}

static int set_duty(struct rig *rig, unsigned channel, uint32_t steps)
{
	return rig->driver->set_duty(rig->chip, channel, steps);
}

static void it_reproduces_its_vectors(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;

	for (size_t i = 0; i < driver->n_vectors; i++) {
		const struct driver_vector *vector = driver->vectors + i;
		uint8_t *registers = calloc(1, vector->raw_bytes);

		assert_non_null(registers);
		rig_open(rig, vector->params);
		assert_int_equal(rig_configure(rig), 0);
		assert_int_equal(set_duty(rig, vector->channel, vector->duty), 0);
		driver->model->peek(sim_part_state(rig->board, RIG_PART), vector->reg, registers,
			vector->raw_bytes);
		assert_memory_equal(registers, vector->raw, vector->raw_bytes);
		free(registers);
	}
}

/* The process died with everything on; its successor must not light it up once more. */
static void every_output_of_a_predecessor_goes_off_and_stays_off(void **state)
{
	struct rig *rig = *state;
	const char *log;

	assert_int_equal(rig_configure(rig), 0);
	for (unsigned i = 0; i < rig->driver->n_pwm; i++) {
		assert_int_equal(set_duty(rig, i, rig->driver->pwm_steps - i), 0);
		assert_true(pin(rig, i) > 0.5);
	}

	rig_open(rig, NULL);
	rig_log_clear(rig);
	assert_int_equal(rig_configure(rig), 0);
	for (unsigned i = 0; i < rig->driver->n_pwm; i++)
		assert_near(pin(rig, i), 0, 0);

	/* One line each, and it says off: nothing came on in between. */
	unsigned lines = 0;

	for (log = rig_log(rig); *log; log = strchr(log, '\n') + 1) {
		assert_int_equal(strncmp(strchr(log, '\n') - 7, " 0.0000", 7), 0);
		lines++;
	}
	assert_int_equal(lines, rig->driver->n_pwm);
}

/* Not even when the wire breaks in the middle of it: the very first transfer turns all off. */
static void a_set_up_that_breaks_off_leaves_nothing_on(void **state)
{
	struct rig *rig = *state;
	size_t transfers = 0;
	int r;

	do {
		rig_open(rig, NULL);
		assert_int_equal(rig_configure(rig), 0);
		for (unsigned i = 0; i < rig->driver->n_pwm; i++)
			assert_int_equal(set_duty(rig, i, rig->driver->pwm_steps), 0);
		rig_open(rig, NULL);
		rig_cut(rig, ++transfers);
		r = rig_configure(rig);
		for (unsigned i = 0; i < rig->driver->n_pwm; i++)
			assert_near(pin(rig, i), 0, 0);
	} while (r < 0);
	assert_true(transfers > 1);
}

static void every_step_is_on_the_pin_and_on_no_other(void **state)
{
	struct rig *rig = *state;
	const unsigned channels[] = {0, rig->driver->n_pwm / 2, rig->driver->n_pwm - 1};
	uint32_t steps = rig->driver->pwm_steps;

	assert_int_equal(rig_configure(rig), 0);
	for (unsigned i = 0; i < rig->driver->n_pwm; i++)
		assert_int_equal(set_duty(rig, i, i + 1), 0);
	for (size_t c = 0; c < sizeof(channels) / sizeof(*channels); c++) {
		for (uint32_t duty = 0; duty <= steps; duty++) {
			assert_int_equal(set_duty(rig, channels[c], duty), 0);
			for (unsigned i = 0; i < rig->driver->n_pwm; i++)
				assert_near(pin(rig, i),
					(i == channels[c] ? duty : i + 1) / (double)steps, 1e-9);
		}
		assert_int_equal(set_duty(rig, channels[c], channels[c] + 1), 0);
	}
}

/* From one duty to another there is no third: each change is one line of the wire log. */
static void a_change_shows_no_mixed_value(void **state)
{
	struct rig *rig = *state;
	const uint32_t steps = rig->driver->pwm_steps;
	const uint32_t duties[] = {0x0ff, 0x100, steps, 0, steps - 1, 1, steps, 0xf0f, 0x0f0, 0};

	assert_int_equal(rig_configure(rig), 0);
	for (size_t i = 0; i < sizeof(duties) / sizeof(*duties); i++) {
		const char *log;

		rig_log_clear(rig);
		assert_int_equal(set_duty(rig, 1, duties[i] % (steps + 1)), 0);
		log = rig_log(rig);
		assert_non_null(strstr(log, "pwm " RIG_PART ".1 "));
		assert_ptr_equal(strchr(log, '\n'), log + strlen(log) - 1);
	}
}

static void what_it_does_not_have_is_refused(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;
	struct pwm_output *output;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(set_duty(rig, 0, driver->pwm_steps + 1), -EINVAL);
	assert_int_equal(set_duty(rig, driver->n_pwm, 0), -EINVAL);
	assert_int_equal(chip_pwm_output(rig->chip, driver->n_pwm, false, &output), -ENOENT);
	assert_near(pin(rig, 0), 0, 0);
}

static void it_serves_as_a_pwm_output(void **state)
{
	struct rig *rig = *state;
	struct pwm_output *plain, *inverted;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_pwm_output(rig->chip, 0, false, &plain), 0);
	assert_int_equal(chip_pwm_output(rig->chip, 1, true, &inverted), 0);
	assert_string_equal(inverted->name, RIG_PART ".1");
	assert_int_equal(pwm_set(plain, plain->steps / 4), 0);
	assert_int_equal(pwm_set(inverted, inverted->steps / 4), 0);
	assert_near(pin(rig, 0), 0.25, 1.0 / plain->steps);
	assert_near(pin(rig, 1), 0.75, 1.0 / plain->steps);
	pwm_close(plain);
	pwm_close(inverted);
}

/* Polarity is a parameter's business, so the distance from off is what counts. */
static void assert_works_with(struct rig *rig, const double *params)
{
	uint32_t steps = rig->driver->pwm_steps;
	double off;

	if (rig->driver->check && rig->driver->check(params))
		return; /* a combination that the map cannot have */
	rig_open(rig, params);
	assert_int_equal(rig_configure(rig), 0);
	off = pin(rig, 0);
	assert_true(off <= 0 || off >= 1);
	for (uint32_t duty = 0; duty <= steps; duty += steps / 16) {
		assert_int_equal(set_duty(rig, 0, duty), 0);
		assert_near(fabs(pin(rig, 0) - off), duty / (double)steps, 1e-9);
	}
	assert_near(pin(rig, 1), off, 0);
}

static void it_works_at_the_limits_of_its_parameters(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;
	double params[32];

	assert_true(driver->n_params <= 32);
	for (size_t i = 0; i < driver->n_params; i++)
		params[i] = driver->params[i].default_value;
	for (size_t i = 0; i < driver->n_params; i++) {
		params[i] = driver->params[i].min;
		assert_works_with(rig, params);
		params[i] = driver->params[i].max;
		assert_works_with(rig, params);
		params[i] = driver->params[i].default_value;
	}
}

/* It answers again after it lost its power, but with none of its settings. */
static void it_says_when_it_lost_its_settings(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(set_duty(rig, 0, rig->driver->pwm_steps), 0);
	assert_int_equal(chip_probe(rig->chip), 0);
	assert_true(pin(rig, 0) > 0.5);
	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	assert_int_equal(chip_probe(rig->chip), -ENXIO);
	rig_fault(rig, SIM_FAULT_NONE);
	assert_int_equal(chip_probe(rig->chip), -ENODEV);
	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(chip_probe(rig->chip), 0);
}

const struct driver_check CHECKS_PWM[] = {
	{"reproduces its vectors", is_pwm, it_reproduces_its_vectors},
	{"every output of a predecessor goes off and stays off", is_pwm,
		every_output_of_a_predecessor_goes_off_and_stays_off},
	{"a set-up that breaks off leaves nothing on", is_pwm,
		a_set_up_that_breaks_off_leaves_nothing_on},
	{"every step is on the pin and on no other", is_pwm,
		every_step_is_on_the_pin_and_on_no_other},
	{"a change shows no mixed value", is_pwm, a_change_shows_no_mixed_value},
	{"what it does not have is refused", is_pwm, what_it_does_not_have_is_refused},
	{"serves as a PWM output", is_pwm, it_serves_as_a_pwm_output},
	{"says when it lost its settings", is_pwm, it_says_when_it_lost_its_settings},
	{"works at the limits of its parameters", is_pwm, it_works_at_the_limits_of_its_parameters},
	{NULL, NULL, NULL},
};
