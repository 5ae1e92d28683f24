/* SPDX-License-Identifier: MIT */
/*
 * The sampler's threads, with a part that blocks until the test lets it go. Nothing sleeps:
 * everything is waited for, and LIMIT_S only ends a test that has failed anyway.
 */
#include "crew.h"

#include "clock.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT_S = 20, CALLS_MAX = 16 };

#define LIMIT_US      (UINT64_C(1000000) * LIMIT_S)
#define CALL_LIMIT_US UINT64_C(20000)

struct fixture {
	struct crew *crew;
	pthread_mutex_t mutex; /* over the orders */
	pthread_cond_t changed;
	struct call *call, *hand; /* what the leader shall do; NULL: done */
	bool end;
	unsigned n_turns, n_taken;
	struct call *taken[CALLS_MAX];
	struct call *blocked; /* the last one of which a leader was told */
	unsigned n_made;      /* calls that the leader itself has made to the end */
	sem_t ended;
};

/* The part's driver blocks on this. chip->state points to it. */
struct gate {
	sem_t entered, open;
};

struct state {
	struct gate *gate;
};

static int part_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	struct gate *gate = ((struct state *)chip->state)->gate;

	if (gate) {
		(void)sem_post(&gate->entered);
		(void)sem_wait(&gate->open);
	}
	ret_values[channel] = 23;
	return 0;
}

static const struct driver_channel CHANNELS[] = {{.name = "0", .min = -1000, .max = 1000}};
static const struct driver PART = {.name = "part",
	.bus = DRIVER_BUS_ATTRIBUTES,
	.channels = CHANNELS,
	.n_channels = 1,
	.collect = part_collect};

static atomic_bool spins;

static uint64_t spent_us(void)
{
	struct timespec spent;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
	return (uint64_t)spent.tv_sec * 1000000 + (uint64_t)spent.tv_nsec / 1000;
}

/* So that others have their turns beside it. */
static void be_ordinary(void)
{
	const struct sched_param param = {0};

	(void)pthread_setschedparam(pthread_self(), SCHED_OTHER, &param);
}

static int spinning_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	(void)chip;
	be_ordinary();
	while (atomic_load(&spins))
		;
	ret_values[channel] = 23;
	return 0;
}

static int pin_to_first_processor(void)
{
	cpu_set_t all, first;
	size_t number = 0;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return -errno;
	while (!CPU_ISSET(number, &all))
		number++;
	CPU_ZERO(&first);
	CPU_SET(number, &first);
	return sched_setaffinity(0, sizeof(first), &first) < 0 ? -errno : 0;
}

/* Takes a third of the limit, on a processor that has hardly any time for it. */
static int starved_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	uint64_t end_us;

	(void)chip;
	be_ordinary();
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
	(void)pin_to_first_processor();
	end_us = spent_us() + CALL_LIMIT_US / 3;
	while (spent_us() < end_us)
		;
	ret_values[channel] = 23;
	return 0;
}

static void *take_the_processor(void *userdata)
{
	(void)pin_to_first_processor();
	(void)sem_post(userdata);
	while (atomic_load(&spins))
		;
	return NULL;
}

static const struct driver SPINS = {.name = "spins",
	.bus = DRIVER_BUS_ATTRIBUTES,
	.channels = CHANNELS,
	.n_channels = 1,
	.collect = spinning_collect};
static const struct driver STARVES = {.name = "starves",
	.bus = DRIVER_BUS_ATTRIBUTES,
	.channels = CHANNELS,
	.n_channels = 1,
	.collect = starved_collect};

static struct call *make_call(struct gate *gate)
{
	struct call *call = calloc(1, sizeof(*call));
	struct state *state = calloc(1, sizeof(*state));
	struct chip *chip = calloc(1, sizeof(*chip));

	assert_true(call && state && chip);
	state->gate = gate;
	chip->driver = &PART;
	chip->state = state;
	call->kind = CALL_COLLECT;
	call->chip = chip;
	return call;
}

static void free_call(struct call *call)
{
	assert_null(call->crew);
	chip_close(call->chip);
	call_drop(call);
}

static void init_gate(struct gate *gate)
{
	assert_int_equal(sem_init(&gate->entered, 0, 0), 0);
	assert_int_equal(sem_init(&gate->open, 0, 0), 0);
}

static void await(sem_t *sem)
{
	struct timespec limit;

	(void)clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += LIMIT_S;
	assert_int_equal(sem_timedwait(sem, &limit), 0);
}

/* The leader does what it is told, and otherwise waits for that as it would for its deadlines. */
static bool lead(void *userdata, struct crew *crew, struct call *blocked)
{
	struct fixture *fixture = userdata;
	const struct timespec turn = {.tv_nsec = 1000000};
	struct call *call, *hand, *done;
	bool end;

	(void)pthread_mutex_lock(&fixture->mutex);
	fixture->n_turns++;
	if (blocked)
		fixture->blocked = blocked;
	call = fixture->call;
	hand = fixture->hand;
	fixture->call = fixture->hand = NULL;
	end = fixture->end;
	while ((done = crew_take(crew)))
		fixture->taken[fixture->n_taken++] = done;
	(void)pthread_cond_signal(&fixture->changed);
	(void)pthread_mutex_unlock(&fixture->mutex);
	if (end)
		return false;
	if (hand)
		crew_hand(crew, hand);
	if (call) {
		if (!crew_call(crew, call, clock_now_us(), CALL_LIMIT_US))
			return false;
		(void)pthread_mutex_lock(&fixture->mutex);
		fixture->n_made++;
		(void)pthread_mutex_unlock(&fixture->mutex);
	}
	crew_rest(crew);
	(void)nanosleep(&turn, NULL);
	return true;
}

static void end(void *userdata)
{
	(void)sem_post(&((struct fixture *)userdata)->ended);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct crew_settings settings = {.lead = lead, .end = end, .userdata = fixture};

	assert_non_null(fixture);
	*state = fixture;
	(void)pthread_mutex_init(&fixture->mutex, NULL);
	(void)pthread_cond_init(&fixture->changed, NULL);
	assert_int_equal(sem_init(&fixture->ended, 0, 0), 0);
	assert_int_equal(crew_new(&settings, &fixture->crew), 0);
	return 0;
}

static int close_crew(struct fixture *fixture, uint64_t timeout_us)
{
	(void)pthread_mutex_lock(&fixture->mutex);
	fixture->end = true;
	(void)pthread_mutex_unlock(&fixture->mutex);
	return crew_close(fixture->crew, timeout_us);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	(void)pthread_cond_destroy(&fixture->changed);
	(void)pthread_mutex_destroy(&fixture->mutex);
	free(fixture);
	return 0;
}

static void await_state(struct fixture *fixture, bool (*is_so)(const struct fixture *fixture))
{
	struct timespec limit;
	int r = 0;

	(void)clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += LIMIT_S;
	(void)pthread_mutex_lock(&fixture->mutex);
	while (r == 0 && !is_so(fixture))
		r = pthread_cond_timedwait(&fixture->changed, &fixture->mutex, &limit);
	(void)pthread_mutex_unlock(&fixture->mutex);
	assert_int_equal(r, 0);
}

static bool has_no_orders(const struct fixture *fixture)
{
	return !fixture->call && !fixture->hand;
}

static bool was_told(const struct fixture *fixture)
{
	return fixture->blocked;
}

static bool has_taken_one(const struct fixture *fixture)
{
	return fixture->n_taken > 0;
}

static bool has_made_one(const struct fixture *fixture)
{
	return fixture->n_made > 0;
}

static bool has_made_one_or_was_told(const struct fixture *fixture)
{
	return fixture->n_made > 0 || fixture->blocked;
}

static void order(struct fixture *fixture, struct call *call, struct call *hand)
{
	(void)pthread_mutex_lock(&fixture->mutex);
	fixture->call = call;
	fixture->hand = hand;
	(void)pthread_mutex_unlock(&fixture->mutex);
}

static bool has_turned(const struct fixture *fixture)
{
	return fixture->n_turns > 3;
}

/* Somebody does, and turns go on. */
static void assert_leads(struct fixture *fixture)
{
	(void)pthread_mutex_lock(&fixture->mutex);
	fixture->n_turns = 0;
	(void)pthread_mutex_unlock(&fixture->mutex);
	await_state(fixture, has_turned);
}

static void a_quick_call_stays_with_the_leader(void **state)
{
	struct fixture *fixture = *state;
	struct call *call = make_call(NULL);

	order(fixture, call, NULL);
	await_state(fixture, has_made_one);
	assert_null(fixture->blocked);
	assert_int_equal(close_crew(fixture, LIMIT_US), 0);
	assert_int_equal(call->result, 0);
	assert_int_equal(fixture->n_taken, 0);
	free_call(call);
	await(&fixture->ended);
}

static void another_one_takes_the_lead_from_who_is_blocked(void **state)
{
	struct fixture *fixture = *state;
	struct gate gate;
	struct call *call = make_call(&gate), *quick = make_call(NULL);

	init_gate(&gate);
	order(fixture, call, NULL);
	await(&gate.entered);
	await_state(fixture, was_told);
	assert_ptr_equal(fixture->blocked, call);
	/* the new one leads on, while the call is not back */
	order(fixture, quick, NULL);
	await_state(fixture, has_made_one);
	assert_int_equal(fixture->n_taken, 0);
	(void)sem_post(&gate.open);
	await_state(fixture, has_taken_one);
	assert_ptr_equal(fixture->taken[0], call);
	assert_int_equal(call->result, 0);
	assert_true(call->took_us >= CALL_LIMIT_US);
	assert_int_equal(fixture->n_made, 1);
	assert_int_equal(close_crew(fixture, LIMIT_US), 0);
	free_call(call);
	free_call(quick);
}

static void who_spins_is_blocked(void **state)
{
	struct fixture *fixture = *state;
	struct call *call = make_call(NULL);

	call->chip->driver = &SPINS;
	atomic_store(&spins, true);
	order(fixture, call, NULL);
	await_state(fixture, was_told);
	assert_ptr_equal(fixture->blocked, call);
	assert_leads(fixture);
	atomic_store(&spins, false);
	await_state(fixture, has_taken_one);
	assert_int_equal(close_crew(fixture, LIMIT_US), 0);
	free_call(call);
	await(&fixture->ended);
}

static void who_only_waits_for_the_processor_is_not_blocked(void **state)
{
	struct fixture *fixture = *state;
	struct call *call = make_call(NULL);
	pthread_t other;
	sem_t there;

	call->chip->driver = &STARVES;
	assert_int_equal(sem_init(&there, 0, 0), 0);
	atomic_store(&spins, true);
	assert_int_equal(pthread_create(&other, NULL, take_the_processor, &there), 0);
	await(&there);
	order(fixture, call, NULL);
	await_state(fixture, has_made_one_or_was_told);
	atomic_store(&spins, false);
	assert_int_equal(pthread_join(other, NULL), 0);
	assert_null(fixture->blocked);
	assert_int_equal(close_crew(fixture, LIMIT_US), 0);
	free_call(call);
	await(&fixture->ended);
}

static void several_may_be_blocked_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct gate gates[4];
	struct call *calls[4];

	for (size_t i = 0; i < 4; i++) {
		init_gate(&gates[i]);
		calls[i] = make_call(&gates[i]);
		(void)pthread_mutex_lock(&fixture->mutex);
		fixture->blocked = NULL;
		(void)pthread_mutex_unlock(&fixture->mutex);
		order(fixture, i % 2 ? calls[i] : NULL, i % 2 ? NULL : calls[i]);
		await(&gates[i].entered);
		if (i % 2)
			await_state(fixture, was_told);
	}
	assert_leads(fixture);
	/* the last one first */
	for (size_t i = 4; i-- > 0;) {
		(void)sem_post(&gates[i].open);
		await_state(fixture, has_taken_one);
		(void)pthread_mutex_lock(&fixture->mutex);
		assert_int_equal(fixture->n_taken, 1);
		assert_ptr_equal(fixture->taken[0], calls[i]);
		fixture->n_taken = 0;
		(void)pthread_mutex_unlock(&fixture->mutex);
		free_call(calls[i]);
	}
	assert_int_equal(close_crew(fixture, LIMIT_US), 0);
}

/* More than there are threads for: what is left waits, and the leader does not. */
static void what_finds_no_thread_waits(void **state)
{
	struct fixture *fixture = *state;
	struct gate gate;
	unsigned n_taken = 0;

	init_gate(&gate);
	for (unsigned i = 0; i < CALLS_MAX; i++) {
		order(fixture, NULL, make_call(&gate));
		await_state(fixture, has_no_orders);
	}
	for (int i = 0; i < CREW_MAX - 2; i++)
		await(&gate.entered);
	assert_leads(fixture);
	for (unsigned i = 0; i < CALLS_MAX; i++)
		(void)sem_post(&gate.open);
	while (n_taken < CALLS_MAX) {
		await_state(fixture, has_taken_one);
		(void)pthread_mutex_lock(&fixture->mutex);
		while (fixture->n_taken > 0) {
			free_call(fixture->taken[--fixture->n_taken]);
			n_taken++;
		}
		(void)pthread_mutex_unlock(&fixture->mutex);
	}
	assert_int_equal(close_crew(fixture, LIMIT_US), 0);
}

static void what_is_dropped_frees_itself(void **state)
{
	struct fixture *fixture = *state;
	struct gate gate;
	struct call *call = make_call(&gate);

	init_gate(&gate);
	order(fixture, NULL, call);
	await(&gate.entered);
	call_drop(call);
	(void)sem_post(&gate.open);
	/* a sanitizer would tell */
	assert_int_equal(close_crew(fixture, LIMIT_US), 0);
	assert_int_equal(fixture->n_taken, 0);
}

static void the_end_does_not_wait_for_ever(void **state)
{
	struct fixture *fixture = *state;
	struct gate gate;
	struct call *call = make_call(&gate);

	init_gate(&gate);
	order(fixture, call, NULL);
	await(&gate.entered);
	assert_int_equal(close_crew(fixture, 30000), -ETIMEDOUT);
	assert_int_equal(sem_trywait(&fixture->ended), -1);
	call_drop(call);
	(void)sem_post(&gate.open);
	await(&fixture->ended);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_quick_call_stays_with_the_leader),
		test(another_one_takes_the_lead_from_who_is_blocked),
		test(who_spins_is_blocked),
		test(who_only_waits_for_the_processor_is_not_blocked),
		test(several_may_be_blocked_at_once),
		test(what_finds_no_thread_waits),
		test(what_is_dropped_frees_itself),
		test(the_end_does_not_wait_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
