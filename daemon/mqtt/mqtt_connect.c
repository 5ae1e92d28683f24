/* SPDX-License-Identifier: MIT */
#include "mqtt_client_internal.h"

#include "broker_socket.h"
#include "clock.h"
#include "resolver_pin.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SUBSCRIBE_TIMEOUT_MS = 5000, /* the least that the library takes */
	/* What a broker may want lowered in one connect: a will's retain, its QoS twice, the
	 * keepalive. */
	LOWERED_MAX = 4,
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

/* No further address is tried after that. */
#define ADDRESSES_US (10 * UINT64_C(1000000))

/*
 * With an OpenSSL from 1.1 on the library takes its sslVersion for no more than a hint. These came
 * with TLS 1.2, so nothing older can be negotiated; those of TLS 1.3 are not affected.
 */
static const char CIPHERS[] = "TLSv1.2+HIGH:!aNULL:!eNULL:!PSK:!SRP";

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

/*
 * A line of OpenSSL's error queue: "THREAD:error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:DATA". The
 * reason is what helps.
 */
static int on_tls_error(const char *line, size_t length, void *context)
{
	struct mqtt_attempt *attempt = context;
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
		(void)snprintf(attempt->tls_error, sizeof(attempt->tls_error), "%.*s",
			(int)(end - reason), reason);
	return 1;
}

static int check_readable(const struct mqtt_attempt *attempt, const char *path)
{
	if (path && access(path, R_OK) < 0)
		return mqtt_attempt_fail(
			attempt, -errno, "cannot read %s: %s", path, strerror(errno));
	return 0;
}

static int check_tls_files(const struct mqtt_attempt *attempt)
{
	const struct config_tls *tls = &attempt->settings->mqtt->tls;
	int r = check_readable(attempt, tls->ca);

	if (r == 0)
		r = check_readable(attempt, tls->cert);
	return r == 0 ? check_readable(attempt, tls->key) : r;
}

static int create_handle(const struct mqtt_attempt *attempt, struct mqtt_client *client)
{
	MQTTClient_createOptions options = MQTTClient_createOptions_initializer;
	const struct config_mqtt *mqtt = attempt->settings->mqtt;
	/* With TLS it must be the name, see connect_handle(). */
	const char *host = attempt->url.tls ? attempt->url.host : attempt->address->text;
	bool is_ipv6 = strchr(host, ':') != NULL;
	char uri[CONFIG_HOST_MAX + 32];
	int code;

	(void)snprintf(uri, sizeof(uri), is_ipv6 ? "%s://[%s]:%u" : "%s://%s:%u",
		attempt->url.tls ? "ssl" : "tcp", host, (unsigned)attempt->url.port);
	options.MQTTVersion = client->version;
	code = MQTTClient_createWithOptions(
		&client->handle, uri, mqtt->client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
	/* Which of the two depends on the library's version. */
	if (attempt->url.tls &&
		(code == MQTTCLIENT_SSL_NOT_SUPPORTED || code == MQTTCLIENT_BAD_PROTOCOL))
		return mqtt_attempt_fail(
			attempt, -EOPNOTSUPP, "this build has no TLS, mqtts:// needs it");
	if (code != MQTTCLIENT_SUCCESS)
		return mqtt_attempt_fail(attempt, -ENOMEM, "the MQTT library refuses: %s",
			MQTTClient_strerror(code));
	(void)MQTTClient_setCommandTimeout(client->handle, SUBSCRIBE_TIMEOUT_MS);
	if (client->version == CONFIG_MQTT_VERSION_5)
		(void)MQTTClient_setPublished(client->handle, client, mqtt_client_on_published);
	return 0;
}

static void fill_tls(struct mqtt_attempt *attempt, MQTTClient_SSLOptions *ret_options)
{
	const struct config_tls *tls = &attempt->settings->mqtt->tls;

	ret_options->trustStore = tls->ca;
	ret_options->keyStore = tls->cert;
	ret_options->privateKey = tls->key;
	/* Otherwise it asks the terminal for that of an encrypted key. */
	ret_options->privateKeyPassword = "";
	ret_options->enableServerCertAuth = 1;
	ret_options->verify = 1; /* the host name too */
	ret_options->sslVersion = MQTT_SSL_VERSION_TLS_1_2;
	ret_options->enabledCipherSuites = CIPHERS;
	ret_options->ssl_error_cb = on_tls_error;
	ret_options->ssl_error_context = attempt;
}

static MQTTResponse connect_handle(
	struct mqtt_attempt *attempt, const struct mqtt_client *client, bool *ret_session_present)
{
	MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
	MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
	MQTTClient_SSLOptions ssl = MQTTClient_SSLOptions_initializer;
	MQTTProperties properties = MQTTProperties_initializer;
	const struct mqtt_client_settings *settings = attempt->settings;
	MQTTResponse response;

	will.topicName = attempt->will.topic;
	will.message = attempt->will.payload;
	will.qos = (int)attempt->will.qos;
	will.retained = attempt->will.retain;
	if (attempt->will.topic)
		options.will = &will;
	options.keepAliveInterval = (int)attempt->keepalive_s;
	options.username = settings->mqtt->username;
	options.password = settings->password;
	options.connectTimeout = MQTT_CONNECT_TIMEOUT_S;
	options.retryInterval = 0;
	options.reliable = 0;
	options.maxInflightMessages = LIBRARY_WINDOW;
	options.MQTTVersion = client->version;
	if (attempt->url.tls) {
		fill_tls(attempt, &ssl);
		options.ssl = &ssl;
		resolver_pin(attempt->url.host, attempt->address->text);
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
	resolver_unpin();
	MQTTProperties_free(&properties);
	*ret_session_present = options.returned.sessionPresent != 0;
	return response;
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
	unsigned qos_max;

	if (!properties)
		properties = &none;
	receive_max = number_or(properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM,
		client->version == CONFIG_MQTT_VERSION_5 ? IN_FLIGHT_MAX : WINDOW_3_1_1);
	client->window = receive_max < IN_FLIGHT_MAX ? receive_max : IN_FLIGHT_MAX;
	qos_max = (unsigned)number_or(properties, MQTTPROPERTY_CODE_MAXIMUM_QOS, 2);
	if (qos_max < 2)
		client->said |= qos_max == 1 ? BROKER_OFFER_QOS_1 : BROKER_OFFER_QOS_0;
	if (number_or(properties, MQTTPROPERTY_CODE_RETAIN_AVAILABLE, 1) == 0)
		client->said |= BROKER_OFFER_NO_RETAIN;
	client->lowered |= client->said;
	/* A broker that keeps our session may wait for the end of QoS 2 handshakes that an earlier
	 * connection began, and drop a new message with one of their packet ids as a duplicate: the
	 * library begins with 1 again. */
	client->wanted_qos_max = keeps_session ? 1 : 2;
	client->qos_max = broker_offer_qos(client->lowered, client->wanted_qos_max);
	client->has_retain = broker_offer_retain(client->lowered);
	client->packet_max = number_or(properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, 0);
}

/* What the broker wants is less than what was asked for, by which the library goes. So it is asked
 * for: now, in another connection, and from the first one on the next time. */
static int check_keepalive(struct mqtt_attempt *attempt, MQTTProperties *properties)
{
	MQTTProperties none = MQTTProperties_initializer;
	unsigned server_s = (unsigned)number_or(properties ? properties : &none,
		MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, attempt->keepalive_s);

	return broker_offer_server_keepalive(
		       attempt->settings->offer, attempt->keepalive_s, server_s)
		? -EAGAIN
		: 0;
}

static int connect_client(struct mqtt_attempt *attempt, struct mqtt_client *client)
{
	struct broker_sockets before;
	MQTTResponse response;
	int code, r;

	r = broker_sockets_list(&before);
	if (r < 0)
		return mqtt_attempt_fail(attempt, r, "cannot list our sockets: %s", strerror(-r));
	response = connect_handle(attempt, client, &client->session_present);
	code = (int)response.reasonCode;
	if (code == MQTTCLIENT_SUCCESS) {
		r = check_keepalive(attempt, response.properties);
		note_limits(client, response.properties, !attempt->settings->mqtt->clean_start);
		client->fd = broker_socket_find(&before, attempt->url.port);
		if (client->fd < 0)
			r = mqtt_attempt_fail(
				attempt, client->fd, "the connection's socket is gone");
		else
			broker_socket_prepare(client->fd);
	} else if (code > 0) {
		r = mqtt_attempt_refused(attempt, client, code);
	} else {
		r = mqtt_attempt_find_reason(attempt);
	}
	MQTTResponse_free(response);
	broker_sockets_fini(&before);
	return r;
}

/* With what is lowered for this broker. */
static void fill_offer(struct mqtt_attempt *attempt, struct mqtt_client *client)
{
	const struct mqtt_client_settings *settings = attempt->settings;
	unsigned lowered = broker_offer_lowered(settings->offer);

	client->lowered = lowered;
	attempt->keepalive_s =
		broker_offer_keepalive_s(settings->offer, settings->mqtt->keepalive_s);
	client->keepalive_s = attempt->keepalive_s;
	attempt->will = settings->will;
	attempt->will.qos = broker_offer_will_qos(lowered, settings->will.qos);
	attempt->will.retain = settings->will.retain && broker_offer_will_retain(lowered);
	if (lowered & BROKER_OFFER_NO_WILL)
		attempt->will.topic = NULL;
}

/* -EAGAIN: the broker has said what it wants instead. */
static int connect_once(struct mqtt_attempt *attempt, struct mqtt_client **ret_client)
{
	struct mqtt_client *client = calloc(1, sizeof(*client));
	int r;

	if (!client)
		return mqtt_attempt_fail(attempt, -ENOMEM, "%s", strerror(ENOMEM));
	attempt->begin_us = clock_now_us();
	attempt->tls_error[0] = '\0';
	client->version = attempt->settings->version;
	client->tls = attempt->url.tls;
	client->offer = attempt->settings->offer;
	client->early_token = -1;
	fill_offer(attempt, client);
	r = create_handle(attempt, client);
	if (r == 0)
		r = connect_client(attempt, client);
	if (r < 0) {
		mqtt_client_close(client);
		return r;
	}
	*ret_client = client;
	return 0;
}

static int connect_at(struct mqtt_attempt *attempt, struct mqtt_client **ret_client)
{
	const struct mqtt_client_settings *settings = attempt->settings;
	const struct broker_packet packet = {
		.is_connect = true,
		.has_will = true,
		.retain = settings->will.retain,
		.qos = settings->will.qos,
	};
	int r = -EAGAIN;

	for (int i = 0; i <= LOWERED_MAX && r == -EAGAIN; i++)
		r = connect_once(attempt, ret_client);
	if (r == 0)
		broker_offer_took(settings->offer, &packet, clock_now_us());
	else if (r != -EPROTONOSUPPORT)
		broker_offer_failed(settings->offer);
	return r == -EAGAIN
		? mqtt_attempt_fail(attempt, -EPROTO, "the broker wants less with every connection")
		: r;
}

/* Each address, until the broker answers at one. What is told is what was wrong at the first one,
 * where somebody took the connection. */
static int connect_somewhere(struct mqtt_attempt *attempt, const struct broker_addresses *addresses,
	struct mqtt_client **ret_client)
{
	char ignored[MQTT_CLIENT_ERROR_MAX], *told = attempt->error;
	uint64_t begin_us = clock_now_us();
	int first = 0, r = 0;

	for (size_t i = 0; i < addresses->n; i++) {
		attempt->address = &addresses->list[i];
		if (attempt->address->error < 0)
			continue;
		r = connect_at(attempt, ret_client);
		if (first == 0)
			first = r;
		if (r == 0 || attempt->is_refused || clock_now_us() - begin_us >= ADDRESSES_US)
			break;
		attempt->error = ignored;
	}
	attempt->error = told;
	return r == 0 ? 0 : first;
}

int mqtt_client_connect(
	const struct mqtt_client_settings *settings, char *error, struct mqtt_client **ret_client)
{
	struct mqtt_attempt attempt = {.settings = settings, .error = error};
	struct broker_addresses addresses;
	const char *wrong = NULL, *cure = NULL;
	int r = config_url_parse(settings->url, CONFIG_HAS_TLS, &wrong, &cure, &attempt.url);

	if (r < 0)
		return mqtt_attempt_fail(&attempt, r, "not an mqtt:// or mqtts:// URL");
	if (attempt.url.tls)
		r = check_tls_files(&attempt);
	if (r < 0)
		return r;
	r = broker_addresses_resolve(&attempt.url, &addresses, error, MQTT_CLIENT_ERROR_MAX);
	if (r < 0)
		return r;
	if (addresses.n > 1)
		r = broker_addresses_race(&addresses, MQTT_CONNECT_TIMEOUT_S * 1000);
	if (r < 0) {
		broker_addresses_errors(&addresses, error, MQTT_CLIENT_ERROR_MAX);
		return r;
	}
	broker_offer_begin(settings->offer, clock_now_us());
	return connect_somewhere(&attempt, &addresses, ret_client);
}
