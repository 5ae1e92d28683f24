/* SPDX-License-Identifier: MIT */
#include "broker_address.h"

#include "clock.h"
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STAGGER_MS = 250 };

/* The next address of the family, or of the other families, that is not yet in the list. */
static const struct addrinfo *next_of(const struct addrinfo *from, int family, bool same)
{
	while (from && (from->ai_family == family) != same)
		from = from->ai_next;
	return from;
}

static void add(struct broker_addresses *addresses, const struct addrinfo *from)
{
	struct broker_address *address = &addresses->list[addresses->n];

	if (from->ai_addrlen > sizeof(address->socket))
		return;
	*address = (struct broker_address){.socket_bytes = from->ai_addrlen};
	memcpy(&address->socket, from->ai_addr, from->ai_addrlen);
	if (getnameinfo(from->ai_addr, from->ai_addrlen, address->text, sizeof(address->text), NULL,
		    0, NI_NUMERICHOST) == 0)
		addresses->n++;
}

/* Keeps the resolver's order but alternates families, since mostly one of the two does not work. */
static void fill(struct broker_addresses *addresses, const struct addrinfo *all)
{
	int first_family = all->ai_family;
	const struct addrinfo *first = all, *other = next_of(all, first_family, false);

	*addresses = (struct broker_addresses){0};
	while ((first || other) && addresses->n < BROKER_ADDRESSES_MAX) {
		if (first) {
			add(addresses, first);
			first = next_of(first->ai_next, first_family, true);
		}
		if (other && addresses->n < BROKER_ADDRESSES_MAX) {
			add(addresses, other);
			other = next_of(other->ai_next, first_family, false);
		}
	}
}

int broker_addresses_resolve(const struct config_url *url, struct broker_addresses *ret_addresses,
	char *text, size_t text_bytes)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *all;
	char port[sizeof("65535")];
	int r;

	(void)snprintf(port, sizeof(port), "%u", (unsigned)url->port);
	r = getaddrinfo(url->host, port, &hints, &all);
	if (r != 0) {
		(void)snprintf(text, text_bytes, "cannot resolve %s: %s", url->host,
			r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
		return -EHOSTUNREACH;
	}
	fill(ret_addresses, all);
	freeaddrinfo(all);
	if (ret_addresses->n == 0) {
		(void)snprintf(text, text_bytes, "cannot resolve %s: it has no address", url->host);
		return -EHOSTUNREACH;
	}
	return 0;
}

int broker_address_open(const struct broker_address *address, int *ret_fd)
{
	int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address->socket, address->socket_bytes) < 0)
		r = -errno;
	if (r < 0 && r != -EINPROGRESS)
		(void)close(fd);
	else
		*ret_fd = fd;
	return r;
}

/* The result of connecting, once the socket is writable: 0, or a negative errno. */
static int result_of(int fd)
{
	int error = 0;
	socklen_t size = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? -errno : -error;
}

int broker_address_try(const struct broker_address *address, int timeout_ms)
{
	struct pollfd poll_fd = {.events = POLLOUT};
	int r = broker_address_open(address, &poll_fd.fd);

	if (r < 0 && r != -EINPROGRESS)
		return r;
	if (r == -EINPROGRESS)
		r = poll(&poll_fd, 1, timeout_ms) == 1 ? result_of(poll_fd.fd) : -ETIMEDOUT;
	(void)close(poll_fd.fd);
	return r;
}

struct race {
	struct broker_addresses *addresses;
	struct pollfd fds[BROKER_ADDRESSES_MAX]; /* for the address at the same index; -1: none */
	size_t n_started, n_pending;
	int winner; /* -1: none yet */
};

static void finish(struct race *race, size_t at, int result)
{
	race->addresses->list[at].error = result;
	if (race->fds[at].fd >= 0) {
		(void)close(race->fds[at].fd);
		race->fds[at].fd = -1;
		race->n_pending--;
	}
	if (result == 0 && race->winner < 0)
		race->winner = (int)at;
}

static void start_next(struct race *race)
{
	size_t at = race->n_started++;
	int r;

	race->fds[at] = (struct pollfd){.fd = -1, .events = POLLOUT};
	r = broker_address_open(&race->addresses->list[at], &race->fds[at].fd);
	if (race->fds[at].fd >= 0)
		race->n_pending++;
	if (r != -EINPROGRESS)
		finish(race, at, r);
}

static void wait_for_answers(struct race *race, int timeout_ms)
{
	if (poll(race->fds, race->n_started, timeout_ms) <= 0)
		return;
	for (size_t i = 0; i < race->n_started; i++) {
		if (race->fds[i].fd >= 0 && race->fds[i].revents)
			finish(race, i, result_of(race->fds[i].fd));
	}
}

static void move_to_front(struct broker_addresses *addresses, size_t at)
{
	const struct broker_address winner = addresses->list[at];

	memmove(addresses->list + 1, addresses->list, at * sizeof(winner));
	addresses->list[0] = winner;
}

int broker_addresses_race(struct broker_addresses *addresses, int timeout_ms)
{
	struct race race = {.addresses = addresses, .winner = -1};
	uint64_t begin_us = clock_now_us(), next_us = begin_us;
	uint64_t end_us = begin_us + (uint64_t)timeout_ms * 1000, now_us = begin_us;

	while (race.winner < 0 && now_us < end_us) {
		bool is_last = race.n_started == addresses->n;
		uint64_t until_us = is_last || next_us > end_us ? end_us : next_us;

		if (!is_last && (race.n_pending == 0 || now_us >= next_us)) {
			start_next(&race);
			next_us = now_us + STAGGER_MS * UINT64_C(1000);
		} else if (race.n_pending > 0) {
			wait_for_answers(&race, (int)((until_us - now_us + 999) / 1000));
		} else {
			break;
		}
		now_us = clock_now_us();
	}
	/* If one has answered, nothing bad is known of those that have not answered yet. */
	for (size_t i = 0; i < race.n_started; i++) {
		if (race.fds[i].fd >= 0)
			finish(&race, i, race.winner >= 0 ? 0 : -ETIMEDOUT);
	}
	if (race.winner < 0)
		return -EHOSTUNREACH;
	move_to_front(addresses, (size_t)race.winner);
	return 0;
}

void broker_addresses_errors(
	const struct broker_addresses *addresses, char *text, size_t text_bytes)
{
	size_t length = 0;

	for (size_t i = 0; i < addresses->n && length < text_bytes; i++) {
		int r = snprintf(text + length, text_bytes - length, "%s%s: %s", i > 0 ? "; " : "",
			addresses->list[i].text, strerror(-addresses->list[i].error));

		length += r > 0 ? (size_t)r : text_bytes;
	}
}
