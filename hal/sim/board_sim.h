/* SPDX-License-Identifier: MIT */
/*
 * The simulated board: wires in memory. Chip models (driver.h) answer on its buses with bytes, so
 * that the real driver code runs, checksums included. A bus, line or PWM channel exists as soon as
 * it is asked for. Faults can be set on any of them.
 *
 * All functions may be called from any thread. A transfer takes no time unless a fault says so.
 */
#pragma once

#include "board.h"
#include "driver.h"
#include "sim_wave.h"
#include <stdio.h>

enum sim_fault {
	SIM_FAULT_NONE,
	SIM_FAULT_NO_ANSWER, /* no acknowledge: -ENXIO at once. A part is unplugged and so loses its
				registers. SPI has no acknowledge: all ones are read. On a line or
				a PWM channel: unplugged, -ENODEV */
	SIM_FAULT_STUCK, /* the bus hangs: -ETIMEDOUT after I2C_TIMEOUT_MS, for every part on it */
	SIM_FAULT_SHORT, /* the transfer ends early: -EIO */
	SIM_FAULT_FLIP,  /* one bit of the bytes read is wrong, a different one each time */
	SIM_FAULT_SLOW,  /* correct, but a transfer takes SIM_SLOW_US, or see sim_set_slow() */
	SIM_FAULT_BUSY,  /* the part never finishes a conversion. On a line: -EBUSY when opened */
	SIM_FAULT_HELD_SDA, /* I2C: SDA is held low, as a Raspberry Pi 1-4 sees it: every address
			       acknowledges, written bytes reach no part, zeros are read */
};

enum { SIM_SLOW_US = 20000, SIM_SLOW_MAX_US = 60000000 };

/* The fault's name: "none", "no-answer", "stuck", ...; NULL past the end. In the enum's order. */
const char *sim_fault_name(unsigned index);

struct sim_settings {
	uint64_t (*now_us)(void *userdata); /* NULL: CLOCK_MONOTONIC */
	void *userdata;
	uint32_t stuck_us; /* how long a stuck transfer takes; 0: I2C_TIMEOUT_MS, as on Linux */
	FILE *wire_log;    /* receives each change of a line or duty, flushed line by line;
			      borrowed, or NULL */
};

/*
 * Each line of wire_log is "<CLOCK_MONOTONIC in us> <line or channel> <level or duty>". Values are
 * electrical. PWM parts have the name given to sim_add_part(), kernel LEDs begin with "leds/":
 *
 *   81234567 line GPIO17 1
 *   81234570 pwm board.0 0.4000
 *   81234570 pwm pwmchip0.1 1.0000
 *   81234570 pwm leds/ACT 0.5020
 *   81234590 release GPIO17
 */
int board_sim_new(const struct sim_settings *settings, const struct hal_trace *trace,
	struct board **ret_board);

/*
 * Puts a part on a wire, and creates the bus if it is new. name is the map's ("climate"). A part
 * with the same name, driver, bus and address stays as it is (0). A part with the same name that
 * differs is replaced. -EEXIST: another part is at that place. An SPI part is alone on its chip
 * select, and a part that is read by attributes is a device of its own; address is 0 for both. The
 * wire of the latter is called "/sys/class/hwmon/cpu_thermal" for the bus "cpu_thermal".
 */
int sim_add_part(struct board *board, const char *name, const struct driver *driver,
	const char *bus, uint16_t address);
/*
 * Sets the part's surroundings from the map's params (driver->n_params values; copied). They last
 * as long as the part: another map's part is another part. -ENOENT or -ENOMEM.
 */
int sim_wire_part(struct board *board, const char *name, const double *params);
/* -ENOENT if there is no such part. */
int sim_remove_part(struct board *board, const char *name);

/* Sets what the part's channel shows from now on. -ENOENT; -EINVAL: a wave without a period. */
int sim_set_wave(
	struct board *board, const char *name, unsigned channel, const struct sim_wave *wave);

/*
 * target: a part's name ("climate"), a bus (begins with a slash: "/dev/i2c-1"), a line as the map
 * names it ("GPIO17"), a PWM channel ("pwmchip0.1") or a kernel LED ("leds/ACT"). May be called
 * before the target is opened, and while a transfer hangs. -EOPNOTSUPP: BUSY on a part that is
 * never busy, FLIP on an output, a single channel of a PWM part, HELD_SDA on anything not on I2C.
 */
int sim_set_fault(struct board *board, const char *target, enum sim_fault fault);

/* Sets SIM_FAULT_SLOW with the time of a transfer, up to SIM_SLOW_MAX_US. -EINVAL: longer. */
int sim_set_slow(struct board *board, const char *target, uint32_t transfer_us);

/*
 * Drives an input line ("GPIO24") to that electrical level, as a finger on a button does, until
 * something is set for the part on it. -ENOENT: no part has this line open.
 */
int sim_drive_line(struct board *board, const char *line, bool level);

/*
 * Returns the present value: the electrical level of a line, or the duty (0..1) of "pwmchip0.1",
 * "board.3" or "leds/ACT". -ENOENT if it was never opened.
 */
int sim_get_output(struct board *board, const char *target, double *ret_value);

/* For tests: puts the part into a vector's state (driver.h). The part shows it instead of its waves
 * until the next sim_set_wave() or power-on. -ENOENT. */
int sim_load_part(struct board *board, const char *name, const uint8_t *raw, size_t size);

/* For tests: the model's own memory, or NULL. */
void *sim_part_state(struct board *board, const char *name);
