/* SPDX-License-Identifier: MIT */
#include "device_node.h"
#include "linux_error.h"
#include "path.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char DEV_PREFIX[] = "/dev/";

static int resolve(const char *dev, const char *path, char *out, size_t out_bytes)
{
	if (strncmp(path, DEV_PREFIX, strlen(DEV_PREFIX)) == 0)
		return path_join(dev, path + strlen(DEV_PREFIX), out, out_bytes);
	int length = snprintf(out, out_bytes, "%s", path);
	return length >= 0 && (size_t)length < out_bytes ? 0 : -ENAMETOOLONG;
}

int device_node_closed(int code, const char *path, const char *group, struct hal_error *error)
{
	if (code == -EPERM)
		return hal_error_set(error, code,
			"no permission for %s: not in the systemd unit; add "
			"DeviceAllow=%s rw to its [Service] (systemctl edit tosd)",
			path, path);
	return hal_error_set(
		error, code, "no permission for %s: is the user in group %s?", path, group);
}

int device_node_open(const char *dev, const char *path, const struct device_node_help *help,
	struct hal_error *error)
{
	char resolved[PATH_MAX];
	int r = resolve(dev, path, resolved, sizeof(resolved));

	if (r < 0)
		return hal_error_set(error, r, "%s: %s", path, hal_strerror(r));
	int fd = open(resolved, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return hal_error_set(error, -ENOENT, "%s is missing: %s", resolved, help->missing);
	case EACCES:
	case EPERM:
		return device_node_closed(linux_error(errno), resolved, help->group, error);
	case ENXIO: /* the node exists, but the device behind it does not */
	case ENODEV:
		return hal_error_set(error, -ENODEV, "%s: %s", resolved, hal_strerror(-ENODEV));
	default:
		r = linux_error(errno);
		return hal_error_set(error, r, "%s: %s", resolved, hal_strerror(r));
	}
}
