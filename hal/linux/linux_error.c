/* SPDX-License-Identifier: MIT */
#include "linux_error.h"
#include <errno.h>

int linux_error(int errnum)
{
	switch (errnum) {
	case EREMOTEIO:
		return -ENXIO;
	case ESHUTDOWN: /* spidev and i2c-dev after their adapter was removed */
		return -ENODEV;
	case ENOTTY: /* another kind of device */
	case ENOSYS:
	case EMSGSIZE: /* more than spidev's buffer (bufsiz) takes */
		return -EOPNOTSUPP;
	case ERANGE: /* in hal, these concern the value that a part measured */
	case EBADMSG:
	case EPROTO:
		return -EIO;
	default:
		return errnum > 0 ? -errnum : -EIO;
	}
}

int linux_error_i2c(int errnum)
{
	switch (errnum) {
	case EAGAIN:
	case EBUSY:
		return -ETIMEDOUT;
	case EBADMSG: /* SMBus packet error check */
		return -EBADMSG;
	default:
		return linux_error(errnum);
	}
}
