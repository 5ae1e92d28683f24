/* SPDX-License-Identifier: MIT */
/*
 * A kind of output is one struct output_kind in one file of this folder. Everything else is made
 * from it: the section of the map and its keys, the words of an action and their limits, the
 * answer, the state and the health, the fail-safe, the generic test. A new kind is one file here
 * and its name in meson.build.
 *
 * A kind only drives its ports. When it does so, and what comes first, is not decided here.
 * Its functions are called by one thread at a time and make a bounded number of writes.
 */
#pragma once

#include "driver.h"
#include "gpio.h"
#include "pwm.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of any kind. */
enum {
	OUTPUT_KINDS_MAX = 16,
	OUTPUT_PORTS_MAX = 4,
	OUTPUT_PARAMS_MAX = 8,
	OUTPUT_KEYS_MAX = 6,
};

/* What a port is wired to. */
enum port_type {
	PORT_NONE,
	PORT_LINE,       /* GPIO line: on and off */
	PORT_SOFT_PWM,   /* GPIO line with software PWM */
	PORT_CHIP_PWM,   /* channel of a PWM part in chips */
	PORT_SOC_PWM,    /* channel of a kernel PWM chip */
	PORT_KERNEL_LED, /* LED of the kernel's LED class */
};

/* True for the types that can do more than on and off. */
static inline bool port_type_has_duty(enum port_type type)
{
	return type != PORT_NONE && type != PORT_LINE;
}

/* What a port may be. */
enum {
	PORT_MAY_BE_LINE = 1 << 0,
	PORT_MAY_BE_PWM = 1 << 1,
	PORT_MAY_BE_LED = 1 << 2, /* the kernel's */
};

struct output_port {
	/* As the map names it: "forward". NULL, for a kind with one port: "line", "pwm" or "led",
	 * as it may be. */
	const char *key;
	unsigned may_be;
	bool is_optional;
};

/* Opened, and inactive: at most one of the two. Both NULL where the map gives none. */
struct output_wire {
	struct gpio_line *line;
	struct pwm_output *pwm;
};

enum output_key_type {
	OUTPUT_KEY_BOOL,   /* 0 or 1 */
	OUTPUT_KEY_NUMBER, /* in units of its last decimal: 455 is 45.5 */
	OUTPUT_KEY_CHOICE, /* the index of a word */
	OUTPUT_KEY_COLOR,  /* 0xff8000 is "#ff8000"; black is none, for that is off */
};

enum { OUTPUT_DECIMALS_MAX = 3, OUTPUT_COLOR_MIN = 0x000001, OUTPUT_COLOR_MAX = 0xffffff };

/* A key of an action, of its answer and of the state. */
struct output_key {
	const char *name;
	enum output_key_type type;
	unsigned decimals;          /* NUMBER: at most OUTPUT_DECIMALS_MAX */
	int min, max;               /* NUMBER: the same units; see also narrow() of the kind */
	const char *const *choices; /* CHOICE: ends with NULL */
	int initial;                /* before anybody has said it */
	/*
	 * Of a finer measure of what another key says in whole steps: how many of its numbers are
	 * one of the other's, and the other's index. The other one is rounded up. 0: none.
	 */
	int per_coarse;
	size_t coarse;
	bool is_implied; /* by an action that gives other keys of the output ... */
	int implied;     /* ... and then it is this; otherwise it stays as it is */
	bool has_stop;   /* one value is the kind's rest, in the range or not */
	int stop;
	/* Where an output's name may stand in the key's place, and the map has such a name, it is
	 * meant: maps of earlier versions know nothing of the key. */
	bool yields_to_names;
	/* BOOL, of an action alone: what the hidden keys remember is so again. false is a stop. */
	bool resumes;
	/* Kept beside the state, and in no action, answer or state: what the key `remembers` was
	 * before it was its stop. */
	bool is_hidden;
	size_t remembers;
};

/* What a key's number can be. */
struct output_range {
	int min, max;
};

/* Some of a kind's keys, and their numbers. */
struct output_values {
	unsigned given; /* a bit for each key, the first one lowest */
	int numbers[OUTPUT_KEYS_MAX];
};

static inline bool output_values_has(const struct output_values *values, size_t key)
{
	return values->given >> key & 1U;
}

static inline void output_values_set(struct output_values *values, size_t key, int number)
{
	values->given |= 1U << key;
	values->numbers[key] = number;
}

/* Those of more win. */
static inline void output_values_merge(
	struct output_values *values, const struct output_values *more)
{
	for (size_t i = 0; i < OUTPUT_KEYS_MAX; i++)
		if (output_values_has(more, i))
			output_values_set(values, i, more->numbers[i]);
}

/* True if everything that more gives is so in values. */
static inline bool output_values_hold(
	const struct output_values *values, const struct output_values *more)
{
	for (size_t i = 0; i < OUTPUT_KEYS_MAX; i++)
		if (output_values_has(more, i) && values->numbers[i] != more->numbers[i])
			return false;
	return true;
}

/* True if what both give is the same. */
static inline bool output_values_compatible(
	const struct output_values *a, const struct output_values *b)
{
	for (size_t i = 0; i < OUTPUT_KEYS_MAX; i++)
		if (output_values_has(a, i) && output_values_has(b, i) &&
			a->numbers[i] != b->numbers[i])
			return false;
	return true;
}

/* What an action says beside the keys of any kind. Never state. */
struct output_modifiers {
	uint32_t for_ms; /* how long it holds, and then the output rests; 0: not given */
	bool toggle;     /* turns on what rests, and off what does not */
};

/* What an action asks of an output. */
struct output_request {
	struct output_values values; /* within their limits */
	struct output_modifiers modifiers;
};

/* What may be done when nobody is there to say. Values that give nothing: it is left as it is. */
struct output_failsafe {
	const char *word;          /* of the map */
	struct output_values away; /* the broker is */
	struct output_values end;  /* of the process, and for --safe */
};

/* What a port sees from power-on until it is opened. */
enum output_level { OUTPUT_LEVEL_UNKNOWN, OUTPUT_LEVEL_OFF, OUTPUT_LEVEL_ON };

struct output_mistake {
	const char *key; /* of the map; NULL: the output as a whole */
	bool is_value;   /* it is the key's value that is wrong, not that it is there */
	const char *cure;
	const char *words; /* come behind the key */
};

/* An output of a map that was read, for check(). */
struct output_draft {
	enum port_type ports[OUTPUT_PORTS_MAX]; /* a line may be made one with software PWM */
	const double *params;
	/* For check_pwm() only. Both are 0 if the port is no PWM output or a kernel LED. */
	uint32_t periods_ns[OUTPUT_PORTS_MAX], steps[OUTPUT_PORTS_MAX];
	bool is_soft;     /* "pwm: soft" of a kind with named ports */
	bool is_mistaken; /* something was wrong with it before */
	bool (*gives)(const struct output_draft *draft, const char *key); /* of the map */
	void (*report)(const struct output_draft *draft, const struct output_mistake *mistake);
};

struct output_kind {
	const char *word;    /* of an action, of the state: "led" */
	const char *section; /* of the map: "leds" */
	const char *article; /* "an", for the two below */
	const char *noun;    /* "LED" */
	const char *nouns;   /* "LEDs" */
	const char *nature;  /* what it is to whoever shows it: "light", "switch", "motor" */
	const char *example; /* of an item of the section */
	const char *action;  /* an example of an output's object */
	size_t max;          /* of them in a map */
	bool is_counted;     /* named where kinds are listed, also if a map has none of it */
	/* Moves something: it is stopped first, guarded, never started by anything but an action,
	 * and at rest at the end of the process. */
	bool moves;
	bool ends; /* it may come to rest by itself some time after apply() */
	/* An action may leave out the number of the first one, and so does the state of the only
	 * one. */
	bool is_plain;

	const struct output_port *ports;
	size_t n_ports;
	double pwm_hz; /* default frequency of the PWM outputs; 0: the default of their type */
	const struct driver_param *params;
	size_t n_params;
	const struct output_key *keys;
	size_t n_keys;
	struct output_values rest;              /* inactive, as it is opened */
	const struct output_failsafe *failsafe; /* the first one is the default */
	size_t n_failsafe;
	bool is_failsafe_shared; /* the map has one for all of the kind, in its section failsafe */

	/*
	 * Checks what the tables cannot say; reports mistakes to the draft. false: there is nothing
	 * more to be said about it. May be NULL.
	 */
	bool (*check)(struct output_draft *draft);
	/* Checks periods and steps of the PWM outputs. Called if nothing else is wrong. May be
	 * NULL. */
	void (*check_pwm)(struct output_draft *draft);
	/*
	 * The reason why an output with these ports does not take that number of a key, or NULL. A
	 * key is not there if none of its numbers is taken. May be NULL.
	 */
	const char *(*refuses)(const enum port_type ports[], size_t key, int number);
	/* Narrows the range of a NUMBER, where that depends on the params: *range comes in as the
	 * table has it. May be NULL. */
	void (*narrow)(const double *params, size_t key, struct output_range *range);
	/* The port that lets it be active before it is opened, or -1. May be NULL. */
	int (*active_at_power_on)(const enum port_type types[], const enum output_level levels[]);

	/*
	 * Takes over the wires, one for each port (also on failure: then they are closed). Writes
	 * nothing: they are inactive. -EINVAL: they, or the params, are none for this kind;
	 * -ENOMEM.
	 */
	int (*open)(const struct output_wire wires[], const double *params, void **ret_output);
	/*
	 * Writes. All keys are given, within their limits. 0 or an error of hal_error.h; then what
	 * moves is stopped as far as it can be.
	 */
	int (*apply)(void *output, const struct output_values *values, uint64_t now_us);
	/* Does what is due. *ret_next_us: when to call again, or UINT64_MAX; set on an error, too.
	 * May be NULL. */
	int (*poll)(void *output, uint64_t now_us, uint64_t *ret_next_us);
	/* True while it is active or about to be. NULL: it never is longer than a write. */
	bool (*is_running)(const void *output);
	/* Sets what it does now as far as the writes tell, above all after an error. May be NULL.
	 */
	void (*observe)(const void *output, struct output_values *values);
	/* The port whose write failed in the last call that returned an error. NULL: the first. */
	size_t (*failed_port)(const void *output);
	/* Writes the rest, on every port, also when it is believed to be there. 0 or the first
	 * error. */
	int (*safe)(void *output);
	/* Releases it: what moves is made safe first, other kinds are left as they are. output may
	 * be NULL. */
	void (*close)(void *output);
};

/* All kinds, in the order of meson.build, then NULL. */
extern const struct output_kind *const output_kind_table[];

/* By the word of an action; NULL: none. */
const struct output_kind *output_kind_find(const char *word);

/* Its place in the table. */
size_t output_kind_index(const struct output_kind *kind);

/* The key's place among the kind's, or -ENOENT. Hidden ones are not found. */
int output_key_find(const struct output_kind *kind, const char *name);

/*
 * Of two keys that measure one thing, the one that is missing is made from the other; where both
 * are given, from the finer one.
 */
void output_values_complete(const struct output_kind *kind, struct output_values *values);

/* False if both are given and say different things: then *ret_key is the finer one. */
bool output_values_agree(
	const struct output_kind *kind, const struct output_values *values, size_t *ret_key);

/* The hidden keys follow those that they remember. */
void output_values_remember(const struct output_kind *kind, struct output_values *values);

/* Of what moves: the rest, and what is given beside it is remembered. */
void output_values_stop(const struct output_kind *kind, struct output_values *values);

/* Of an action, what it resumes is given; state: all keys. */
void output_values_resume(const struct output_kind *kind, const struct output_values *state,
	struct output_values *values);

/* What is 1 in the numbers of a key: 10 for one with one decimal. */
static inline int output_key_scale(const struct output_key *key)
{
	int scale = 1;

	for (unsigned i = 0; i < key->decimals; i++)
		scale *= 10;
	return scale;
}

/* True if a key says no more than the coarser one that is given beside it. */
static inline bool output_key_is_redundant(
	const struct output_key *key, int number, const struct output_values *values)
{
	return key->per_coarse && output_values_has(values, key->coarse) &&
		number == values->numbers[key->coarse] * key->per_coarse;
}

/* What the numbers of a key can be for an output with these params; NULL: for any of the kind. */
struct output_range output_key_range(
	const struct output_kind *kind, size_t key, const double *params);

/* What an action may call one of struct output_modifiers; ends with NULL. */
extern const char *const output_modifier_words[];

/* The key that "toggle" turns: what rests says it in a BOOL. -1: there is no such key, or the kind
 * moves. */
int output_toggle_key(const struct output_kind *kind);

/* True if an output with these ports takes any number of the key. */
bool output_key_is_there(const struct output_kind *kind, size_t key, const enum port_type ports[]);

/* As an output with these params is when it was opened for the first time: at rest, all keys
 * given. What is no number of its range is the nearest that is. */
struct output_values output_kind_initial(const struct output_kind *kind, const double *params);

/* True if the values say the kind's rest. */
static inline bool output_is_at_rest(
	const struct output_kind *kind, const struct output_values *values)
{
	return output_values_hold(values, &kind->rest);
}
