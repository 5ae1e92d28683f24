/* SPDX-License-Identifier: MIT */
#include "pwm.h"
#include "hal_error.h"
#include <errno.h>
#include <inttypes.h>

typedef int set_fn(struct pwm_output *output, uint32_t duty_steps);

static const char *outcome(int r)
{
	if (r < 0)
		return hal_strerror(r);
	return r == 0 ? "ok" : "waits";
}

static int set_with(set_fn *set, struct pwm_output *output, uint32_t duty_steps)
{
	int r = set(output, output->inverted ? output->steps - duty_steps : duty_steps);

	if (output->trace)
		hal_trace_printf(output->trace, output->name, "duty %" PRIu32 "/%" PRIu32 "%s %s",
			duty_steps, output->steps, output->inverted ? " inverted" : "", outcome(r));
	return r < 0 ? r : 0;
}

int pwm_set(struct pwm_output *output, uint32_t duty_steps)
{
	if (!output || duty_steps > output->steps)
		return -EINVAL;
	return set_with(output->ops->set, output, duty_steps);
}

int pwm_set_soon(struct pwm_output *output, uint32_t duty_steps)
{
	if (!output || duty_steps > output->steps)
		return -EINVAL;
	return set_with(output->ops->set_soon ? output->ops->set_soon : output->ops->set, output,
		duty_steps);
}

int pwm_set_period(struct pwm_output *output, uint32_t period_ns)
{
	int r;

	if (!output->ops->set_period)
		return -EOPNOTSUPP;
	r = pwm_set(output, 0);
	if (r < 0 || period_ns == output->period_ns)
		return r;
	r = output->ops->set_period(output, period_ns);
	if (r == 0)
		output->period_ns = period_ns;
	if (output->trace)
		hal_trace_printf(output->trace, output->name, "period %" PRIu32 " ns %s", period_ns,
			r == 0 ? "ok" : hal_strerror(r));
	return r;
}

struct pwm_output *pwm_close(struct pwm_output *output)
{
	if (output)
		output->ops->close(output);
	return NULL;
}
