/* SPDX-License-Identifier: MIT */
/*
 * Texas Instruments INA219: declarations shared by the driver and the simulated part. ina219.c
 * names the datasheet.
 */
#pragma once

#include "chip.h"

enum {
	REG_CONFIG = 0,
	REG_SHUNT = 1,
	REG_BUS = 2,
	REG_POWER = 3,
	REG_CALIBRATION = 5,
	REGISTERS = 6,

	CONFIG_AT_RESET = 0x399F,
	CONFIG_RESET = 0x8000,
	CONFIG_32_V = 0x2000,
	CONFIG_320_MV = 0x1800,
	CONFIG_UPPER = 0xF800, /* reset, one that is not used, and the ranges */
	CONFIG_BUS_SHIFT = 7,
	CONFIG_SHUNT_SHIFT = 3,
	CONFIG_AVERAGE = 0x8, /* in a converter's setting; the bits below are log2 of the samples */
	MODE_MASK = 0x7,
	MODE_TRIGGERED = 0x3, /* shunt and bus; 7 is the same continuously */

	BUS_CNVR = 0x0002,
	BUS_SHIFT = 3,

	CONVERSION_US = 532, /* 7.5: 12 bits, one sample; typically */
	BUS_CODE_MAX = 8000,
};

#define SHUNT_STEP_V 10e-6
#define BUS_STEP_V   4e-3
#define SHUNT_OHM    0.1 /* on the usual modules */

enum { CHANNEL_VOLTAGE, CHANNEL_CURRENT, CHANNELS };
enum { PARAM_SHUNT, PARAM_SAMPLES };

extern const struct driver_model ina219_model;
