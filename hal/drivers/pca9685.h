/* SPDX-License-Identifier: MIT */
/*
 * NXP PCA9685: declarations shared by the driver and the simulated part. pca9685.c names the data
 * sheet.
 */
#pragma once

#include "chip.h"

/* Table 4, register summary */
enum {
	REG_MODE1 = 0x00,
	REG_MODE2 = 0x01,
	REG_SUBADR1 = 0x02,
	REG_ALLCALLADR = 0x05,
	REG_LED0_ON_L = 0x06, /* four registers for each channel: ON_L, ON_H, OFF_L, OFF_H */
	REG_LED15_OFF_H = 0x45,
	REG_ALL_LED_ON_L = 0xfa, /* written to all channels, read as zero */
	REG_ALL_LED_OFF_H = 0xfd,
	REG_PRE_SCALE = 0xfe,
};

/* SUBADR1 to SUBADR3 and ALLCALLADR after a reset (7.3.6, 7.3.7) */
enum { PCA9685_OTHER_ADDRESSES = 4 };
extern const uint8_t pca9685_other_addresses[PCA9685_OTHER_ADDRESSES];

/* Table 5, MODE1 */
enum {
	MODE1_RESTART = 0x80,
	MODE1_EXTCLK = 0x40,
	MODE1_AUTO_INCREMENT = 0x20,
	MODE1_SLEEP = 0x10,
	MODE1_ALLCALL = 0x01, /* answers at 0x70 too; cleared, since other parts live there */
};

/* Table 6, MODE2. OCH stays 0: outputs change on STOP, so a channel's four bytes act together. */
enum {
	MODE2_INVRT = 0x10,
	MODE2_OUTDRV = 0x04, /* totem pole; 0: open drain */
	MODE2_WRITABLE = 0x1f,
};

/* Table 7, LEDn_ON_H and LEDn_OFF_H; full off wins over full on */
enum { LED_FULL = 0x10, LED_WRITABLE_H = 0x1f };

enum {
	N_CHANNELS = 16,
	STEPS = 4096,
	CHANNEL_BYTES = 4,
	PRE_SCALE_MIN = 3, /* forced by the hardware, 7.3.5 */
};

/* The first of the four registers of a channel. */
static inline uint8_t pca9685_led_register(unsigned channel)
{
	return (uint8_t)(REG_LED0_ON_L + channel * CHANNEL_BYTES);
}

extern const struct driver_model pca9685_model;
