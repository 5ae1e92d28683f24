/* SPDX-License-Identifier: MIT */
#include "pwm.h"
#include "hal_error.h"
#include <errno.h>
#include <inttypes.h>

int pwm_set(struct pwm_output *output, uint32_t duty_steps)
{
	if (!output || duty_steps > output->steps)
		return -EINVAL;
	uint32_t electrical = output->inverted ? output->steps - duty_steps : duty_steps;
	int r = output->ops->set(output, electrical);
	if (output->trace)
		hal_trace_printf(output->trace, output->name, "duty %" PRIu32 "/%" PRIu32 "%s %s",
			duty_steps, output->steps, output->inverted ? " inverted" : "",
			r == 0 ? "ok" : hal_strerror(r));
	return r;
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
