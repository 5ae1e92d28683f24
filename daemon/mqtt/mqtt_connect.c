/* SPDX-License-Identifier: MIT */
#include "mqtt_client_internal.h"

#include "broker_socket.h"
#include "clock.h"
#include "library_connect.h"
#include "resolver_pin.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SUBSCRIBE_TIMEOUT_MS = 5000, /* the least that the library accepts */
	/* The most that a broker may want lowered in one connect: a will's retain, its QoS twice,
	 * the keepalive. */
	LOWERED_MAX = 4,
	/* With this many in flight, the library waits in steps of 100 ms. The window is smaller, so
	 * this is never reached. */
	LIBRARY_WINDOW = 2 * IN_FLIGHT_MAX,
	/*
	 * MQTT 3.1.1 has no way to say how many may be in flight. This is what mosquitto takes by
	 * default (max_inflight_messages): it acknowledges more QoS 2 messages than that, but loses
	 * them.
	 */
	WINDOW_3_1_1 = 20,
};

/* After this time no further address is tried. */
#define ADDRESSES_US (10 * UINT64_C(1000000))

/*
 * With OpenSSL 1.1 and later the library's sslVersion is only a hint. These ciphers came with TLS
 * 1.2, so nothing older can be negotiated. Those of TLS 1.3 are not affected.
 */
static const char CIPHERS[] = "TLSv1.2+HIGH:!aNULL:!eNULL:!PSK:!SRP";

void mqtt_client_prepare_environment(void)
{
	MQTTClient_init_options options = MQTTClient_init_options_initializer;

	(void)unsetenv("http_proxy");
	(void)unsetenv("https_proxy");
	(void)unsetenv("PAHO_C_CLIENT_USE_HTTP_PROXY");
	/* OpenSSL sets itself up when it is needed, and otherwise is not even loaded. */
	MQTTClient_global_init(&options);
	/* The library keeps a trace of all its calls in memory even if nobody reads it, which makes
	 * up a good part of its cost. */
	if (!getenv("MQTT_C_CLIENT_TRACE"))
		MQTTClient_setTraceLevel(MQTTCLIENT_TRACE_ERROR);
}

/*
 * A line of OpenSSL's error queue: "THREAD:error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:DATA". The
 * reason is the helpful part.
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
	/* With TLS the name is needed, see connect_handle(). */
	const char *host = attempt->url.tls ? attempt->url.host : attempt->address->text;
	bool is_ipv6 = strchr(host, ':') != NULL;
	char uri[CONFIG_HOST_MAX + 32];
	int code;

	(void)snprintf(uri, sizeof(uri), is_ipv6 ? "%s://[%s]:%u" : "%s://%s:%u",
		attempt->url.tls ? "ssl" : "tcp", host, (unsigned)attempt->url.port);
	options.MQTTVersion = client->version;
	code = MQTTClient_createWithOptions(
		&client->handle, uri, mqtt->client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
	/* The library's version decides which of the two is right. */
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
	/* Without it, the library asks the terminal for the password of an encrypted key. */
	ret_options->privateKeyPassword = "";
	ret_options->enableServerCertAuth = 1;
	ret_options->verify = 1; /* of the host name too */
	ret_options->sslVersion = MQTT_SSL_VERSION_TLS_1_2;
	ret_options->enabledCipherSuites = CIPHERS;
	ret_options->ssl_error_cb = on_tls_error;
	ret_options->ssl_error_context = attempt;
}

/* MQTT 5. */
static MQTTResponse connect_with_properties(const struct config_mqtt *mqtt,
	const struct mqtt_client *client, MQTTClient_connectOptions *options)
{
	MQTTProperties properties = MQTTProperties_initializer;
	MQTTProperties of_will = MQTTProperties_initializer;
	const MQTTProperty packet_max = {
		.identifier = MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE,
		.value.integer4 = MQTT_CLIENT_INBOUND_MAX,
	};
	const MQTTProperty expiry = {
		.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL,
		.value.integer4 = mqtt->session_expiry_s,
	};
	const MQTTProperty delay = {
		.identifier = MQTTPROPERTY_CODE_WILL_DELAY_INTERVAL,
		.value.integer4 = mqtt->will_delay_s,
	};
	MQTTResponse response;

	options->cleansession = 0;
	options->cleanstart = mqtt->clean_start;
	(void)MQTTProperties_add(&properties, &packet_max);
	if (!mqtt->clean_start)
		(void)MQTTProperties_add(&properties, &expiry);
	if (mqtt->will_delay_s > 0)
		(void)MQTTProperties_add(&of_will, &delay);
	response = MQTTClient_connect5(client->handle, options, &properties,
		options->will && mqtt->will_delay_s > 0 ? &of_will : NULL);
	MQTTProperties_free(&properties);
	MQTTProperties_free(&of_will);
	return response;
}

static MQTTResponse connect_handle(
	struct mqtt_attempt *attempt, const struct mqtt_client *client, bool *ret_session_present)
{
	MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
	MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
	MQTTClient_SSLOptions ssl = MQTTClient_SSLOptions_initializer;
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
		response = connect_with_properties(settings->mqtt, client, &options);
	} else {
		options.cleansession = settings->mqtt->clean_start;
		response = (MQTTResponse){
			.version = 1,
			.reasonCode =
				(enum MQTTReasonCodes)MQTTClient_connect(client->handle, &options),
		};
	}
	resolver_unpin();
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
	if (client->version != CONFIG_MQTT_VERSION_5)
		client->said |= BROKER_OFFER_NO_WILL_DELAY;
	client->lowered |= client->said;
	/* A broker that keeps our session may still wait for the end of QoS 2 handshakes of an
	 * earlier connection. Since the library starts with packet id 1 again, the broker could
	 * drop a new message as a duplicate. */
	client->wanted_qos_max = keeps_session ? 1 : 2;
	client->qos_max = broker_offer_qos(client->lowered, client->wanted_qos_max);
	client->has_retain = broker_offer_retain(client->lowered);
	client->packet_max = number_or(properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, 0);
}

/* If the broker wants a shorter keepalive than was asked for: the library goes by what was asked
 * for, so the shorter one is asked for, now in a new connection and from the start the next time.
 * */
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
	struct library_connect connect = {
		.path = attempt->settings->path,
		/* With TLS the library must wait by itself. Otherwise it takes a handshake that is
		 * over at once, since the broker was quick, for a failure. */
		.timeout_ms = attempt->url.tls ? 0 : MQTT_CONNECT_TIMEOUT_S * 1000,
	};
	MQTTResponse response;
	int code, r;

	library_connect_begin(&connect);
	response = connect_handle(attempt, client, &client->session_present);
	library_connect_end();
	code = (int)response.reasonCode;
	if (code == MQTTCLIENT_SUCCESS) {
		r = check_keepalive(attempt, response.properties);
		note_limits(client, response.properties, !attempt->settings->mqtt->clean_start);
		client->fd = connect.fd;
		if (client->fd < 0)
			r = mqtt_attempt_fail(
				attempt, -ENOTSOCK, "the connection's socket is not known");
		else
			broker_socket_prepare(client->fd);
	} else if (code > 0) {
		r = mqtt_attempt_refused(attempt, client, code);
	} else {
		r = mqtt_attempt_find_reason(attempt, connect.error);
	}
	MQTTResponse_free(response);
	return r;
}

/* Fills in what remains after lowering for this broker. */
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
		.has_will = settings->will.topic,
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

/* Tries each address until the broker answers at one. The error reported is that of the first
 * address at which something took the connection. */
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
