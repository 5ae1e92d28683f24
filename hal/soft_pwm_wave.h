/* SPDX-License-Identifier: MIT */
/*
 * The timing of one software PWM output's pulses. Pure: the caller supplies the time, writes the
 * level and does the locking.
 *
 * Edges lie on an absolute grid: period k begins at start + k * period, however late earlier edges
 * were written. A late edge is caught up at once, so no pulse and no gap is lost, however short;
 * only whole periods are skipped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct soft_pwm_wave {
	uint64_t period_ns;
	uint64_t start_ns; /* start of the present period */
	uint32_t steps;    /* full duty */
	uint32_t duty;     /* duty of the present period */
	/* Duty from the next period on; 0 < next_duty < steps while there are pulses. */
	uint32_t next_duty;
	bool high; /* the level that the output should have now */
};

/* Starts low, without pulses. */
void soft_pwm_wave_init(struct soft_pwm_wave *wave, uint64_t period_ns, uint32_t steps);

/*
 * duty is 0 to steps. 0 and steps end the pulses at once, and the caller writes wave->high. Any
 * other duty takes effect at the end of the present period; if there were no pulses, a period
 * begins now.
 */
void soft_pwm_wave_set(struct soft_pwm_wave *wave, uint32_t duty, uint64_t now_ns);

/* The time of the next edge, possibly in the past; UINT64_MAX if there is none. */
uint64_t soft_pwm_wave_next_ns(const struct soft_pwm_wave *wave);

/*
 * If an edge is due, moves past it, changes wave->high and returns true: write that level. It moves
 * past one edge a call, so a late caller finds the next one due as well.
 */
bool soft_pwm_wave_step(struct soft_pwm_wave *wave, uint64_t now_ns);
