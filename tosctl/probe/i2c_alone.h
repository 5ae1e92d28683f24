/* SPDX-License-Identifier: MIT */
/* Buses and addresses of I2C at which nothing is asked, and why. Pure. */
#pragma once

#include <stdint.h>

/* An adapter's name as the kernel has it, and its number. NULL: it may be asked. */
const char *i2c_alone_bus(const char *adapter, unsigned number);

/* NULL: it may be asked. */
const char *i2c_alone_address(uint16_t address);

/* Calls visit for each range of addresses that i2c_alone_address() knows. */
void i2c_alone_each(void (*visit)(void *userdata, uint16_t first, uint16_t last, const char *why),
	void *userdata);
