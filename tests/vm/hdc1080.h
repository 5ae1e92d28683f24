/* SPDX-License-Identifier: MIT */
/*
 * A TI HDC1080 behind the virtual machine's adapter, for the kernel's own driver: it is read
 * without a register number, which the kernel's adapter for tests (i2c-stub) cannot. It shows 25.5
 * degrees Celsius and 45 %.
 */
#pragma once

#include "driver.h"

extern const struct driver hdc1080;
