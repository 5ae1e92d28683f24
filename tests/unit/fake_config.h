/* SPDX-License-Identifier: MIT */
/*
 * A device map made by hand, for tests of code that reads one. The strings are literals: nothing is
 * to be freed, and a test may change the numbers of its own copy.
 */
#pragma once

#include "config.h"

enum { FAKE_CLIMATE, FAKE_ADC, FAKE_CHIPS };
enum { FAKE_TEMP, FAKE_HUMI, FAKE_CDS, FAKE_SOUND, FAKE_SENSORS };

struct fake_config {
	struct config config;
	struct config_chip chips[FAKE_CHIPS];
	struct config_sensor sensors[FAKE_SENSORS];
	struct config_output outputs[CONFIG_OUTPUTS_MAX];
};

/*
 * Chips climate (bme280 at 0x77 on /dev/i2c-1) and adc (mcp3208 on /dev/spidev0.0). Sensors temp
 * and humi (1 decimal) from climate, cds (channel 2) and sound (channel 1, 2 decimals) from adc.
 * LEDs red and green; motors left and right; interval 20 to 3600000 ms, 500 by default.
 */
void fake_config_init(struct fake_config *fake);

/* Another output, behind those of its kind. The kinds are added in the order of their table. */
void fake_config_add(struct fake_config *fake, const char *word, const char *name);
/* One output called "other" of each kind that there is none of, with the kind's own defaults. */
void fake_config_add_other_kinds(struct fake_config *fake);
void fake_config_clear_outputs(struct fake_config *fake);
