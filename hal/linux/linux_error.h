/* SPDX-License-Identifier: MIT */
/*
 * Translates the kernel's errno into the errors of hal_error.h. Pure.
 */
#pragma once

/* For any call on a device file or in sysfs. errnum is positive; returns a negative errno. */
int linux_error(int errnum);

/*
 * For an I2C transfer. Adapters speak dialects (Documentation/i2c/fault-codes.rst): a missing
 * acknowledge is EREMOTEIO or ENXIO; a bus that stays busy, or is lost to another master, is EBUSY,
 * EAGAIN or ETIMEDOUT. -EBUSY keeps its one meaning here: a kernel driver owns the address.
 */
int linux_error_i2c(int errnum);
