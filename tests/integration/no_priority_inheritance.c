/* SPDX-License-Identifier: MIT */
/* A kernel that has no mutexes with priority inheritance, for LD_PRELOAD. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
	int (*init)(pthread_mutex_t *, const pthread_mutexattr_t *) = (int (*)(pthread_mutex_t *,
		const pthread_mutexattr_t *))dlsym(RTLD_NEXT, "pthread_mutex_init");
	int protocol = PTHREAD_PRIO_NONE;

	if (attributes)
		(void)pthread_mutexattr_getprotocol(attributes, &protocol);
	return protocol == PTHREAD_PRIO_INHERIT ? ENOTSUP : init(mutex, attributes);
}
