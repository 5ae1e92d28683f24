/* SPDX-License-Identifier: MIT */
#include "soft_pwm_wave.h"

static bool has_pulses(const struct soft_pwm_wave *wave)
{
	return wave->duty > 0 && wave->duty < wave->steps;
}

void soft_pwm_wave_init(struct soft_pwm_wave *wave, uint64_t period_ns, uint32_t steps)
{
	*wave = (struct soft_pwm_wave){.period_ns = period_ns, .steps = steps};
}

void soft_pwm_wave_set(struct soft_pwm_wave *wave, uint32_t duty, uint64_t now_ns)
{
	bool pulses = has_pulses(wave);

	wave->next_duty = duty;
	if (duty == 0 || duty == wave->steps) {
		wave->duty = duty;
		wave->high = duty > 0;
	} else if (!pulses) {
		/* Low, at the end of a period that has just passed: its first edge is due now. */
		wave->duty = duty;
		wave->high = false;
		wave->start_ns = now_ns - wave->period_ns;
	}
}

uint64_t soft_pwm_wave_next_ns(const struct soft_pwm_wave *wave)
{
	if (!has_pulses(wave))
		return UINT64_MAX;
	if (wave->high)
		return wave->start_ns + wave->period_ns * wave->duty / wave->steps;
	return wave->start_ns + wave->period_ns;
}

bool soft_pwm_wave_step(struct soft_pwm_wave *wave, uint64_t now_ns)
{
	if (now_ns < soft_pwm_wave_next_ns(wave) || !has_pulses(wave))
		return false;
	wave->high = !wave->high;
	if (wave->high) {
		wave->start_ns += (now_ns - wave->start_ns) / wave->period_ns * wave->period_ns;
		wave->duty = wave->next_duty;
	}
	return true;
}
