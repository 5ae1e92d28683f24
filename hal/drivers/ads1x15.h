/* SPDX-License-Identifier: MIT */
/*
 * Texas Instruments ADS1115 and ADS1015: declarations shared by the driver and the simulated part.
 * ads1x15.c names the datasheets.
 */
#pragma once

#include "chip.h"

enum {
	REG_CONVERSION = 0,
	REG_CONFIG = 1,

	CONFIG_OS = 0x8000,
	CONFIG_MUX_SHIFT = 12,
	CONFIG_PGA_SHIFT = 9,
	CONFIG_SINGLE_SHOT = 0x0100,
	CONFIG_RATE_SHIFT = 5,
	CONFIG_COMP_LAT = 0x0004,
	CONFIG_COMP_OFF = 0x0003, /* COMP_QUE: no comparator, ALERT/RDY is high-impedance */
	CONFIG_AT_RESET = 0x8583,

	WAKE_UP_US = 25, /* from power-down to the start of the conversion, 7.4.2.1 */
	CODES = 32768,   /* from zero to full scale, in the left-aligned register */
};

enum { PARAM_RANGE, PARAM_RATE };
enum { CHANNELS = 8 };

/* The differences between the parts. */
struct ads1x15_variant {
	int code_step; /* one LSB in the left-aligned Conversion register */
	const struct driver_param *params;
};

extern const struct ads1x15_variant ads1115_variant, ads1015_variant;

/* MUX[2:0]: 0 to 3 are the differential pairs, 4 to 7 the single inputs. The channels list the
 * single inputs first. */
static inline unsigned ads1x15_multiplexer_of(unsigned channel)
{
	return channel ^ 4u;
}

extern const struct driver_model ads1115_model, ads1015_model;
