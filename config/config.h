/* SPDX-License-Identifier: MIT */
/*
 * The device map, read and checked: the plain data from which the daemon builds itself.
 * config_load() makes it, and nothing changes it afterwards, so any thread may read it.
 *
 * Cross-references (a sensor's chip, a packed field's sensor) are indexes into the arrays here.
 * Strings are never NULL unless a comment says so. Durations are in microseconds unless the name
 * says otherwise.
 */
#pragma once

#include "derived.h"
#include "diag.h"
#include "driver.h"
#include "gpio.h"
#include "host.h"
#include "output_kind.h"
#include "sampling.h"
#include "sim_wave.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits. A map that exceeds one has a mistake. */
enum {
	CONFIG_CHIPS_MAX = 64,
	CONFIG_SENSORS_MAX = 256,
	CONFIG_PACKED_MAX = 64,
	CONFIG_OUTPUTS_MAX = 128, /* of all kinds together; each has a limit of its own, too */
};

enum { CONFIG_MQTT_VERSION_AUTO = 0, CONFIG_MQTT_VERSION_3_1_1 = 4, CONFIG_MQTT_VERSION_5 = 5 };

enum { CONFIG_URL_ORDER_GIVEN, CONFIG_URL_ORDER_RANDOM };

struct config_tls {
	char *ca, *cert, *key; /* each may be NULL */
};

struct config_will {
	char *topic; /* NULL: the will is "offline" on ROOT/status */
	char *payload;
	unsigned qos;
	bool retain;
};

struct config_mqtt {
	char **urls; /* at least one: "mqtt://host:1883", "mqtts://host:8883"; tried in turn */
	size_t n_urls;
	int url_order; /* CONFIG_URL_ORDER_... */
	/* %H and %i are already replaced. */
	char *topic; /* the root of every topic; no wildcard, no slash at either end */
	char *client_id;
	char *username;      /* NULL: none */
	char *password_file; /* NULL: none. Checked to be a regular file that others cannot read */
	struct config_tls tls;
	unsigned keepalive_s;
	struct config_will will;
	char *discovery; /* NULL: off */
	int version;     /* CONFIG_MQTT_VERSION_... */
	unsigned qos;    /* of readings: 0 to 2 */
	bool timestamp;
	bool accept_retained;
	bool clean_start;
	unsigned session_expiry_s; /* of a kept session, MQTT 5 */
	unsigned will_delay_s;     /* MQTT 5; 0: at once */
	uint64_t health_interval_us;
	char *fingerprint; /* if it stays equal, the connection can be kept */
};

/* The name and the place that other programs show for this gateway. */
struct config_device {
	char *name; /* %H already replaced */
	char *area; /* NULL: none */
};

struct config_chip {
	char *name;
	const struct driver *driver;
	char *bus;        /* "/dev/i2c-1"; for a part on GPIO lines their names: "GPIO23" */
	uint16_t address; /* I2C; otherwise 0 */
	struct lines_settings lines; /* of a part on GPIO lines */
	bool is_limit;               /* of an output: the main thread reads its line */
	double *params;              /* driver->n_params */
	char *fingerprint;           /* equal text means equal settings, see config_output */
};

struct config_point {
	double raw, value;
};

/*
 * Order of processing: samples of the channel (see sampling.h), calibrate, scale and offset,
 * min/max, ema, deadband (for the sensor's own topic only), decimals. A derived sensor starts from
 * the values that its sources have after their ema.
 */
struct config_sensor {
	char *name;                    /* its key in the combined reading */
	const struct derived *derived; /* the function of a derived sensor; NULL: it is measured */
	size_t *of; /* derived: indexes into config.sensors, each below its own */
	size_t n_of;
	double *arguments;               /* derived: one for each argument of the function */
	size_t chip;                     /* measured: index into config.chips */
	unsigned channel;                /* of the chip's driver */
	unsigned decimals;               /* 0 to 9 */
	const struct sampling *sampling; /* how samples make one value */
	uint64_t sampling_size;          /* number of samples, or the window in us; 1: one sample */
	double ema;                      /* weight of the new value, 0 < ema <= 1; 1: off */
	double scale, offset;            /* value * scale + offset */
	struct config_point
		*calibrate; /* piecewise linear, rising in raw; extended at the ends; NULL: off */
	size_t n_calibrate;
	double min, max;   /* outside is a failed read; -INFINITY and INFINITY: off */
	double deadband;   /* the own topic is published if the value moved by more; 0: always */
	uint64_t every_us; /* a slower rhythm of its own, 0: every interval. Rounded up to whole
			      intervals; null in the readings between, since no value is ever
			      repeated */
	bool topic;        /* also published alone, on ROOT/sensors/<name>; with mqtt.discovery
			      always, if it is rare */
	bool is_rare;      /* null in readings between, though nothing failed */
	/* The sensor's name for people, its quantity and its unit, if the map gives them; otherwise
	 * NULL. See config_describe_sensor(). */
	char *label, *class, *unit;
	bool simulated; /* simulate was given */
	struct sim_wave simulate;
	char *fingerprint; /* includes that of its chip */
};

struct config_interval {
	uint32_t default_ms, min_ms, max_ms; /* min_ms <= default_ms <= max_ms */
	bool remember;
	unsigned topic_unit_ms; /* for a number without a unit on the interval's topic: 1 or 1000 */
};

struct config_packed_field {
	char letter;   /* one of b B h H i I q Q f d */
	size_t sensor; /* index into config.sensors */
};

struct config_packed {
	char *topic; /* below ROOT/sensors/ */
	bool big_endian;
	struct config_packed_field *fields; /* with counts written out: "2H" is two fields */
	size_t n_fields;
};

/* One wire of an output. */
struct config_port {
	enum port_type type;
	char *line;          /* LINE, SOFT_PWM: "GPIO17"; otherwise NULL */
	char *pwm_chip;      /* SOC_PWM: "pwmchip0" or a device node; otherwise NULL */
	char *kernel_led;    /* KERNEL_LED: "ACT"; otherwise NULL */
	size_t chip;         /* CHIP_PWM: index into config.chips */
	unsigned channel;    /* CHIP_PWM, SOC_PWM */
	double frequency_hz; /* SOFT_PWM, SOC_PWM */
};

/* The state of an output after the start, once it was set to rest. */
enum config_start_word {
	CONFIG_START_OFF,
	CONFIG_START_ON,
	CONFIG_START_NUMBER,
	CONFIG_START_LAST, /* as an action left it */
};

struct config_start {
	unsigned word; /* enum config_start_word */
	double number; /* NUMBER: of the kind's goal, in its own unit */
};

struct config_output {
	const struct output_kind *kind;
	size_t index; /* among the outputs of its kind, as actions count them */
	char *name;   /* "led0", "motor0" by default */
	struct config_port ports[OUTPUT_PORTS_MAX];
	bool active_low;                  /* of all ports */
	enum gpio_drive drive;            /* of all GPIO lines */
	enum lines_bias bias;             /* of all GPIO lines */
	bool topic;                       /* its state is published on a topic of its own */
	double params[OUTPUT_PARAMS_MAX]; /* as the kind declares them */
	unsigned failsafe;                /* index into the kind's choices; behind them: a number */
	double failsafe_number;           /* of the kind's goal, in its own unit */
	struct output_failsafe goal;      /* what the number means */
	bool has_failsafe;                /* its own; false: that of its kind */
	struct config_start start;
	uint64_t max_on_us;          /* counted from when it leaves its rest; 0: no limit */
	char *interlock;             /* at most one output with this text is on; NULL: none */
	uint64_t interlock_pause_us; /* all of them are off for this time before one goes on */
	/* By the kind's directions: the index into config.chips of the switch that ends each, if
	 * its bit is in has_limits. */
	size_t limits[OUTPUT_DIRECTIONS_MAX];
	unsigned has_limits;
	/*
	 * Its settings as one text, including those of its chips. A reload keeps an object whose
	 * fingerprint is the same, and builds it anew otherwise. Settings that only decide when the
	 * object goes on and off are not part of it.
	 */
	char *fingerprint;
};

/* The outputs of one kind: they follow each other in config.outputs from first on. */
struct config_outputs_of {
	size_t first, n;
};

struct config_failsafe {
	uint64_t after_us;
	/* Indexes into each kind's choices, for kinds whose outputs share one fail-safe. */
	unsigned of_kind[OUTPUT_KINDS_MAX];
};

/* Storage on disk, for readings that a long outage would push out of memory. */
struct config_spool {
	uint64_t size_bytes;
	uint64_t after_us; /* how long the outage lasts before it is used */
};

struct config {
	char *path; /* as given to config_load() */
	char *text; /* the bytes that the map was read from, whatever the file holds now */
	size_t text_bytes;
	struct config_mqtt mqtt;
	struct config_device device;
	struct config_chip *chips;
	size_t n_chips;
	struct config_sensor *sensors;
	size_t n_sensors;
	struct config_interval interval;
	struct config_packed *packed;
	size_t n_packed;
	struct config_output *outputs;
	size_t n_outputs;
	struct config_outputs_of
		outputs_of[OUTPUT_KINDS_MAX]; /* by the kind's index in the table */
	struct config_failsafe failsafe;
	struct config_spool spool;
};

/*
 * Reads and checks the whole file. Opens no device. Every mistake is added to diag, and there is a
 * result only if there is none. A map without mistakes may still get warnings, about what is
 * possible but probably not meant. 0; -EINVAL: mistakes, see diag; -ENOMEM. A file that cannot be
 * read is a mistake too. host replaces %H and %i; borrowed for the call.
 */
int config_load(
	const char *path, const struct host *host, struct diag *diag, struct config **ret_config);

/* Called for each output that was not understood, with its path ("motors[1]") and its line or 0. */
struct config_missed {
	void (*missed)(void *userdata, const char *what, size_t line);
	void *userdata;
};

/*
 * For tosd --safe: reads the outputs of a map and what they need, whatever else is wrong with it.
 * All mistakes of the map are added to diag. The result has the chips, and all outputs with their
 * fail-safe, except outputs that are kept as they are. The rest of it is empty, fingerprints
 * included. *ret_whole is true if there is no mistake at all; then the result is that of
 * config_load().
 *
 * An output is included if its lines or channels, and their level at rest, are clear. A mistake in
 * its speed, its name and the like does not matter. 0; -EINVAL: nothing could be read; -ENOMEM.
 */
int config_load_outputs(const char *path, const struct host *host, struct diag *diag,
	const struct config_missed *missed, struct config **ret_config, bool *ret_whole);

/* The map's choice for an output when the broker is away. */
static inline const struct output_failsafe *config_output_failsafe(
	const struct config_output *output)
{
	const struct output_kind *kind = output->kind;

	return output->failsafe < kind->n_failsafe ? &kind->failsafe[output->failsafe]
						   : &output->goal;
}

/* True if the output does anything but rest when the broker is away. */
static inline bool config_output_acts_away(const struct config_output *output)
{
	const struct output_values *away = &config_output_failsafe(output)->away;

	return away->given && !output_values_hold(away, &output->kind->rest);
}

/* The values of an output at the end of the process, and by tosd --safe. Nothing given: it stays as
 * it is. An output with max_on or interlock is never left on. */
static inline const struct output_values *config_output_end(const struct config_output *output)
{
	bool is_limited = output->max_on_us > 0 || output->interlock;

	return is_limited ? &output->kind->rest : &config_output_failsafe(output)->end;
}

/* The keys that the map sets at the start of an output. Nothing given: it stays at rest, or the map
 * does not know it (LAST). */
struct output_values config_output_start(const struct config_output *output);

/* The meaning of a sensor's values. Texts belong to the config or the tables; NULL: unknown. */
struct config_description {
	const char *label;
	const char *quantity; /* "temperature" */
	const char *unit;     /* "°C"; NULL for plain counts */
	double min, max;      /* -INFINITY, INFINITY: unknown */
};

void config_describe_sensor(
	const struct config *config, size_t index, struct config_description *ret_description);

/* The types of an output's ports, one for each port of its kind. */
static inline void config_output_ports(
	const struct config_output *output, enum port_type ret_ports[OUTPUT_PORTS_MAX])
{
	for (size_t i = 0; i < OUTPUT_PORTS_MAX; i++)
		ret_ports[i] = output->ports[i].type;
}

/* Returns NULL; config may be NULL. */
struct config *config_free(struct config *config);
