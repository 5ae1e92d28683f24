/* SPDX-License-Identifier: MIT */
#include "hal_error.h"
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Errors for which the C library's words would mislead a user in front of a board with wires. */
static const struct {
	int code;
	const char *words;
} hardware_words[] = {
	{-ENXIO, "no answer"},
	{-ETIMEDOUT, "timed out: the bus is stuck or the part stays busy"},
	{-EBADMSG, "wrong checksum or identity"},
	{-ERANGE, "a value that the part cannot measure"},
	{-EAGAIN, "not ready yet"},
	{-EBUSY, "in use by somebody else"},
	{-ENODEV, "the device is gone"},
	{-ENOENT, "no such device, line or channel"},
	{-EACCES, "no permission"},
	{-EOPNOTSUPP, "the adapter or the part cannot do this"},
	{-EIO, "the transfer failed"},
};

const char *hal_strerror(int error)
{
	for (size_t i = 0; i < sizeof(hardware_words) / sizeof(hardware_words[0]); i++) {
		if (hardware_words[i].code == error)
			return hardware_words[i].words;
	}
	/* Unlike strerror(), it shares no buffer between threads. */
	const char *words = strerrordesc_np(-error);
	return words ? words : "unknown error";
}

int hal_error_set(struct hal_error *error, int code, const char *format, ...)
{
	if (!error)
		return code;
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return code;
}
