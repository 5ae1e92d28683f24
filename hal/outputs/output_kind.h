/* SPDX-License-Identifier: MIT */
/*
 * A kind of output is one struct output_kind in one file of this folder. Everything else follows
 * from it: the section of the map and its keys, the words of an action and their limits, the
 * answer, the state and the health, the fail-safe, the generic test. A new kind is one file here
 * and its name in meson.build; CONTRIBUTING.md has the documents that its tests ask for.
 *
 * A kind only drives its ports. It does not decide when, or what comes first. Its functions are
 * called by one thread at a time and make a bounded number of writes. Its rest is a state of the
 * ports, reached by writing it once: see safe().
 */
#pragma once

#include "driver.h"
#include "gpio.h"
#include "pwm.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits for any kind. */
enum {
	OUTPUT_KINDS_MAX = 16,
	OUTPUT_PORTS_MAX = 4,
	OUTPUT_PARAMS_MAX = 8,
	OUTPUT_KEYS_MAX = 6,
	OUTPUT_FADE_MAX_MS = 3600000, /* an hour */
	OUTPUT_DIRECTIONS_MAX = 2,
};

/* The wire of a port. */
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

/* The types that a port may have. */
enum {
	PORT_MAY_BE_LINE = 1 << 0,
	PORT_MAY_BE_PWM = 1 << 1,
	PORT_MAY_BE_LED = 1 << 2, /* the kernel's */
};

struct output_port {
	/* Its name in the map: "forward". NULL, for the first port: "line", "pwm" or "led",
	 * depending on may_be. It may be missing if named ports are given; check() reports it. */
	const char *key;
	unsigned may_be;
	bool is_optional;
};

/* An open, inactive wire: at most one of the two. Both are NULL if the map gives none. */
struct output_wire {
	struct gpio_line *line;
	struct pwm_output *pwm;
};

enum output_key_type {
	OUTPUT_KEY_BOOL,   /* 0 or 1 */
	OUTPUT_KEY_NUMBER, /* in units of its last decimal: 455 is 45.5 */
	OUTPUT_KEY_CHOICE, /* the index of a word */
	OUTPUT_KEY_COLOR,  /* 0xff8000 is "#ff8000"; black is not allowed, since it means off */
};

enum { OUTPUT_DECIMALS_MAX = 3, OUTPUT_COLOR_MIN = 0x000001, OUTPUT_COLOR_MAX = 0xffffff };

/* A key of an action, of its answer and of the state. */
struct output_key {
	const char *name;
	enum output_key_type type;
	unsigned decimals;          /* NUMBER: at most OUTPUT_DECIMALS_MAX */
	int min, max;               /* NUMBER: in the same units; see also the kind's narrow() */
	const char *unit;           /* NUMBER: that may stand behind it in plain text; NULL */
	const char *const *choices; /* CHOICE: ends with NULL */
	int initial;                /* until an action sets it */
	/*
	 * For a key that measures the same as another key, but finer: the number of its units in
	 * one of the other's, and the other's index. The other one is rounded up. 0: none.
	 */
	int per_coarse;
	size_t coarse;
	bool is_implied; /* an action that gives other keys of the output ... */
	int implied;     /* ... sets it to this; otherwise it stays as it is */
	bool has_stop;   /* one value means the kind's rest, whether in the range or not */
	int stop;
	/* If an output of the map has this name, and a name may stand in the key's place, the name
	 * is meant: maps of earlier versions do not know the key. */
	bool yields_to_names;
	/* BOOL, only in an action: restores what the hidden keys remember. false is a stop. */
	bool resumes;
	/* Kept beside the state, and never in an action, an answer or the state: the value of the
	 * key `remembers` before it became its stop. */
	bool is_hidden;
	size_t remembers;
	/* NUMBER: the map may give it for start and failsafe, without an action. */
	bool is_goal;
};

/* The range of a key's number. */
struct output_range {
	int min, max;
};

/* Some of a kind's keys with their numbers. */
struct output_values {
	unsigned given; /* one bit for each key, the first one lowest */
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

/* The first of some keys, in bits as given; there is one. Mostly few are, so that a loop over them
 * is shorter than one over all. */
static inline size_t output_first_key(unsigned keys)
{
	return (size_t)__builtin_ctz(keys);
}

/* Merges more into values, where both are given, more wins. */
static inline void output_values_merge(
	struct output_values *values, const struct output_values *more)
{
	for (unsigned left = more->given; left; left &= left - 1) {
		size_t i = output_first_key(left);

		output_values_set(values, i, more->numbers[i]);
	}
}

/* True if values agrees with everything that more gives. */
static inline bool output_values_hold(
	const struct output_values *values, const struct output_values *more)
{
	for (unsigned left = more->given; left; left &= left - 1) {
		size_t i = output_first_key(left);

		if (values->numbers[i] != more->numbers[i])
			return false;
	}
	return true;
}

/* True if the keys that both give have the same numbers. */
static inline bool output_values_compatible(
	const struct output_values *a, const struct output_values *b)
{
	for (unsigned left = a->given & b->given; left; left &= left - 1) {
		size_t i = output_first_key(left);

		if (a->numbers[i] != b->numbers[i])
			return false;
	}
	return true;
}

/* The modifiers of an action, beside the keys of any kind. Never part of the state. */
struct output_modifiers {
	uint32_t for_ms;  /* time after which the output rests; 0: not given */
	bool toggle;      /* turns the output on if it rests, otherwise off */
	bool has_fade;    /* fade_ms counts, and not the map's */
	uint32_t fade_ms; /* how long the change takes, up to OUTPUT_FADE_MAX_MS; 0: none */
};

/* An action's request to an output. */
struct output_request {
	struct output_values values; /* within their limits */
	struct output_modifiers modifiers;
};

/* A choice for when the broker is away. Values that give nothing leave the output as it is. */
struct output_failsafe {
	const char *word;          /* in the map */
	struct output_values away; /* while the broker is away */
	struct output_values end;  /* at the end of the process, and for --safe */
};

/* The level of a port from power-on until it is opened. */
enum output_level { OUTPUT_LEVEL_UNKNOWN, OUTPUT_LEVEL_OFF, OUTPUT_LEVEL_ON };

struct output_mistake {
	const char *key; /* in the map; NULL: the output as a whole */
	bool is_value;   /* the key's value is wrong; false: the key itself is */
	const char *cure;
	const char *words; /* follow the key */
};

/* An output that was read from a map, for check(). */
struct output_draft {
	enum port_type ports[OUTPUT_PORTS_MAX]; /* check() may turn a line into software PWM */
	const double *params;
	/* For check_pwm() only. Both are 0 if the port is no PWM output or a kernel LED. */
	uint32_t periods_ns[OUTPUT_PORTS_MAX], steps[OUTPUT_PORTS_MAX];
	bool is_soft;     /* "pwm: soft" for a kind with named ports */
	bool is_mistaken; /* it already has a mistake */
	bool (*gives)(const struct output_draft *draft, const char *key); /* true: the map has it */
	void (*report)(const struct output_draft *draft, const struct output_mistake *mistake);
};

struct output_kind {
	const char *word;    /* in an action and in the state: "led" */
	const char *section; /* in the map: "leds" */
	const char *article; /* "an", for the two below */
	const char *noun;    /* "LED" */
	const char *nouns;   /* "LEDs" */
	/* How other programs show it: "light", "switch", "motor", "number" or "siren". Home
	 * Assistant is told nothing of another one, see home_assistant_outputs.c. */
	const char *nature;
	const char *example; /* an item of the section */
	const char *action;  /* an output's object in an action */
	size_t max;          /* in a map */
	bool is_counted;     /* named in lists of kinds, even if a map has none of it */
	/* It moves something: it is stopped first, guarded, never started by anything but an
	 * action, and at rest at the end of the process. */
	bool moves;
	bool ends; /* it may come to rest by itself some time after apply() */
	/* An action may leave out the number of the first one. So does the state if there is only
	 * one. */
	bool is_plain;

	const struct output_port *ports;
	size_t n_ports;
	double pwm_hz; /* default frequency of the PWM outputs; 0: the default of their type */
	const struct driver_param *params;
	size_t n_params;
	const struct output_key *keys;
	size_t n_keys;
	struct output_values rest;              /* inactive, as after opening */
	const struct output_failsafe *failsafe; /* the first one is the default */
	size_t n_failsafe;
	bool is_failsafe_shared; /* the section failsafe has one for all of the kind */
	/* The directions in which a switch may limit it, as the map calls them; ends with NULL.
	 * NULL: it has none. */
	const char *const *directions;

	/*
	 * Checks what the tables cannot express, and reports mistakes to the draft. False: further
	 * checks make no sense. May be NULL.
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
	/* Narrows the range of a NUMBER, if that depends on the params: *range holds the table's at
	 * first. May be NULL. */
	void (*narrow)(const double *params, size_t key, struct output_range *range);
	/* The directions in which an output with these ports can move, and in which the values move
	 * it: bit 0 is the first. Both or neither are NULL. */
	unsigned (*can_move)(const enum port_type ports[]);
	unsigned (*moves_to)(const struct output_values *values);
	/* The port that makes it active before it is opened, or -1. May be NULL. */
	int (*active_at_power_on)(const enum port_type types[], const enum output_level levels[]);

	/*
	 * Takes over the wires, one for each port; on failure it closes them. Writes nothing: they
	 * are inactive. -EINVAL: the wires or the params do not fit this kind; -ENOMEM.
	 */
	int (*open)(const struct output_wire wires[], const double *params, void **ret_output);
	/*
	 * Writes the values. All keys are given, within their limits. 0 or an error of hal_error.h;
	 * then an output that moves is stopped as far as possible.
	 */
	int (*apply)(void *output, const struct output_values *values, uint64_t now_us);
	/*
	 * The same, but the change takes length_us, above 0: poll() does it in steps, from what the
	 * output does now. apply(), safe() and an error end it. NULL: the kind cannot.
	 */
	int (*fade)(void *output, const struct output_values *values, uint64_t length_us,
		uint64_t now_us);
	size_t fade_param; /* if it can: the param that is the map's length, in us */
	/* Does the steps that are due. *ret_next_us: when to call again, or UINT64_MAX; also set on
	 * an error. May be NULL. */
	int (*poll)(void *output, uint64_t now_us, uint64_t *ret_next_us);
	/* True while it is active or about to be. NULL: never for longer than a write. */
	bool (*is_running)(const void *output);
	/* Sets values to what it does now, as far as the writes tell, above all after an error. May
	 * be NULL. */
	void (*observe)(const void *output, struct output_values *values);
	/* The port whose write failed in the last call that returned an error. NULL: the first. */
	size_t (*failed_port)(const void *output);
	/*
	 * Writes the rest on every port, even if it is believed to be there. 0 or the first error.
	 * It never sleeps, and nobody calls poll() after it: at the end of the process and in
	 * --safe nothing comes later. So a kind whose rest takes time, as a latching relay or a
	 * pulse that has to end, is not possible with this interface.
	 */
	int (*safe)(void *output);
	/* Releases the output: one that moves is made safe first, others stay as they are. output
	 * may be NULL. */
	void (*close)(void *output);
};

/* All kinds, in the order of meson.build, then NULL. */
extern const struct output_kind *const output_kind_table[];

/* Finds a kind by its word in an action; NULL: none. */
const struct output_kind *output_kind_find(const char *word);

/* The kind's index in the table. */
size_t output_kind_index(const struct output_kind *kind);

/* The key's index in the kind, or -ENOENT. Hidden keys are not found. */
int output_key_find(const struct output_kind *kind, const char *name);

/*
 * If two keys measure the same thing and one is missing, it is computed from the other. If both are
 * given, the finer one decides.
 */
void output_values_complete(const struct output_kind *kind, struct output_values *values);

/* False if both are given and contradict each other: then *ret_key is the finer one. */
bool output_values_agree(
	const struct output_kind *kind, const struct output_values *values, size_t *ret_key);

/* The hidden keys follow those that they remember. */
void output_values_remember(const struct output_kind *kind, struct output_values *values);

/* Makes it a stop of an output that moves: the rest. Other keys that are given are remembered. */
void output_values_stop(const struct output_kind *kind, struct output_values *values);

/* Gives the keys that an action resumes. state: all keys. */
void output_values_resume(const struct output_kind *kind, const struct output_values *state,
	struct output_values *values);

/* The number that means 1 for a key: 10 with one decimal. */
static inline int output_key_scale(const struct output_key *key)
{
	int scale = 1;

	for (unsigned i = 0; i < key->decimals; i++)
		scale *= 10;
	return scale;
}

/* True if the coarser key, which is given too, says the same. */
static inline bool output_key_is_redundant(
	const struct output_key *key, int number, const struct output_values *values)
{
	return key->per_coarse && output_values_has(values, key->coarse) &&
		number == values->numbers[key->coarse] * key->per_coarse;
}

/* Reports the mistake for each of the keys that the map gives. keys ends with NULL; the mistake's
 * own key is ignored. For check(). */
void output_refuse_keys(const struct output_draft *draft, const char *const *keys,
	const struct output_mistake *mistake);

/* The range of a key for an output with these params; NULL: for any output of the kind. */
struct output_range output_key_range(
	const struct output_kind *kind, size_t key, const double *params);

/* The names of struct output_modifiers in an action, of kinds that are plain; ends with NULL. */
extern const char *const output_modifier_words[];

/* The key that "toggle" changes: the BOOL that the rest has. -1: there is none, or the kind moves.
 * */
int output_toggle_key(const struct output_kind *kind);

/* The key that is_goal. -1: there is none. */
int output_goal_key(const struct output_kind *kind);

/* True if one with these ports can fade: its kind can, and it knows more than on and off. */
bool output_can_fade(const struct output_kind *kind, const enum port_type ports[]);

/* True if an output with these ports takes any number of the key. */
bool output_key_is_there(const struct output_kind *kind, size_t key, const enum port_type ports[]);

/* The values of an output with these params after its first opening: at rest, all keys given. A
 * number outside its range becomes the nearest one inside. */
struct output_values output_kind_initial(const struct output_kind *kind, const double *params);

/* True if the values mean the kind's rest. */
static inline bool output_is_at_rest(
	const struct output_kind *kind, const struct output_values *values)
{
	return output_values_hold(values, &kind->rest);
}
