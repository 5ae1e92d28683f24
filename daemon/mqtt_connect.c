/* SPDX-License-Identifier: MIT */
#include "mqtt_client_internal.h"

#include "broker_socket.h"
#include "broker_url.h"
#include "clock.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CONNECT_TIMEOUT_S = 5,
	SUBSCRIBE_TIMEOUT_MS = 5000, /* the least that the library takes */
	DIAGNOSE_TIMEOUT_MS = 1000,
	/* The library waits in steps of 100 ms when this many are in flight: never reached, since
	 * the window is smaller. */
	LIBRARY_WINDOW = 2 * IN_FLIGHT_MAX,
	/*
	 * MQTT 3.1.1 has no way to say how much may be in flight. This is what mosquitto takes
	 * unless it is told otherwise (max_inflight_messages): of QoS 2 messages it acknowledges
	 * more, but loses them.
	 */
	WINDOW_3_1_1 = 20,
	SESSION_NEVER_EXPIRES = -1, /* as unsigned: 0xFFFFFFFF */
};

/*
 * With an OpenSSL from 1.1 on the library takes its sslVersion for no more than a hint. These came
 * with TLS 1.2, so nothing older can be negotiated; those of TLS 1.3 are not affected.
 */
static const char CIPHERS[] = "TLSv1.2+HIGH:!aNULL:!eNULL:!PSK:!SRP";

/* What the library's TLS errors end up in. */
struct tls_errors {
	char last[160];
};

/* One attempt. */
struct attempt {
	const struct mqtt_client_settings *settings;
	struct broker_url url;
	struct tls_errors tls_errors;
	uint64_t begin_us;
	char *error; /* MQTT_CLIENT_ERROR_MAX */
};

void mqtt_client_prepare_environment(void)
{
	MQTTClient_init_options options = MQTTClient_init_options_initializer;

	(void)unsetenv("http_proxy");
	(void)unsetenv("https_proxy");
	(void)unsetenv("PAHO_C_CLIENT_USE_HTTP_PROXY");
	/* OpenSSL sets itself up where it is needed, and stays asleep on disk where it is not. */
	MQTTClient_global_init(&options);
	/* It keeps a trace of all its calls in memory even when nobody wants to see it, which is a
	 * good part of what it costs. */
	if (!getenv("MQTT_C_CLIENT_TRACE"))
		MQTTClient_setTraceLevel(MQTTCLIENT_TRACE_ERROR);
}

__attribute__((format(printf, 3, 4))) static int fail(
	const struct attempt *attempt, int result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(attempt->error, MQTT_CLIENT_ERROR_MAX, format, arguments);
	va_end(arguments);
	return result;
}

/*
 * A line of OpenSSL's error queue: "THREAD:error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:DATA". The
 * reason is what helps.
 */
static int on_tls_error(const char *line, size_t length, void *context)
{
	struct tls_errors *errors = context;
	const char *reason = line, *end = line + length;
	int colons = 0;

	for (const char *at = line; at < end; at++) {
		if (*at != ':')
			continue;
		if (++colons == 5)
			reason = at + 1;
		else if (colons == 6)
			end = at;
	}
	if (colons >= 6 && end > reason)
		(void)snprintf(
			errors->last, sizeof(errors->last), "%.*s", (int)(end - reason), reason);
	return 1;
}

static int check_readable(const struct attempt *attempt, const char *path)
{
	if (path && access(path, R_OK) < 0)
		return fail(attempt, -errno, "cannot read %s: %s", path, strerror(errno));
	return 0;
}

static int check_tls_files(const struct attempt *attempt)
{
	const struct config_tls *tls = &attempt->settings->mqtt->tls;
	int r = check_readable(attempt, tls->ca);

	if (r == 0)
		r = check_readable(attempt, tls->cert);
	return r == 0 ? check_readable(attempt, tls->key) : r;
}

static int create_handle(const struct attempt *attempt, struct mqtt_client *client)
{
	MQTTClient_createOptions options = MQTTClient_createOptions_initializer;
	const struct config_mqtt *mqtt = attempt->settings->mqtt;
	const char *scheme = attempt->url.tls ? "ssl" : "tcp";
	bool is_ipv6 = strchr(attempt->url.host, ':') != NULL;
	char uri[BROKER_HOST_MAX + 32];
	int code;

	(void)snprintf(uri, sizeof(uri), is_ipv6 ? "%s://[%s]:%u" : "%s://%s:%u", scheme,
		attempt->url.host, (unsigned)attempt->url.port);
	options.MQTTVersion = client->version;
	code = MQTTClient_createWithOptions(
		&client->handle, uri, mqtt->client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
	/* Which of the two depends on the library's version. */
	if (attempt->url.tls &&
		(code == MQTTCLIENT_SSL_NOT_SUPPORTED || code == MQTTCLIENT_BAD_PROTOCOL))
		return fail(attempt, -EOPNOTSUPP, "this build has no TLS, mqtts:// needs it");
	if (code != MQTTCLIENT_SUCCESS)
		return fail(attempt, -ENOMEM, "the MQTT library refuses: %s",
			MQTTClient_strerror(code));
	(void)MQTTClient_setCommandTimeout(client->handle, SUBSCRIBE_TIMEOUT_MS);
	if (client->version == CONFIG_MQTT_VERSION_5)
		(void)MQTTClient_setPublished(client->handle, client, mqtt_client_on_published);
	return 0;
}

static void fill_tls(struct attempt *attempt, MQTTClient_SSLOptions *ret_options)
{
	const struct config_tls *tls = &attempt->settings->mqtt->tls;

	ret_options->trustStore = tls->ca;
	ret_options->keyStore = tls->cert;
	ret_options->privateKey = tls->key;
	ret_options->enableServerCertAuth = 1;
	ret_options->verify = 1; /* the host name too */
	ret_options->sslVersion = MQTT_SSL_VERSION_TLS_1_2;
	ret_options->enabledCipherSuites = CIPHERS;
	ret_options->ssl_error_cb = on_tls_error;
	ret_options->ssl_error_context = &attempt->tls_errors;
}

static MQTTResponse connect_handle(
	struct attempt *attempt, const struct mqtt_client *client, bool *ret_session_present)
{
	MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
	MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
	MQTTClient_SSLOptions ssl = MQTTClient_SSLOptions_initializer;
	MQTTProperties properties = MQTTProperties_initializer;
	const struct mqtt_client_settings *settings = attempt->settings;
	MQTTResponse response;

	will.topicName = settings->will.topic;
	will.message = settings->will.payload;
	will.qos = (int)settings->will.qos;
	will.retained = settings->will.retain;
	options.will = &will;
	options.keepAliveInterval = (int)settings->mqtt->keepalive_s;
	options.username = settings->mqtt->username;
	options.password = settings->password;
	options.connectTimeout = CONNECT_TIMEOUT_S;
	options.retryInterval = 0;
	options.reliable = 0;
	options.maxInflightMessages = LIBRARY_WINDOW;
	options.MQTTVersion = client->version;
	if (attempt->url.tls) {
		fill_tls(attempt, &ssl);
		options.ssl = &ssl;
	}
	if (client->version == CONFIG_MQTT_VERSION_5) {
		MQTTProperty expiry = {
			.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL,
			.value.integer4 = (unsigned)SESSION_NEVER_EXPIRES,
		};

		const MQTTProperty packet_max = {
			.identifier = MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE,
			.value.integer4 = MQTT_CLIENT_INBOUND_MAX,
		};

		options.cleansession = 0;
		options.cleanstart = settings->mqtt->clean_start;
		(void)MQTTProperties_add(&properties, &packet_max);
		if (!settings->mqtt->clean_start)
			(void)MQTTProperties_add(&properties, &expiry);
		response = MQTTClient_connect5(client->handle, &options, &properties, NULL);
	} else {
		options.cleansession = settings->mqtt->clean_start;
		response = (MQTTResponse){
			.version = 1,
			.reasonCode =
				(enum MQTTReasonCodes)MQTTClient_connect(client->handle, &options),
		};
	}
	MQTTProperties_free(&properties);
	*ret_session_present = options.returned.sessionPresent != 0;
	return response;
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

/* What to do about a refusal, "" where there is no telling. 4 and 5 are those of MQTT 3.1.1. */
static const char *refusal_cure(int code)
{
	switch (code) {
	case 4:
	case 5:
	case MQTTREASONCODE_BAD_USER_NAME_OR_PASSWORD:
	case MQTTREASONCODE_NOT_AUTHORIZED:
		return " (see mqtt.username, and mqtt.password_file or systemd's credential "
		       "mqtt-password)";
	case MQTTREASONCODE_QOS_NOT_SUPPORTED:
		return " (that of the will: see mqtt.will.qos)";
	case MQTTREASONCODE_RETAIN_NOT_SUPPORTED:
		return " (that of the will: see mqtt.will.retain)";
	default:
		return "";
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

static int refused(const struct attempt *attempt, const struct mqtt_client *client, int code)
{
	const char *words = connack_words(code);

	if (!words)
		words = mqtt_client_reason(client, code);
	return fail(attempt, refusal_error(code), "the broker refused: %s%s", words,
		refusal_cure(code));
}

/* The library only says that it failed. */
static int find_reason(const struct attempt *attempt)
{
	const struct broker_url *url = &attempt->url;
	bool in_time = clock_now_us() - attempt->begin_us < CONNECT_TIMEOUT_S * UINT64_C(1000000);
	char text[MQTT_CLIENT_ERROR_MAX];
	int r;

	if (attempt->tls_errors.last[0])
		return fail(attempt, -EPROTO, "TLS: %s", attempt->tls_errors.last);
	if (!in_time)
		return fail(attempt, -ETIMEDOUT, "no answer within %d s", CONNECT_TIMEOUT_S);
	r = broker_socket_diagnose(url, DIAGNOSE_TIMEOUT_MS, text, sizeof(text));
	if (r < 0)
		return fail(attempt, r, "%s", text);
	if (url->tls)
		return fail(attempt, -EPROTO, "TLS: refused, or the certificate is not for \"%s\"",
			url->host);
	/* What a broker does that does not know the protocol version, and also one that is just
	 * being stopped. */
	return fail(attempt, -EPROTONOSUPPORT, "the broker closed the connection");
}

static size_t number_or(
	MQTTProperties *properties, enum MQTTPropertyCodes code, size_t default_value)
{
	if (!MQTTProperties_hasProperty(properties, code))
		return default_value;
	return (size_t)(unsigned)MQTTProperties_getNumericValue(properties, code);
}

static void note_limits(struct mqtt_client *client, MQTTProperties *properties, bool keeps_session)
{
	MQTTProperties none = MQTTProperties_initializer;
	size_t receive_max;

	if (!properties)
		properties = &none;
	receive_max = number_or(properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM,
		client->version == CONFIG_MQTT_VERSION_5 ? IN_FLIGHT_MAX : WINDOW_3_1_1);
	client->window = receive_max < IN_FLIGHT_MAX ? receive_max : IN_FLIGHT_MAX;
	/* A broker that keeps our session may wait for the end of QoS 2 handshakes that an earlier
	 * connection began, and drop a new message with one of their packet ids as a duplicate: the
	 * library begins with 1 again. */
	client->qos_max = (unsigned)number_or(
		properties, MQTTPROPERTY_CODE_MAXIMUM_QOS, keeps_session ? 1 : 2);
	client->has_retain = number_or(properties, MQTTPROPERTY_CODE_RETAIN_AVAILABLE, 1) != 0;
	client->packet_max = number_or(properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, 0);
	client->keepalive_s = (unsigned)number_or(
		properties, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, client->keepalive_s);
}

static int connect_client(struct attempt *attempt, struct mqtt_client *client)
{
	struct broker_sockets before;
	MQTTResponse response;
	int code, r;

	r = broker_sockets_list(&before);
	if (r < 0)
		return fail(attempt, r, "cannot list our sockets: %s", strerror(-r));
	response = connect_handle(attempt, client, &client->session_present);
	code = (int)response.reasonCode;
	if (code == MQTTCLIENT_SUCCESS) {
		note_limits(client, response.properties, !attempt->settings->mqtt->clean_start);
		client->fd = broker_socket_find(&before, attempt->url.port);
		if (client->fd < 0)
			r = fail(attempt, client->fd, "the connection's socket is gone");
		else
			broker_socket_prepare(client->fd);
	} else if (code > 0) {
		r = refused(attempt, client, code);
	} else {
		r = find_reason(attempt);
	}
	MQTTResponse_free(response);
	broker_sockets_fini(&before);
	return r;
}

int mqtt_client_connect(
	const struct mqtt_client_settings *settings, char *error, struct mqtt_client **ret_client)
{
	struct attempt attempt = {
		.settings = settings,
		.begin_us = clock_now_us(),
		.error = error,
	};
	struct mqtt_client *client;
	int r;

	r = broker_url_parse(settings->url, &attempt.url);
	if (r < 0)
		return fail(&attempt, r, "not an mqtt:// or mqtts:// URL");
	if (attempt.url.tls)
		r = check_tls_files(&attempt);
	if (r < 0)
		return r;
	client = calloc(1, sizeof(*client));
	if (!client)
		return fail(&attempt, -ENOMEM, "%s", strerror(ENOMEM));
	client->version = settings->version;
	client->tls = attempt.url.tls;
	client->keepalive_s = settings->mqtt->keepalive_s;
	client->early_token = -1;

	r = create_handle(&attempt, client);
	if (r == 0)
		r = connect_client(&attempt, client);
	if (r < 0) {
		mqtt_client_close(client);
		return r;
	}
	*ret_client = client;
	return 0;
}
