/* SPDX-License-Identifier: MIT */
/*
 * One thread makes the edges of all outputs. It waits on a condition variable until the earliest
 * deadline (absolute, monotonic), so that a new duty can wake it. If no output has pulses, it waits
 * without a deadline and costs nothing.
 *
 * The thread holds the lock while it writes an edge; the caller holds it while it writes a full or
 * zero duty. So the caller has the last word, and waits for one round of edges at most. The mutex
 * inherits priority: otherwise a caller that is preempted while holding it would hold up the
 * real-time thread. On a kernel without such mutexes that can happen, and an edge may come late.
 * Such a kernel is not refused, because most maps have no software PWM at all.
 */
#include "soft_pwm.h"

#include "clock.h"
#include "soft_pwm_wave.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

enum {
	/* Above everything ordinary, below the kernel's own interrupt threads, which have 50. */
	SOFT_PWM_PRIORITY = 20,
	SOFT_PWM_TIMER_SLACK_NS = 1, /* by default a timer may be 50 us late, 5 % of 1 ms */
};

struct soft_pwm_output {
	struct pwm_output base; /* first */
	struct soft_pwm *soft;
	struct gpio_line *line; /* owned */
	struct soft_pwm_wave wave;
	int error; /* of the thread's first failed write since the last pwm_set() */
	struct soft_pwm_output *next;
};

struct soft_pwm {
	pthread_t thread; /* runs while there are outputs */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct soft_pwm_output *outputs; /* this and all below are under the lock */
	bool stop;
};

/* --- The thread ------------------------------------------------------------------------------- */

/* Makes the edges that are due, one for each output. Returns the time of the next one. */
static uint64_t soft_pwm_make_edges(struct soft_pwm *soft, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (struct soft_pwm_output *output = soft->outputs; output; output = output->next) {
		uint64_t output_next;

		if (soft_pwm_wave_step(&output->wave, now)) {
			/* Not gpio_line_set(): its observer would be called for every pulse. */
			int r = output->line->ops->set(output->line, output->wave.high);

			if (r < 0 && output->error == 0)
				output->error = r;
		}
		output_next = soft_pwm_wave_next_ns(&output->wave);
		if (output_next < next)
			next = output_next;
	}
	return next;
}

static void *soft_pwm_run(void *userdata)
{
	struct soft_pwm *soft = userdata;
	const struct sched_param param = {.sched_priority = SOFT_PWM_PRIORITY};

	/* Both only improve precision; without the right to set them, pulses are less precise. */
	prctl(PR_SET_TIMERSLACK, SOFT_PWM_TIMER_SLACK_NS, 0, 0, 0);
	pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);

	pthread_mutex_lock(&soft->lock);
	while (!soft->stop) {
		uint64_t next = soft_pwm_make_edges(soft, clock_now_ns());
		const struct timespec deadline = {
			.tv_sec = (time_t)(next / 1000000000u),
			.tv_nsec = (long)(next % 1000000000u),
		};

		if (next == UINT64_MAX)
			pthread_cond_wait(&soft->changed, &soft->lock);
		else
			pthread_cond_timedwait(&soft->changed, &soft->lock, &deadline);
	}
	pthread_mutex_unlock(&soft->lock);
	return NULL;
}

/* Signals are the main thread's: the new thread inherits a mask that blocks them all. */
static int soft_pwm_start(struct soft_pwm *soft)
{
	sigset_t all, before;
	int r;

	soft->stop = false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&soft->thread, NULL, soft_pwm_run, soft);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return -r;
	pthread_setname_np(soft->thread, "soft-pwm");
	return 0;
}

static void soft_pwm_stop(struct soft_pwm *soft)
{
	pthread_mutex_lock(&soft->lock);
	soft->stop = true;
	pthread_cond_signal(&soft->changed);
	pthread_mutex_unlock(&soft->lock);
	pthread_join(soft->thread, NULL);
}

/* --- An output -------------------------------------------------------------------------------- */

/* The new duty is in force even if this returns an earlier error of the thread. */
static int soft_pwm_set(struct pwm_output *base, uint32_t duty_steps)
{
	struct soft_pwm_output *output = (struct soft_pwm_output *)(void *)base;
	struct soft_pwm *soft = output->soft;
	int r, error;

	pthread_mutex_lock(&soft->lock);
	soft_pwm_wave_set(&output->wave, duty_steps, clock_now_ns());
	if (duty_steps == 0 || duty_steps == SOFT_PWM_STEPS)
		r = gpio_line_set(output->line, output->wave.high);
	else
		r = 0;
	error = output->error;
	output->error = 0;
	pthread_cond_signal(&soft->changed);
	pthread_mutex_unlock(&soft->lock);
	return error < 0 ? error : r;
}

static void soft_pwm_close(struct pwm_output *base)
{
	struct soft_pwm_output *output = (struct soft_pwm_output *)(void *)base;
	struct soft_pwm *soft = output->soft;
	struct soft_pwm_output **link = &soft->outputs;
	bool last;

	soft_pwm_set(base, 0);
	pthread_mutex_lock(&soft->lock);
	while (*link != output)
		link = &(*link)->next;
	*link = output->next;
	last = !soft->outputs;
	pthread_mutex_unlock(&soft->lock);
	if (last)
		soft_pwm_stop(soft);
	gpio_line_close(output->line);
	free(output);
}

static const struct pwm_ops soft_pwm_ops = {
	.set = soft_pwm_set,
	.close = soft_pwm_close,
};

int soft_pwm_output(struct soft_pwm *soft, struct gpio_line *line, uint32_t period_us,
	struct pwm_output **ret_output)
{
	struct soft_pwm_output *output = NULL;
	int r = -EINVAL;

	if (period_us < SOFT_PWM_PERIOD_MIN_US || period_us > SOFT_PWM_PERIOD_MAX_US)
		goto fail;
	r = -ENOMEM;
	output = calloc(1, sizeof(*output));
	if (!output)
		goto fail;
	r = gpio_line_set(line, false);
	if (r < 0)
		goto fail;
	/* Only this thread adds and removes outputs, so it may look without the lock. */
	if (!soft->outputs) {
		r = soft_pwm_start(soft);
		if (r < 0)
			goto fail;
	}
	output->base.ops = &soft_pwm_ops;
	output->base.trace = line->trace;
	output->base.steps = SOFT_PWM_STEPS;
	output->base.period_ns = period_us * 1000;
	snprintf(output->base.name, sizeof(output->base.name), "%s", line->name);
	output->soft = soft;
	output->line = line;
	soft_pwm_wave_init(&output->wave, (uint64_t)period_us * 1000u, SOFT_PWM_STEPS);
	pthread_mutex_lock(&soft->lock);
	output->next = soft->outputs;
	soft->outputs = output;
	pthread_mutex_unlock(&soft->lock);
	*ret_output = &output->base;
	return 0;
fail:
	free(output);
	gpio_line_close(line);
	return r;
}

int soft_pwm_new(struct soft_pwm **ret_soft)
{
	struct soft_pwm *soft = calloc(1, sizeof(*soft));
	pthread_mutexattr_t mutex_attr;
	pthread_condattr_t cond_attr;
	int r;

	if (!soft)
		return -ENOMEM;
	pthread_mutexattr_init(&mutex_attr);
	pthread_mutexattr_setprotocol(&mutex_attr, PTHREAD_PRIO_INHERIT);
	r = -pthread_mutex_init(&soft->lock, &mutex_attr);
	pthread_mutexattr_destroy(&mutex_attr);
	if (r == -ENOTSUP)
		r = -pthread_mutex_init(&soft->lock, NULL);
	if (r < 0) {
		free(soft);
		return r;
	}
	pthread_condattr_init(&cond_attr);
	pthread_condattr_setclock(&cond_attr, CLOCK_MONOTONIC);
	pthread_cond_init(&soft->changed, &cond_attr);
	pthread_condattr_destroy(&cond_attr);
	*ret_soft = soft;
	return 0;
}

struct soft_pwm *soft_pwm_free(struct soft_pwm *soft)
{
	if (!soft)
		return NULL;
	pthread_cond_destroy(&soft->changed);
	pthread_mutex_destroy(&soft->lock);
	free(soft);
	return NULL;
}
