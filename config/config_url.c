/* SPDX-License-Identifier: MIT */
#include "config_url.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

struct scheme {
	const char *prefix;
	uint16_t port;
	bool tls;
};

static const struct scheme schemes[] = {{"mqtt://", 1883, false}, {"mqtts://", 8883, true}};

/* Schemes that other MQTT programs use for the same thing. */
static const char *cure_of_scheme(const char *text)
{
	static const struct {
		const char *prefix, *cure;
	} others[] = {
		{"tcp://", "write mqtt:// instead of tcp://"},
		{"ssl://", "write mqtts:// instead of ssl://"},
		{"tls://", "write mqtts:// instead of tls://"},
		{"ws://", "web sockets are not supported: use the broker's mqtt:// port"},
		{"mqtt://", "write mqtt:// in small letters"},
		{"mqtts://", "write mqtts:// in small letters"},
		{"wss://", "web sockets are not supported: use the broker's mqtts:// port"},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strncasecmp(text, others[i].prefix, strlen(others[i].prefix)) == 0)
			return others[i].cure;
	}
	return "for example mqtt://localhost:1883";
}

static const struct scheme *find_scheme(const char *text)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (strncmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
			return &schemes[i];
	}
	return NULL;
}

/* Length of the host, with the brackets of an IPv6 address; 0 if there is none. */
static size_t host_length(const char *host)
{
	size_t length;

	if (*host == '[') {
		length = 1 + strspn(host + 1, LETTERS_AND_DIGITS ":.%_-");
		return length > 1 && host[length] == ']' ? length + 1 : 0;
	}
	return strspn(host, LETTERS_AND_DIGITS ".-_");
}

/* True for ::1 and fe80::2%eth0, whose colons do not separate a port. */
static bool is_bare_ipv6(const char *host)
{
	const char *colon = strchr(host, ':');

	return *host != '[' && colon && strchr(colon + 1, ':') && !strchr(host, '/');
}

static bool parse_port(const char *text, uint16_t *ret_port)
{
	size_t digits = strspn(text, "0123456789");

	if (digits < 1 || digits > 5 || text[digits])
		return false;
	unsigned long port = strtoul(text, NULL, 10);
	if (port < 1 || port > 65535)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

/* Parses the text after the scheme. NULL, or what is wrong with it. */
static const char *parse_rest(
	const char *rest, size_t *ret_host_length, uint16_t *port, const char **ret_cure)
{
	if (strchr(rest, '@')) {
		*ret_cure = "use mqtt.username and mqtt.password_file";
		return "names a user";
	}
	if (is_bare_ipv6(rest)) {
		*ret_cure = "write an IPv6 address in brackets: mqtt://[::1]:1883";
		return "has more than one colon";
	}
	size_t length = host_length(rest);
	if (!length)
		return "has no host";
	if (length > CONFIG_HOST_MAX)
		return "has a host name of more than 253 characters";
	const char *tail = rest + length;
	if (*tail == ':' && !parse_port(tail + 1, port) && !strchr(tail, '/'))
		return "has no port of 1..65535 after the colon";
	if (strchr(tail, '/')) {
		*ret_cure = "end it behind the host or the port";
		return "has a path";
	}
	if (*tail && *tail != ':') {
		*ret_cure = "write an IPv6 address in brackets: mqtt://[::1]:1883";
		return "has a character that no host has";
	}
	*ret_host_length = length;
	return NULL;
}

int config_url_parse(const char *text, bool has_tls, const char **ret_wrong, const char **ret_cure,
	struct config_url *ret_url)
{
	const struct scheme *scheme = find_scheme(text);
	const char *cure = NULL;
	size_t length = 0;

	if (!scheme) {
		*ret_wrong = "does not begin with mqtt:// or mqtts://";
		*ret_cure = cure_of_scheme(text);
		return -EINVAL;
	}
	if (scheme->tls && !has_tls) {
		*ret_wrong = "needs TLS, and this tosd was built without it";
		*ret_cure = "build it with -Dtls=enabled, or use the broker's mqtt:// port";
		return -EINVAL;
	}
	struct config_url url = {.tls = scheme->tls, .port = scheme->port};
	const char *host = text + strlen(scheme->prefix);
	const char *wrong = parse_rest(host, &length, &url.port, &cure);
	if (wrong) {
		*ret_wrong = wrong;
		*ret_cure = cure;
		return -EINVAL;
	}
	(void)snprintf(url.text, sizeof(url.text), "%s%.*s:%u", scheme->prefix, (int)length, host,
		url.port);
	bool bracketed = host[0] == '[';
	memcpy(url.host, host + bracketed, length - 2 * bracketed);
	*ret_url = url;
	return 0;
}
