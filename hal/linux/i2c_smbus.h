/* SPDX-License-Identifier: MIT */
/*
 * Transfers over an adapter that speaks SMBus only (I2C_FUNCS without I2C_FUNC_I2C).
 */
#pragma once

#include "i2c.h"

/*
 * fd: an i2c-dev descriptor that I2C_SLAVE has pointed at the part. Messages that were read are
 * filled on success only. 0 or an error of hal_error.h; -EOPNOTSUPP as in smbus_plan.h.
 */
int i2c_smbus_transfer(int fd, unsigned long functions, struct i2c_message *messages, size_t count);
