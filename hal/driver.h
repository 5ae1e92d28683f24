/* SPDX-License-Identifier: MIT */
/*
 * A chip driver's table declares everything that the gateway knows about a part: the keys of the
 * device map and their limits, the simulated part, the vectors of the generic test, the
 * documentation. A new part is one file in drivers/ and its name in drivers/meson.build;
 * docs/adding-a-part.md has the documents that its tests ask for.
 *
 * The "part" of a driver on attributes is a device that the kernel drives.
 *
 * A driver has either sensor channels (configure, start, collect) or PWM channels (configure,
 * set_duty). On lines it may have only events (configure, event). Its functions are called by one
 * thread at a time, never sleep, and make a bounded number of transfers.
 */
#pragma once

#include "attributes.h"
#include "i2c.h"
#include "lines.h"
#include "spi.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chip;

enum { DRIVER_CHANNELS_MAX = 128 }; /* sensor channels of one part */
enum { DRIVER_DUTIES_MAX = 32 };    /* PWM channels in one transfer */

enum driver_bus {
	DRIVER_BUS_I2C,
	DRIVER_BUS_SPI,
	DRIVER_BUS_ATTRIBUTES, /* a device that the kernel measures with; see attributes.h */
	DRIVER_BUS_LINES,      /* GPIO lines as inputs; see lines.h */
};

enum driver_param_type {
	DRIVER_PARAM_NUMBER,
	DRIVER_PARAM_BOOL,      /* 0 or 1 */
	DRIVER_PARAM_FREQUENCY, /* Hz; written 1kHz */
	DRIVER_PARAM_VOLTAGE,   /* V; written 4.096V, 512mV */
	DRIVER_PARAM_PERCENT,   /* 1 is 100 %; written 2% */
	DRIVER_PARAM_DURATION,  /* us; written 500ms */
	DRIVER_PARAM_WORD,      /* the index of one of the words */
};

enum { DRIVER_WORDS_MAX = 7 };

/* A key of a part or an output in the device map. */
struct driver_param {
	const char *key;
	enum driver_param_type type;
	double min, max, default_value;
	const double *choices; /* the only values allowed, or NULL */
	size_t n_choices;
	const char *help; /* one short sentence */
	/* The second of a pair that is written [from, to]. The row before it is the first, with the
	 * same key. In the map the first must be less than the second. */
	bool is_second;
	bool may_fall;            /* of the second: the first may also be greater, but not equal */
	const char *const *words; /* WORD: at most DRIVER_WORDS_MAX, then NULL */
};

/* A channel: one thing that the part measures. Values are in the usual unit of the field. */
struct driver_channel {
	const char *name;     /* as the map names it: "temperature", "0" */
	const char *quantity; /* "temperature", "humidity", "pressure", "voltage", "raw" */
	const char *unit;     /* "°C", "%", "hPa", "V", "raw" */
	double min, max;      /* the widest range that the part can show; see also driver.narrow */
	double step;          /* resolution */
	double typical;       /* shown by the simulated part unless the map says otherwise */
};

enum { DRIVER_CHANNEL_NAME_BYTES = 112 };

/* A channel beyond the table, with its name. */
struct driver_channel_text {
	struct driver_channel channel; /* its name points to the one below */
	char name[DRIVER_CHANNEL_NAME_BYTES];
};

/* One of the events that an input can have. */
struct driver_event_word {
	const char *word;  /* what an event says: "1", "double" */
	const char *state; /* the input's state from then on: "on"; NULL: the event changes none */
};

struct driver_event {
	unsigned index;   /* into driver->events */
	uint64_t time_us; /* CLOCK_MONOTONIC */
};

/* How a wrong bit on the wire is noticed. */
enum driver_integrity {
	DRIVER_INTEGRITY_NONE, /* not at all: only the plausible range helps */
	DRIVER_INTEGRITY_CRC,  /* every single flipped bit of a measurement is noticed */
};

/*
 * A line of the datasheet, or worked out by hand from its formula, that the driver must reproduce.
 * Sensor: the model is put into the state 'raw' (the driver's own layout, see its model's load),
 * and then the channel must read 'value'. PWM: after set_duty(channel, duty) the model's bytes at
 * 'reg' must be 'raw'.
 */
struct driver_vector {
	const char *source; /* document, revision, section */
	unsigned channel;
	const double *params; /* as many as the driver has, or NULL for the defaults */
	const uint8_t *raw;
	size_t raw_bytes;
	uint32_t after_us;       /* LINES: time from 'raw' to the measurement or the last event */
	const char *events;      /* LINES: the events until then: "single double"; NULL: a value */
	double value, tolerance; /* sensor channels */
	uint32_t duty;           /* PWM channels, in steps */
	uint8_t reg;             /* PWM channels */
};

/* The bytes that identify() reads from this part, or from another one at its address. */
struct driver_identity {
	const char *source;     /* document, revision, section */
	const uint8_t *answers; /* all bytes read, in order; after them the part does not answer */
	size_t n_answers;
	int result;      /* identify() returns this */
	bool is_certain; /* with a result of 0 */
};

/*
 * The part as the simulated wires see it: it answers bytes with bytes. state points to state_bytes
 * of memory, zeroed, then reset(). All functions are called under the simulated bus's lock. now_us
 * is the bus's clock. The bus functions return 0, or -ENXIO if the real part would not acknowledge.
 */
struct driver_model {
	size_t state_bytes;
	void (*reset)(void *state); /* power-on */
	/* After reset: the part's surroundings by the params, such as a shunt. May be NULL. */
	void (*wire)(void *state, const double *params);
	int (*i2c_write)(void *state, const uint8_t *data, size_t size, uint64_t now_us);
	int (*i2c_read)(void *state, uint8_t *data, size_t size, uint64_t now_us);
	int (*spi_transfer)(
		void *state, const uint8_t *out, uint8_t *in, size_t size, uint64_t now_us);
	/* The attribute's text, or -ENOENT. */
	int (*attribute)(
		const void *state, const char *attribute, char *ret_text, size_t text_bytes);
	/* The logical level that the part drives the line to. */
	bool (*line)(const void *state, unsigned line);
	/*
	 * Makes the next change of the lines that the part drives, if one was due by now. False:
	 * none was. NULL: they only change with set_value() and load().
	 */
	bool (*step)(void *state, uint64_t now_us, uint64_t *ret_time_us);
	/* An output of ours is active from now_us on, for that time. */
	void (*pulse)(void *state, unsigned line, uint64_t now_us, uint32_t duration_us);
	void (*set_value)(
		void *state, unsigned channel, double value); /* the value to show, clamped */
	void (*set_busy)(void *state,
		bool busy); /* never finishes a conversion; NULL where it cannot be busy */
	void (*load)(void *state, const uint8_t *raw, size_t size);               /* of a vector */
	void (*peek)(const void *state, uint8_t reg, uint8_t *data, size_t size); /* PWM parts */
	double (*duty)(
		const void *state, unsigned channel); /* PWM parts: 0..1 as driven on the pin */
};

struct driver {
	const char *name;        /* as the map names it: "bme280" */
	const char *also_called; /* other parts that it also drives: "SHT30, SHT31"; NULL: none */
	const char *description; /* "Bosch humidity, pressure and temperature sensor" */
	const char *datasheet;   /* "Bosch BST-BME280-DS001-23, revision 1.23" */
	enum driver_bus bus;
	const uint8_t *addresses; /* I2C: those that the part can have; the first is the default */
	size_t n_addresses;
	struct spi_settings spi;     /* SPI: mode and clock; the param "speed" (Hz), if any, wins */
	const struct driver *on_spi; /* I2C: the same part's driver for a bus of SPI, or NULL */
	const struct attributes_class *attributes; /* ATTRIBUTES: the class of its devices */
	const char *const *line_keys; /* LINES: the keys of its lines in the map; ends with NULL */
	unsigned n_listed;     /* lines of the only key, which takes a list; 0: one for each key */
	uint64_t output_lines; /* LINES: as in struct lines_request */
	bool needs_edges;      /* LINES: the levels alone are of no use */
	bool is_level; /* LINES: the level of its only line is all that it measures; it may limit
			  an output */
	uint32_t debounce_us; /* LINES: by default */
	const struct driver_channel *channels;
	size_t n_channels;      /* at most DRIVER_CHANNELS_MAX; with parse_channel one less */
	bool channels_together; /* one start/collect measures all channels */
	uint64_t counts;        /* bit n: channel n is chip->count */
	uint64_t paced;         /* bit n: channel n comes from the times between edges */
	uint32_t n_pwm;         /* PWM channels, "0" to n-1; 0 for a sensor */
	uint32_t pwm_steps;
	unsigned duties_max; /* of set_duties(), at most DRIVER_DUTIES_MAX */
	uint32_t (*pwm_period_ns)(const double *params); /* the period that the part really has */
	const struct driver_param *params;
	size_t n_params;
	enum driver_integrity integrity;
	uint32_t deadline_us; /* after the wait of start(): busy for longer is -ETIMEDOUT */
	uint32_t poll_us; /* shortest time from an -EAGAIN of collect() to the next call; 0: soon */
	bool is_slow;     /* it takes seconds: a reading takes the last result and does not wait */
	size_t state_bytes; /* of chip->state, zeroed before configure begins */

	/*
	 * Finds and sets up the part, after power-on or after it was away. -EAGAIN: call again
	 * after *ret_wait_us (the state remembers how far it got). -EBADMSG: another part answers
	 * at this address.
	 */
	int (*configure)(struct chip *chip, uint32_t *ret_wait_us);
	/*
	 * I2C: tells whether the part is at the address, and leaves it as it is. Returns 0 with
	 * *ret_is_certain: true if the part says so itself, with an identity or a checksum; false
	 * if its registers look like this part's, as those of another one might. -EBADMSG: another
	 * part. -EAGAIN: call again after *ret_wait_us. Other errors are the bus's. NULL: it cannot
	 * be told without harm.
	 */
	int (*identify)(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain);
	/* identify() sends commands, and does not merely read registers. To another part they could
	 * be a write, so it is called only where no other driver knows the part. */
	bool identifies_by_command;
	const struct driver_identity *identities; /* two or more, if there is an identify() */
	size_t n_identities;
	/* Begins a measurement of the channel, or of all with channels_together. *ret_wait_us is
	 * the time until the result can be there. */
	int (*start)(struct chip *chip, unsigned channel, uint32_t *ret_wait_us);
	/*
	 * Fetches the result into ret_values[channel], or all with channels_together. -EAGAIN:
	 * still busy. -ERANGE, -EBADMSG and -EOPNOTSUPP (hal_error.h) concern this channel alone,
	 * and no value is set.
	 */
	int (*collect)(struct chip *chip, unsigned channel, double *ret_values);
	/*
	 * LINES: the input's events, or NULL. Without event() they are the levels of the first
	 * line: two words, for 0 and 1. event() is called for each edge that held for the debounce,
	 * and after the last one with edge NULL; now_us is then the time until which all edges are
	 * known. It returns 1 with *ret_event, or 0. *ret_next_us is the time of the next call
	 * without an edge; DEBOUNCE_NEVER: none.
	 */
	const struct driver_event_word *events;
	size_t n_events;
	int (*event)(struct chip *chip, const struct lines_edge *edge, uint64_t now_us,
		struct driver_event *ret_event, uint64_t *ret_next_us);
	/* PWM: 0 to pwm_steps. */
	int (*set_duty)(struct chip *chip, unsigned channel, uint32_t duty_steps);
	/*
	 * PWM: n neighbours from channel first on, in one transfer, at whose end they change
	 * together; n is 1 to duties_max. -EINVAL: one that it does not have, or above pwm_steps;
	 * then nothing is written. NULL: the part cannot.
	 */
	int (*set_duties)(
		struct chip *chip, unsigned first, unsigned n, const uint32_t *duty_steps);
	/* PWM: checks that the part is there and has its settings. -ENODEV: it lost them, and its
	 * outputs with them. Changes nothing. */
	int (*probe)(struct chip *chip);
	/*
	 * Narrows the range of the channel where that depends on the params. *min and *max hold the
	 * table's values at first. May be NULL.
	 */
	void (*narrow)(const double *params, unsigned channel, double *min, double *max);
	/* Checks the params for what their own limits cannot express. Returns NULL, or a static
	 * sentence about the mistake. May be NULL. */
	const char *(*check)(const double *params);

	/*
	 * Channels beyond the table, whose names follow a grammar; both are NULL if there are none.
	 * Such channels are measured one at a time. parse_channel() returns the channel's number,
	 * which is never an index of the table, or -ENOENT. describe_channel() turns the number
	 * back into the channel and returns 0 or -ENOENT. Pure.
	 */
	int (*parse_channel)(const char *name);
	int (*describe_channel)(unsigned number, struct driver_channel_text *ret_text);

	const void *variant; /* the driver's own: the differences between the parts of one file */

	const struct driver_vector *vectors; /* two or more */
	size_t n_vectors;
	const struct driver_model *model;
};

/* For the tables of a driver: the number of rows; the bytes of a vector, and of an identity. */
#define DRIVER_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DRIVER_BYTES(...)   ((const uint8_t[]){__VA_ARGS__})
#define DRIVER_RAW(...)                                                                            \
	.raw = DRIVER_BYTES(__VA_ARGS__), .raw_bytes = sizeof(DRIVER_BYTES(__VA_ARGS__))
#define DRIVER_ANSWER(...)                                                                         \
	.answers = DRIVER_BYTES(__VA_ARGS__), .n_answers = sizeof(DRIVER_BYTES(__VA_ARGS__))

/* All drivers, in the order of drivers/meson.build, then NULL. */
extern const struct driver *const driver_table[];

/* NULL if none has that name. */
const struct driver *driver_find(const char *name);

/* Finds a driver by any name of its parts, those of also_called included, in any case. */
const struct driver *driver_find_part(const char *name);

/* The range of the channel with these params (driver->n_params values); outside it is -ERANGE. */
void driver_channel_range(const struct driver *driver, const double *params, unsigned channel,
	double *ret_min, double *ret_max);

/* True for an index of the table, and for the number of a channel beyond it. */
bool driver_has_channel(const struct driver *driver, unsigned channel);

/* The channel; if it is beyond the table, it is kept in *text. Nameless if there is none. */
const struct driver_channel *driver_channel(
	const struct driver *driver, unsigned channel, struct driver_channel_text *text);

/* The channel's place among values: its index; n_channels for one beyond the table. */
static inline size_t driver_value_index(const struct driver *driver, unsigned channel)
{
	return channel < driver->n_channels ? channel : driver->n_channels;
}

/* True for a part on lines that has events or counts. */
static inline bool driver_is_input(const struct driver *driver)
{
	return driver->bus == DRIVER_BUS_LINES && (driver->n_events > 0 || driver->event);
}

/* True if the driver has a channel that counts, which may be set. */
static inline bool driver_is_counter(const struct driver *driver)
{
	return driver->counts != 0;
}

/* The parameter's value; 0 if the driver has none of that key. */
double driver_param_value(const struct driver *driver, const double *params, const char *key);

/* The channel's index by its name ("temperature", "3"; PWM channels go by number), or -ENOENT. */
int driver_channel_find(const struct driver *driver, const char *name);
