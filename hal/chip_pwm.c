/* SPDX-License-Identifier: MIT */
/*
 * Channels that change together are written in runs of neighbours. If the duty of a channel in
 * between is known, the run includes it and writes that duty again. One more transfer would cost
 * more than those bytes, and the changes would not come together. A channel that gets the duty that
 * it already has shows no change. A duty is known if it was written and the part has confirmed it
 * since, and only as long as nothing has failed. A run never includes a channel whose duty is
 * unknown.
 */
#include "chip_pwm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct chip_pwm {
	struct pwm_output base;
	struct chip *chip; /* borrowed */
	unsigned channel;
};

struct chip_duty {
	uint32_t steps;   /* that the part has, if it is known */
	uint32_t waiting; /* to be written, if it waits */
	int result;       /* of what waited in this collection */
	bool is_known, waits;
};

int chip_pwm_allocate(struct chip *chip)
{
	/* One more than needed, since calloc() of nothing may return NULL. */
	chip->duties = calloc(chip->driver->n_pwm + 1, sizeof(*chip->duties));
	return chip->duties ? 0 : -ENOMEM;
}

static void forget_duties(struct chip *chip)
{
	for (unsigned i = 0; i < chip->driver->n_pwm; i++)
		chip->duties[i].is_known = false;
}

void chip_pwm_forget(struct chip *chip)
{
	forget_duties(chip);
	for (unsigned i = 0; i < chip->driver->n_pwm; i++) {
		if (chip->duties[i].waits)
			chip->duties[i].result = -ENODEV;
		chip->duties[i].waits = false;
	}
}

void chip_pwm_is_off(struct chip *chip)
{
	for (unsigned i = 0; i < chip->driver->n_pwm; i++) {
		chip->duties[i].steps = 0;
		chip->duties[i].is_known = true;
	}
}

int chip_probe(struct chip *chip)
{
	int r = chip->is_stuck ? -ETIMEDOUT : chip->driver->probe(chip);

	chip->is_stuck = r == -ETIMEDOUT;
	if (r < 0)
		forget_duties(chip);
	return r;
}

/* Writes n neighbours from first on, 1 to the driver's most. */
static int write_run(struct chip *chip, unsigned first, unsigned n, const uint32_t *steps)
{
	const struct driver *driver = chip->driver;
	int r = -ETIMEDOUT;

	if (!chip->is_stuck)
		r = n == 1 ? driver->set_duty(chip, first, *steps)
			   : driver->set_duties(chip, first, n, steps);
	chip->is_stuck = r == -ETIMEDOUT;
	if (r < 0)
		forget_duties(chip);
	for (unsigned i = 0; i < n && r == 0; i++) {
		chip->duties[first + i].steps = steps[i];
		chip->duties[first + i].is_known = true;
	}
	return r;
}

void chip_pwm_begin(struct chip *chip)
{
	for (unsigned i = 0; i < chip->driver->n_pwm; i++)
		chip->duties[i].result = 0;
}

void chip_pwm_collect(struct chip *chip, bool on)
{
	chip->collects = on;
}

bool chip_pwm_waits(const struct chip *chip, unsigned channel)
{
	return chip->duties[channel].waits;
}

int chip_pwm_result(const struct chip *chip, unsigned channel)
{
	return chip->duties[channel].result;
}

/* The longest run that begins here and ends with a channel that waits. */
static unsigned run_length(const struct chip *chip, unsigned first)
{
	const struct driver *driver = chip->driver;
	unsigned length = 1;

	for (unsigned i = 1; i < driver->duties_max && first + i < driver->n_pwm; i++) {
		const struct chip_duty *duty = &chip->duties[first + i];

		if (duty->waits)
			length = i + 1;
		else if (!duty->is_known)
			break;
	}
	return length;
}

/* Returns how many channels it has dealt with. */
static unsigned end_run(struct chip *chip, unsigned first, int *ret_result)
{
	uint32_t steps[DRIVER_DUTIES_MAX];
	unsigned n = run_length(chip, first);

	for (unsigned i = 0; i < n; i++) {
		const struct chip_duty *duty = &chip->duties[first + i];

		steps[i] = duty->waits ? duty->waiting : duty->steps;
	}
	*ret_result = write_run(chip, first, n, steps);
	for (unsigned i = 0; i < n; i++) {
		struct chip_duty *duty = &chip->duties[first + i];

		if (duty->waits)
			duty->result = *ret_result;
		duty->waits = false;
	}
	return n;
}

int chip_pwm_end(struct chip *chip)
{
	int error = 0;

	chip->collects = false;
	for (unsigned channel = 0; channel < chip->driver->n_pwm;) {
		int r = 0;

		channel += chip->duties[channel].waits ? end_run(chip, channel, &r) : 1;
		error = error < 0 ? error : r;
	}
	return error;
}

static int wait_with_others(struct chip_duty *duty, uint32_t steps)
{
	duty->waiting = steps;
	duty->waits = true;
	duty->result = 0;
	return 1;
}

static int chip_pwm_set(struct pwm_output *output, uint32_t duty_steps)
{
	struct chip_pwm *pwm = (struct chip_pwm *)output;
	struct chip_duty *duty = &pwm->chip->duties[pwm->channel];

	if (pwm->chip->collects && !duty->waits && duty->is_known && duty->steps == duty_steps)
		return wait_with_others(duty, duty_steps);
	duty->waits = false;
	duty->result = 0;
	return write_run(pwm->chip, pwm->channel, 1, &duty_steps);
}

static int chip_pwm_set_soon(struct pwm_output *output, uint32_t duty_steps)
{
	struct chip_pwm *pwm = (struct chip_pwm *)output;

	if (!pwm->chip->collects || pwm->chip->is_stuck)
		return chip_pwm_set(output, duty_steps);
	return wait_with_others(&pwm->chip->duties[pwm->channel], duty_steps);
}

static void chip_pwm_close(struct pwm_output *output)
{
	free(output);
}

static const struct pwm_ops CHIP_PWM_OPS = {
	.set = chip_pwm_set, .set_soon = chip_pwm_set_soon, .close = chip_pwm_close};

int chip_pwm_output(
	struct chip *chip, unsigned channel, bool inverted, struct pwm_output **ret_output)
{
	struct chip_pwm *pwm;

	if (channel >= chip->driver->n_pwm)
		return -ENOENT;
	pwm = calloc(1, sizeof(*pwm));
	if (!pwm)
		return -ENOMEM;
	pwm->base.ops = &CHIP_PWM_OPS;
	pwm->base.trace = chip->i2c ? chip->i2c->trace : chip->spi->trace;
	pwm->base.steps = chip->driver->pwm_steps;
	pwm->base.period_ns = chip->driver->pwm_period_ns(chip->params);
	pwm->base.inverted = inverted;
	(void)snprintf(pwm->base.name, sizeof(pwm->base.name), "%.50s.%u", chip->name, channel);
	pwm->chip = chip;
	pwm->channel = channel;
	*ret_output = &pwm->base;
	return 0;
}
