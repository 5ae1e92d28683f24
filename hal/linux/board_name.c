/* SPDX-License-Identifier: MIT */
#include "board_name.h"
#include "path.h"
#include "sysfs.h"
#include <errno.h>
#include <limits.h>

/*
 * The device tree has the name (Devicetree Specification 0.4, 2.3.2 model), or without one the
 * firmware's table (SMBIOS 3.6, 7.2: product name). /proc is not used, since a service may not see
 * it.
 */
static const struct {
	const char *folder, *file;
} PLACES[] = {
	{"firmware/devicetree/base", "model"},
	{"class/dmi/id", "product_name"},
};

int board_name_read(const char *sys, char ret_name[BOARD_NAME_BYTES])
{
	for (size_t i = 0; i < sizeof(PLACES) / sizeof(*PLACES); i++) {
		char folder[PATH_MAX], name[BOARD_NAME_BYTES];

		if (path_join(sys, PLACES[i].folder, folder, sizeof(folder)) < 0 ||
			sysfs_read_text(folder, PLACES[i].file, name, sizeof(name)) < 0 || !*name)
			continue;
		for (size_t k = 0; k < sizeof(name); k++) {
			ret_name[k] = name[k] == '\0' || (name[k] >= ' ' && name[k] <= '~')
				? name[k]
				: '?';
			if (!name[k])
				break;
		}
		return 0;
	}
	return -ENOENT;
}
