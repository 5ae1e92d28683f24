/* SPDX-License-Identifier: MIT */
/*
 * Errors of the hardware layer.
 *
 * Every function returns 0 or a negative errno. The numbers mean the same on every bus, because
 * each backend translates its own dialect:
 *
 *   -ENXIO      the part does not answer (I2C: no acknowledge)
 *   -ETIMEDOUT  the bus is stuck, or the part stayed busy past its deadline
 *   -EBADMSG    the part answered, but its checksum or identity is wrong
 *   -ERANGE     the part answered with a value that it cannot measure
 *   -EAGAIN     not ready yet: ask again (collect and configure only)
 *   -EBUSY      somebody else holds the line, the address or the channel
 *   -ENODEV     the device was there and is gone
 *   -ENOENT     there is no such device, line or channel
 *   -EACCES     no permission for this user
 *   -EPERM      no permission for whoever asks: a systemd unit or a container forbids it
 *   -EOPNOTSUPP the adapter or the part cannot do this
 *
 * The hardware layer never logs. Where a number alone would not help the user (who holds the
 * line?), the function also fills a struct hal_error with the words that belong behind "object: ".
 */
#pragma once

enum { HAL_ERROR_BYTES = 256 };

struct hal_error {
	char text[HAL_ERROR_BYTES]; /* one line, no newline, UTF-8; "" when there is nothing to add
				     */
};

/* Words for a negative errno as hardware means it: "no answer", "bus stuck". Static storage. */
const char *hal_strerror(int error);

/* Writes the words into *error (which may be NULL) and returns code, so that it can stand in a
 * return. */
int hal_error_set(struct hal_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
