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
	draft->url = mqtt->urls[0];
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
		return options_usage_error("%s does not say where the broker is", path);
	take_map(draft, config);
	return -1;
}

/* The URL that was given, or one in text, from the host and the port. */
static const char *choose_url(const struct options_draft *draft, char text[CONFIG_URL_BYTES])
{
	const struct config_tls *tls = &draft->options.mqtt.tls;
	const char *host = draft->host ? draft->host : "localhost";
	bool has_tls = !draft->path && (tls->ca || tls->cert);
	bool is_ipv6 = strchr(host, ':') && host[0] != '[';
	unsigned long port = draft->port;

	if (draft->url && !draft->host && !draft->port)
		return draft->url;
	if (!port)
		port = has_tls ? 8883 : 1883;
	(void)snprintf(text, CONFIG_URL_BYTES, is_ipv6 ? "%s://[%s]:%lu" : "%s://%s:%lu",
		has_tls ? "mqtts" : "mqtt", host, port);
	return text;
}

/* The URL, and defaults for everything that was not given. */
static int complete(struct options_draft *draft)
{
	static struct config_url url; /* they live as long as the process */
	static char text[CONFIG_URL_BYTES], *urls[] = {text}, root[] = "tos";
	struct config_mqtt *mqtt = &draft->options.mqtt;
	const char *wrong = NULL, *cure = NULL, *given;

	if (draft->path)
		draft->url = NULL;
	given = choose_url(draft, text);
	if (config_url_parse(given, CONFIG_HAS_TLS, &wrong, &cure, &url) < 0)
		return options_usage_error(
			"\"%s\": %s%s%s", given, wrong, cure ? "; " : "", cure ? cure : "");
	memcpy(text, url.text, sizeof(text));
	mqtt->urls = urls;
	mqtt->n_urls = 1;
	draft->options.path = draft->path;
	draft->options.place = draft->path ? draft->path : text;
	if (draft->topic)
		mqtt->topic = draft->topic;
	else if (!mqtt->topic)
		mqtt->topic = root;
	if (!*mqtt->topic || strlen(mqtt->topic) > 200 || strpbrk(mqtt->topic, "+#"))
		return options_usage_error("-t takes the topic of one gateway, without + and #");
	mqtt->keepalive_s = KEEPALIVE_S;
	mqtt->clean_start = true;
	memset(&mqtt->will, 0, sizeof(mqtt->will));
	return -1;
}

/* The command line wins over a file that names another broker. */
static int choose_place(const struct options_draft *from_file, struct options_draft *draft)
{
	bool is_map = draft->map != from_file->map, is_url = draft->url != from_file->url;
	bool is_host = draft->host != from_file->host || draft->port != from_file->port;
	bool is_path = draft->path != from_file->path;

	if (is_path && (is_url || is_host))
		return options_usage_error("--unix is a place of its own: leave out -h, -p and -L");
	if ((is_map || is_url || is_path) && draft->host == from_file->host)
		draft->host = NULL;
	if ((is_map || is_url || is_path) && draft->port == from_file->port)
		draft->port = 0;
	if (!is_path && (is_map || is_url || is_host))
		draft->path = NULL;
	return -1;
}

int options_find_broker(const struct options_draft *from_file, struct options_draft *draft)
{
	int exit_code = choose_place(from_file, draft);

	if (exit_code < 0)
		exit_code = read_map(draft);
	if (exit_code < 0)
		exit_code = complete(draft);
	return exit_code;
}
