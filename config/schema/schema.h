/* SPDX-License-Identifier: MIT */
/*
 * Reads a map of the tree into a struct, by a table: one row an option, with its type, limits and
 * default. Numbers have units in the text and none in the struct.
 *
 * All functions return 0 or -ENOMEM: a mistake in the text is no error of the reader. It is added
 * to the diag, the field keeps what it was, and reading goes on, so that all mistakes are found.
 */
#pragma once

#include "diag.h"
#include "yaml_tree.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum schema_type {
	SCHEMA_STRING,    /* one line, not empty */
	SCHEMA_TEXT,      /* any text */
	SCHEMA_NAME,      /* letters, digits, _ and -; at most 63 */
	SCHEMA_PATH,      /* of a file, from the root */
	SCHEMA_TOPIC,     /* MQTT: no wildcards, no empty level, no leading $; at most 200 bytes */
	SCHEMA_BOOL,      /* true, false */
	SCHEMA_INTEGER,   /* 5 */
	SCHEMA_NUMBER,    /* 0.5 */
	SCHEMA_DURATION,  /* 500ms; base unit us */
	SCHEMA_SIZE,      /* 16MiB; B */
	SCHEMA_FREQUENCY, /* 1kHz; Hz */
	SCHEMA_PERCENT,   /* 2%; 1 is 100 % */
	SCHEMA_VOLTAGE,   /* 512mV; V */
	SCHEMA_ENUM,      /* one of the choices */
	SCHEMA_MAP,       /* a table of its own */
	SCHEMA_CUSTOM,    /* a function of its own */
};

/* How the field holds it. */
enum schema_store {
	SCHEMA_STORE_NONE, /* MAP and CUSTOM */
	SCHEMA_STORE_BOOL,
	SCHEMA_STORE_UNSIGNED, /* unsigned, uint32_t, enums, and an int that is never negative */
	SCHEMA_STORE_U64,
	SCHEMA_STORE_DOUBLE,
	SCHEMA_STORE_STRING, /* char *, allocated */
};

struct schema_choice {
	const char *text;
	unsigned value;
};

struct schema {
	struct diag *diag;
	void *context; /* of the custom functions */
};

struct schema_option {
	const char *key;
	enum schema_type type;
	enum schema_store store;
	size_t offset;
	bool required;
	double min, max;     /* in base units; both 0: no limits */
	double unit;         /* base units in one of the field, 0: 1. 1000: a duration kept in ms */
	const char *initial; /* the default, as it would stand in the map; NULL: field untouched */
	const struct schema_choice *choices; /* ENUM; ends with a NULL text */
	const struct schema_option *options; /* MAP: its table; ends with a NULL key */
	/* CUSTOM: called only when the key is there. field lies at offset. */
	int (*read)(struct schema *schema, const struct yaml_node *node, void *field);
	const char *example; /* MAP: how it is written, for who wrote something else; or NULL */
};

/* The parts of a row that name the field: SCHEMA_FIELD(struct config_mqtt, qos). */
/* clang-format off */
#define SCHEMA_FIELD(type, member)                                                                 \
	.offset = offsetof(type, member), .store = _Generic(((type *)NULL)->member,                \
						  bool: SCHEMA_STORE_BOOL,                         \
						  unsigned: SCHEMA_STORE_UNSIGNED,                 \
						  int: SCHEMA_STORE_UNSIGNED,                      \
						  uint64_t: SCHEMA_STORE_U64,                      \
						  double: SCHEMA_STORE_DOUBLE,                     \
						  char *: SCHEMA_STORE_STRING)
/* clang-format on */

/*
 * Reads a map into a struct. Unknown keys are mistakes. node NULL: every option gets its default.
 */
int schema_read_map(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *options, void *object);

/* The same. example is how the map is written, for who wrote something else; or NULL. */
int schema_read_map_like(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *options, const char *example, void *object);

/* The same without the look at the keys, for maps whose keys are not all in one table. */
int schema_read_options(struct schema *schema, const struct yaml_node *map,
	const struct schema_option *options, void *object);

/* Reads one value; schema_read_map() does this for every key. object is what offset counts from. */
int schema_read_value(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, void *object);

/* A mistake for each key that is in neither table; more may be NULL. */
int schema_check_keys(struct schema *schema, const struct yaml_node *map,
	const struct schema_option *options, const struct schema_option *more);

/* True when the node is of the kind; otherwise a mistake: "leds takes a list, not a map". A single
 * value must also say something. */
bool schema_expect(struct schema *schema, const struct yaml_node *node, enum yaml_kind kind);

/* The same. example is how it is written, a line for the cure, or NULL. */
bool schema_expect_like(struct schema *schema, const struct yaml_node *node, enum yaml_kind kind,
	const char *example);

/* The mistake that the node is empty, where words ("a list", "a text") are wanted: with the example
 * as the cure, or, where null was written, with what else to write. */
void schema_empty(struct schema *schema, const struct yaml_node *node, const char *name,
	const char *words, const char *example, bool may_be_text);

/*
 * The mistake "unknown <what> "word"", pointing at place, with the nearest of the words or else all
 * of them as the cure. words ends with NULL.
 */
void schema_unknown(struct schema *schema, struct diag_place place, const char *what,
	const char *word, const char *const *words);

/* The same where the words are too many to be shown: then the cure is, unless one is near. */
void schema_unknown_of_many(struct schema *schema, struct diag_place place, const char *what,
	const char *word, const char *const *words, const char *cure);
