/* SPDX-License-Identifier: MIT */
/*
 * A device map made by hand, for tests of what reads one. The strings are literals: nothing is to
 * be freed, and a test may change the numbers of its own copy.
 */
#pragma once

#include "config.h"

enum { FAKE_TEMP, FAKE_HUMI, FAKE_CDS, FAKE_SOUND, FAKE_SENSORS };

struct fake_config {
	struct config config;
	struct config_chip chips[2];
	struct config_sensor sensors[FAKE_SENSORS];
	struct config_led leds[2];
	struct config_motor motors[2];
};

/*
 * Sensors temp and humi (1 decimal), cds, sound (2 decimals); LEDs red and green; motors left and
 * right; interval 20 to 3600000 ms, 500 by default.
 */
void fake_config_init(struct fake_config *fake);
