/* SPDX-License-Identifier: MIT */
/* Preloaded into a program, it writes a byte to $INIT_COUNT for each set-up of the MQTT library. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((visibility("default"))) void MQTTClient_global_init(void *options)
{
	void (*next)(void *) = (void (*)(void *))dlsym(RTLD_NEXT, "MQTTClient_global_init");
	const char *path = getenv("INIT_COUNT");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	if (fd < 0 || write(fd, ".", 1) != 1 || !next)
		abort();
	(void)close(fd);
	next(options);
}
