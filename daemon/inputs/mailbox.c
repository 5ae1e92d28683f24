/* SPDX-License-Identifier: MIT */
#include "mailbox.h"

#include "shared_mutex.h"
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mailbox_init(struct mailbox *mailbox)
{
	*mailbox = (struct mailbox){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	int r = mailbox->fd < 0 ? -errno : 0;

	shared_mutex_init(&mailbox->mutex);
	return r;
}

void mailbox_fini(struct mailbox *mailbox)
{
	round_free(mailbox->mail.round);
	if (mailbox->fd >= 0)
		(void)close(mailbox->fd);
	(void)pthread_mutex_destroy(&mailbox->mutex);
}

struct mail *mailbox_begin(struct mailbox *mailbox)
{
	(void)pthread_mutex_lock(&mailbox->mutex);
	return &mailbox->mail;
}

void mailbox_end(struct mailbox *mailbox)
{
	atomic_store(&mailbox->has_mail, true);
	(void)eventfd_write(mailbox->fd, 1);
	(void)pthread_mutex_unlock(&mailbox->mutex);
}

bool mailbox_take(struct mailbox *mailbox, struct mail *ret_mail)
{
	eventfd_t count;

	if (!atomic_load(&mailbox->has_mail))
		return false;
	(void)pthread_mutex_lock(&mailbox->mutex);
	*ret_mail = mailbox->mail;
	mailbox->mail = (struct mail){0};
	atomic_store(&mailbox->has_mail, false);
	(void)eventfd_read(mailbox->fd, &count);
	(void)pthread_mutex_unlock(&mailbox->mutex);
	return true;
}
