/* SPDX-License-Identifier: MIT */
/*
 * The pulses of one software PWM output in time. Pure: the caller brings the time, writes the level
 * and keeps threads apart.
 *
 * Edges lie on an absolute grid: period k begins at start + k * period, however late its
 * predecessors were written. An edge that is late is made up for at once, so no pulse and no gap is
 * lost, however short; only whole periods are skipped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct soft_pwm_wave {
	uint64_t period_ns;
	uint64_t start_ns; /* of the present period */
	uint32_t steps;    /* of a full duty */
	uint32_t duty;     /* of the present period */
	/* From the next period on; 0 < next_duty < steps while there are pulses. */
	uint32_t next_duty;
	bool high; /* the level that the output shall have now */
};

/* Low, without pulses. */
void soft_pwm_wave_init(struct soft_pwm_wave *wave, uint64_t period_ns, uint32_t steps);

/*
 * duty is 0 to steps. 0 and steps end the pulses at once, and the caller writes wave->high. Others
 * count from the end of the present period, or, where there were no pulses, begin one now.
 */
void soft_pwm_wave_set(struct soft_pwm_wave *wave, uint32_t duty, uint64_t now_ns);

/* The time of the next edge, which may be past already; UINT64_MAX when there is none. */
uint64_t soft_pwm_wave_next_ns(const struct soft_pwm_wave *wave);

/*
 * When an edge is due, goes past it, changes wave->high and returns true: write that level. One
 * edge a call, so a late caller finds the next one due as well.
 */
bool soft_pwm_wave_step(struct soft_pwm_wave *wave, uint64_t now_ns);
