/* SPDX-License-Identifier: MIT */
/* Explains why a connection could not be made, and what the user can do. */
#include "mqtt_client_internal.h"

#include "clock.h"
#include "tls_diagnosis.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	DIAGNOSE_TIMEOUT_MS = 1000,
	PORT_TLS = 8883, /* IANA's secure-mqtt */
};

int mqtt_attempt_fail(const struct mqtt_attempt *attempt, int result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(attempt->error, MQTT_CLIENT_ERROR_MAX, format, arguments);
	va_end(arguments);
	return result;
}

const struct mqtt_client_words *mqtt_attempt_words(const struct mqtt_client_settings *settings)
{
	static const struct mqtt_client_words OF_MAP = {
		.user = "see mqtt.username, and mqtt.password_file or systemd's credential "
			"mqtt-password",
		.url = "mqtt.url",
		.ca = "mqtt.tls.ca",
		.cert = "mqtt.tls.cert",
		.key = "mqtt.tls.key",
	};

	return settings->words ? settings->words : &OF_MAP;
}

/* CONNACK return codes of MQTT 3.1.1, section 3.2.2.3. */
static const char *connack_words(int code)
{
	static const char *const WORDS[] = {
		NULL,
		"the broker does not speak this MQTT version",
		"the broker refuses the client id",
		"the broker is not available",
		"wrong user name or password",
		"not authorized",
	};

	return code > 0 && code < (int)(sizeof(WORDS) / sizeof(*WORDS)) ? WORDS[code] : NULL;
}

/* The cure for a refusal; NULL: none is known. 4 and 5 are codes of MQTT 3.1.1. */
static const char *refusal_cure(const struct mqtt_client_settings *settings, int code)
{
	switch (code) {
	case 4:
	case 5:
	case MQTTREASONCODE_BAD_USER_NAME_OR_PASSWORD:
	case MQTTREASONCODE_NOT_AUTHORIZED:
		return mqtt_attempt_words(settings)->user;
	case MQTTREASONCODE_QOS_NOT_SUPPORTED:
		return "that of the will: see mqtt.will.qos";
	case MQTTREASONCODE_RETAIN_NOT_SUPPORTED:
		return "that of the will: see mqtt.will.retain";
	default:
		return NULL;
	}
}

static int refusal_error(int code)
{
	switch (code) {
	case 1:
	case MQTTREASONCODE_UNSUPPORTED_PROTOCOL_VERSION:
		return -EPROTONOSUPPORT;
	case 4:
	case 5:
	case MQTTREASONCODE_BAD_USER_NAME_OR_PASSWORD:
	case MQTTREASONCODE_NOT_AUTHORIZED:
		return -EKEYREJECTED;
	default:
		return -EACCES;
	}
}

int mqtt_attempt_refused(struct mqtt_attempt *attempt, const struct mqtt_client *client, int code)
{
	const struct broker_packet sent = {
		.is_connect = true,
		.has_will = attempt->will.topic != NULL,
		.retain = attempt->will.retain,
		.qos = attempt->will.qos,
	};
	const char *words = connack_words(code), *cure = refusal_cure(attempt->settings, code);

	attempt->is_refused = true;
	if (broker_offer_refused(attempt->settings->offer, code, &sent, clock_now_us()))
		return -EAGAIN;
	if (!words)
		words = mqtt_client_reason(client, code);
	return mqtt_attempt_fail(attempt, refusal_error(code), "the broker refused: %s%s%s%s",
		words, cure ? " (" : "", cure ? cure : "", cure ? ")" : "");
}

/* The broker took the connection and closed it. So does a broker that does not know the protocol
 * version or does not like the will, and one that is being stopped. */
static int closed(struct mqtt_attempt *attempt)
{
	const struct mqtt_client_settings *settings = attempt->settings;
	const struct broker_packet packet = {
		.is_connect = true,
		.has_will = true,
		.retain = settings->will.retain,
		.qos = settings->will.qos,
	};

	if (settings->version == CONFIG_MQTT_VERSION_3_1_1)
		(void)broker_offer_closed(settings->offer, &packet, clock_now_us());
	return mqtt_attempt_fail(attempt, -EPROTONOSUPPORT, "the broker closed the connection%s",
		!attempt->url.tls && attempt->url.port == PORT_TLS && !settings->path
			? ": its port 8883 is mostly for TLS, with mqtts://"
			: "");
}

int mqtt_attempt_find_reason(struct mqtt_attempt *attempt, int error)
{
	bool in_time =
		clock_now_us() - attempt->begin_us < MQTT_CONNECT_TIMEOUT_S * UINT64_C(1000000);
	char text[MQTT_CLIENT_ERROR_MAX];
	int r = error;

	/* If the broker took the connection and is gone now, another try tells more than that. */
	if (r == 0 && !attempt->settings->path)
		r = broker_address_try(attempt->address, DIAGNOSE_TIMEOUT_MS);
	if (r < 0)
		return mqtt_attempt_fail(attempt, r, "%s", strerror(-r));
	if (attempt->url.tls) {
		const struct tls_of ours = {
			&attempt->settings->mqtt->tls, mqtt_attempt_words(attempt->settings)};

		r = tls_diagnose(&attempt->url, attempt->address, &ours, DIAGNOSE_TIMEOUT_MS, text,
			sizeof(text));
		if (r < 0)
			return mqtt_attempt_fail(attempt, r, "%s", text);
		if (attempt->tls_error[0])
			return mqtt_attempt_fail(attempt, -EPROTO, "TLS: %s", attempt->tls_error);
	}
	if (!in_time)
		return mqtt_attempt_fail(
			attempt, -ETIMEDOUT, "no answer within %d s", MQTT_CONNECT_TIMEOUT_S);
	return closed(attempt);
}
