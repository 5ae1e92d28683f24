/* SPDX-License-Identifier: MIT */
#include "config_url.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int parse(const char *text, bool has_tls, const char **ret_wrong, struct config_url *ret_url)
{
	const char *cure = NULL;

	return config_url_parse(text, has_tls, ret_wrong, &cure, ret_url);
}

static void expect(const char *text, bool tls, const char *host, uint16_t port)
{
	const char *wrong = NULL;
	struct config_url url;

	assert_int_equal(parse(text, true, &wrong, &url), 0);
	assert_int_equal(url.tls, tls);
	assert_string_equal(url.host, host);
	assert_int_equal(url.port, port);
}

static void expect_text(const char *text, bool has_tls, const char *whole, const char *words)
{
	const char *wrong = NULL;
	struct config_url url = {0};

	assert_int_equal(parse(text, has_tls, &wrong, &url), whole ? 0 : -EINVAL);
	if (whole)
		assert_string_equal(url.text, whole);
	else
		assert_string_equal(wrong, words);
}

static void host_and_port_are_taken_apart(void **state)
{
	(void)state;
	expect("mqtt://localhost:1884", false, "localhost", 1884);
	expect("mqtts://broker.example:443", true, "broker.example", 443);
	expect("mqtt://10.0.0.1:1883", false, "10.0.0.1", 1883);
}

static void the_port_has_a_default(void **state)
{
	(void)state;
	expect("mqtt://localhost", false, "localhost", 1883);
	expect("mqtts://localhost", true, "localhost", 8883);
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
		"mqtt://host:-1", "mqtt://host:18x", "mqtt://host:1883/", "mqtts://host/",
		"mqtt://host:1883/path", "mqtt://host/path", "mqttx://host", "xmqtt://host"};
	struct config_url url = {.port = 7};
	const char *words = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(parse(wrong[i], true, &words, &url), -EINVAL);
	assert_int_equal(url.port, 7);
}

static void a_host_that_is_too_long_is_refused(void **state)
{
	char text[400];
	const char *wrong = NULL;
	struct config_url url;

	(void)state;
	(void)snprintf(text, sizeof(text), "mqtt://%0*d", CONFIG_HOST_MAX, 0);
	assert_int_equal(parse(text, true, &wrong, &url), 0);
	assert_int_equal(strlen(url.host), CONFIG_HOST_MAX);
	assert_int_equal(strlen(url.text), strlen(text) + strlen(":1883"));
	(void)snprintf(text, sizeof(text), "mqtt://%0*d", CONFIG_HOST_MAX + 1, 0);
	assert_int_equal(parse(text, true, &wrong, &url), -EINVAL);
}

static void the_text_is_whole(void **state)
{
	(void)state;
	expect_text("mqtt://a", true, "mqtt://a:1883", NULL);
	expect_text("mqtts://[::1]:443", true, "mqtts://[::1]:443", NULL);
	expect_text("mqtt://[fe80::2%eth0]", true, "mqtt://[fe80::2%eth0]:1883", NULL);
	expect_text("mqtt://fe80::2%eth0", true, NULL, "has more than one colon");
}

static void tls_needs_a_build_with_it(void **state)
{
	(void)state;
	expect_text("mqtts://a", true, "mqtts://a:8883", NULL);
	expect_text("mqtts://a", false, NULL, "needs TLS, and this tosd was built without it");
	expect_text("mqtt://a", false, "mqtt://a:1883", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_and_port_are_taken_apart),
		cmocka_unit_test(the_port_has_a_default),
		cmocka_unit_test(an_ipv6_address_stands_in_brackets),
		cmocka_unit_test(mistakes_are_refused),
		cmocka_unit_test(a_host_that_is_too_long_is_refused),
		cmocka_unit_test(the_text_is_whole),
		cmocka_unit_test(tls_needs_a_build_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
