/* SPDX-License-Identifier: MIT */
/* What answers at one address of a bus of I2C. */
#pragma once

#include "probe.h"

/*
 * Asks the drivers that can have the address, those that send commands last, and only where no
 * other one knows the part. Adds an item to parts if something is there: is_there is true if it
 * acknowledged a plain read. 0; -ETIMEDOUT: the bus hangs.
 */
int i2c_part_ask(
	struct board *board, const char *bus, uint16_t address, bool is_there, cJSON *parts);
