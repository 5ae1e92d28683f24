/* SPDX-License-Identifier: MIT */
#include "library_connect.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* For each thread, since connect() has no argument to pass it in. */
static _Thread_local struct library_connect *begun;

void library_connect_begin(struct library_connect *connect)
{
	connect->fd = -1;
	connect->error = 0;
	begun = connect;
}

void library_connect_end(void)
{
	begun = NULL;
}

typedef int connect_function(int, const struct sockaddr *, socklen_t);

static int connect_now(int fd, const struct sockaddr *address, socklen_t size)
{
	connect_function *original;
	void *symbol = dlsym(RTLD_NEXT, "connect");

	if (!symbol) {
		errno = ENOSYS;
		return -1;
	}
	memcpy(&original, &symbol, sizeof(original));
	return original(fd, address, size);
}

static int connect_and_wait(int fd, const struct sockaddr *address, socklen_t size, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	socklen_t error_size = sizeof(int);
	int error = 0, r;

	if (connect_now(fd, address, size) == 0)
		return 0;
	if (errno != EINPROGRESS || timeout_ms == 0)
		return -errno;
	r = poll(&poll_fd, 1, timeout_ms);
	if (r < 0)
		return -errno;
	if (r == 0)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size) < 0)
		return -errno;
	return -error;
}

/* Puts the connection in place of the library's socket, with the flags of that. */
static int replace(int fd, int connection)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(connection, F_SETFL, flags) < 0 ||
		dup3(connection, fd, O_CLOEXEC) < 0)
		return -errno;
	return 0;
}

static int connect_path(int fd, const char *path, int timeout_ms)
{
	const struct timeval timeout = {
		.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	union {
		struct sockaddr any;
		struct sockaddr_un local;
	} address = {.local.sun_family = AF_UNIX};
	int connection, r = 0;

	if (strlen(path) >= sizeof(address.local.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.local.sun_path, path, strlen(path));
	connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection < 0)
		return -errno;
	/* A broker that accepts nothing would be waited for without an end. */
	(void)setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect_now(connection, &address.any, sizeof(address.local)) < 0)
		r = errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (r == 0)
		r = replace(fd, connection);
	(void)close(connection);
	return r;
}

/* Takes the place of the C library's, see library_connect.h. */
__attribute__((visibility("default"))) int connect(
	int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
	struct library_connect *mine = begun;
	const struct sockaddr *to = address.__sockaddr__;
	int r;

	if (!mine)
		return connect_now(fd, to, size);
	mine->fd = fd;
	r = mine->path ? connect_path(fd, mine->path, mine->timeout_ms)
		       : connect_and_wait(fd, to, size, mine->timeout_ms);
	mine->error = r == -EINPROGRESS ? 0 : r;
	errno = -r;
	return r < 0 ? -1 : 0;
}
