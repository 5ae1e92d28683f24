/* SPDX-License-Identifier: MIT */
/*
 * Errors of the hardware layer.
 *
 * Every function returns 0 or a negative errno. The numbers mean the same on every bus: each
 * backend translates its own dialect.
 *
 *   -ENXIO      the part does not answer (I2C: no acknowledge)
 *   -ETIMEDOUT  the bus is stuck, or the part stayed busy past its deadline
 *   -EBADMSG    the part answered, but its checksum or identity is wrong
 *   -ERANGE     the part answered with a value that it cannot measure
 *   -EAGAIN     not ready yet: ask again (collect and configure only)
 *   -EBUSY      another program or driver holds the line, the address or the channel
 *   -ENODEV     the device was there and has gone
 *   -ENOENT     there is no such device, line or channel
 *   -EACCES     no permission for this user
 *   -EPERM      forbidden to the whole process, by a systemd unit or a container
 *   -EOPNOTSUPP the adapter or the part cannot do this
 *
 * The hardware layer never logs. If the number alone would not help the user (who holds the line?),
 * the function also fills a struct hal_error with words to stand after "object: ".
 */
#pragma once

enum { HAL_ERROR_BYTES = 256 };

struct hal_error {
	char text[HAL_ERROR_BYTES]; /* one line, no newline, UTF-8; "" if there is nothing to add */
};

/* Words for a negative errno in its hardware sense: "no answer", "bus stuck". Static storage. */
const char *hal_strerror(int error);

/* Writes the words into *error (which may be NULL) and returns code, so that a caller can write
 * "return hal_error_set(...)". */
int hal_error_set(struct hal_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
