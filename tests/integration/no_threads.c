/* SPDX-License-Identifier: MIT */
/* For LD_PRELOAD: no thread can be made while the file that TOS_TEST_NO_THREADS names is there. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *userdata)
{
	const char *path = getenv("TOS_TEST_NO_THREADS");
	create *next = (create *)dlsym(RTLD_NEXT, "pthread_create");

	if (path && access(path, F_OK) == 0)
		return EAGAIN;
	return next(thread, attributes, run, userdata);
}
