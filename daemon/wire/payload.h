/* SPDX-License-Identifier: MIT */
/*
 * The messages of the wire contract, both ways: JSON, the tutorial's plain texts, packed structs.
 * Only bytes in and out, no I/O and no state; any thread may call. Only the payload_parse* and
 * payload_stop* files include cJSON; outgoing messages are written without it (json_writer.h).
 */
#pragma once

#include "config.h"
#include "reading.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PAYLOAD_ACTION_MAX = 16 * 1024, /* bytes of an action */
	PAYLOAD_DEPTH_MAX = 8,
	PAYLOAD_ID_MAX = 256, /* bytes of an id that is a string */
	PAYLOAD_ERRORS_MAX = 32,
};

struct payload_id {
	enum { PAYLOAD_ID_NONE, PAYLOAD_ID_STRING, PAYLOAD_ID_INTEGER } kind;
	char string[PAYLOAD_ID_MAX + 1];
	int64_t integer; /* within -(2^53 - 1) and 2^53 - 1 */
};

/* How the sender addressed an output. The answer does the same: {"motor":{...}},
 * {"motor":{"0":{...}}}, {"motor":{"left":{...}}} */
enum payload_called { PAYLOAD_PLAIN, PAYLOAD_BY_INDEX, PAYLOAD_BY_NAME };

struct payload_output {
	size_t output; /* index into config.outputs */
	enum payload_called called;
	struct output_values values; /* within their limits */
	struct output_modifiers modifiers;
};

/*
 * An action that was understood completely; also an answer's "applied" and the state, which have
 * the same words. It has room for every output of the largest map, so it is not zeroed for each
 * message: begin with payload_action_clear(). Anything beyond the counts is undefined.
 */
struct payload_action {
	struct payload_id id;
	size_t n_outputs;
	struct payload_output outputs[CONFIG_OUTPUTS_MAX];
	uint32_t interval_ms; /* 0: not given */
	bool read;            /* one reading now */
	const char *counter;  /* the chip whose count is set, a name of the map; NULL: none */
	int64_t count;
};

/* Makes it empty. */
static inline void payload_action_clear(struct payload_action *action)
{
	action->interval_ms = 0;
	action->read = false;
	action->counter = NULL;
	action->n_outputs = 0;
	action->id.kind = PAYLOAD_ID_NONE;
	action->id.string[0] = '\0';
}

/* The config's outputs of a kind. */
static inline const struct config_outputs_of *payload_outputs_of(
	const struct config *config, const struct output_kind *kind)
{
	return &config->outputs_of[output_kind_index(kind)];
}

/* How an output is addressed if no sender did so. */
static inline enum payload_called payload_called(
	const struct config *config, const struct output_kind *kind)
{
	return kind->is_plain && payload_outputs_of(config, kind)->n == 1 ? PAYLOAD_PLAIN
									  : PAYLOAD_BY_INDEX;
}

/* True if it tells an output that moves to stop. */
static inline bool payload_is_stop(const struct config *config, const struct payload_output *output)
{
	const struct output_kind *kind = config->outputs[output->output].kind;

	return kind->moves && (output->values.given & kind->rest.given) == kind->rest.given &&
		output_is_at_rest(kind, &output->values);
}

/* Copies an id only if there is one: most messages have none, and it is large. */
static inline void payload_id_copy(struct payload_id *to, const struct payload_id *from)
{
	if (from->kind != PAYLOAD_ID_NONE)
		*to = *from;
}

struct payload_error {
	char path[96];    /* "motor.speed"; "" for the message as a whole */
	char reason[256]; /* "99 is outside 1..10" */
};

struct payload_errors {
	size_t count; /* of all; the first PAYLOAD_ERRORS_MAX are kept */
	struct payload_error items[PAYLOAD_ERRORS_MAX];
};

__attribute__((format(printf, 3, 4))) void payload_error_add(
	struct payload_errors *errors, const char *path, const char *format, ...);

/* Appends the errors of more. */
void payload_errors_append(struct payload_errors *errors, const struct payload_errors *more);

/* A received message. */
struct payload_bytes {
	const uint8_t *data;
	size_t size;        /* bytes that are here */
	uint64_t true_size; /* bytes that were sent */
};

/*
 * Checks a whole action against the map. 0, or -EINVAL with every mistake in *errors (cleared
 * first). ret_action->id is set in both cases if the message has a valid one, the rest only on
 * success. A stop next to a speed is just a stop (the speed is remembered).
 */
int payload_parse_action(const struct config *config, const struct payload_bytes *bytes,
	uint64_t wall_ms, struct payload_action *ret_action, struct payload_errors *errors);

/*
 * Finds the stops of a message that is refused, whatever is wrong with it: a stop never hurts. It
 * reads anything that some JSON reader accepts, up to PAYLOAD_ACTION_MAX bytes, and the text
 * "stop".
 *
 * Fills in ret_stops->outputs and n_outputs, to be carried out in this order: first the outputs
 * that are told to stop, then all others that move and that the message addresses. A stop in a
 * place where no moving output of the map is addressed stops all of them, and *errors (not cleared)
 * says so. No stop: n_outputs is 0.
 */
void payload_parse_stops(const struct config *config, const struct payload_bytes *bytes,
	struct payload_action *ret_stops, struct payload_errors *errors);

/*
 * The plain text of one output's own topic: "on", "forward 40% 5s". target: its kind and its name
 * or number, "led/red". As payload_parse_action().
 */
int payload_parse_output_text(const struct config *config, const char *target,
	const struct payload_bytes *bytes, struct payload_action *ret_action,
	struct payload_errors *errors);

/* Its stops if it is refused, as payload_parse_stops(). */
void payload_parse_output_text_stops(const struct config *config, const char *target,
	const struct payload_bytes *bytes, struct payload_action *ret_stops,
	struct payload_errors *errors);

/* True for a word that means a stop, such as "STOP" or "off", including the accepted one. */
bool payload_text_means_stop(const struct payload_bytes *bytes);

/* Accepts the text "stop", with white space around it: *ret_action stops everything that moves.
 * -EINVAL: something else. */
int payload_parse_stop_text(const struct config *config, const struct payload_bytes *bytes,
	struct payload_action *ret_action);

/* Accepts "1000" or "1.5s", with white space around it, within the map's interval. A number without
 * a unit has the one that the map gives this topic. 0, or -EINVAL with the mistake in *errors. */
int payload_parse_interval(const struct config *config, const struct payload_bytes *bytes,
	uint32_t *ret_interval_ms, struct payload_errors *errors);

/* Accepts "N S" of the tutorial: LED N counted from 1, S 0 or 1. -EINVAL: unknown command. */
int payload_parse_led_text(const struct config *config, const struct payload_bytes *bytes,
	struct payload_output *ret_led);

/*
 * Gives a reading its time if it was formatted before the clock was set. False: it has one, or has
 * no place for one.
 */
bool payload_set_time(void *payload, size_t size, uint64_t wall_ms);

/*
 * All formatters return the length without the final NUL, or -ENOBUFS if out is too small. They
 * allocate nothing.
 */
int payload_format_reading(
	const struct config *config, const struct reading *reading, char *out, size_t out_bytes);

/* True if a word of an event is written as a number. */
bool payload_word_is_number(const char *word);

/* {"door":1,"ts":...}: a word that is a number is written without quotes. wall_ms as for a reading.
 * */
int payload_format_event(
	const char *name, const char *word, uint64_t wall_ms, char *out, size_t out_bytes);

/* One value as plain text: "23", "23.4". -ENODATA if it is null. */
int payload_format_value(
	const struct config_sensor *sensor, double value, char *out, size_t out_bytes);

struct json_writer;

/* One key with its value: "angle":45.5, "color":"#ff8000". */
void payload_add_key(struct json_writer *json, const struct output_key *key, int number);

/* "modifiers": the names of what an action for this output may say beside its keys ("for"). */
void payload_add_modifiers(struct json_writer *json, const struct config_output *output);

/* The answer: ok if errors is NULL or empty. applied may be NULL. A failed hardware write has both.
 * */
int payload_format_answer(const struct config *config, const struct payload_action *applied,
	const struct payload_errors *errors, char *out, size_t out_bytes);

/* ROOT/state: in the form of an action, with each output addressed in the state's way. */
int payload_format_state(const struct config *config, const struct payload_action *state, char *out,
	size_t out_bytes);

/* Facts about the gateway that are not in the map. */
struct payload_gateway {
	const char *version, *instance;
	const char *board; /* NULL: unknown */
};

/*
 * ROOT/about. Where it does not fit, the sensors are left out, and "cut" is true. -ENOBUFS: it does
 * not fit even then.
 */
int payload_format_about(const struct config *config, const struct payload_gateway *gateway,
	char *out, size_t out_bytes);

/* Leaves the sensors out of a formatted one. Returns false if nothing could be left out. */
bool payload_cut_about(void *payload, size_t *size);

/*
 * Shrinks a message that is larger than the broker takes: of about the sensors are left out, of an
 * answer all but "ok" and "id", and "cut" says so. False: it is none of these, or would not get
 * smaller.
 */
bool payload_cut(void *payload, size_t *size);

enum { PAYLOAD_OUTPUT_TEXT_MAX = 48 };

/* The state of one output in the words of its own topic: "off", "7", "forward 40.5%", "on". values:
 * all keys. */
int payload_format_output_text(const struct output_kind *kind, const struct output_values *values,
	char *out, size_t out_bytes);

/*
 * ROOT/health is a list of rows, each with a key and a value of one of these kinds. A new figure of
 * the gateway's condition is a row in health.c. If it is a count, a flag, a text or some texts, it
 * needs nothing here; another type, as a fraction, is a kind here and a case in payload_health.c.
 */
enum payload_health_kind {
	PAYLOAD_HEALTH_COUNT,
	PAYLOAD_HEALTH_FLAG,
	PAYLOAD_HEALTH_TEXT, /* NULL: null */
	PAYLOAD_HEALTH_TEXTS,
	PAYLOAD_HEALTH_PART, /* something that can fail */
	PAYLOAD_HEALTH_ROWS  /* an object with rows of its own */
};

struct payload_health_row;

struct payload_health_rows {
	const struct payload_health_row *rows;
	size_t n;
};

struct payload_health_texts {
	const char *const *texts;
	size_t n;
};

struct payload_part_health {
	bool ok;
	const char *error;               /* if not ok */
	uint64_t since_ms;               /* wall clock */
	struct payload_health_rows more; /* further keys */
};

struct payload_health_row {
	const char *key;
	enum payload_health_kind kind;
	union {
		uint64_t count;
		bool flag;
		const char *text;
		struct payload_health_texts texts;
		struct payload_part_health part;
		struct payload_health_rows rows;
	};
};

enum { PAYLOAD_INSTANCE_BYTES = 17 };

int payload_format_health(const struct payload_health_rows *rows, char *out, size_t out_bytes);

/* Finds the instance in such a payload, of which the end may be missing. 0, or -ENOENT. */
int payload_find_instance(
	const struct payload_bytes *bytes, char ret_instance[static PAYLOAD_INSTANCE_BYTES]);

/* Packs like Python's struct.pack(). Returns the number of bytes; -ENODATA if a field is null,
 * -ERANGE if one does not fit, -ENOBUFS. */
int payload_pack(const struct config *config, const struct config_packed *packed,
	const struct reading *reading, uint8_t *out, size_t out_bytes);
