/* SPDX-License-Identifier: MIT */
#include "broker_address.h"
#include "resolver_pin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TIMEOUT_MS = 2000 };

static void fill(struct broker_address *address, const char *text, uint16_t port)
{
	struct sockaddr_in socket_address = {.sin_family = AF_INET, .sin_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET, text, &socket_address.sin_addr), 1);
	*address = (struct broker_address){.socket_bytes = sizeof(socket_address)};
	memcpy(&address->socket, &socket_address, sizeof(socket_address));
	(void)snprintf(address->text, sizeof(address->text), "%s", text);
}

/* On any port of that address; whether somebody is to answer there. */
static int bind_to(const char *text, bool answers, uint16_t *ret_port)
{
	struct broker_address address;
	struct sockaddr_in bound = {0};
	socklen_t size = sizeof(bound);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fill(&address, text, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address.socket, address.socket_bytes), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &size), 0);
	if (answers)
		assert_int_equal(listen(fd, 8), 0);
	*ret_port = ntohs(bound.sin_port);
	return fd;
}

static void the_first_that_answers_comes_to_the_front(void **state)
{
	struct broker_addresses addresses = {.n = 3};
	uint16_t silent, port;
	int silent_fd = bind_to("127.0.0.2", false, &silent);
	int fd = bind_to("127.0.0.3", true, &port);

	(void)state;
	fill(&addresses.list[0], "127.0.0.2", silent);
	fill(&addresses.list[1], "127.0.0.3", port);
	fill(&addresses.list[2], "127.0.0.4", port);
	assert_int_equal(broker_addresses_race(&addresses, TIMEOUT_MS), 0);
	assert_string_equal(addresses.list[0].text, "127.0.0.3");
	assert_int_equal(addresses.list[0].error, 0);
	assert_string_equal(addresses.list[1].text, "127.0.0.2");
	assert_int_equal(addresses.list[1].error, -ECONNREFUSED);
	/* Nobody asked it. */
	assert_string_equal(addresses.list[2].text, "127.0.0.4");
	assert_int_equal(addresses.list[2].error, 0);
	(void)close(fd);
	(void)close(silent_fd);
}

static void without_an_answer_each_has_its_error(void **state)
{
	struct broker_addresses addresses = {.n = 2};
	uint16_t port;
	int fd = bind_to("127.0.0.2", false, &port);
	char text[128];

	(void)state;
	fill(&addresses.list[0], "127.0.0.2", port);
	fill(&addresses.list[1], "127.0.0.2", port);
	assert_int_equal(broker_addresses_race(&addresses, TIMEOUT_MS), -EHOSTUNREACH);
	broker_addresses_errors(&addresses, text, sizeof(text));
	assert_string_equal(text, "127.0.0.2: Connection refused; 127.0.0.2: Connection refused");
	broker_addresses_errors(&addresses, text, 20);
	assert_string_equal(text, "127.0.0.2: Connecti");
	(void)close(fd);
}

/* A backlog of none that is full: the kernel drops what comes, like a host that is not there. */
static void one_that_swallows_does_not_hold_up_the_next(void **state)
{
	struct broker_addresses addresses = {.n = 2};
	uint16_t full, port;
	int fd = bind_to("127.0.0.3", true, &port), full_fd = bind_to("127.0.0.2", false, &full);
	int fillers[4];

	(void)state;
	assert_int_equal(listen(full_fd, 0), 0);
	fill(&addresses.list[0], "127.0.0.2", full);
	fill(&addresses.list[1], "127.0.0.3", port);
	for (size_t i = 0; i < 4; i++)
		(void)broker_address_open(&addresses.list[0], &fillers[i]);
	assert_int_equal(broker_addresses_race(&addresses, TIMEOUT_MS), 0);
	assert_string_equal(addresses.list[0].text, "127.0.0.3");
	for (size_t i = 0; i < 4; i++)
		(void)close(fillers[i]);
	(void)close(full_fd);
	(void)close(fd);
}

static void numbers_are_one_address(void **state)
{
	const struct config_url url = {.host = "::1", .port = 1883};
	struct broker_addresses addresses;
	char text[128];

	(void)state;
	assert_int_equal(broker_addresses_resolve(&url, &addresses, text, sizeof(text)), 0);
	assert_int_equal(addresses.n, 1);
	assert_string_equal(addresses.list[0].text, "::1");
}

static void a_name_that_is_none_is_told(void **state)
{
	const struct config_url url = {.host = "256.1.1.1.", .port = 1883};
	struct broker_addresses addresses;
	char text[128];

	(void)state;
	assert_int_equal(
		broker_addresses_resolve(&url, &addresses, text, sizeof(text)), -EHOSTUNREACH);
	assert_non_null(strstr(text, "cannot resolve 256.1.1.1.: "));
}

static void resolve(const char *name, char *text, size_t text_bytes)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET};
	struct addrinfo *result;

	assert_int_equal(getaddrinfo(name, NULL, &hints, &result), 0);
	assert_int_equal(getnameinfo(result->ai_addr, result->ai_addrlen, text,
				 (socklen_t)text_bytes, NULL, 0, NI_NUMERICHOST),
		0);
	freeaddrinfo(result);
}

static void a_pinned_name_has_the_one_address(void **state)
{
	char text[64];

	(void)state;
	resolver_pin("broker.test", "127.9.9.9");
	resolve("broker.test", text, sizeof(text));
	assert_string_equal(text, "127.9.9.9");
	resolve("127.0.0.5", text, sizeof(text));
	assert_string_equal(text, "127.0.0.5");
	resolver_unpin();
	resolve("localhost", text, sizeof(text));
	assert_string_equal(text, "127.0.0.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_answers_comes_to_the_front),
		cmocka_unit_test(without_an_answer_each_has_its_error),
		cmocka_unit_test(one_that_swallows_does_not_hold_up_the_next),
		cmocka_unit_test(numbers_are_one_address),
		cmocka_unit_test(a_name_that_is_none_is_told),
		cmocka_unit_test(a_pinned_name_has_the_one_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
