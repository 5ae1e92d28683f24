/* SPDX-License-Identifier: MIT */
#include "sim_internal.h"

#include <errno.h>
#include <stdlib.h>

enum { LED_FULL = 255 }; /* as with most kernel LEDs that have brightness */

struct sim_pwm {
	struct pwm_output base;
	struct sim_board *board;   /* borrowed */
	struct sim_output *output; /* borrowed from the board */
};

static int sim_pwm_set(struct pwm_output *base, uint32_t duty_steps)
{
	struct sim_pwm *pwm = (struct sim_pwm *)base;

	return sim_output_drive(pwm->board, pwm->output, (double)duty_steps / base->steps);
}

static void sim_pwm_close(struct pwm_output *base)
{
	struct sim_pwm *pwm = (struct sim_pwm *)base;

	sim_output_release(pwm->board, pwm->output);
	free(pwm);
}

/* One after the other: each channel of the simulated kernel has a period of its own. */
static int sim_pwm_set_period(struct pwm_output *base, uint32_t period_ns)
{
	struct sim_pwm *pwm = (struct sim_pwm *)base;

	return sim_output_set_period(pwm->board, pwm->output, period_ns);
}

static const struct pwm_ops SIM_PWM_OPS = {
	.set = sim_pwm_set, .set_period = sim_pwm_set_period, .close = sim_pwm_close};
static const struct pwm_ops SIM_LED_OPS = {.set = sim_pwm_set, .close = sim_pwm_close};

static int hold(struct sim_pwm *pwm, struct hal_error *error)
{
	struct sim_board *board = pwm->board;
	int r = -ENOMEM;

	pthread_mutex_lock(&board->lock);
	pwm->output = sim_output_get(board, pwm->base.name, SIM_OUTPUT_PWM);
	if (pwm->output) {
		/* A fault set before the first opening named it without knowing its kind. */
		if (!pwm->output->seen)
			pwm->output->kind = SIM_OUTPUT_PWM;
		r = sim_output_open(board, pwm->output, "tosd", pwm->base.inverted ? 1 : 0, error);
	}
	pthread_mutex_unlock(&board->lock);
	return r;
}

static int open_output(struct board *board, const struct pwm_output *base, struct hal_error *error,
	struct pwm_output **ret_output)
{
	struct sim_pwm *pwm = calloc(1, sizeof(*pwm));
	int r;

	if (!pwm)
		return -ENOMEM;
	pwm->base = *base;
	pwm->base.trace = board->trace;
	pwm->board = sim_board_of(board);
	r = hold(pwm, error);
	if (r < 0) {
		free(pwm);
		return r;
	}
	*ret_output = &pwm->base;
	return 0;
}

int sim_open_pwm(struct board *board, const struct pwm_request *request, struct hal_error *error,
	struct pwm_output **ret_output)
{
	struct pwm_output base = {
		.steps = request->period_ns, /* as fine as the kernel's interface allows */
		.period_ns = request->period_ns,
		.ops = &SIM_PWM_OPS,
		.inverted = request->inverted,
	};

	if (request->period_ns == 0)
		return -EINVAL;
	(void)snprintf(base.name, sizeof(base.name), "%.50s.%u", request->chip, request->channel);
	return open_output(board, &base, error, ret_output);
}

int sim_open_led(struct board *board, const char *name, struct hal_error *error,
	struct pwm_output **ret_output)
{
	struct pwm_output base = {.steps = LED_FULL, .ops = &SIM_LED_OPS};

	(void)snprintf(base.name, sizeof(base.name), BOARD_LED_NAME, name);
	return open_output(board, &base, error, ret_output);
}
