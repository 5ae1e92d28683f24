/* SPDX-License-Identifier: MIT */
/*
 * Every kind of output in the list, on every set of wires that makes one, with each of its
 * parameters at both ends, and with nothing that is said of a kind by name: what its table promises
 * is held against what it writes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hal_error.h"
#include "output_kind.h"
#include <errno.h>
#include <string.h>

enum {
	STEPS = 1000,
	PERIOD_NS = 20000000,
	STATES_MAX = 32,
	POLLS_MAX = 100000,
	WIRINGS = 3 * 3 * 3 * 3
};

/* As it was before any write. */
enum { LEVEL_UNWRITTEN = -1 };

struct wire {
	struct bench *bench;
	size_t port;
	int level; /* 0 to STEPS */
	bool is_pwm;
	unsigned n_closed;
	struct gpio_line line;
	struct pwm_output pwm;
};

struct bench {
	const struct output_kind *kind;
	struct wire wires[OUTPUT_PORTS_MAX];
	double params[OUTPUT_PARAMS_MAX];
	unsigned n_writes;
	unsigned fail_at; /* the write of this number fails; 0: none */
	size_t failed;    /* the port whose write failed */
	bool must_be_low; /* every write is */
	void *output;
	uint64_t now_us;
};

static int wire_write(struct wire *wire, int level)
{
	struct bench *bench = wire->bench;

	bench->n_writes++;
	if (bench->n_writes == bench->fail_at) {
		bench->failed = wire->port;
		return -EIO;
	}
	if (bench->must_be_low)
		assert_int_equal(level, 0);
	wire->level = level;
	return 0;
}

static int line_set(struct gpio_line *line, bool value)
{
	struct wire *wire = (struct wire *)(void *)((char *)line - offsetof(struct wire, line));

	return wire_write(wire, value ? STEPS : 0);
}

static void line_close(struct gpio_line *line)
{
	((struct wire *)(void *)((char *)line - offsetof(struct wire, line)))->n_closed++;
}

static int duty_set(struct pwm_output *pwm, uint32_t duty_steps)
{
	struct wire *wire = (struct wire *)(void *)((char *)pwm - offsetof(struct wire, pwm));

	assert_in_range(duty_steps, 0, STEPS);
	return wire_write(wire, (int)duty_steps);
}

/* A write of its own, at duty 0. */
static int period_set(struct pwm_output *pwm, uint32_t period_ns)
{
	struct wire *wire = (struct wire *)(void *)((char *)pwm - offsetof(struct wire, pwm));

	assert_true(period_ns > 0);
	assert_int_equal(wire->level, 0);
	return wire_write(wire, 0);
}

static void duty_close(struct pwm_output *pwm)
{
	((struct wire *)(void *)((char *)pwm - offsetof(struct wire, pwm)))->n_closed++;
}

static const struct gpio_line_ops LINE_OPS = {line_set, line_close};
static const struct pwm_ops PWM_OPS = {
	.set = duty_set, .set_period = period_set, .close = duty_close};

/* variant 0: the defaults; then each parameter at its lowest and at its highest. */
static void set_params(
	const struct output_kind *kind, unsigned variant, double params[OUTPUT_PARAMS_MAX])
{
	size_t changed = variant ? (variant - 1) / 2 : kind->n_params;
	bool is_highest = variant % 2 == 0;

	for (size_t i = 0; i < kind->n_params; i++) {
		const struct driver_param *param = &kind->params[i];
		double highest = param->max;

		for (size_t word = 0; param->words && param->words[word]; word++)
			highest = (double)word;
		params[i] = i != changed ? param->default_value : is_highest ? highest : param->min;
	}
}

/* The setup of a kind: for each port none, a line or a PWM output, and a variant. */
struct set_up {
	unsigned wiring, variant;
};

/* -ENOENT: the kind has no such port. */
static int bench_open(
	struct bench *bench, const struct output_kind *kind, const struct set_up *set_up)
{
	unsigned wiring = set_up->wiring;
	struct output_wire wires[OUTPUT_PORTS_MAX] = {{NULL, NULL}};

	*bench = (struct bench){.kind = kind, .now_us = 1000000};
	for (size_t i = 0; i < OUTPUT_PORTS_MAX; i++, wiring /= 3) {
		struct wire *wire = &bench->wires[i];

		*wire = (struct wire){.bench = bench, .port = i, .level = LEVEL_UNWRITTEN};
		if (wiring % 3 > 0 && i >= kind->n_ports)
			return -ENOENT;
		wire->line.ops = &LINE_OPS;
		wire->pwm = (struct pwm_output){
			.ops = &PWM_OPS, .steps = STEPS, .period_ns = PERIOD_NS};
		if (wiring % 3 == 1)
			wires[i].line = &wire->line;
		else if (wiring % 3 == 2)
			wires[i].pwm = &wire->pwm;
		wire->is_pwm = wires[i].pwm != NULL;
	}
	set_params(kind, set_up->variant, bench->params);
	return kind->open(wires, bench->params, &bench->output);
}

static bool is_wired(const struct set_up *set_up, size_t port)
{
	unsigned wiring = set_up->wiring;

	for (; port > 0; port--)
		wiring /= 3;
	return wiring % 3 > 0;
}

static int apply(struct bench *bench, const struct output_values *values)
{
	return bench->kind->apply(bench->output, values, bench->now_us);
}

/* Until there is nothing left to do. */
static int settle(struct bench *bench)
{
	uint64_t next_us = 0;
	int r = 0;

	for (unsigned i = 0; bench->kind->poll && i < POLLS_MAX; i++) {
		int polled = bench->kind->poll(bench->output, bench->now_us, &next_us);

		r = r < 0 ? r : polled;
		if (next_us == UINT64_MAX)
			return r;
		bench->now_us = next_us > bench->now_us ? next_us : bench->now_us + 1;
	}
	assert_null(bench->kind->poll);
	return r;
}

static void types_of(const struct set_up *set_up, enum port_type types[OUTPUT_PORTS_MAX])
{
	static const enum port_type TYPES[] = {PORT_NONE, PORT_LINE, PORT_SOC_PWM};
	unsigned wiring = set_up->wiring;

	for (size_t i = 0; i < OUTPUT_PORTS_MAX; i++, wiring /= 3)
		types[i] = TYPES[wiring % 3];
}

static bool is_taken(
	const struct output_kind *kind, const struct set_up *set_up, size_t key, int number)
{
	enum port_type types[OUTPUT_PORTS_MAX];

	types_of(set_up, types);
	return !kind->refuses || !output_key_is_there(kind, key, types) ||
		!kind->refuses(types, key, number);
}

/* Every combination of the ends of its keys' ranges and of their choices. */
static size_t states_of(const struct output_kind *kind, const struct set_up *set_up,
	struct output_values states[STATES_MAX])
{
	double params[OUTPUT_PARAMS_MAX] = {0};
	size_t n = 1;

	set_params(kind, set_up->variant, params);
	states[0] = output_kind_initial(kind, params);
	for (size_t k = 0; k < kind->n_keys; k++) {
		struct output_range range = output_key_range(kind, k, params);
		bool is_choice = kind->keys[k].type == OUTPUT_KEY_CHOICE;
		size_t before = n;

		/* A number that is its rest is never a value: an action says the rest then. */
		if (kind->keys[k].type == OUTPUT_KEY_NUMBER && kind->keys[k].has_stop &&
			range.min == kind->keys[k].stop)
			range.min++;
		if (kind->keys[k].resumes || kind->keys[k].is_hidden)
			continue;
		for (size_t i = 0; i < before; i++) {
			for (int number = range.min; number <= range.max;
				number = is_choice || number == range.max ? number + 1
									  : range.max) {
				if (!is_taken(kind, set_up, k, number))
					continue;
				assert_true(n < STATES_MAX);
				states[n] = states[i];
				output_values_set(&states[n++], k, number);
			}
		}
		memmove(states, states + before, (n - before) * sizeof(*states));
		n -= before;
	}
	return n;
}

/* Whatever its lines show: some stop by a brake. */
static void assert_at_rest(struct bench *bench)
{
	const struct output_kind *kind = bench->kind;
	struct output_values values = output_kind_initial(kind, bench->params);

	if (kind->is_running)
		assert_false(kind->is_running(bench->output));
	if (kind->observe)
		kind->observe(bench->output, &values);
	assert_true(output_is_at_rest(kind, &values));
}

/* Writes the rest: nothing but low levels, and no duty is left. */
static void make_safe(struct bench *bench)
{
	unsigned before = bench->n_writes;

	bench->fail_at = 0;
	bench->must_be_low = true;
	assert_int_equal(bench->kind->safe(bench->output), 0);
	bench->must_be_low = false;
	assert_true(bench->n_writes > before);
	assert_at_rest(bench);
	for (size_t i = 0; i < bench->kind->n_ports; i++)
		assert_true(!bench->wires[i].is_pwm || bench->wires[i].level <= 0);
}

static void bench_close(struct bench *bench, const struct set_up *set_up)
{
	bench->kind->close(bench->output);
	for (size_t i = 0; i < bench->kind->n_ports; i++)
		assert_int_equal(bench->wires[i].n_closed, is_wired(set_up, i));
	bench->kind->close(NULL);
}

typedef void (*visit)(const struct output_kind *kind, const struct set_up *set_up);

/* Calls it for every kind on every set of wires that makes one. */
static void for_each_set_up(visit function)
{
	for (size_t k = 0; output_kind_table[k]; k++) {
		const struct output_kind *kind = output_kind_table[k];
		unsigned n = 0;

		for (unsigned i = 0; i < WIRINGS * (2 * (unsigned)kind->n_params + 1); i++) {
			const struct set_up set_up = {i % WIRINGS, i / WIRINGS};
			struct bench bench;

			if (bench_open(&bench, kind, &set_up) < 0)
				continue;
			bench_close(&bench, &set_up);
			function(kind, &set_up);
			n++;
		}
		assert_true(n > 2 * kind->n_params);
	}
}

/* --- the table --- */

/* It ends where the coarser one does, and both begin at the same. */
static void check_finer_key(const struct output_kind *kind, const struct output_key *key)
{
	const struct output_key *coarse = &kind->keys[key->coarse];

	assert_true(key->coarse < kind->n_keys && coarse != key);
	assert_int_equal(key->type, OUTPUT_KEY_NUMBER);
	assert_int_equal(coarse->type, OUTPUT_KEY_NUMBER);
	assert_int_equal(coarse->decimals, 0);
	assert_int_equal(key->max, coarse->max * key->per_coarse);
	assert_int_equal(key->initial, coarse->initial * key->per_coarse);
}

/* It remembers something that has more values than its stop, and begins with one of these. */
static void check_hidden_key(const struct output_kind *kind, const struct output_key *key)
{
	const struct output_key *remembered = &kind->keys[key->remembers];

	assert_true(key->remembers < kind->n_keys && !remembered->is_hidden);
	assert_true(remembered->has_stop && remembered->type == key->type);
	assert_int_not_equal(key->initial, remembered->stop);
}

static void check_key(const struct output_kind *kind, const struct output_key *key)
{
	const struct output_range range = output_key_range(kind, (size_t)(key - kind->keys), NULL);

	assert_true(key->name && key->name[0]);
	if (key->is_hidden) {
		assert_int_equal(output_key_find(kind, key->name), -ENOENT);
		check_hidden_key(kind, key);
		return;
	}
	assert_ptr_equal(&kind->keys[output_key_find(kind, key->name)], key);
	assert_true(!key->resumes ||
		(kind->moves && key->type == OUTPUT_KEY_BOOL && key->has_stop && !key->stop));
	assert_true(!key->yields_to_names || kind->is_plain);
	assert_true(range.min < range.max);
	assert_true(key->initial >= range.min && key->initial <= range.max);
	assert_true(key->decimals <= OUTPUT_DECIMALS_MAX);
	if (key->type != OUTPUT_KEY_NUMBER)
		assert_int_equal(key->decimals, 0);
	if (key->type == OUTPUT_KEY_CHOICE)
		assert_true(!key->has_stop || (key->stop >= 0 && key->stop <= range.max));
	if (key->type == OUTPUT_KEY_COLOR)
		assert_false(key->has_stop);
	if (key->per_coarse)
		check_finer_key(kind, key);
}

/* Whatever the map says, the range lies in that of the table. */
static void check_ranges(const struct output_kind *kind)
{
	for (unsigned variant = 0; variant <= 2 * kind->n_params; variant++) {
		double params[OUTPUT_PARAMS_MAX] = {0};
		struct output_values initial;

		set_params(kind, variant, params);
		initial = output_kind_initial(kind, params);
		assert_true(output_is_at_rest(kind, &initial));
		for (size_t i = 0; i < kind->n_keys; i++) {
			const struct output_range all = output_key_range(kind, i, NULL);
			const struct output_range range = output_key_range(kind, i, params);

			if (kind->keys[i].resumes)
				continue;
			assert_true(range.min < range.max);
			assert_true(range.min >= all.min && range.max <= all.max);
			assert_true(
				initial.numbers[i] >= range.min && initial.numbers[i] <= range.max);
		}
	}
}

static void check_params(const struct output_kind *kind)
{
	for (size_t i = 0; i < kind->n_params; i++) {
		const struct driver_param *param = &kind->params[i];
		size_t n_words = 0;

		while (param->words && param->words[n_words])
			n_words++;
		assert_true(param->key && param->help);
		assert_true((param->type == DRIVER_PARAM_WORD) == (n_words > 1));
		if (n_words > 0)
			assert_true(param->default_value >= 0 &&
				param->default_value < (double)n_words &&
				n_words <= DRIVER_WORDS_MAX);
		else
			assert_true(param->default_value >= param->min &&
				param->default_value <= param->max);
	}
}

static void check_failsafe(const struct output_kind *kind)
{
	assert_in_range(kind->n_failsafe, 1, DRIVER_WORDS_MAX);
	for (size_t i = 0; i < kind->n_failsafe; i++) {
		const struct output_failsafe *failsafe = &kind->failsafe[i];

		assert_true(failsafe->word && failsafe->word[0]);
		/* An output that moves is at rest at the end, whatever the map says. */
		if (kind->moves)
			assert_memory_equal(&failsafe->end, &kind->rest, sizeof(kind->rest));
		if (kind->moves && failsafe->away.given)
			assert_memory_equal(&failsafe->away, &kind->rest, sizeof(kind->rest));
	}
}

static void a_kinds_table_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; output_kind_table[i]; i++) {
		const struct output_kind *kind = output_kind_table[i];

		assert_ptr_equal(output_kind_find(kind->word), kind);
		assert_int_equal(output_kind_index(kind), i);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(output_kind_table[j]->section, kind->section);
		assert_true(kind->article && kind->noun && kind->nouns && kind->nature);
		assert_true(kind->example && kind->action && kind->max > 0);
		assert_in_range(kind->n_ports, 1, OUTPUT_PORTS_MAX);
		assert_in_range(kind->n_keys, 1, OUTPUT_KEYS_MAX);
		assert_in_range(kind->n_params, 0, OUTPUT_PARAMS_MAX);
		/* The port without a name is the first one. */
		for (size_t j = 0; j < kind->n_ports; j++)
			assert_true(kind->ports[j].may_be && (kind->ports[j].key || j == 0));
		for (size_t j = 0; j < kind->n_keys; j++)
			check_key(kind, &kind->keys[j]);
		check_params(kind);
		check_failsafe(kind);
		check_ranges(kind);
		assert_true(kind->rest.given);
		assert_true(kind->open && kind->apply && kind->safe && kind->close);
		/* An output that moves can be asked whether it is moving. */
		assert_true(!kind->moves || (kind->is_running && kind->observe && kind->poll));
	}
}

static const struct output_kind FINE_AND_COARSE = {
	.keys = (const struct output_key[]){{.name = "level", .type = OUTPUT_KEY_NUMBER, .max = 10},
		{.name = "fine",
			.type = OUTPUT_KEY_NUMBER,
			.max = 1000,
			.decimals = 1,
			.per_coarse = 100}},
	.n_keys = 2,
};

static void two_keys_of_one_thing_say_the_same(void **state)
{
	/* what is given of the two, whether it agrees, and both as they are then; -1: not given */
	static const int ROWS[][5] = {{3, -1, 1, 3, 300}, {-1, 300, 1, 3, 300},
		{-1, 301, 1, 4, 301}, {-1, 1, 1, 1, 1}, {4, 301, 1, 4, 301}, {4, 400, 1, 4, 400},
		{3, 301, 0, 4, 301}, {5, 400, 0, 4, 400}, {-1, -1, 1, -1, -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct output_values values = {0};
		size_t key = 9;

		for (size_t k = 0; k < 2; k++)
			if (ROWS[i][k] >= 0)
				output_values_set(&values, k, ROWS[i][k]);
		assert_int_equal(output_values_agree(&FINE_AND_COARSE, &values, &key), ROWS[i][2]);
		assert_int_equal(key, ROWS[i][2] ? 9 : 1);
		output_values_complete(&FINE_AND_COARSE, &values);
		for (size_t k = 0; k < 2; k++) {
			assert_int_equal(output_values_has(&values, k), ROWS[i][3 + k] >= 0);
			if (ROWS[i][3 + k] >= 0)
				assert_int_equal(values.numbers[k], ROWS[i][3 + k]);
		}
	}
}

/* As a motor's direction, "on" and the direction before a stop. */
static const struct output_kind RESUMED = {
	.moves = true,
	.keys = (const struct output_key[]){{.name = "way", .has_stop = true, .stop = 2},
		{.name = "on", .type = OUTPUT_KEY_BOOL, .has_stop = true, .resumes = true},
		{.name = "last", .is_hidden = true, .remembers = 0}},
	.n_keys = 3,
	.rest = {.given = 1, .numbers = {2}},
};

static struct output_values values_of(const int numbers[3])
{
	struct output_values values = {0};

	for (size_t k = 0; k < 3; k++)
		if (numbers[k] >= 0)
			output_values_set(&values, k, numbers[k]);
	return values;
}

static void assert_values(const struct output_values *values, const int numbers[3])
{
	for (size_t k = 0; k < 3; k++)
		assert_int_equal(
			output_values_has(values, k) ? values->numbers[k] : -1, numbers[k]);
}

static void what_was_before_a_stop_is_resumed(void **state)
{
	static const struct {
		int asked[3], stopped[3], resumed[3]; /* the last with 1 as what was before */
	} ROWS[] = {
		{{-1, 1, -1}, {2, -1, -1}, {1, -1, -1}},
		{{0, 1, -1}, {2, -1, 0}, {0, -1, -1}},
		{{0, -1, -1}, {2, -1, 0}, {0, -1, -1}},
		{{2, -1, -1}, {2, -1, -1}, {2, -1, -1}},
		{{-1, -1, -1}, {2, -1, -1}, {-1, -1, -1}},
	};
	const struct output_values before = values_of((const int[]){2, -1, 1});

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct output_values values = values_of(ROWS[i].asked);

		output_values_stop(&RESUMED, &values);
		assert_values(&values, ROWS[i].stopped);
		values = values_of(ROWS[i].asked);
		output_values_resume(&RESUMED, &before, &values);
		assert_values(&values, ROWS[i].resumed);
	}
}

/* --- driving --- */

static void check_opening(const struct output_kind *kind, const struct set_up *set_up)
{
	struct bench bench;

	assert_int_equal(bench_open(&bench, kind, set_up), 0);
	assert_int_equal(settle(&bench), 0);
	assert_int_equal(bench.n_writes, 0);
	if (kind->is_running)
		assert_false(kind->is_running(bench.output));
	bench_close(&bench, set_up);
}

static void it_is_opened_at_rest_and_writes_nothing(void **state)
{
	(void)state;
	for_each_set_up(check_opening);
}

static void wires_that_make_none_are_closed(void **state)
{
	unsigned n = 0;

	(void)state;
	for (size_t k = 0; output_kind_table[k]; k++) {
		for (unsigned wiring = 0; wiring < WIRINGS; wiring++) {
			const struct set_up set_up = {wiring, 0};
			struct bench bench;
			int r = bench_open(&bench, output_kind_table[k], &set_up);

			if (r == 0)
				bench_close(&bench, &set_up);
			if (r == 0 || r == -ENOENT)
				continue;
			assert_int_equal(r, -EINVAL);
			for (size_t i = 0; i < output_kind_table[k]->n_ports; i++)
				assert_int_equal(bench.wires[i].n_closed, is_wired(&set_up, i));
			n++;
		}
	}
	assert_true(n > 0);
}

/* As long as it may be: what ends by itself is at rest then. */
static void assert_driven(struct bench *bench)
{
	const struct output_kind *kind = bench->kind;

	if (!kind->is_running)
		return;
	if (kind->ends && !kind->is_running(bench->output))
		assert_at_rest(bench);
	else
		assert_true(kind->is_running(bench->output));
}

static void check_states(const struct output_kind *kind, const struct set_up *set_up)
{
	struct output_values states[STATES_MAX];
	size_t n = states_of(kind, set_up, states);

	for (size_t from = 0; from < n; from++) {
		for (size_t to = 0; to < n; to++) {
			struct bench bench;

			assert_int_equal(bench_open(&bench, kind, set_up), 0);
			assert_int_equal(apply(&bench, &states[from]), 0);
			assert_int_equal(settle(&bench), 0);
			assert_int_equal(apply(&bench, &states[to]), 0);
			if (!output_is_at_rest(kind, &states[to]) && kind->is_running)
				assert_true(kind->is_running(bench.output));
			assert_int_equal(settle(&bench), 0);
			if (output_is_at_rest(kind, &states[to]))
				assert_at_rest(&bench);
			else
				assert_driven(&bench);
			make_safe(&bench);
			bench_close(&bench, set_up);
		}
	}
}

static void every_state_follows_every_other_and_rest_follows_all(void **state)
{
	(void)state;
	for_each_set_up(check_states);
}

/* false: there was no such write. */
static bool fail_write(const struct output_kind *kind, const struct set_up *set_up,
	const struct output_values *from, const struct output_values *to, unsigned number)
{
	struct bench bench;
	bool failed;
	int r;

	assert_int_equal(bench_open(&bench, kind, set_up), 0);
	assert_int_equal(apply(&bench, from), 0);
	assert_int_equal(settle(&bench), 0);
	bench.n_writes = 0;
	bench.fail_at = number;
	r = apply(&bench, to);
	if (r == 0)
		r = settle(&bench);
	failed = bench.n_writes >= number;
	assert_int_equal(r, failed ? -EIO : 0);
	if (failed) {
		assert_int_equal(
			kind->failed_port ? kind->failed_port(bench.output) : 0, bench.failed);
		if (kind->is_running)
			assert_false(kind->is_running(bench.output));
		(void)settle(&bench); /* what could not be written is tried again */
		if (kind->moves)
			assert_at_rest(&bench);
	}
	make_safe(&bench);
	bench_close(&bench, set_up);
	return failed;
}

/*
 * The next write that is made to fail: each of the first ones, then ever fewer, since a fade writes
 * thousands of times and the test is not to take a minute.
 */
static unsigned next_number(unsigned number)
{
	return number + 1 + number / 16;
}

static void check_failures(const struct output_kind *kind, const struct set_up *set_up)
{
	struct output_values states[STATES_MAX];
	size_t n = states_of(kind, set_up, states);
	unsigned failures = 0;

	for (size_t from = 0; from < n; from++)
		for (size_t to = 0; to < n; to++)
			for (unsigned number = 1;
				fail_write(kind, set_up, &states[from], &states[to], number);
				number = next_number(number))
				failures++;
	assert_true(failures > 0);
}

static void each_write_that_fails_is_told_and_what_moves_stops(void **state)
{
	(void)state;
	for_each_set_up(check_failures);
}

/* Also while one of its writes fails: the others are tried all the same. */
static void check_rest_fails(const struct output_kind *kind, const struct set_up *set_up)
{
	struct output_values states[STATES_MAX];
	size_t n = states_of(kind, set_up, states);

	for (size_t from = 0; from < n; from++) {
		for (unsigned number = 1;; number++) {
			struct bench bench;
			int r;

			assert_int_equal(bench_open(&bench, kind, set_up), 0);
			assert_int_equal(apply(&bench, &states[from]), 0);
			assert_int_equal(settle(&bench), 0);
			bench.n_writes = 0;
			bench.fail_at = number;
			r = kind->safe(bench.output);
			assert_int_equal(r, bench.n_writes >= number ? -EIO : 0);
			make_safe(&bench);
			bench_close(&bench, set_up);
			if (r == 0)
				break;
		}
	}
}

static void rest_that_fails_is_told_and_can_be_written_again(void **state)
{
	(void)state;
	for_each_set_up(check_rest_fails);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kinds_table_is_whole),
		cmocka_unit_test(two_keys_of_one_thing_say_the_same),
		cmocka_unit_test(what_was_before_a_stop_is_resumed),
		cmocka_unit_test(it_is_opened_at_rest_and_writes_nothing),
		cmocka_unit_test(wires_that_make_none_are_closed),
		cmocka_unit_test(every_state_follows_every_other_and_rest_follows_all),
		cmocka_unit_test(each_write_that_fails_is_told_and_what_moves_stops),
		cmocka_unit_test(rest_that_fails_is_told_and_can_be_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
