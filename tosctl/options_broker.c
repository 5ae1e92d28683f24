/* SPDX-License-Identifier: MIT */
#include "options_draft.h"

#include "config_url.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEEPALIVE_S = 60 };

static const char DEFAULT_MAP[] = "/etc/tos/tosd.yaml";

/* The first line, where this user may read it. */
static const char *read_password(const char *path)
{
	static char password[1024];
	FILE *file = path ? fopen(path, "re") : NULL;
	bool is_read = file && fgets(password, sizeof(password), file);

	if (file)
		fclose(file);
	password[strcspn(password, "\r\n")] = '\0';
	return is_read ? password : NULL;
}

static void take_map(struct options_draft *draft, const struct config *config)
{
	struct config_mqtt *mqtt = &draft->options.mqtt, mine = *mqtt;

	*mqtt = config->mqtt;
	if (mine.username)
		mqtt->username = mine.username;
	else if (!draft->options.password)
		draft->options.password = read_password(mqtt->password_file);
	if (mine.tls.ca)
		mqtt->tls.ca = mine.tls.ca;
	if (mine.tls.cert)
		mqtt->tls.cert = mine.tls.cert;
	if (mine.tls.key)
		mqtt->tls.key = mine.tls.key;
	if (mine.version)
		mqtt->version = mine.version;
}

/* The map of this machine; it lives as long as the process. */
static int read_map(struct options_draft *draft)
{
	const char *path = draft->map ? draft->map : DEFAULT_MAP;
	static struct config *config;
	struct host host;
	struct diag *diag = NULL;
	int r;

	if (!draft->map && (draft->host || draft->url || draft->path || access(path, R_OK) < 0))
		return -1;
	host_read("", &host);
	r = diag_new(path, &diag);
	if (r == 0)
		r = config_load(path, &host, diag, &config);
	if (r < 0 && diag)
		diag_print(diag, stderr);
	diag_free(diag);
	if (!config)
		return options_usage_error("so %s does not say where the broker is: mend it%s",
			path, draft->map ? "" : ", or name the broker with -h HOST");
	take_map(draft, config);
	return -1;
}

/* A host is no URL, and has no port. -1, or an exit code. */
static int check_host(const char *host)
{
	const char *colon = host ? strchr(host, ':') : NULL;

	if (!colon || host[0] == '[' || strchr(colon + 1, ':'))
		return -1;
	if (strncmp(colon, "://", 3) == 0)
		return options_usage_error("-h takes a host, and -L a URL: -L %s", host);
	return options_usage_error("-h takes a host, and -p its port: -h %.*s -p %s",
		(int)(colon - host), host, colon + 1);
}

/* In text, from the host and the port. */
static const char *url_of_host(const struct options_draft *draft, char text[CONFIG_URL_BYTES])
{
	const struct config_tls *tls = &draft->options.mqtt.tls;
	const char *host = draft->host ? draft->host : "localhost";
	bool has_tls = !draft->path && (tls->ca || tls->cert);
	bool is_ipv6 = strchr(host, ':') && host[0] != '[';
	unsigned long port = draft->port;

	if (!port)
		port = has_tls ? 8883 : 1883;
	(void)snprintf(text, CONFIG_URL_BYTES, is_ipv6 ? "%s://[%s]:%lu" : "%s://%s:%lu",
		has_tls ? "mqtts" : "mqtt", host, port);
	return text;
}

/* A port that was given wins over that of the URL. */
static void write_url(const struct config_url *url, unsigned long port, char text[CONFIG_URL_BYTES])
{
	bool is_ipv6 = strchr(url->host, ':') != NULL;

	if (!port)
		memcpy(text, url->text, CONFIG_URL_BYTES);
	else
		(void)snprintf(text, CONFIG_URL_BYTES, is_ipv6 ? "%s://[%s]:%lu" : "%s://%s:%lu",
			url->tls ? "mqtts" : "mqtt", url->host, port);
}

/* One URL: that of the command line, or of the host and the port. -1, or an exit code. */
static int choose_url(struct options_draft *draft, bool wants_tls)
{
	static struct config_url url; /* they live as long as the process */
	static char text[CONFIG_URL_BYTES], *urls[] = {text};
	struct config_mqtt *mqtt = &draft->options.mqtt;
	const char *wrong = NULL, *cure = NULL, *given = draft->url;
	int exit_code = check_host(draft->host);

	if (exit_code >= 0)
		return exit_code;
	if (!given && mqtt->n_urls > 0 && !draft->path)
		given = mqtt->urls[0];
	draft->options.is_guess = !given && !draft->host && !draft->path;
	if (!given || draft->host)
		given = url_of_host(draft, text);
	if (config_url_parse(given, CONFIG_HAS_TLS, &wrong, &cure, &url) < 0) {
		if (strchr(given, '@'))
			cure = "give it with -u and -P";
		return options_usage_error(
			"\"%s\": %s%s%s", given, wrong, cure ? "; " : "", cure ? cure : "");
	}
	if (wants_tls && !url.tls && !draft->path)
		return options_usage_error(
			"\"%s\" is without TLS, so it takes no certificate: write mqtts://", given);
	write_url(&url, draft->port, text);
	mqtt->urls = urls;
	mqtt->n_urls = 1;
	return -1;
}

/* Where the broker is, and defaults for everything that was not given. -1, or an exit code. */
static int complete(struct options_draft *draft, bool wants_tls)
{
	static char root[] = "tos";
	struct config_mqtt *mqtt = &draft->options.mqtt;
	bool is_map_alone =
		mqtt->n_urls > 0 && !draft->host && !draft->url && !draft->path && !draft->port;
	int exit_code = is_map_alone ? -1 : choose_url(draft, wants_tls);

	if (exit_code >= 0)
		return exit_code;
	draft->options.path = draft->path;
	if (draft->topic)
		mqtt->topic = draft->topic;
	else if (!mqtt->topic)
		mqtt->topic = root;
	if (!*mqtt->topic || strlen(mqtt->topic) > 200 || strpbrk(mqtt->topic, "+#"))
		return options_usage_error("-t takes the topic of one gateway, without + and #");
	if (mqtt->topic[strlen(mqtt->topic) - 1] == '/')
		return options_usage_error("-t takes a topic without a / at its end");
	mqtt->keepalive_s = KEEPALIVE_S;
	mqtt->clean_start = true;
	memset(&mqtt->will, 0, sizeof(mqtt->will));
	return -1;
}

/* The command line wins over a file that names another broker. */
static int choose_place(const struct options_draft *from_file, struct options_draft *draft)
{
	bool is_map = draft->map != from_file->map, is_url = draft->url != from_file->url;
	bool is_host = draft->host != from_file->host, is_port = draft->port != from_file->port;
	bool is_path = draft->path != from_file->path;

	if (is_path && (is_url || is_host || is_port))
		return options_usage_error("--unix is a place of its own: leave out -h, -p and -L");
	if (is_url && is_host)
		return options_usage_error("-h and -L both name the broker: leave out one");
	if ((is_map || is_url || is_path) && !is_host)
		draft->host = NULL;
	if ((is_map || is_url || is_path) && !is_port)
		draft->port = 0;
	if ((is_map || is_host || is_path) && !is_url)
		draft->url = NULL;
	if (!is_path && (is_map || is_url || is_host || is_port))
		draft->path = NULL;
	return -1;
}

int options_find_broker(const struct options_draft *from_file, struct options_draft *draft)
{
	const struct config_tls *tls = &draft->options.mqtt.tls;
	const struct config_tls *of_file = &from_file->options.mqtt.tls;
	bool wants_tls = tls->ca != of_file->ca || tls->cert != of_file->cert;
	int exit_code = choose_place(from_file, draft);

	if (exit_code < 0)
		exit_code = read_map(draft);
	if (exit_code < 0)
		exit_code = complete(draft, wants_tls);
	return exit_code;
}
