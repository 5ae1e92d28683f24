/* SPDX-License-Identifier: MIT */
/* The test calls connect() as the MQTT library does: on a socket that does not block. */
#include "library_connect.h"
#include "temp_tree.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

enum { TRIES = 16 };

union place {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_un local;
};

static int new_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	return fd;
}

/* One that listens, and where; 0 listens to nothing. */
static int listen_on_loopback(union place *place, bool listens)
{
	socklen_t size = sizeof(place->in);
	int fd = new_socket(AF_INET);

	*place = (union place){
		.in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
	assert_int_equal(bind(fd, &place->any, size), 0);
	assert_int_equal(getsockname(fd, &place->any, &size), 0);
	if (listens)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static int connect_to(const union place *place, int fd)
{
	return connect(fd, &place->any, sizeof(place->in));
}

static void it_waits_until_there_is_a_connection(void **state)
{
	struct library_connect mine = {.timeout_ms = 5000};
	union place place;
	int listener = listen_on_loopback(&place, true), fd = new_socket(AF_INET);

	(void)state;
	library_connect_begin(&mine);
	assert_int_equal(connect_to(&place, fd), 0);
	library_connect_end();
	assert_int_equal(mine.fd, fd);
	assert_int_equal(mine.error, 0);
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	close(fd);
	close(listener);
}

static void it_says_why_there_is_none(void **state)
{
	struct library_connect mine = {.timeout_ms = 5000};
	union place place;
	int bound = listen_on_loopback(&place, false), fd = new_socket(AF_INET);

	(void)state;
	library_connect_begin(&mine);
	assert_int_equal(mine.fd, -1);
	assert_int_equal(connect_to(&place, fd), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(mine.fd, fd);
	assert_int_equal(mine.error, -ECONNREFUSED);
	library_connect_end();
	close(fd);
	close(bound);
}

/* Nobody accepts, and what fits into the backlog is soon in it. */
static void it_does_not_wait_for_ever(void **state)
{
	struct library_connect mine = {.timeout_ms = 50};
	int fds[TRIES], n = 0;
	union place place;
	int listener = listen_on_loopback(&place, true);

	(void)state;
	while (mine.error == 0 && n < TRIES) {
		fds[n] = new_socket(AF_INET);
		library_connect_begin(&mine);
		(void)connect_to(&place, fds[n++]);
		library_connect_end();
	}
	assert_int_equal(mine.error, -ETIMEDOUT);
	while (n > 0)
		close(fds[--n]);
	close(listener);
}

static void without_a_time_it_does_not_wait(void **state)
{
	struct library_connect mine = {0};
	union place place;
	int listener = listen_on_loopback(&place, true), fd = new_socket(AF_INET);

	(void)state;
	library_connect_begin(&mine);
	assert_int_equal(connect_to(&place, fd), -1);
	assert_int_equal(errno, EINPROGRESS);
	library_connect_end();
	assert_int_equal(mine.fd, fd);
	assert_int_equal(mine.error, 0);
	close(fd);
	close(listener);
}

static void others_do_not_wait(void **state)
{
	struct library_connect mine = {.timeout_ms = 5000};
	union place place;
	int listener = listen_on_loopback(&place, true), fd = new_socket(AF_INET);

	(void)state;
	library_connect_begin(&mine);
	library_connect_end();
	assert_int_equal(connect_to(&place, fd), -1);
	assert_int_equal(errno, EINPROGRESS);
	assert_int_equal(mine.fd, -1);
	close(fd);
	close(listener);
}

/* The library's socket is another one then, and still its own: the number and the flags stay. */
static void it_goes_to_a_socket_of_the_machine(void **state)
{
	struct temp_tree tree = temp_tree_new();
	union place local = {.local.sun_family = AF_UNIX}, elsewhere;
	int listener = new_socket(AF_UNIX), bound = listen_on_loopback(&elsewhere, false);
	int fd = new_socket(AF_INET), accepted;
	struct library_connect mine = {.timeout_ms = 5000};
	char byte = 0;

	(void)state;
	mine.path = temp_tree_path(&tree, "broker");
	(void)snprintf(local.local.sun_path, sizeof(local.local.sun_path), "%.107s", mine.path);
	assert_int_equal(bind(listener, &local.any, sizeof(local.local)), 0);
	assert_int_equal(listen(listener, 1), 0);
	library_connect_begin(&mine);
	assert_int_equal(connect_to(&elsewhere, fd), 0);
	library_connect_end();
	assert_int_equal(mine.fd, fd);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	accepted = accept(listener, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	assert_int_equal(recv(accepted, &byte, 1, 0), 1);
	assert_int_equal(byte, 'x');
	close(accepted);
	close(fd);
	close(listener);
	close(bound);
	temp_tree_free(&tree);
}

static void a_socket_that_is_not_there_is_named(void **state)
{
	static const struct {
		const char *path;
		int error;
	} CASES[] = {
		{"/nonexistent/broker", -ENOENT},
		{"/dev/null", -ECONNREFUSED},
		{"/123456789-123456789-123456789-123456789-123456789-123456789-123456789-123456789-"
		 "123456789-123456789-123456789-123456789-",
			-ENAMETOOLONG},
	};
	union place place;
	int bound = listen_on_loopback(&place, true);

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		struct library_connect mine = {.path = CASES[i].path, .timeout_ms = 5000};
		int fd = new_socket(AF_INET);

		library_connect_begin(&mine);
		assert_int_equal(connect_to(&place, fd), -1);
		assert_int_equal(errno, -CASES[i].error);
		library_connect_end();
		assert_int_equal(mine.error, CASES[i].error);
		close(fd);
	}
	close(bound);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits_until_there_is_a_connection),
		cmocka_unit_test(it_says_why_there_is_none),
		cmocka_unit_test(it_does_not_wait_for_ever),
		cmocka_unit_test(without_a_time_it_does_not_wait),
		cmocka_unit_test(others_do_not_wait),
		cmocka_unit_test(it_goes_to_a_socket_of_the_machine),
		cmocka_unit_test(a_socket_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
