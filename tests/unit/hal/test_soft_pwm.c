/* SPDX-License-Identifier: MIT */
/*
 * The thread of software PWM, on lines that remember their edges. Nothing here sleeps: the tests
 * wait for the n-th edge, and where they want to see that an output makes none, another output's
 * edges are the clock. Times are only checked for never being early, which no load can break.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "soft_pwm.h"
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum { MAX_EDGES = 4096, PATIENCE_S = 30, PERIOD_US = 1000 };

struct edge {
	uint64_t time_ns;
	bool high;
	bool by_caller;
};

struct recorder {
	struct gpio_line line;
	pthread_t caller;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct edge edges[MAX_EDGES];
	unsigned n_edges;
	unsigned fail_at; /* the write of this number, from 1, fails; 0: none */
	unsigned n_closed;
	/* As the thread's first write found it. */
	sigset_t thread_mask;
	char thread_name[16];
	int thread_slack_ns;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void note_thread(struct recorder *recorder)
{
	pthread_sigmask(SIG_SETMASK, NULL, &recorder->thread_mask);
	pthread_getname_np(pthread_self(), recorder->thread_name, sizeof(recorder->thread_name));
	recorder->thread_slack_ns = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
}

static int recorder_set(struct gpio_line *line, bool value)
{
	struct recorder *recorder = (struct recorder *)(void *)line;
	bool by_caller = pthread_equal(pthread_self(), recorder->caller);
	bool fails;

	pthread_mutex_lock(&recorder->lock);
	if (!by_caller && recorder->thread_name[0] == '\0')
		note_thread(recorder);
	if (recorder->n_edges < MAX_EDGES)
		recorder->edges[recorder->n_edges] =
			(struct edge){clock_ns(CLOCK_MONOTONIC), value, by_caller};
	recorder->n_edges++;
	fails = recorder->n_edges == recorder->fail_at;
	pthread_cond_broadcast(&recorder->more);
	pthread_mutex_unlock(&recorder->lock);
	return fails ? -ENODEV : 0;
}

static void recorder_close(struct gpio_line *line)
{
	((struct recorder *)(void *)line)->n_closed++;
}

static const struct gpio_line_ops RECORDER_OPS = {recorder_set, recorder_close};

static void recorder_init(struct recorder *recorder)
{
	memset(recorder, 0, sizeof(*recorder));
	recorder->line.ops = &RECORDER_OPS;
	strcpy(recorder->line.name, "GPIO17");
	recorder->caller = pthread_self();
	pthread_mutex_init(&recorder->lock, NULL);
	pthread_cond_init(&recorder->more, NULL);
}

static unsigned edges_so_far(struct recorder *recorder)
{
	unsigned n;

	pthread_mutex_lock(&recorder->lock);
	n = recorder->n_edges;
	pthread_mutex_unlock(&recorder->lock);
	return n;
}

static void wait_for_edges(struct recorder *recorder, unsigned n)
{
	struct timespec limit;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&recorder->lock);
	while (recorder->n_edges < n && r == 0)
		r = pthread_cond_timedwait(&recorder->more, &recorder->lock, &limit);
	pthread_mutex_unlock(&recorder->lock);
	assert_int_equal(r, 0);
}

static void wait_for_more_edges(struct recorder *recorder, unsigned more)
{
	wait_for_edges(recorder, edges_so_far(recorder) + more);
}

/* One output on one line. */
struct rig {
	struct recorder recorder;
	struct soft_pwm *soft;
	struct pwm_output *output;
};

static void rig_open(struct rig *rig)
{
	recorder_init(&rig->recorder);
	assert_int_equal(soft_pwm_new(&rig->soft), 0);
	assert_int_equal(
		soft_pwm_output(rig->soft, &rig->recorder.line, PERIOD_US, &rig->output), 0);
	assert_int_equal(rig->output->steps, SOFT_PWM_STEPS);
	assert_string_equal(rig->output->name, "GPIO17");
	assert_int_equal(rig->recorder.n_edges, 1); /* low from the start */
	assert_false(rig->recorder.edges[0].high);
}

static void rig_close(struct rig *rig)
{
	struct edge last;

	rig->output = pwm_close(rig->output);
	last = rig->recorder.edges[(rig->recorder.n_edges - 1) % MAX_EDGES];
	assert_int_equal(rig->recorder.n_closed, 1);
	if (rig->recorder.n_edges <= MAX_EDGES)
		assert_false(last.high);
	assert_null(soft_pwm_free(rig->soft));
}

static void test_pulses_alternate_and_are_never_early(void **state)
{
	struct rig rig;
	uint64_t start;

	(void)state;
	rig_open(&rig);
	start = clock_ns(CLOCK_MONOTONIC);
	assert_int_equal(pwm_set(rig.output, 250), 0);
	wait_for_edges(&rig.recorder, 41);
	assert_int_equal(pwm_set(rig.output, 0), 0);
	for (unsigned i = 1; i < 41; i++) {
		uint64_t period = (i - 1) / 2;
		bool high = i % 2 == 1;

		assert_int_equal(rig.recorder.edges[i].high, high);
		assert_false(rig.recorder.edges[i].by_caller);
		assert_true(rig.recorder.edges[i].time_ns >=
			start + period * 1000000 + (high ? 0 : 250000));
	}
	rig_close(&rig);
}

static void test_zero_and_full_are_written_before_set_returns(void **state)
{
	(void)state;
	for (uint32_t duty = 0; duty <= SOFT_PWM_STEPS; duty += SOFT_PWM_STEPS) {
		struct rig rig;
		struct edge last;
		unsigned n;

		rig_open(&rig);
		assert_int_equal(pwm_set(rig.output, 500), 0);
		wait_for_edges(&rig.recorder, 6);
		assert_int_equal(pwm_set(rig.output, duty), 0);
		n = edges_so_far(&rig.recorder);
		last = rig.recorder.edges[n - 1];
		assert_true(last.by_caller);
		assert_int_equal(last.high, duty > 0);
		rig_close(&rig);
	}
}

static void test_output_without_pulses_is_left_alone(void **state)
{
	struct recorder other;
	struct pwm_output *clock;
	struct rig rig;
	unsigned n;

	(void)state;
	rig_open(&rig);
	recorder_init(&other);
	assert_int_equal(soft_pwm_output(rig.soft, &other.line, PERIOD_US, &clock), 0);
	assert_int_equal(pwm_set(rig.output, 500), 0);
	assert_int_equal(pwm_set(clock, 500), 0);
	wait_for_edges(&rig.recorder, 6);
	assert_int_equal(pwm_set(rig.output, SOFT_PWM_STEPS), 0);
	n = edges_so_far(&rig.recorder);
	wait_for_more_edges(&other, 20);
	assert_int_equal(edges_so_far(&rig.recorder), n);
	pwm_close(clock);
	assert_int_equal(edges_so_far(&rig.recorder), n);
	rig_close(&rig);
}

/* The state letter of the soft-pwm thread, as /proc shows it: 'S' is asleep. */
static char thread_state(void)
{
	DIR *tasks = opendir("/proc/self/task");
	char letter = '?';
	struct dirent *task;

	assert_non_null(tasks);
	while ((task = readdir(tasks))) {
		char path[300], text[64];
		const char *name_end;
		FILE *file;
		size_t n;

		snprintf(path, sizeof(path), "/proc/self/task/%s/stat", task->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		n = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
		text[n] = '\0';
		name_end = strstr(text, "(soft-pwm) ");
		if (name_end)
			letter = name_end[strlen("(soft-pwm) ")];
	}
	closedir(tasks);
	return letter;
}

/* With no pulses since its start it has no deadline to wake up by, so only the new duty can. */
static void test_sleeping_thread_wakes_for_a_new_duty(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	while (thread_state() != 'S')
		sched_yield();
	assert_int_equal(pwm_set(rig.output, 300), 0);
	wait_for_edges(&rig.recorder, 5);
	rig_close(&rig);
}

static void test_waiting_for_an_edge_takes_no_cpu(void **state)
{
	struct recorder recorder;
	struct pwm_output *output;
	struct soft_pwm *soft;
	uint64_t start, cpu;

	(void)state;
	recorder_init(&recorder);
	assert_int_equal(soft_pwm_new(&soft), 0);
	assert_int_equal(soft_pwm_output(soft, &recorder.line, SOFT_PWM_PERIOD_MAX_US, &output), 0);
	start = clock_ns(CLOCK_MONOTONIC);
	cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	assert_int_equal(pwm_set(output, 500), 0);
	wait_for_edges(&recorder, 5);
	cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	assert_true(cpu < (clock_ns(CLOCK_MONOTONIC) - start) / 20);
	pwm_close(output);
	soft_pwm_free(soft);
}

static void test_pulses_stop_and_go(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	for (unsigned n = 0; n < 20; n++) {
		assert_int_equal(pwm_set(rig.output, 300), 0);
		wait_for_more_edges(&rig.recorder, 3);
		assert_int_equal(pwm_set(rig.output, n % 2 ? SOFT_PWM_STEPS : 0), 0);
	}
	rig_close(&rig);
}

static void test_error_of_the_thread_comes_with_the_next_set(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig.recorder.fail_at = 4;
	assert_int_equal(pwm_set(rig.output, 500), 0);
	wait_for_edges(&rig.recorder, 6);
	assert_int_equal(pwm_set(rig.output, 0), -ENODEV);
	assert_false(rig.recorder.edges[rig.recorder.n_edges - 1].high); /* in force all the same */
	assert_int_equal(pwm_set(rig.output, 0), 0);
	rig_close(&rig);
}

static void test_error_of_the_callers_write_is_returned(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig.recorder.fail_at = 2;
	assert_int_equal(pwm_set(rig.output, SOFT_PWM_STEPS), -ENODEV);
	assert_int_equal(pwm_set(rig.output, SOFT_PWM_STEPS), 0);
	rig_close(&rig);
}

static void test_thread_takes_no_signals_and_no_slack(void **state)
{
	const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, SIGALRM, SIGPIPE};
	struct rig rig;
	sigset_t mine;

	(void)state;
	rig_open(&rig);
	assert_int_equal(pwm_set(rig.output, 500), 0);
	wait_for_edges(&rig.recorder, 2);
	assert_int_equal(pwm_set(rig.output, 0), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &mine);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		assert_int_equal(sigismember(&rig.recorder.thread_mask, signals[i]), 1);
		assert_int_equal(sigismember(&mine, signals[i]), 0);
	}
	assert_string_equal(rig.recorder.thread_name, "soft-pwm");
	/* A real-time thread has none at all. */
	assert_in_range(rig.recorder.thread_slack_ns, 0, 1);
	rig_close(&rig);
}

static void test_thread_comes_back_after_the_last_output_went(void **state)
{
	struct soft_pwm *soft;

	(void)state;
	assert_int_equal(soft_pwm_new(&soft), 0);
	for (unsigned n = 0; n < 10; n++) {
		struct pwm_output *output;
		struct recorder recorder;

		recorder_init(&recorder);
		assert_int_equal(soft_pwm_output(soft, &recorder.line, PERIOD_US, &output), 0);
		assert_int_equal(pwm_set(output, 500), 0);
		wait_for_edges(&recorder, 4);
		assert_null(pwm_close(output));
		assert_int_equal(recorder.n_closed, 1);
		assert_false(recorder.edges[recorder.n_edges - 1].high);
		assert_true(recorder.edges[recorder.n_edges - 1].by_caller);
	}
	assert_null(soft_pwm_free(soft));
	assert_null(soft_pwm_free(NULL));
}

static void test_many_outputs_keep_their_own_duties(void **state)
{
	enum { N = 6 };
	struct recorder recorders[N];
	struct pwm_output *outputs[N];
	struct soft_pwm *soft;

	(void)state;
	assert_int_equal(soft_pwm_new(&soft), 0);
	for (unsigned i = 0; i < N; i++) {
		recorder_init(&recorders[i]);
		assert_int_equal(
			soft_pwm_output(soft, &recorders[i].line, 1000 + i * 700, &outputs[i]), 0);
	}
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < N; i++)
			assert_int_equal(pwm_set(outputs[i], 1 + (round * 7 + i * 150) % 999), 0);
		wait_for_more_edges(&recorders[round % N], 4);
	}
	/* In the middle, to take one out of the list's middle. */
	pwm_close(outputs[3]);
	assert_int_equal(recorders[3].n_closed, 1);
	for (unsigned i = 0; i < N; i++)
		if (i != 3) {
			wait_for_more_edges(&recorders[i], 4);
			pwm_close(outputs[i]);
		}
	for (unsigned i = 0; i < N; i++)
		for (unsigned e = 1; e + 1 < recorders[i].n_edges && e < MAX_EDGES; e++)
			assert_int_equal(recorders[i].edges[e].high, e % 2 == 1);
	soft_pwm_free(soft);
}

static void test_period_outside_its_bounds_closes_the_line(void **state)
{
	const uint32_t wrong[] = {0, SOFT_PWM_PERIOD_MIN_US - 1, SOFT_PWM_PERIOD_MAX_US + 1};
	struct pwm_output *output = NULL;
	struct soft_pwm *soft;

	(void)state;
	assert_int_equal(soft_pwm_new(&soft), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct recorder recorder;

		recorder_init(&recorder);
		assert_int_equal(soft_pwm_output(soft, &recorder.line, wrong[i], &output), -EINVAL);
		assert_null(output);
		assert_int_equal(recorder.n_closed, 1);
		assert_int_equal(recorder.n_edges, 0);
	}
	soft_pwm_free(soft);
}

static void test_line_that_cannot_be_driven_low_is_no_output(void **state)
{
	struct pwm_output *output = NULL;
	struct recorder recorder;
	struct soft_pwm *soft;

	(void)state;
	assert_int_equal(soft_pwm_new(&soft), 0);
	recorder_init(&recorder);
	recorder.fail_at = 1;
	assert_int_equal(soft_pwm_output(soft, &recorder.line, PERIOD_US, &output), -ENODEV);
	assert_null(output);
	assert_int_equal(recorder.n_closed, 1);
	soft_pwm_free(soft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pulses_alternate_and_are_never_early),
		cmocka_unit_test(test_zero_and_full_are_written_before_set_returns),
		cmocka_unit_test(test_output_without_pulses_is_left_alone),
		cmocka_unit_test(test_sleeping_thread_wakes_for_a_new_duty),
		cmocka_unit_test(test_waiting_for_an_edge_takes_no_cpu),
		cmocka_unit_test(test_pulses_stop_and_go),
		cmocka_unit_test(test_error_of_the_thread_comes_with_the_next_set),
		cmocka_unit_test(test_error_of_the_callers_write_is_returned),
		cmocka_unit_test(test_thread_takes_no_signals_and_no_slack),
		cmocka_unit_test(test_thread_comes_back_after_the_last_output_went),
		cmocka_unit_test(test_many_outputs_keep_their_own_duties),
		cmocka_unit_test(test_period_outside_its_bounds_closes_the_line),
		cmocka_unit_test(test_line_that_cannot_be_driven_low_is_no_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
