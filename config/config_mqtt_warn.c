/* SPDX-License-Identifier: MIT */
/* Warnings of the check about the section mqtt. */
#include "config_load.h"
#include "password_text.h"
#include "regular_file.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No mistake: the map may be meant for another machine, or the file may come later. */
static void check_tls_file(struct diag *diag, const struct yaml_node *node, const char *path)
{
	struct stat status;
	const char *wrong = NULL;

	if (!path)
		return;
	if (stat(path, &status) < 0)
		wrong = strerror(errno);
	else if (!S_ISREG(status.st_mode))
		wrong = "this is no regular file";
	else if (access(path, R_OK) < 0)
		wrong = "this user cannot read it";
	if (wrong)
		diag_warning(diag, node->place,
			"without it there is no connection; the user that runs tosd must be able "
			"to read it",
			"tls.%s: %.80s: %s", node->key, path, wrong);
}

static bool uses_tls(const struct config_mqtt *mqtt)
{
	for (size_t i = 0; i < mqtt->n_urls; i++) {
		if (strncmp(mqtt->urls[i], "mqtts:", 6) == 0)
			return true;
	}
	return false;
}

static void warn_of_tls(
	struct diag *diag, const struct yaml_node *node, const struct config_mqtt *mqtt)
{
	if (!uses_tls(mqtt))
		return;
	check_tls_file(diag, yaml_node_get(node, "ca"), mqtt->tls.ca);
	check_tls_file(diag, yaml_node_get(node, "cert"), mqtt->tls.cert);
	check_tls_file(diag, yaml_node_get(node, "key"), mqtt->tls.key);
}

/* The next gateway would take the will for a new interval. */
static void warn_of_will(
	struct diag *diag, const struct yaml_node *node, const struct config_mqtt *mqtt)
{
	static const char interval[] = "/sensors/interval";
	size_t root = strlen(mqtt->topic);

	if (mqtt->will.topic && strncmp(mqtt->will.topic, mqtt->topic, root) == 0 &&
		strcmp(mqtt->will.topic + root, interval) == 0)
		diag_warning(diag, node->place, "another topic would do",
			"will.topic: on %.80s the gateway takes its interval", mqtt->will.topic);
}

/* Warns of a text that its author probably meant as a switch. */
static void check_switch(struct diag *diag, const struct yaml_node *node)
{
	if (node && node->kind == YAML_SCALAR && node->plain &&
		(strcasecmp(node->text, "true") == 0 || strcasecmp(node->text, "false") == 0))
		diag_warning(diag, node->place, "in quotes, if that is meant",
			"%s takes a text, and %s is taken as one", node->key, node->text);
}

enum { PASSWORD_FILE_MAX = 4096 };

/* Warns of characters that an editor does not show and every broker refuses. If the file cannot be
 * read, there is nothing to warn of. */
static void warn_of_password(
	struct diag *diag, const struct yaml_node *node, const struct config_mqtt *mqtt)
{
	char text[PASSWORD_FILE_MAX];
	int fd = mqtt->password_file ? regular_file_open(mqtt->password_file) : -1;

	if (fd < 0)
		return;
	ssize_t size = read(fd, text, sizeof(text));
	(void)close(fd);
	const char *odd = size < 0 ? NULL : password_text_odd(text, (size_t)size);
	explicit_bzero(text, sizeof(text));
	if (odd)
		diag_warning(diag, node->place, NULL, "password_file: it %s", odd);
}

void config_warn_mqtt(struct config_loader *loader)
{
	static const char *const texts[] = {"topic", "client_id", "username"};
	const struct config_mqtt *mqtt = &loader->config->mqtt;
	const struct yaml_node *node = yaml_node_get(loader->root, "mqtt");
	struct diag *diag = loader->schema.diag;

	warn_of_tls(diag, yaml_node_get(node, "tls"), mqtt);
	warn_of_password(diag, yaml_node_get(node, "password_file"), mqtt);
	warn_of_will(diag, yaml_node_get(yaml_node_get(node, "will"), "topic"), mqtt);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_switch(diag, yaml_node_get(node, texts[i]));
}
