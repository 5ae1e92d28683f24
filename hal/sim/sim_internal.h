/* SPDX-License-Identifier: MIT */
/*
 * The inside of the simulated board, shared by the files of this folder.
 *
 * Two kinds of locks. sim_bus.turn is the wire itself: whoever transfers holds it to the end, also
 * while the bus hangs, so a stuck bus stops everybody on it and nobody else. sim_board.lock guards
 * all data (parts, models, faults, outputs, the wire log) and is held for moments only, never while
 * sleeping, so a fault can be set or an output read while a transfer hangs. Order: turn, then lock.
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

/* A line or a PWM channel. Comes into being when first named, and stays. */
struct sim_output {
	struct sim_output *next;
	enum sim_output_kind kind;
	char name[SIM_NAME_BYTES];
	bool seen; /* was opened once, so that it has a value */
	bool held;
	char consumer[SIM_NAME_BYTES]; /* who holds it */
	double value;                  /* electrical level 0 or 1, or the duty 0..1 */
	struct sim_disturbance fault;
};

struct sim_bus {
	struct sim_bus *next;
	struct sim_board *board;
	pthread_mutex_t turn;
	struct sim_disturbance fault;
	struct sim_lines *lines; /* that are open on it, where it is the lines of a part */
	char name[SIM_NAME_BYTES];
};

struct sim_part {
	struct sim_part *next;
	const struct driver *driver;
	struct sim_bus *bus;
	uint16_t address;
	struct sim_disturbance fault;
	bool loaded; /* shows what sim_load_part() gave it, not its waves */
	struct sim_wave waves[DRIVER_CHANNELS_MAX];
	struct {
		unsigned channel;
		struct sim_wave wave;
	} named[SIM_NAMED_MAX]; /* of channels beyond the driver's table */
	size_t n_named;
	void *state;                 /* of the driver's model */
	double *params;              /* driver->n_params of the map; NULL: what the model takes */
	struct sim_output **outputs; /* driver->n_pwm of the board's */
	char name[SIM_NAME_BYTES];
};

struct sim_board {
	struct board base;
	struct sim_settings settings;
	pthread_mutex_t lock;
	struct sim_bus *buses;
	struct sim_part *parts;
	struct sim_output *outputs;
	uint32_t flips; /* counts them, so that each is another bit */
};

/* board_sim.c */
struct sim_board *sim_board_of(struct board *board);
uint64_t sim_now_us(const struct sim_board *board);
/* Sleeps as a hanging (SIM_FAULT_STUCK) or a slow wire does. Without the lock. */
void sim_suffer(const struct sim_board *board, struct sim_disturbance fault);

/* sim_i2c.c, sim_spi.c, sim_gpio.c, sim_pwm.c, sim_attributes.c, sim_lines.c: the functions of
 * board_ops */
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
/* The part may drive its lines to other levels now. With the lock. */
void sim_lines_changed(struct sim_part *part);

/* sim_bus.c */
/* Finds the bus or makes it. With the lock. NULL: out of memory. */
struct sim_bus *sim_bus_get(struct sim_board *board, const char *name);
/*
 * Waits for the bus, lives through its fault and finds the part (NULL: nobody answers there), which
 * then shows the values of this moment. 0: the turn and the lock are held, sim_bus_end() gives them
 * back. -ETIMEDOUT: the bus is stuck.
 */
int sim_bus_begin(struct sim_bus *bus, enum driver_bus kind, uint16_t address,
	struct sim_part **ret_part, enum sim_fault *ret_fault);
/* Logs what the transfer changed on the part's outputs. part may be NULL. */
void sim_bus_end(struct sim_bus *bus, struct sim_part *part);
/* Which of the bits shall be wrong this time. With the lock. */
size_t sim_flip_bit(struct sim_board *board, size_t bits);

/* sim_part.c, all with the lock */
struct sim_part *sim_part_find(struct sim_board *board, const char *name);
struct sim_part *sim_part_at(struct sim_bus *bus, enum driver_bus kind, uint16_t address);
void sim_part_show_values(struct sim_part *part, uint64_t now_us);
void sim_part_log_outputs(struct sim_board *board, struct sim_part *part);
/* -EOPNOTSUPP: the part is never busy, or on no I2C bus. */
int sim_part_set_fault(
	struct sim_board *board, struct sim_part *part, struct sim_disturbance fault);
/* Tells the model what its own and its bus's fault make of it. */
void sim_part_apply_busy(struct sim_part *part);
void sim_part_free(struct sim_part *part);

/* sim_output.c, all with the lock except sim_output_drive() */
struct sim_output *sim_output_find(struct sim_board *board, const char *name);
/* Finds it or makes it. NULL: out of memory. */
struct sim_output *sim_output_get(
	struct sim_board *board, const char *name, enum sim_output_kind kind);
void sim_output_remove(struct sim_board *board, struct sim_output *output);
/* Sets the value and logs it if it changed. */
void sim_output_set(struct sim_board *board, struct sim_output *output, double value);
/* Takes it for consumer. -EBUSY and -ENODEV with words. */
int sim_output_hold(struct sim_output *output, const char *consumer, struct hal_error *error);
/* The same with its first value, which is always logged. */
int sim_output_open(struct sim_board *board, struct sim_output *output, const char *consumer,
	double value, struct hal_error *error);
/* Lives through the output's fault and sets the value. Takes the lock. */
int sim_output_drive(struct sim_board *board, struct sim_output *output, double value);
/* Takes the lock, logs the release. */
void sim_output_release(struct sim_board *board, struct sim_output *output);
