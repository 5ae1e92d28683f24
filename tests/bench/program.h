/* SPDX-License-Identifier: MIT */
/* Shared by the programs beside tosd: their messages, and how they wait and end. */
#pragma once

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <time.h>

static const char READING[] = "{\"temp\":23,\"humi\":45,\"cds\":812,\"sound\":133}";
static const char ANSWER[] = "{\"ok\":true}";

static volatile sig_atomic_t ended;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

static inline unsigned long long now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
}

/* SIGTERM comes while wait_readable() waits, and nowhere else. */
static inline void prepare(void)
{
	sigset_t end;

	(void)sigemptyset(&end);
	(void)sigaddset(&end, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &end, NULL);
	(void)signal(SIGTERM, on_end);
	(void)prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
}

/* Until the deadline, a message, or SIGTERM. */
static inline bool wait_readable(int fd, unsigned long long deadline_us)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	unsigned long long now = now_us(), wait_us = deadline_us > now ? deadline_us - now : 0;
	const struct timespec timeout = {
		(time_t)(wait_us / 1000000), (long)(wait_us % 1000000) * 1000};
	sigset_t none;

	(void)sigemptyset(&none);
	return ppoll(&poll_fd, 1, &timeout, &none) == 1;
}
