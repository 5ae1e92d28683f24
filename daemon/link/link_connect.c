/* SPDX-License-Identifier: MIT */
#include "link_internal.h"

#include "clock.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How often the same failure is repeated to the user. */
#define FAILURE_REPEAT_US (600 * UINT64_C(1000000))

_Static_assert((int)CREDENTIALS_ERROR_MAX <= (int)MQTT_CLIENT_ERROR_MAX, "they share the text");

static void append(char *error, const char *words, const char *more)
{
	size_t length = strlen(error);

	(void)snprintf(error + length, MQTT_CLIENT_ERROR_MAX - length, "; %s%s", words, more);
}

/* Appends facts about the password that the broker, which refuses it, cannot know. */
static void tell_credentials(const struct credentials *credentials, char *error)
{
	if (credentials->odd)
		append(error, "the password's file ", credentials->odd);
	if (credentials->is_copy)
		append(error,
			"the credential is a copy from the start: restart tosd after it was "
			"changed",
			"");
}

static int attempt(
	struct link *link, size_t index, int version, char *error, struct mqtt_client **ret_client)
{
	const struct link_settings *settings = &link->settings;
	const struct config_will *will = &settings->mqtt->will;
	struct mqtt_client_settings client_settings = {
		.mqtt = settings->mqtt,
		.url = settings->mqtt->urls[index],
		.offer = &link->urls[index].offer,
		.version = version,
		.will = {settings->status_topic, "offline", 1, true},
	};
	struct mqtt_client *client = NULL;
	struct credentials credentials = {0};
	int r;

	if (will->topic)
		client_settings.will =
			(struct mqtt_will){will->topic, will->payload, will->qos, will->retain};
	link_enter_library(link);
	r = credentials_load(&settings->credentials, error, &credentials);
	client_settings.password = credentials.password;
	if (r == 0)
		r = mqtt_client_connect(&client_settings, error, &client);
	if (r == -EKEYREJECTED)
		tell_credentials(&credentials, error);
	credentials_forget(&credentials);
	if (link_leave_library(link) < 0) {
		mqtt_client_close(client);
		return -ECANCELED;
	}
	if (r == 0)
		*ret_client = client;
	return r;
}

/* With version auto: 5, then 3.1.1 if the broker does not accept 5. The version that worked is
 * tried first the next time. */
static int try_url(struct link *link, size_t index, char *error, struct mqtt_client **ret_client,
	int *ret_version)
{
	const struct config_mqtt *mqtt = link->settings.mqtt;
	struct link_url *url = &link->urls[index];
	int version = mqtt->version, r;

	if (version == CONFIG_MQTT_VERSION_AUTO)
		version = url->fell_back ? CONFIG_MQTT_VERSION_3_1_1 : CONFIG_MQTT_VERSION_5;
	r = attempt(link, index, version, error, ret_client);
	if (r == -EPROTONOSUPPORT && mqtt->version == CONFIG_MQTT_VERSION_AUTO) {
		if (version == CONFIG_MQTT_VERSION_5 && !link_take_commands(link).closing) {
			version = CONFIG_MQTT_VERSION_3_1_1;
			r = attempt(link, index, version, error, ret_client);
			url->fell_back = r == 0;
		} else {
			url->fell_back = false;
		}
	}
	*ret_version = version;
	return r;
}

/* A new reason is logged at once, and the same one again only now and then. */
static void log_failure(struct link_url *url, const char *name, const char *error, uint32_t wait_ms)
{
	char then[64] = "trying the next URL";
	unsigned suppressed;

	if (strcmp(url->failure, error) != 0) {
		(void)snprintf(url->failure, sizeof(url->failure), "%s", error);
		url->failure_limit =
			(struct log_limit){.interval_us = FAILURE_REPEAT_US, .burst = 1};
	}
	if (wait_ms > 0)
		(void)snprintf(then, sizeof(then), "trying again in %.1f s", wait_ms / 1e3);
	if (!log_limit_pass(&url->failure_limit, clock_now_us(), &suppressed)) {
		log_debug("mqtt", "still no connection to %s: %s; %s", name, error, then);
		return;
	}
	if (suppressed > 0)
		log_error("mqtt", "cannot connect to %s: %s (and %u times before); %s", name, error,
			suppressed, then);
	else
		log_error("mqtt", "cannot connect to %s: %s; %s", name, error, then);
}

void link_log_connected(struct link *link, const struct mqtt_client *client)
{
	link->urls[link->turn.index].failure[0] = '\0';
	log_notice("mqtt", "connected to %s with MQTT %s%s",
		link->settings.mqtt->urls[link->turn.index],
		link->version == CONFIG_MQTT_VERSION_5 ? "5" : "3.1.1",
		mqtt_client_session_present(client) ? ", the broker kept our session" : "");
}

int link_connect(struct link *link, struct mqtt_client **ret_client, uint32_t *ret_wait_ms)
{
	size_t index = link->turn.index;
	const char *name = link->settings.mqtt->urls[index];
	char error[MQTT_CLIENT_ERROR_MAX] = "";
	int version, r;

	log_debug("mqtt", "connecting to %s", name);
	r = try_url(link, index, error, ret_client, &version);
	if (r == -ECANCELED)
		return r;
	if (r == 0) {
		link->version = version;
		return 0;
	}
	*ret_wait_ms = url_turn_failed(&link->turn) ? 0 : link_next_wait_ms(link);
	if (link_take_commands(link).closing)
		return r;
	log_failure(&link->urls[index], name, error, *ret_wait_ms);
	if (*ret_wait_ms > 0 && link->events.connections == 0 &&
		link->events.state != LINK_EVENT_DISCONNECTED)
		link_events_set_state(&link->events, LINK_EVENT_DISCONNECTED);
	(void)link_events_flush(&link->events);
	return r;
}
