/* SPDX-License-Identifier: MIT */
#include "broker_socket.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const char CLOSED[] = "the broker closed it", RESET[] = "the broker reset it";

void broker_socket_prepare(int fd)
{
	const int on = 1, room = 2 * BROKER_SOCKET_ROOM;

	/* These only improve the connection, which works without them too. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void broker_socket_hold(int fd)
{
	const int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

void broker_socket_flush(int fd)
{
	const int on = 1;

	/* It is on already, but setting it again pushes the data without releasing the cork. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void broker_socket_release(int fd)
{
	const int off = 0;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
}

void broker_socket_wake_at(int fd, size_t bytes)
{
	const int low_water = (int)bytes;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low_water, sizeof(low_water));
}

size_t broker_socket_unsent(int fd)
{
	int unsent = 0;

	return ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent > 0 ? (size_t)unsent : 0;
}

const char *broker_socket_why_closed(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};
	struct tcp_info info;
	socklen_t size = sizeof(info);

	if (poll(&poll_fd, 1, 0) <= 0)
		return NULL;
	/* SO_ERROR would tell the error too, but then the library could not read it. */
	if ((poll_fd.revents & POLLERR) && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
		return info.tcpi_backoff > 0 || info.tcpi_retransmits > 0
			? "the network no longer carries it"
			: RESET;
	return CLOSED;
}

bool broker_socket_peer_ended(const char *why)
{
	return why == CLOSED || why == RESET;
}
