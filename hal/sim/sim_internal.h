/* SPDX-License-Identifier: MIT */
/*
 * The inside of the simulated board, shared by the files of this folder.
 *
 * There are two kinds of locks. sim_bus.turn is the wire itself: a transfer holds it to the end,
 * even while the bus hangs, so a stuck bus stops its own users and nobody else. sim_board.lock
 * guards all data (parts, models, faults, outputs, the wire log). It is held only briefly and never
 * while sleeping, so a fault can be set or an output read while a transfer hangs. Order: turn, then
 * lock.
 */
#pragma once

#include "board_sim.h"
#include <pthread.h>

enum { SIM_NAME_BYTES = 128, SIM_NAMED_MAX = 64 };

enum sim_output_kind {
	SIM_OUTPUT_LINE,
	SIM_OUTPUT_PWM,
	SIM_OUTPUT_PART_CHANNEL /* of a PWM part: "board.3" */
};

struct sim_disturbance {
	enum sim_fault kind;
	uint32_t transfer_us; /* SLOW */
};

/* A line or a PWM channel. It exists from the first time it is named. */
struct sim_output {
	struct sim_output *next;
	enum sim_output_kind kind;
	char name[SIM_NAME_BYTES];
	bool seen; /* was opened at least once, so it has a value */
	bool held;
	char consumer[SIM_NAME_BYTES]; /* its holder */
	double value;                  /* electrical level 0 or 1, or the duty 0..1 */
	bool is_driven; /* a part's line is held at 'driven', whatever the part does */
	bool driven;    /* electrical */
	struct sim_disturbance fault;
};

struct sim_bus {
	struct sim_bus *next;
	struct sim_board *board;
	pthread_mutex_t turn;
	struct sim_disturbance fault;
	struct sim_lines *lines; /* the open ones, if this bus is the lines of a part */
	uint64_t now_us;         /* of the transfer that is under way */
	char name[SIM_NAME_BYTES];
};

struct sim_part {
	struct sim_part *next;
	const struct driver *driver;
	struct sim_bus *bus;
	uint16_t address;
	struct sim_disturbance fault;
	bool loaded;            /* shows the state from sim_load_part() and not its waves */
	struct sim_wave *waves; /* driver->n_channels */
	struct {
		unsigned channel;
		struct sim_wave wave;
	} named[SIM_NAMED_MAX]; /* of channels beyond the driver's table */
	size_t n_named;
	void *state;                 /* of the driver's model */
	double *params;              /* driver->n_params from the map; NULL: the model's defaults */
	struct sim_output **outputs; /* driver->n_pwm outputs of the board */
	char name[SIM_NAME_BYTES];
};

struct sim_board {
	struct board base;
	struct sim_settings settings;
	pthread_mutex_t lock;
	struct sim_bus *buses;
	struct sim_part *parts;
	struct sim_output *outputs;
	uint32_t flips; /* a count, so that each flip hits a different bit */
};

/* board_sim.c */
struct sim_board *sim_board_of(struct board *board);
uint64_t sim_now_us(const struct sim_board *board);
/* Sleeps like a hanging (SIM_FAULT_STUCK) or slow wire. Call it without the lock. */
void sim_suffer(const struct sim_board *board, struct sim_disturbance fault);

/* The functions of board_ops: sim_i2c.c, sim_spi.c, sim_gpio.c, sim_pwm.c, sim_attributes.c,
 * sim_lines.c */
int sim_open_i2c(
	struct board *board, const char *path, struct hal_error *error, struct i2c_bus **ret_bus);
int sim_open_spi(struct board *board, const char *path, const struct spi_settings *settings,
	struct hal_error *error, struct spi_device **ret_device);
int sim_open_line(struct board *board, const struct gpio_request *request, struct hal_error *error,
	struct gpio_line **ret_line);
int sim_open_pwm(struct board *board, const struct pwm_request *request, struct hal_error *error,
	struct pwm_output **ret_output);
int sim_open_led(struct board *board, const char *name, struct hal_error *error,
	struct pwm_output **ret_output);
int sim_open_attributes(struct board *board, const struct attributes_class *class,
	const char *device, struct hal_error *error, struct attributes **ret_attributes);
int sim_open_lines(struct board *board, const struct lines_request *request,
	struct hal_error *error, struct lines **ret_lines);
int sim_list(struct board *board, enum board_kind kind, const struct attributes_class *class,
	board_found *found, void *userdata); /* sim_list.c */
/* Call it, with the lock, when the part may drive its lines to other levels. */
void sim_lines_changed(struct sim_part *part);
/* Lets the part drive its lines again. With the lock. */
void sim_lines_undrive(struct sim_part *part);

/* sim_bus.c */
/* Finds or creates the bus. With the lock. NULL: out of memory. */
struct sim_bus *sim_bus_get(struct sim_board *board, const char *name);
/*
 * Waits for the bus, applies its fault and finds the part (NULL: no part answers there), which then
 * shows the values of this moment. 0: the turn and the lock are held, and sim_bus_end() releases
 * them. -ETIMEDOUT: the bus is stuck.
 */
int sim_bus_begin(struct sim_bus *bus, enum driver_bus kind, uint16_t address,
	struct sim_part **ret_part, enum sim_fault *ret_fault);
/* Logs what the transfer changed on the part's outputs. part may be NULL. */
void sim_bus_end(struct sim_bus *bus, struct sim_part *part);
/* Chooses the bit that is wrong this time. With the lock. */
size_t sim_flip_bit(struct sim_board *board, size_t bits);

/* sim_part.c, all with the lock */
struct sim_part *sim_part_find(struct sim_board *board, const char *name);
struct sim_part *sim_part_at(struct sim_bus *bus, enum driver_bus kind, uint16_t address);
void sim_part_show_values(struct sim_part *part, uint64_t now_us);
void sim_part_log_outputs(struct sim_board *board, struct sim_part *part);
/* -EOPNOTSUPP: the part is never busy, or is not on I2C. */
int sim_part_set_fault(
	struct sim_board *board, struct sim_part *part, struct sim_disturbance fault);
/* Updates the model from the faults of the part and its bus. */
void sim_part_apply_busy(struct sim_part *part);
void sim_part_free(struct sim_part *part);

/* sim_output.c, all with the lock except sim_output_drive() and sim_output_set_period() */
struct sim_output *sim_output_find(struct sim_board *board, const char *name);
/* Finds or creates the output. NULL: out of memory. */
struct sim_output *sim_output_get(
	struct sim_board *board, const char *name, enum sim_output_kind kind);
void sim_output_remove(struct sim_board *board, struct sim_output *output);
/* Sets the value, and logs it if it has changed. */
void sim_output_set(struct sim_board *board, struct sim_output *output, double value);
/* Claims the output for consumer. -EBUSY and -ENODEV with words. */
int sim_output_hold(struct sim_output *output, const char *consumer, struct hal_error *error);
/* Claims it and sets its first value, which is always logged. */
int sim_output_open(struct sim_board *board, struct sim_output *output, const char *consumer,
	double value, struct hal_error *error);
/* Applies the output's fault and sets the value. Takes the lock. */
int sim_output_drive(struct sim_board *board, struct sim_output *output, double value);
/* The same of a PWM channel's period: "1234 period pwmchip0.0 2272727" in the wire log. */
int sim_output_set_period(
	struct sim_board *board, const struct sim_output *output, uint32_t period_ns);
/* Takes the lock and logs the release. */
void sim_output_release(struct sim_board *board, struct sim_output *output);
