/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "path.h"
#include "sha256.h"
#include "sysfs.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * The serial number: Devicetree Specification 0.4, 2.3.13 (serial-number). The machine id:
 * machine-id(5); "uninitialized" until the first boot is over.
 */
static const struct {
	const char *folder, *file, *none;
} SOURCES[] = {
	{"/sys/firmware/devicetree/base", "serial-number", ""},
	{"/etc", "machine-id", "uninitialized"},
};

/* Firmware that knows no number says zeros. */
static bool tells_apart(const char *text, const char *none)
{
	return text[strspn(text, "0")] != '\0' && strcmp(text, none) != 0;
}

/* The name of the file is hashed too: the same digits elsewhere are another machine. */
static void hash(const char *file, const char *text, char ret_id[static HOST_ID_BYTES])
{
	char input[512];
	uint8_t digest[SHA256_BYTES];

	(void)snprintf(input, sizeof(input), "tos-gateway %s %s", file, text);
	sha256(input, strlen(input), digest);
	for (size_t i = 0; i < (HOST_ID_BYTES - 1) / 2; i++)
		(void)snprintf(ret_id + 2 * i, 3, "%02x", digest[i]);
}

void host_read(const char *root, struct host *ret_host)
{
	*ret_host = (struct host){.name = "localhost"};
	(void)gethostname(ret_host->name, sizeof(ret_host->name) - 1);
	for (size_t i = 0; i < sizeof(SOURCES) / sizeof(*SOURCES); i++) {
		char folder[PATH_MAX], text[256];

		if (path_join(root, SOURCES[i].folder + 1, folder, sizeof(folder)) < 0 ||
			sysfs_read_text(folder, SOURCES[i].file, text, sizeof(text)) < 0 ||
			!tells_apart(text, SOURCES[i].none))
			continue;
		hash(SOURCES[i].file, text, ret_host->id);
		return;
	}
}
