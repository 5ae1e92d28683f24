/* SPDX-License-Identifier: MIT */
/*
 * The kernel's errno in the words of hal_error.h. Pure.
 */
#pragma once

/* Of any call on a device file or in sysfs. errnum is positive; returns a negative errno. */
int linux_error(int errnum);

/*
 * Of an I2C transfer. Adapters speak dialects (Documentation/i2c/fault-codes.rst): no acknowledge
 * is EREMOTEIO or ENXIO, and a bus that stays busy or is lost to another master EBUSY, EAGAIN or
 * ETIMEDOUT. -EBUSY is left for its one meaning here, an address that a kernel driver owns.
 */
int linux_error_i2c(int errnum);
