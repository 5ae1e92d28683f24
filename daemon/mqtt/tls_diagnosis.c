/* SPDX-License-Identifier: MIT */
#include "tls_diagnosis.h"

#include "clock.h"
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	NAMES_MAX = 120,
	/* With TLS 1.3 a broker that wants a client certificate says so only after the handshake.
	 * */
	ALERT_WAIT_MS = 500,
	ALERT_OFFSET = SSL_AD_REASON_OFFSET,
};

/* One handshake, and the findings from it. */
struct diagnosis {
	const struct config_url *url;
	const struct broker_address *address;
	const struct config_tls *tls;
	const struct mqtt_client_words *words;
	int timeout_ms; /* of each connection */
	uint64_t end_us;
	SSL_CTX *context;
	SSL *ssl;
	int fd;

	bool wants_password;    /* the key's password was asked for */
	bool wants_certificate; /* the broker asked for our certificate */
	int verify_error;       /* X509_V_ERR_..., the first one */
	bool is_authority;      /* that is about an authority's certificate, not the broker's */
	char issuer[NAMES_MAX], names[NAMES_MAX], begin[32], end[32];

	char *text;
	size_t text_bytes;
};

__attribute__((format(printf, 3, 4))) static int tell(
	struct diagnosis *diagnosis, int result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(diagnosis->text, diagnosis->text_bytes, format, arguments);
	va_end(arguments);
	return result;
}

static bool is_number(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

/* "2026-11-29" */
static void write_date(const ASN1_TIME *time, char *text, size_t text_bytes)
{
	struct tm parts = {0};

	if (ASN1_TIME_to_tm(time, &parts) != 1 ||
		strftime(text, text_bytes, "%Y-%m-%d %H:%M UTC", &parts) == 0)
		(void)snprintf(text, text_bytes, "an unknown time");
}

static void write_common_name(const X509_NAME *name, char *text, size_t text_bytes)
{
	if (X509_NAME_get_text_by_NID(name, NID_commonName, text, (int)text_bytes) <= 0)
		(void)X509_NAME_oneline(name, text, (int)text_bytes);
}

/* The names that the certificate is for: "mqtt.example, 192.0.2.1". */
static void write_names(const X509 *certificate, char *text, size_t text_bytes)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	size_t length = 0;

	text[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(all) && length < text_bytes; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
		const char *comma = length > 0 ? ", " : "";
		int r = 0;

		if (name->type == GEN_DNS) {
			r = snprintf(text + length, text_bytes - length, "%s%.*s", comma,
				ASN1_STRING_length(name->d.dNSName),
				(const char *)ASN1_STRING_get0_data(name->d.dNSName));
		} else if (name->type == GEN_IPADD) {
			const unsigned char *b = ASN1_STRING_get0_data(name->d.iPAddress);

			if (ASN1_STRING_length(name->d.iPAddress) == 4)
				r = snprintf(text + length, text_bytes - length, "%s%d.%d.%d.%d",
					comma, b[0], b[1], b[2], b[3]);
		}
		length += r > 0 ? (size_t)r : 0;
	}
	GENERAL_NAMES_free(all);
	if (!text[0])
		write_common_name(X509_get_subject_name(certificate), text, text_bytes);
	/* Any server may have sent it. */
	for (char *at = text; *at; at++) {
		if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
			*at = '?';
	}
}

static int diagnosis_index(void)
{
	return SSL_get_ex_data_X509_STORE_CTX_idx();
}

static int on_verify(int is_good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, diagnosis_index());
	struct diagnosis *diagnosis = SSL_get_app_data(ssl);
	X509 *certificate = X509_STORE_CTX_get_current_cert(store);

	if (is_good || diagnosis->verify_error)
		return is_good;
	diagnosis->verify_error = X509_STORE_CTX_get_error(store);
	diagnosis->is_authority = X509_STORE_CTX_get_error_depth(store) > 0;
	if (!certificate)
		return 0;
	write_common_name(X509_get_issuer_name(certificate), diagnosis->issuer, NAMES_MAX);
	write_names(certificate, diagnosis->names, NAMES_MAX);
	write_date(X509_get0_notBefore(certificate), diagnosis->begin, sizeof(diagnosis->begin));
	write_date(X509_get0_notAfter(certificate), diagnosis->end, sizeof(diagnosis->end));
	return 0;
}

static int on_certificate_wanted(SSL *ssl, void *argument)
{
	struct diagnosis *diagnosis = argument;

	(void)ssl;
	diagnosis->wants_certificate = true;
	return 1;
}

/* The key is encrypted, and nobody is there to type the password. */
static int on_key_password(char *buffer, int size, int is_writing, void *argument)
{
	struct diagnosis *diagnosis = argument;

	(void)buffer;
	(void)size;
	(void)is_writing;
	diagnosis->wants_password = true;
	return -1;
}

static int last_reason(void)
{
	return ERR_GET_REASON(ERR_peek_last_error());
}

static int load_own_certificate(struct diagnosis *diagnosis)
{
	const struct mqtt_client_words *words = diagnosis->words;
	const struct config_tls *tls = diagnosis->tls;
	const char *key = tls->key ? tls->key : tls->cert;
	int reason;

	if (!tls->cert)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(diagnosis->context, tls->cert) != 1)
		return tell(diagnosis, -EINVAL, "%s: %s holds no certificate in PEM format",
			words->cert, tls->cert);
	if (SSL_CTX_use_PrivateKey_file(diagnosis->context, key, SSL_FILETYPE_PEM) == 1)
		return 0;
	reason = last_reason();
	if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
		return tell(diagnosis, -EINVAL, "%s: %s is not the key of the certificate %s",
			words->key, key, tls->cert);
	if (diagnosis->wants_password)
		return tell(diagnosis, -EINVAL, "%s: %s is encrypted; it must not have a password",
			words->key, key);
	return tell(
		diagnosis, -EINVAL, "%s: %s holds no private key in PEM format", words->key, key);
}

static int make_context(struct diagnosis *diagnosis)
{
	const char *ca = diagnosis->tls->ca;
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (!context)
		return tell(diagnosis, -ENOMEM, "TLS: %s", strerror(ENOMEM));
	diagnosis->context = context;
	(void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_default_passwd_cb(context, on_key_password);
	SSL_CTX_set_default_passwd_cb_userdata(context, diagnosis);
	SSL_CTX_set_cert_cb(context, on_certificate_wanted, diagnosis);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verify);
	if (!ca)
		(void)SSL_CTX_set_default_verify_paths(context);
	else if (SSL_CTX_load_verify_locations(context, ca, NULL) != 1)
		return tell(diagnosis, -EINVAL, "%s: %s holds no certificate in PEM format",
			diagnosis->words->ca, ca);
	return load_own_certificate(diagnosis);
}

static int left_ms(const struct diagnosis *diagnosis)
{
	uint64_t now_us = clock_now_us();

	return now_us < diagnosis->end_us ? (int)((diagnosis->end_us - now_us) / 1000) : 0;
}

/* Waits until OpenSSL can go on. False: not in time. */
static bool wait_for_socket(struct diagnosis *diagnosis, int ssl_error)
{
	struct pollfd poll_fd = {
		.fd = diagnosis->fd,
		.events = ssl_error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN,
	};

	return poll(&poll_fd, 1, left_ms(diagnosis)) == 1;
}

/* 0, or SSL_ERROR_...; SSL_ERROR_WANT_READ means that there was no answer in time. */
static int handshake(struct diagnosis *diagnosis)
{
	for (;;) {
		int r, error;

		ERR_clear_error();
		r = SSL_connect(diagnosis->ssl);
		if (r == 1)
			return 0;
		error = SSL_get_error(diagnosis->ssl, r);
		if ((error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) ||
			!wait_for_socket(diagnosis, error))
			return error;
	}
}

/* True if a broker without TLS answers. It is sent nothing but an empty client id. */
static bool speaks_plain_mqtt(struct diagnosis *diagnosis)
{
	static const unsigned char CONNECT[] = {
		0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 0x02, 0, 10, 0, 0};
	struct pollfd poll_fd = {.events = POLLOUT};
	unsigned char first = 0;
	int r = broker_address_open(diagnosis->address, &poll_fd.fd);

	if (r < 0 && r != -EINPROGRESS)
		return false;
	diagnosis->end_us = clock_now_us() + (uint64_t)diagnosis->timeout_ms * 1000;
	if (poll(&poll_fd, 1, left_ms(diagnosis)) == 1 &&
		send(poll_fd.fd, CONNECT, sizeof(CONNECT), MSG_NOSIGNAL) == sizeof(CONNECT)) {
		poll_fd.events = POLLIN;
		if (poll(&poll_fd, 1, left_ms(diagnosis)) == 1)
			(void)recv(poll_fd.fd, &first, 1, 0);
	}
	(void)close(poll_fd.fd);
	return first == 0x20;
}

/* 0: no cause was seen. */
static int explain_certificate(struct diagnosis *diagnosis)
{
	const char *whose = diagnosis->is_authority ? "certificate of the broker's authority"
						    : "broker's certificate";
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm parts = {0};
	char clock[32];

	(void)gmtime_r(&now, &parts);
	(void)strftime(clock, sizeof(clock), "%Y-%m-%d %H:%M UTC", &parts);
	switch (diagnosis->verify_error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return tell(diagnosis, -EPROTO,
			"TLS: the %s is valid from %s on, and the clock says %s: set the "
			"clock, or see why it is not set yet",
			whose, diagnosis->begin, clock);
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return tell(diagnosis, -EPROTO,
			"TLS: the %s expired at %s (the clock says %s): renew it there", whose,
			diagnosis->end, clock);
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return tell(diagnosis, -EPROTO,
			"TLS: the certificate is not for \"%s\" but for %s: use such a name in "
			"%s, or have the broker's certificate made for this one",
			diagnosis->url->host, diagnosis->names, diagnosis->words->url);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		if (!diagnosis->tls->ca)
			return tell(diagnosis, -EPROTO,
				"TLS: the broker's certificate is signed by \"%s\", which this "
				"system does not know: name its certificate in %s",
				diagnosis->issuer, diagnosis->words->ca);
		return tell(diagnosis, -EPROTO,
			"TLS: the broker's certificate is signed by \"%s\", whose certificate is "
			"not in %s (%s)",
			diagnosis->issuer, diagnosis->words->ca, diagnosis->tls->ca);
	default:
		return tell(diagnosis, -EPROTO, "TLS: the %s is refused: %s", whose,
			X509_verify_cert_error_string(diagnosis->verify_error));
	}
}

/* Explains the reason that the broker gave for not going on. */
static int explain_alert(struct diagnosis *diagnosis, int alert)
{
	const char *words = SSL_alert_desc_string_long(alert);

	if (diagnosis->wants_certificate && !diagnosis->tls->cert)
		return tell(diagnosis, -EPROTO,
			"TLS: the broker wants a certificate of ours (it says: %s): set "
			"%s and %s",
			words, diagnosis->words->cert, diagnosis->words->key);
	if (diagnosis->wants_certificate)
		return tell(diagnosis, -EPROTO,
			"TLS: the broker does not accept our certificate, %s %s (it says: %s)",
			diagnosis->words->cert, diagnosis->tls->cert, words);
	if (alert == SSL_AD_PROTOCOL_VERSION)
		return tell(diagnosis, -EPROTO,
			"TLS: the broker speaks no version that is still safe; it must be 1.2 or "
			"newer");
	return tell(diagnosis, -EPROTO, "TLS: the broker ended the handshake: %s", words);
}

static int explain_no_tls(struct diagnosis *diagnosis)
{
	unsigned port = diagnosis->url->port;

	if (speaks_plain_mqtt(diagnosis))
		return tell(diagnosis, -EPROTO,
			"TLS: port %u speaks MQTT without TLS: use the broker's port for TLS, or "
			"mqtt://",
			port);
	return tell(diagnosis, -EPROTO,
		"TLS: what answers on port %u does not speak TLS; mostly it is port 8883 that does",
		port);
}

static int explain(struct diagnosis *diagnosis, int error)
{
	int reason = error == SSL_ERROR_SSL ? last_reason() : 0;
	bool was_silent = BIO_number_read(SSL_get_rbio(diagnosis->ssl)) == 0;

	if (diagnosis->verify_error)
		return explain_certificate(diagnosis);
	if (reason > ALERT_OFFSET && reason < ALERT_OFFSET + 256)
		return explain_alert(diagnosis, reason - ALERT_OFFSET);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return tell(diagnosis, -ETIMEDOUT, "TLS: no answer to the handshake");
	/* The answer is no TLS record, or the broker hung up without a word. */
	if (was_silent || reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
		reason == SSL_R_PACKET_LENGTH_TOO_LONG)
		return explain_no_tls(diagnosis);
	if (reason)
		return tell(diagnosis, -EPROTO, "TLS: %s",
			ERR_reason_error_string(ERR_peek_last_error()));
	return tell(diagnosis, -EPROTO, "TLS: the broker closed the connection in the handshake");
}

/* Waits after the handshake, with TLS 1.3. 0: no alert came. */
static int wait_for_alert(struct diagnosis *diagnosis)
{
	char byte;
	int r, error;

	diagnosis->end_us = clock_now_us() + ALERT_WAIT_MS * UINT64_C(1000);
	do {
		ERR_clear_error();
		r = SSL_read(diagnosis->ssl, &byte, 1);
		error = SSL_get_error(diagnosis->ssl, r);
	} while (r <= 0 && error == SSL_ERROR_WANT_READ && wait_for_socket(diagnosis, error));
	if (r > 0 || error != SSL_ERROR_SSL || last_reason() <= ALERT_OFFSET)
		return 0;
	return explain(diagnosis, error);
}

static int try_handshake(struct diagnosis *diagnosis)
{
	char host[CONFIG_HOST_MAX + 1]; /* OpenSSL's parameter is not const */
	int r = broker_address_open(diagnosis->address, &diagnosis->fd), error;

	if (r < 0 && r != -EINPROGRESS)
		return tell(diagnosis, r, "%s", strerror(-r));
	(void)snprintf(host, sizeof(host), "%s", diagnosis->url->host);
	diagnosis->ssl = SSL_new(diagnosis->context);
	if (!diagnosis->ssl || SSL_set_fd(diagnosis->ssl, diagnosis->fd) != 1)
		return tell(diagnosis, -ENOMEM, "TLS: %s", strerror(ENOMEM));
	SSL_set_app_data(diagnosis->ssl, diagnosis);
	if (is_number(host)) {
		(void)X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(diagnosis->ssl), host);
	} else {
		(void)SSL_set1_host(diagnosis->ssl, host);
		(void)SSL_set_tlsext_host_name(diagnosis->ssl, host);
	}
	if (r == -EINPROGRESS && !wait_for_socket(diagnosis, SSL_ERROR_WANT_WRITE))
		return tell(diagnosis, -ETIMEDOUT, "%s", strerror(ETIMEDOUT));
	error = handshake(diagnosis);
	return error ? explain(diagnosis, error) : wait_for_alert(diagnosis);
}

int tls_diagnose(const struct config_url *url, const struct broker_address *address,
	const struct tls_of *ours, int timeout_ms, char *text, size_t text_bytes)
{
	struct diagnosis diagnosis = {
		.url = url,
		.address = address,
		.tls = ours->tls,
		.words = ours->words,
		.timeout_ms = timeout_ms,
		.end_us = clock_now_us() + (uint64_t)timeout_ms * 1000,
		.fd = -1,
		.text = text,
		.text_bytes = text_bytes,
	};
	int r = make_context(&diagnosis);

	if (r == 0)
		r = try_handshake(&diagnosis);
	SSL_free(diagnosis.ssl);
	SSL_CTX_free(diagnosis.context);
	if (diagnosis.fd >= 0)
		(void)close(diagnosis.fd);
	ERR_clear_error();
	return r;
}
