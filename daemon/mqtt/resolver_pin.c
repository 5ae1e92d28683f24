/* SPDX-License-Identifier: MIT */
#include "resolver_pin.h"

#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

/* For each thread, since getaddrinfo() has no argument to pass them in. */
static _Thread_local const char *pinned_name, *pinned_address;

void resolver_pin(const char *name, const char *address)
{
	pinned_name = name;
	pinned_address = address;
}

void resolver_unpin(void)
{
	pinned_name = pinned_address = NULL;
}

typedef int getaddrinfo_function(
	const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* Takes the place of the C library's, see resolver_pin.h. */
__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
	const struct addrinfo *hints, struct addrinfo **result)
{
	getaddrinfo_function *original;
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");

	if (!symbol)
		return EAI_FAIL;
	memcpy(&original, &symbol, sizeof(original));
	if (node && pinned_name && strcmp(node, pinned_name) == 0)
		node = pinned_address;
	return original(node, service, hints, result);
}
