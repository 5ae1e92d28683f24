/* SPDX-License-Identifier: MIT */
#include "broker_socket.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char CLOSED[] = "the broker closed it", RESET[] = "the broker reset it";

static bool is_tcp_socket(int fd, ino_t *ret_inode)
{
	int type = 0, domain = 0;
	socklen_t size = sizeof(int);
	struct stat status;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM)
		return false;
	size = sizeof(int);
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0)
		return false;
	if ((domain != AF_INET && domain != AF_INET6) || fstat(fd, &status) < 0)
		return false;
	*ret_inode = status.st_ino;
	return true;
}

/* The next of our TCP sockets; -ENOENT after the last one. */
static int next_tcp_socket(DIR *directory, ino_t *ret_inode)
{
	const struct dirent *entry;

	while ((entry = readdir(directory))) {
		char *end;
		long fd = strtol(entry->d_name, &end, 10);

		if (end != entry->d_name && !*end && is_tcp_socket((int)fd, ret_inode))
			return (int)fd;
	}
	return -ENOENT;
}

int broker_sockets_list(struct broker_sockets *ret_sockets)
{
	struct broker_sockets sockets = {0};
	DIR *directory = opendir("/proc/self/fd");
	ino_t inode;

	if (!directory)
		return -errno;
	while (next_tcp_socket(directory, &inode) >= 0) {
		ino_t *more = reallocarray(sockets.inodes, sockets.n_inodes + 1, sizeof(*more));

		if (!more) {
			broker_sockets_fini(&sockets);
			(void)closedir(directory);
			return -ENOMEM;
		}
		sockets.inodes = more;
		sockets.inodes[sockets.n_inodes++] = inode;
	}
	(void)closedir(directory);
	*ret_sockets = sockets;
	return 0;
}

void broker_sockets_fini(struct broker_sockets *sockets)
{
	free(sockets->inodes);
	*sockets = (struct broker_sockets){0};
}

static bool is_listed(const struct broker_sockets *sockets, ino_t inode)
{
	for (size_t i = 0; i < sockets->n_inodes; i++) {
		if (sockets->inodes[i] == inode)
			return true;
	}
	return false;
}

static uint16_t peer_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} peer = {0};
	socklen_t size = sizeof(peer);

	if (getpeername(fd, &peer.any, &size) < 0)
		return 0;
	return ntohs(peer.any.sa_family == AF_INET6 ? peer.in6.sin6_port : peer.in.sin_port);
}

/*
 * Sockets are told apart by inode and not by number: another thread may have closed a socket, and
 * the new one may have got its number.
 */
int broker_socket_find(const struct broker_sockets *before, uint16_t port)
{
	DIR *directory = opendir("/proc/self/fd");
	ino_t inode;
	int fd;

	if (!directory)
		return -errno;
	do {
		fd = next_tcp_socket(directory, &inode);
	} while (fd >= 0 && (is_listed(before, inode) || peer_port(fd) != port));
	(void)closedir(directory);
	return fd;
}

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
