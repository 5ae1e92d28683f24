/* SPDX-License-Identifier: MIT */
#include "pwm_setup.h"

size_t pwm_setup(const struct pwm_state *now, uint64_t period_ns, bool high,
	struct pwm_write ret_writes[PWM_WRITES_MAX])
{
	size_t n = 0;
	/* Gives a steady level under the old period, and is a legal duty under the new one. */
	uint64_t meanwhile_ns = now->period_ns < period_ns ? now->period_ns : period_ns;

	if (now->inversed && now->enabled)
		ret_writes[n++] = (struct pwm_write){PWM_FILE_ENABLE, 0};
	if (now->period_ns > 0)
		ret_writes[n++] = (struct pwm_write){PWM_FILE_DUTY_CYCLE, high ? meanwhile_ns : 0};
	ret_writes[n++] = (struct pwm_write){PWM_FILE_PERIOD, period_ns};
	ret_writes[n++] = (struct pwm_write){PWM_FILE_DUTY_CYCLE, high ? period_ns : 0};
	if (now->inversed)
		ret_writes[n++] = (struct pwm_write){PWM_FILE_POLARITY, 0};
	ret_writes[n++] = (struct pwm_write){PWM_FILE_ENABLE, 1};
	return n;
}
