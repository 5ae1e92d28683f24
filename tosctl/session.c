/* SPDX-License-Identifier: MIT */
#include "session.h"

#include "clock.h"
#include "command.h"
#include "topic.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	SUBSCRIPTIONS_MAX = 16,
	REFUSED = 0x80, /* and above: reason codes */
	/* After the status: for ROOT/about, which an older gateway does not have. */
	ABOUT_US = 1000000,
};

struct session {
	const struct options *options;
	const char *place;       /* of the broker, for the user */
	struct config_mqtt mqtt; /* the options', with a client id of its own */
	struct mqtt_client *client;
	struct broker_offer offer;
	int version;
	char id[32];
	char answer_topic[TOPIC_MAX];
	cJSON *about; /* or NULL */
	void (*on_other)(void *userdata, const char *name, const struct mqtt_inbound *inbound);
	void *userdata;
	void (*on_lost)(void);          /* or NULL */
	struct in_flight_entry refused; /* still to be reported; reason 0: none */
};

static volatile sig_atomic_t ended;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

static void catch_end(void)
{
	const struct sigaction action = {.sa_handler = on_end};

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

static int connect_with(struct session *session, const char *url, int version, char *error)
{
	static const struct mqtt_client_words WORDS = {
		.user = "see -u and -P, which ~/.config/tosctl may have too",
		.url = "-h or -L",
		.ca = "--cafile",
		.cert = "--cert",
		.key = "--key",
	};
	const struct mqtt_client_settings settings = {
		.mqtt = &session->mqtt,
		.url = url,
		.path = session->options->path,
		.password = session->options->password,
		.version = version,
		.offer = &session->offer,
		.words = &WORDS,
	};

	session->version = version;
	return mqtt_client_connect(&settings, error, &session->client);
}

const char *session_place(const struct options *options, size_t index)
{
	if (options->path)
		return index == 0 ? options->path : NULL;
	return index < options->mqtt.n_urls ? options->mqtt.urls[index] : NULL;
}

int session_try(const struct options *options, size_t index,
	char error[static MQTT_CLIENT_ERROR_MAX], struct session **ret_session)
{
	struct session *session = calloc(1, sizeof(*session));
	const char *url = options->mqtt.urls[index];
	uint32_t random = 0;
	int wanted = options->mqtt.version, r;

	if (!session)
		return -ENOMEM;
	mqtt_client_prepare_environment();
	session->options = options;
	session->place = session_place(options, index);
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		random = (uint32_t)clock_now_us();
	(void)snprintf(session->id, sizeof(session->id), "tosctl-%d-%08x", (int)getpid(), random);
	session->mqtt = options->mqtt;
	session->mqtt.client_id = session->id;
	r = connect_with(session, url, wanted ? wanted : CONFIG_MQTT_VERSION_5, error);
	if (r == -EPROTONOSUPPORT && !wanted)
		r = connect_with(session, url, CONFIG_MQTT_VERSION_3_1_1, error);
	if (r < 0) {
		session_close(session);
		return r;
	}
	*ret_session = session;
	return 0;
}

/* As the gateway does: the first URL that works, and only if none does, what is wrong with each. */
int session_open(const struct options *options, struct session **ret_session)
{
	char *wrong = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&wrong, &size);
	const char *place;
	int r = -ENOMEM;

	/* Until there is a connection, signals end the program, since the library waits. */
	for (size_t i = 0; out && r < 0 && (place = session_place(options, i)); i++) {
		char error[MQTT_CLIENT_ERROR_MAX] = "";

		r = session_try(options, i, error, ret_session);
		if (r < 0)
			fprintf(out, "tosctl: %s: %s\n", place, *error ? error : strerror(-r));
	}
	if (out)
		(void)fclose(out);
	if (r == 0)
		catch_end();
	if (r < 0 && wrong)
		fprintf(stderr, "%s%s", wrong,
			options->is_guess && r == -ECONNREFUSED
				? "tosctl: is the broker elsewhere? Name it: -h HOST, here or in "
				  "~/.config/tosctl\n"
				: "");
	free(wrong);
	return r < 0 ? EXIT_OFFLINE : -1;
}

int session_subscribe(struct session *session, const char *const *names, size_t n, bool is_needed)
{
	char topics[SUBSCRIPTIONS_MAX][TOPIC_MAX];
	struct mqtt_filter filters[SUBSCRIPTIONS_MAX] = {{0}};
	int codes[SUBSCRIPTIONS_MAX];

	for (size_t i = 0; i < n; i++) {
		topic_below(topics[i], session->mqtt.topic, names[i]);
		filters[i].topic = topics[i];
		filters[i].qos = 1;
	}
	if (mqtt_client_subscribe(session->client, filters, n, codes) < 0) {
		fprintf(stderr, "tosctl: the broker did not answer the subscription\n");
		return EXIT_OFFLINE;
	}
	for (size_t i = 0; i < n && is_needed; i++) {
		if (codes[i] < REFUSED)
			continue;
		fprintf(stderr, "tosctl: the broker does not let this user read %s\n", topics[i]);
		return EXIT_REFUSED;
	}
	return -1;
}

static int lost(const struct session *session)
{
	if (session->on_lost)
		session->on_lost();
	fprintf(stderr, "tosctl: the connection to %s was lost\n", session->place);
	return -ENOTCONN;
}

/* With MQTT 5 the broker says so. With 3.1.1 only the answer is missing. */
static int tell_refused(struct session *session)
{
	fprintf(stderr,
		"tosctl: the broker refused the message on %s: %s; may this user send it (-u)?\n",
		session->refused.topic,
		mqtt_client_reason(session->client, session->refused.reason));
	session->refused.reason = 0;
	return -EACCES;
}

static void take_acknowledged(struct session *session)
{
	struct in_flight_entry entry;

	while (mqtt_client_acknowledged(session->client, &entry)) {
		if (entry.reason >= REFUSED)
			session->refused = entry;
	}
}

int session_next(struct session *session, uint64_t until_us, struct mqtt_inbound *ret_inbound)
{
	struct pollfd poll_fd = {.fd = mqtt_client_fd(session->client), .events = POLLIN};

	for (;;) {
		uint64_t now_us;
		int r = mqtt_client_receive(session->client, ret_inbound);
		int wait_ms = mqtt_client_tick_ms(session->client);

		take_acknowledged(session);
		if (r == 1)
			return 1;
		/* mosquitto may end the connection just after it has said so. */
		if (session->refused.reason >= REFUSED)
			return tell_refused(session);
		if (r < 0)
			return lost(session);
		if (ended)
			return -EINTR;
		now_us = clock_now_us();
		if (now_us >= until_us)
			return 0;
		if (until_us != UINT64_MAX && until_us - now_us < (uint64_t)wait_ms * 1000)
			wait_ms = (int)((until_us - now_us + 999) / 1000);
		if (poll(&poll_fd, 1, wait_ms) < 0 && errno != EINTR)
			return lost(session);
	}
}

const char *session_name(const struct session *session, const char *topic)
{
	const char *root = session->mqtt.topic;
	size_t size = strlen(root);

	return strncmp(topic, root, size) == 0 && topic[size] == '/' ? topic + size + 1 : NULL;
}

static bool is_text(const struct mqtt_inbound *inbound, const char *text)
{
	return inbound->size == strlen(text) && memcmp(inbound->payload, text, inbound->size) == 0;
}

/* Nobody has said "online". */
static int tell_offline(const struct session *session, bool is_known)
{
	const char *root = session->mqtt.topic;

	if (is_known)
		fprintf(stderr, "tosctl: the gateway is offline\n");
	else
		fprintf(stderr,
			"tosctl: no gateway has ever said anything on %s/status at %s: is the "
			"topic "
			"right (-t), and the broker?\n",
			root, session->place);
	return EXIT_OFFLINE;
}

/* Waits for ROOT/status and ROOT/about. -1, or an exit code. */
static int learn(struct session *session)
{
	static const char *const NAMES[] = {"status", "about"};
	uint64_t until_us = clock_now_us() + session->options->wait_us;
	bool is_online = false, is_known = false;
	int r = session_subscribe(session, NAMES, 2, false);

	if (r >= 0)
		return r;
	while (!is_online || !session->about) {
		struct mqtt_inbound inbound;
		const char *name;

		r = session_next(session, until_us, &inbound);
		if (r < 0)
			break;
		if (r == 0)
			break;
		name = session_name(session, inbound.topic);
		if (name && strcmp(name, "status") == 0) {
			is_known = true;
			is_online = is_text(&inbound, "online");
			if (is_online && !session->about)
				until_us = clock_now_us() + ABOUT_US;
		} else if (name && strcmp(name, "about") == 0 && inbound.size > 0) {
			cJSON_Delete(session->about);
			session->about =
				cJSON_ParseWithLength((const char *)inbound.payload, inbound.size);
		}
		mqtt_inbound_free(&inbound);
		if (is_known && !is_online)
			break;
	}
	if (r < 0)
		return r == -EINTR ? EXIT_REFUSED : EXIT_OFFLINE;
	return is_online ? -1 : tell_offline(session, is_known);
}

int session_meet(const struct options *options, struct session **ret_session)
{
	struct session *session = NULL;
	int r = session_open(options, &session);

	if (r < 0)
		r = learn(session);
	if (r < 0)
		*ret_session = session;
	else
		session_close(session);
	return r;
}

const cJSON *session_about(const struct session *session)
{
	return session->about;
}

/* Where the answer is awaited. */
static int prepare_answer(struct session *session)
{
	char name[64];
	const char *names[] = {name};

	if (*session->answer_topic)
		return -1;
	if (session->version == CONFIG_MQTT_VERSION_5)
		(void)snprintf(name, sizeof(name), "answers/%s", session->id);
	else
		(void)snprintf(name, sizeof(name), "actions/ack");
	topic_below(session->answer_topic, session->mqtt.topic, name);
	return session_subscribe(session, names, 1, true);
}

/* Everybody reads this topic, so an answer there may be for somebody else. */
static bool is_ours(const struct mqtt_inbound *inbound, const char *id)
{
	cJSON *answer, *found;
	bool is_same;

	if (!id)
		return true;
	answer = cJSON_ParseWithLength((const char *)inbound->payload, inbound->size);
	found = cJSON_GetObjectItemCaseSensitive(answer, "id");
	is_same = cJSON_IsString(found) && strcmp(found->valuestring, id) == 0;
	cJSON_Delete(answer);
	return is_same;
}

static int await_answer(struct session *session, const char *id, char **ret_answer)
{
	uint64_t until_us = clock_now_us() + session->options->wait_us;
	struct mqtt_inbound inbound;
	bool is_own_topic = session->version == CONFIG_MQTT_VERSION_5;
	int r;

	while ((r = session_next(session, until_us, &inbound)) == 1) {
		bool is_answer = strcmp(inbound.topic, session->answer_topic) == 0 &&
			(is_own_topic || is_ours(&inbound, id));
		const char *name = session_name(session, inbound.topic);

		if (is_answer)
			*ret_answer = strndup((const char *)inbound.payload, inbound.size);
		else if (name && session->on_other)
			session->on_other(session->userdata, name, &inbound);
		mqtt_inbound_free(&inbound);
		if (is_answer)
			return *ret_answer ? -1 : EXIT_REFUSED;
	}
	if (r < 0)
		return r == -ENOTCONN ? EXIT_OFFLINE : EXIT_REFUSED;
	fprintf(stderr,
		"tosctl: no answer within %.3g s; tosctl status tells whether the gateway is "
		"online\n",
		(double)session->options->wait_us / 1e6);
	return EXIT_NO_ANSWER;
}

int session_ask(struct session *session, const char *name, const char *payload, const char *id,
	char **ret_answer)
{
	char topic[TOPIC_MAX];
	struct mqtt_publish message = {
		.topic = topic,
		.payload = payload,
		.size = strlen(payload),
		.qos = 1,
		.at_us = clock_now_us(),
	};
	int r = prepare_answer(session);

	if (r >= 0)
		return r;
	topic_below(topic, session->mqtt.topic, name);
	message.response_topic = session->answer_topic;
	r = mqtt_client_publish(session->client, &message);
	if (r == -EMSGSIZE) {
		fprintf(stderr, "tosctl: the broker takes no message as large as this\n");
		return EXIT_REFUSED;
	}
	if (r < 0) {
		(void)lost(session);
		return EXIT_OFFLINE;
	}
	return await_answer(session, id, ret_answer);
}

void session_on_other(struct session *session,
	void (*take)(void *userdata, const char *name, const struct mqtt_inbound *inbound),
	void *userdata)
{
	session->on_other = take;
	session->userdata = userdata;
}

void session_on_lost(struct session *session, void (*leave)(void))
{
	session->on_lost = leave;
}

const char *session_id(const struct session *session)
{
	return session->id;
}

struct session *session_close(struct session *session)
{
	if (!session)
		return NULL;
	mqtt_client_close(session->client);
	cJSON_Delete(session->about);
	free(session);
	return NULL;
}
