/* SPDX-License-Identifier: MIT */
/*
 * Reads a map of the tree into a struct by a table: one row for each option, with its type, limits
 * and default. Numbers have units in the text and none in the struct.
 *
 * All functions return 0 or -ENOMEM. A mistake in the text is not an error: it is added to the
 * diag, the field keeps its value, and reading goes on, so that all mistakes are found.
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

/* The C type of the field. */
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
	void *context; /* for the custom functions */
};

struct schema_option {
	const char *key;
	enum schema_type type;
	enum schema_store store;
	size_t offset;
	bool required;
	double min, max;     /* in base units; both 0: no limits. max of a text: bytes */
	double unit;         /* base units in one unit of the field; 0: 1. 1000: a duration in ms */
	const char *initial; /* the default, written as in the map; NULL: field untouched */
	const struct schema_choice *choices; /* ENUM; ends with a NULL text */
	/* ENUM: the row of a NUMBER of the same struct, which may be given instead of a word. Then
	 * the field of the word is set to the row's choice. NULL: only words. */
	const struct schema_option *or_number;
	unsigned number_choice;
	const struct schema_option *options; /* MAP: its table; ends with a NULL key */
	/* CUSTOM: called only if the key is present. field points to offset. */
	int (*read)(struct schema *schema, const struct yaml_node *node, void *field);
	const char *example; /* MAP: how it is written, shown with a mistake; or NULL */
	const char *help;    /* one short phrase, for editors */
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

/* The same. example shows how the map is written if something else was written; or NULL. */
int schema_read_map_like(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *options, const char *example, void *object);

/* The same without checking for unknown keys, for maps whose keys are in several tables. */
int schema_read_options(struct schema *schema, const struct yaml_node *map,
	const struct schema_option *options, void *object);

/* Reads one value, as schema_read_map() does for every key. offset is relative to object. */
int schema_read_value(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *option, void *object);

/* Reports each key that is in neither table; more may be NULL. */
int schema_check_keys(struct schema *schema, const struct yaml_node *map,
	const struct schema_option *options, const struct schema_option *more);

/* True if the node is of that kind; otherwise reports "leds takes a list, not a map". A scalar must
 * not be empty. */
bool schema_expect(struct schema *schema, const struct yaml_node *node, enum yaml_kind kind);

/* The same. example shows how it is written, as one line of the cure, or NULL. */
bool schema_expect_like(struct schema *schema, const struct yaml_node *node, enum yaml_kind kind,
	const char *example);

/* Reports that the node is empty where words ("a list", "a text") were expected. The cure is the
 * example, or, if null was written, what to write instead. */
void schema_empty(struct schema *schema, const struct yaml_node *node, const char *name,
	const char *words, const char *example, bool may_be_text);

/*
 * Reports "unknown <what> "word"", pointing at place. The cure is the nearest of the words, or else
 * all of them. words ends with NULL.
 */
void schema_unknown(struct schema *schema, struct diag_place place, const char *what,
	const char *word, const char *const *words);

/* The same for too many words to show: if none is near, cure is shown. */
void schema_unknown_of_many(struct schema *schema, struct diag_place place, const char *what,
	const char *word, const char *const *words, const char *cure);
