/* SPDX-License-Identifier: MIT */
/*
 * Commands of other threads for the thread that leads. It is a mailbox and not a queue because it
 * cannot be full: of each kind of command only the last one matters.
 */
#pragma once

#include "round.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct mail {
	bool end, ping, read;
	uint32_t interval_ms; /* 0: unchanged */
	uint64_t interval_us; /* when it was set */
	struct round *round;  /* of another map, owned; NULL: unchanged */
};

struct mailbox {
	int fd;                /* readable while there is mail */
	atomic_bool has_mail;  /* lets the leader see without the lock that there is none */
	pthread_mutex_t mutex; /* over the mail */
	struct mail mail;
};

/* 0 or a negative errno. Call mailbox_fini() in either case. */
int mailbox_init(struct mailbox *mailbox);

/* Frees what was not taken. */
void mailbox_fini(struct mailbox *mailbox);

/* Any thread but the leader: add to the mail between these two. The mutex is held from the first to
 * the second, which wakes the leader. */
struct mail *mailbox_begin(struct mailbox *mailbox);
void mailbox_end(struct mailbox *mailbox);

/* The leader takes the mail, and owns what is in it. False: there is none. */
bool mailbox_take(struct mailbox *mailbox, struct mail *ret_mail);
