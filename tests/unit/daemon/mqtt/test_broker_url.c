/* SPDX-License-Identifier: MIT */
#include "broker_url.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *text, bool tls, const char *host, uint16_t port)
{
	struct broker_url url;

	assert_int_equal(broker_url_parse(text, &url), 0);
	assert_int_equal(url.tls, tls);
	assert_string_equal(url.host, host);
	assert_int_equal(url.port, port);
}

static void host_and_port_are_taken_apart(void **state)
{
	(void)state;
	expect("mqtt://localhost:1884", false, "localhost", 1884);
	expect("mqtts://broker.example:443", true, "broker.example", 443);
	expect("mqtt://10.0.0.1:1883/", false, "10.0.0.1", 1883);
}

static void the_port_has_a_default(void **state)
{
	(void)state;
	expect("mqtt://localhost", false, "localhost", 1883);
	expect("mqtts://localhost", true, "localhost", 8883);
	expect("mqtts://localhost/", true, "localhost", 8883);
}

static void an_ipv6_address_stands_in_brackets(void **state)
{
	(void)state;
	expect("mqtt://[::1]", false, "::1", 1883);
	expect("mqtts://[fe80::1]:8884", true, "fe80::1", 8884);
}

static void mistakes_are_refused(void **state)
{
	const char *const wrong[] = {"", "localhost", "localhost:1883", "http://localhost",
		"mqtt:/localhost", "mqtt://", "mqtt://:1883", "mqtt://[::1", "mqtt://[]:1883",
		"mqtt://[::1]1883", "mqtt://host:", "mqtt://host:0", "mqtt://host:65536",
		"mqtt://host:-1", "mqtt://host:18x", "mqtt://host:1883/path", "mqtt://host/path",
		"mqttx://host", "xmqtt://host"};
	struct broker_url url = {.port = 7};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(broker_url_parse(wrong[i], &url), -EINVAL);
	assert_int_equal(url.port, 7);
}

static void a_host_that_is_too_long_is_refused(void **state)
{
	char text[400];
	struct broker_url url;

	(void)state;
	(void)snprintf(text, sizeof(text), "mqtt://%0*d", BROKER_HOST_MAX - 1, 0);
	assert_int_equal(broker_url_parse(text, &url), 0);
	assert_int_equal(strlen(url.host), BROKER_HOST_MAX - 1);
	(void)snprintf(text, sizeof(text), "mqtt://%0*d", BROKER_HOST_MAX, 0);
	assert_int_equal(broker_url_parse(text, &url), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_and_port_are_taken_apart),
		cmocka_unit_test(the_port_has_a_default),
		cmocka_unit_test(an_ipv6_address_stands_in_brackets),
		cmocka_unit_test(mistakes_are_refused),
		cmocka_unit_test(a_host_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
