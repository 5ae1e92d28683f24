/* SPDX-License-Identifier: MIT */
/* The section mqtt. */
#include "config_load.h"
#include "config_url.h"
#include "schema_text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECOND 1e6 /* in the base unit of durations, us */
#define DAY    (24 * 3600 * SECOND)
#define QOS    .type = SCHEMA_INTEGER, .min = 0, .max = 2

static const struct schema_option tls_options[] = {
	{.key = "ca",
		.help = "whom to trust, a PEM file; by default the system's authorities",
		SCHEMA_FIELD(struct config_tls, ca),
		.type = SCHEMA_PATH},
	{.key = "cert",
		.help = "the certificate of this gateway, a PEM file",
		SCHEMA_FIELD(struct config_tls, cert),
		.type = SCHEMA_PATH},
	{.key = "key",
		.help = "the key of cert, a PEM file without a password",
		SCHEMA_FIELD(struct config_tls, key),
		.type = SCHEMA_PATH},
	{0},
};

static const struct schema_option will_options[] = {
	{.key = "topic",
		.help = "where the broker publishes it",
		SCHEMA_FIELD(struct config_will, topic),
		.type = SCHEMA_TOPIC,
		.required = true},
	{.key = "payload",
		.help = "its text",
		SCHEMA_FIELD(struct config_will, payload),
		.type = SCHEMA_TEXT,
		.initial = "offline"},
	{.key = "qos",
		.help = "its QoS",
		SCHEMA_FIELD(struct config_will, qos),
		QOS,
		.initial = "1"},
	{.key = "retain",
		.help = "whether the broker keeps it",
		SCHEMA_FIELD(struct config_will, retain),
		.type = SCHEMA_BOOL,
		.initial = "true"},
	{0},
};

static const struct schema_choice versions[] = {
	{"auto", CONFIG_MQTT_VERSION_AUTO},
	{"5", CONFIG_MQTT_VERSION_5},
	{"3.1.1", CONFIG_MQTT_VERSION_3_1_1},
	{0},
};

static const struct schema_choice orders[] = {
	{"given", CONFIG_URL_ORDER_GIVEN},
	{"random", CONFIG_URL_ORDER_RANDOM},
	{0},
};

static int read_urls(struct schema *schema, const struct yaml_node *node, void *field);

const struct schema_option config_mqtt_options[] = {
	{.key = "url",
		.help = "mqtt://host:port, mqtts://host:port for TLS, or a list of them",
		.type = SCHEMA_CUSTOM,
		.read = read_urls,
		.required = true},
	{.key = "url_order",
		.help = "where a list begins: given, at the first one; random, elsewhere in each "
			"process, which spreads gateways with the same map",
		SCHEMA_FIELD(struct config_mqtt, url_order),
		.type = SCHEMA_ENUM,
		.choices = orders,
		.initial = "given"},
	{.key = "topic",
		.help = "the root of every topic; %H is the host name, %i differs on each board",
		SCHEMA_FIELD(struct config_mqtt, topic),
		.type = SCHEMA_TOPIC,
		.initial = "tos"},
	{.key = "client_id",
		.help = "two clients with the same one disconnect each other; %H is the host name, "
			"%i differs on each board",
		SCHEMA_FIELD(struct config_mqtt, client_id),
		.type = SCHEMA_STRING,
		.initial = "tos-%H"},
	{.key = "username",
		.help = "the user at the broker",
		SCHEMA_FIELD(struct config_mqtt, username),
		.type = SCHEMA_STRING},
	{.key = "password_file",
		.help = "a file whose first line is the password, readable by its owner alone",
		SCHEMA_FIELD(struct config_mqtt, password_file),
		.type = SCHEMA_PATH},
	{.key = "tls",
		.help = "certificates, for mqtts:// only",
		.type = SCHEMA_MAP,
		.offset = offsetof(struct config_mqtt, tls),
		.options = tls_options,
		.example = "tls: {ca: /etc/tos/ca.crt}"},
	{.key = "keepalive",
		.help = "a dead connection is noticed after about 2.5 times this",
		SCHEMA_FIELD(struct config_mqtt, keepalive_s),
		.type = SCHEMA_DURATION,
		.min = 5 * SECOND,
		.max = 65535 * SECOND, /* 16 bits on the wire */
		.unit = SECOND,
		.initial = "20s"},
	{.key = "will",
		.help = "what the broker publishes if the connection is lost",
		.type = SCHEMA_MAP,
		.offset = offsetof(struct config_mqtt, will),
		.options = will_options,
		.example = "will: {topic: tos/except, payload: offline}"},
	{.key = "discovery",
		.help = "the prefix of Home Assistant's discovery, usually homeassistant; off by "
			"default",
		SCHEMA_FIELD(struct config_mqtt, discovery),
		.type = SCHEMA_TOPIC},
	{.key = "version",
		.help = "the version of MQTT; auto: 5 if the broker has it",
		SCHEMA_FIELD(struct config_mqtt, version),
		.type = SCHEMA_ENUM,
		.choices = versions,
		.initial = "auto"},
	{.key = "qos",
		.help = "the QoS of readings",
		SCHEMA_FIELD(struct config_mqtt, qos),
		QOS,
		.initial = "1"},
	{.key = "timestamp",
		.help = "whether each reading has the key ts",
		SCHEMA_FIELD(struct config_mqtt, timestamp),
		.type = SCHEMA_BOOL,
		.initial = "true"},
	{.key = "accept_retained",
		.help = "whether retained actions are carried out: an old command may move "
			"something",
		SCHEMA_FIELD(struct config_mqtt, accept_retained),
		.type = SCHEMA_BOOL,
		.initial = "false"},
	{.key = "clean_start",
		.help = "with false the broker keeps actions while the gateway is away",
		SCHEMA_FIELD(struct config_mqtt, clean_start),
		.type = SCHEMA_BOOL,
		.initial = "true"},
	{.key = "session_expiry",
		.help = "how long the broker keeps a session without the gateway, with "
			"clean_start: false; MQTT 5",
		SCHEMA_FIELD(struct config_mqtt, session_expiry_s),
		.type = SCHEMA_DURATION,
		.min = SECOND,
		.max = 365 * DAY,
		.unit = SECOND,
		.initial = "7d"},
	{.key = "will_delay",
		.help = "how long the broker waits with the will; none is sent if the gateway is "
			"back in time; MQTT 5, and clean_start: false",
		SCHEMA_FIELD(struct config_mqtt, will_delay_s),
		.type = SCHEMA_DURATION,
		.min = 0,
		.max = DAY,
		.unit = SECOND,
		.initial = "0s"},
	{.key = "health_interval",
		.help = "the time between publications of the health",
		SCHEMA_FIELD(struct config_mqtt, health_interval_us),
		.type = SCHEMA_DURATION,
		.min = SECOND,
		.max = DAY,
		.initial = "60s"},
	{0},
};

static int read_url(struct schema *schema, const struct yaml_node *node, struct config_mqtt *mqtt)
{
	const char *wrong = NULL, *cure = NULL;

	if (!schema_expect_like(schema, node, YAML_SCALAR, "url: mqtt://localhost"))
		return 0;
	struct config_url url;
	if (config_url_parse(node->text, CONFIG_HAS_TLS, &wrong, &cure, &url) < 0) {
		diag_error(schema->diag, node->place, cure, "url: \"%.80s\" %s", node->text, wrong);
		return 0;
	}
	char *text = strdup(url.text);
	if (!text)
		return -ENOMEM;
	mqtt->urls[mqtt->n_urls++] = text;
	return 0;
}

static int read_urls(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_mqtt *mqtt = field;
	bool list = node->kind == YAML_LIST;
	size_t n = list ? node->n_items : 1;

	if (n == 0) {
		diag_error(schema->diag, node->place, "for example mqtt://localhost:1883",
			"url: the list is empty");
		return 0;
	}
	mqtt->urls = calloc(n, sizeof(*mqtt->urls));
	if (!mqtt->urls)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int r = read_url(schema, list ? node->items[i] : node, mqtt);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The text that replaces the two characters, or NULL. */
static const char *word_of(const char *text, const struct host *host)
{
	if (text[0] != '%')
		return NULL;
	return text[1] == 'H' ? host->name : text[1] == 'i' ? host->id : NULL;
}

int config_expand(char **text, const struct host *host)
{
	char *expanded = NULL;
	size_t size = 0;

	if (!*text || !strchr(*text, '%'))
		return 0;
	FILE *out = open_memstream(&expanded, &size);
	if (!out)
		return -ENOMEM;
	for (const char *p = *text; *p; p++) {
		const char *word = word_of(p, host);

		if (word) {
			fputs(word, out);
			p++;
		} else {
			fputc(*p, out);
		}
	}
	if (fclose(out) != 0) {
		free(expanded);
		return -ENOMEM;
	}
	free(*text);
	*text = expanded;
	return 0;
}

/* A hostname may be unfit for a topic, so the result is checked. */
static int expand_option(struct config_loader *loader, const struct yaml_node *node,
	enum schema_type type, char **text)
{
	const struct diag_place *place = node ? &node->place : &loader->root->place;
	const char *key = node ? node->key : "client_id";
	struct diag *diag = loader->schema.diag;

	if (!*text)
		return 0;
	if (strstr(*text, "%i") && !*loader->host->id) {
		diag_error(diag, *place, "systemd-machine-id-setup makes a machine id",
			"%s: %%i has no value, as this machine has neither a serial number nor a "
			"machine id",
			key);
		return 0;
	}
	int r = config_expand(text, loader->host);
	const char *wrong = r == 0 ? schema_text_wrong(type, *text) : NULL;
	if (wrong)
		diag_error(
			diag, *place, "%H is the host name", "%s: \"%.80s\" %s", key, *text, wrong);
	return r;
}

static void check_password_file(struct config_loader *loader, const struct yaml_node *node)
{
	struct diag *diag = loader->schema.diag;
	const char *path = loader->config->mqtt.password_file;
	char cure[128];
	struct stat status;

	if (!path)
		return;
	if (stat(path, &status) < 0) {
		diag_error(diag, node->place, NULL, "password_file: %s", strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		diag_error(diag, node->place, NULL, "password_file: this is no regular file");
	} else if (status.st_mode & (S_IRWXG | S_IRWXO)) {
		(void)snprintf(cure, sizeof(cure), "chmod 600 %s", path);
		diag_error(diag, node->place, cure,
			"password_file: others can read it (its mode is %03o)",
			(unsigned)status.st_mode & 0777U);
	}
}

/* "discovery: true" would mean a prefix of that name, which Home Assistant never looks at. */
static void check_discovery(struct config_loader *loader, const struct yaml_node *node)
{
	if (node && node->kind == YAML_SCALAR &&
		(strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0))
		diag_error(loader->schema.diag, node->place, "leave it out to turn discovery off",
			"discovery takes the prefix, usually homeassistant, not %s", node->text);
}

/* The status of the gateway and that of Home Assistant would be the same topic. */
static void check_prefix(struct config_loader *loader, const struct yaml_node *node)
{
	const struct config_mqtt *mqtt = &loader->config->mqtt;

	if (node && mqtt->discovery && mqtt->topic && strcmp(mqtt->discovery, mqtt->topic) == 0)
		diag_error(loader->schema.diag, node->place, "give mqtt.topic another name",
			"discovery: \"%.80s\" is the root of the gateway's own topics",
			mqtt->discovery);
}

static void check_tls(struct config_loader *loader, const struct yaml_node *node)
{
	const struct yaml_node *cert = yaml_node_get(node, "cert");
	const struct yaml_node *key = yaml_node_get(node, "key");
	struct diag *diag = loader->schema.diag;

	if (!cert != !key)
		diag_error(diag, cert ? cert->key_place : key->key_place, NULL,
			"tls: cert and key go together, and there is only the %s",
			cert ? "cert" : "key");
}

/* The broker publishes the will when the gateway is gone, so as an action it would command the next
 * gateway. */
static void check_will(struct config_loader *loader, const struct yaml_node *node)
{
	const struct config_mqtt *mqtt = &loader->config->mqtt;
	size_t root = mqtt->topic ? strlen(mqtt->topic) : 0;

	if (!root || !mqtt->will.topic || strncmp(mqtt->will.topic, mqtt->topic, root) != 0)
		return;
	const char *below = mqtt->will.topic + root;
	if (strcmp(below, "/actions") == 0 || strncmp(below, "/actions/", 9) == 0)
		diag_error(loader->schema.diag, node->place,
			"another topic, or leave will out for ROOT/status",
			"will.topic: on %.80s the gateway takes commands, and its own will is "
			"none",
			mqtt->will.topic);
}

int config_finish_mqtt(struct config_loader *loader)
{
	const struct yaml_node *node = yaml_node_get(loader->root, "mqtt");
	const struct yaml_node *password = yaml_node_get(node, "password_file");
	const struct yaml_node *will = yaml_node_get(node, "will");
	struct config_mqtt *mqtt = &loader->config->mqtt;

	if (!node)
		return 0;
	int r = expand_option(loader, yaml_node_get(node, "topic"), SCHEMA_TOPIC, &mqtt->topic);
	if (r == 0)
		r = expand_option(
			loader, yaml_node_get(node, "client_id"), SCHEMA_STRING, &mqtt->client_id);
	if (r == 0)
		r = expand_option(
			loader, yaml_node_get(will, "topic"), SCHEMA_TOPIC, &mqtt->will.topic);
	if (r < 0)
		return r;

	check_password_file(loader, password);
	if (password && !yaml_node_get(node, "username"))
		diag_error(loader->schema.diag, password->key_place, NULL,
			"password_file needs a username beside it");
	check_tls(loader, yaml_node_get(node, "tls"));
	check_will(loader, yaml_node_get(will, "topic"));
	check_discovery(loader, yaml_node_get(node, "discovery"));
	config_check_session(loader, node);
	check_prefix(loader, yaml_node_get(node, "discovery"));
	return 0;
}
