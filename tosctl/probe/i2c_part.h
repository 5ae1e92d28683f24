/* SPDX-License-Identifier: MIT */
/* Finds out which part answers at one address of an I2C bus. */
#pragma once

#include "probe.h"

/*
 * Asks the drivers that can have the address, those that send commands last, and only if no other
 * driver knows the part. Adds an item to parts if something is there: is_there is true if it
 * acknowledged a plain read. 0; -ETIMEDOUT: the bus hangs.
 */
int i2c_part_ask(
	struct board *board, const char *bus, uint16_t address, bool is_there, cJSON *parts);
