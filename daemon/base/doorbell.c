/* SPDX-License-Identifier: MIT */
#include "doorbell.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int doorbell_init(struct doorbell *bell)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	*bell = (struct doorbell){.fd = fd};
	return fd < 0 ? -errno : 0;
}

void doorbell_fini(struct doorbell *bell)
{
	if (bell->fd >= 0)
		(void)close(bell->fd);
	bell->fd = -1;
}

void doorbell_ring(struct doorbell *bell)
{
	bell->due = bell->due || !bell->rung;
	bell->rung = true;
}

void doorbell_clear(struct doorbell *bell)
{
	eventfd_t count;

	/* If this fails, the write is still to come, and causes one needless wake-up. */
	if (bell->rung && eventfd_read(bell->fd, &count) == 0)
		bell->rung = false;
}

void doorbell_unlock(struct doorbell *bell, pthread_mutex_t *mutex)
{
	bool due = bell->due;

	bell->due = false;
	(void)pthread_mutex_unlock(mutex);
	if (due)
		(void)eventfd_write(bell->fd, 1);
}
