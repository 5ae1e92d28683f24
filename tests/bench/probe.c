/* SPDX-License-Identifier: MIT */
/*
 * The other side of the broker, where a gateway's behaviour is measured. Times are CLOCK_MONOTONIC
 * in us, as in the wire log.
 *
 * usage: probe PORT ROOT watch                  a line "TIME TOPIC" for each reading
 *        probe PORT ROOT actions COUNT [LEDS]   20 to 80 ms apart: a line "SENT ANSWERED" for each
 *        probe PORT ROOT flood COUNT WINDOW     as many outstanding: a line "ANSWERED DURATION"
 *        probe PORT ROOT edges CONTROL COUNT    20 to 80 ms apart the door of the simulated board
 *                                               moves: a line "ASKED TOLD" for each
 *        probe PORT ROOT limits CONTROL COUNT   in turn an action starts a motor and its limit is
 *                                               reached: a line "SENT ANSWERED ASKED" for each
 *        probe PORT ROOT interval MS            after a reading: the time until the next one
 * watch goes on until the input ends.
 */
#include "wire.h"

#include <err.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { APART_MIN_MS = 20, APART_MAX_MS = 80, GIVE_UP_MS = 10000 };

struct probe {
	struct wire wire;
	char readings[128], backlog[128], actions[128], answers[128], interval[128], events[128];
	unsigned leds;
};

/* Returns whether something came in time. */
static bool await(struct probe *probe, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = probe->wire.fd, .events = POLLIN};

	if (poll(&poll_fd, 1, timeout_ms) != 1)
		return false;
	wire_receive(&probe->wire);
	return true;
}

/* Waits for one message on a topic; its time. 0: it did not come. */
static uint64_t await_message(struct probe *probe, const char *topic)
{
	struct wire_message message;

	for (;;) {
		while (wire_next(&probe->wire, &message)) {
			if (wire_is_topic(&message, topic))
				return wire_now_us();
		}
		if (!await(probe, GIVE_UP_MS))
			return 0;
	}
}

static void put_action(struct probe *probe, uint64_t number)
{
	char text[4096];
	int size = 0;

	for (unsigned i = 0; i < probe->leds; i++)
		size += snprintf(text + size, sizeof(text) - (size_t)size, "%s\"%u\":{\"on\":%s}",
			i > 0 ? "," : "{\"led\":{", i, number % 2 == 0 ? "true" : "false");
	size += snprintf(text + size, sizeof(text) - (size_t)size, "}}");
	wire_publish(&probe->wire, probe->actions, text, (size_t)size, 1);
}

static void watch(struct probe *probe)
{
	wire_subscribe(&probe->wire, probe->readings, 0);
	wire_subscribe(&probe->wire, probe->backlog, 0);
	(void)printf("ready\n");
	(void)fflush(stdout);
	for (;;) {
		struct pollfd fds[2] = {{.fd = probe->wire.fd, .events = POLLIN},
			{.fd = STDIN_FILENO, .events = POLLIN}};
		struct wire_message message;

		(void)poll(fds, 2, -1);
		if (fds[1].revents)
			return;
		wire_receive(&probe->wire);
		while (wire_next(&probe->wire, &message))
			(void)printf("%" PRIu64 " %.*s\n", wire_now_us(), (int)message.topic_size,
				message.topic);
		(void)fflush(stdout);
	}
}

/* Waits for a random time and ignores what comes meanwhile. */
static void wait_apart(struct probe *probe)
{
	uint64_t apart_ms = APART_MIN_MS + (uint64_t)random() % (APART_MAX_MS - APART_MIN_MS + 1);
	uint64_t next_us = wire_now_us() + 1000 * apart_ms;

	for (uint64_t now_us = wire_now_us(); now_us < next_us; now_us = wire_now_us()) {
		struct wire_message message;

		if (await(probe, (int)((next_us - now_us + 999) / 1000)))
			while (wire_next(&probe->wire, &message))
				;
		wire_flush(&probe->wire);
	}
}

static void actions(struct probe *probe, uint64_t count)
{
	srandom(1); /* the same gaps for every program */
	for (uint64_t i = 0; i < count; i++) {
		uint64_t sent_us, answered_us;

		wait_apart(probe);
		put_action(probe, i);
		sent_us = wire_now_us();
		wire_flush(&probe->wire);
		answered_us = await_message(probe, probe->answers);
		(void)printf("%" PRIu64 " %" PRIu64 "\n", sent_us, answered_us);
	}
}

static int connect_control(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "%s", path);
	return fd;
}

static void move_line(int control, const char *command)
{
	char answer[16];

	if (write(control, command, strlen(command)) < 0 ||
		read(control, answer, sizeof(answer)) <= 0)
		err(1, "the control socket");
}

static void limits(struct probe *probe, const char *path, uint64_t count)
{
	static const char FORWARD[] = "{\"motor\":{\"direction\":\"forward\"}}";
	int control = connect_control(path);

	srandom(1);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t sent_us, answered_us, asked_us;

		wait_apart(probe);
		wire_publish(&probe->wire, probe->actions, FORWARD, strlen(FORWARD), 1);
		sent_us = wire_now_us();
		wire_flush(&probe->wire);
		answered_us = await_message(probe, probe->answers);
		wait_apart(probe);
		asked_us = wire_now_us();
		move_line(control, "set GPIO24 1\n");
		(void)printf(
			"%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", sent_us, answered_us, asked_us);
		wait_apart(probe);
		move_line(control, "set GPIO24 0\n");
	}
	(void)close(control);
}

static void edges(struct probe *probe, const char *path, uint64_t count)
{
	int control = connect_control(path);

	srandom(1);
	for (uint64_t i = 0; i < count; i++) {
		char command[] = "set door.state 1\n", answer[16];
		uint64_t asked_us, told_us;

		if (i % 2 == 1)
			command[sizeof(command) - 3] = '0';
		wait_apart(probe);
		asked_us = wire_now_us();
		if (write(control, command, sizeof(command) - 1) < 0)
			err(1, "%s", path);
		told_us = await_message(probe, probe->events);
		if (read(control, answer, sizeof(answer)) <= 0)
			err(1, "%s", path);
		(void)printf("%" PRIu64 " %" PRIu64 "\n", asked_us, told_us);
	}
	(void)close(control);
}

static void flood(struct probe *probe, uint64_t count, uint64_t window)
{
	uint64_t begin_us = wire_now_us(), sent = 0, answered = 0;

	while (answered < count) {
		struct wire_message message;

		while (sent < count && sent - answered < window)
			put_action(probe, sent++);
		wire_flush(&probe->wire);
		if (!await(probe, GIVE_UP_MS))
			break;
		while (wire_next(&probe->wire, &message))
			answered += wire_is_topic(&message, probe->answers);
	}
	(void)printf("%" PRIu64 " %" PRIu64 "\n", answered, wire_now_us() - begin_us);
}

static void shorten(struct probe *probe, const char *interval_ms)
{
	uint64_t asked_us, reading_us;

	wire_subscribe(&probe->wire, probe->readings, 0);
	if (!await_message(probe, probe->readings))
		errx(1, "no reading");
	wire_publish(&probe->wire, probe->interval, interval_ms, strlen(interval_ms), 1);
	asked_us = wire_now_us();
	wire_flush(&probe->wire);
	reading_us = await_message(probe, probe->readings);
	(void)printf("%" PRIu64 "\n", reading_us - asked_us);
}

static void name_topics(struct probe *probe, const char *root)
{
	(void)snprintf(probe->readings, sizeof(probe->readings), "%s/sensors", root);
	(void)snprintf(probe->backlog, sizeof(probe->backlog), "%s/sensors/backlog", root);
	(void)snprintf(probe->actions, sizeof(probe->actions), "%s/actions", root);
	(void)snprintf(probe->answers, sizeof(probe->answers), "%s/actions/ack", root);
	(void)snprintf(probe->events, sizeof(probe->events), "%s/events", root);
	(void)snprintf(probe->interval, sizeof(probe->interval), "%s/sensors/interval", root);
}

int main(int argc, char **argv)
{
	static struct probe probe = {.leds = 1};
	const char *what = argc > 3 ? argv[3] : "";

	if (argc < 4)
		errx(2, "usage: probe PORT ROOT watch|actions|flood|edges|limits|interval ...");
	name_topics(&probe, argv[2]);
	wire_connect(
		&probe.wire, argv[1], strcmp(what, "watch") == 0 ? "bench-watch" : "bench-probe");
	if (strcmp(what, "watch") == 0) {
		watch(&probe);
	} else if (strcmp(what, "interval") == 0 && argc == 5) {
		shorten(&probe, argv[4]);
	} else if (strcmp(what, "edges") == 0 && argc == 6) {
		wire_subscribe(&probe.wire, probe.events, 0);
		edges(&probe, argv[4], strtoull(argv[5], NULL, 10));
	} else if (argc >= 5) {
		wire_subscribe(&probe.wire, probe.answers, 0);
		if (strcmp(what, "flood") == 0 && argc == 6) {
			flood(&probe, strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
		} else if (strcmp(what, "limits") == 0 && argc == 6) {
			limits(&probe, argv[4], strtoull(argv[5], NULL, 10));
		} else if (strcmp(what, "actions") == 0) {
			probe.leds = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 1;
			actions(&probe, strtoull(argv[4], NULL, 10));
		}
	}
	wire_disconnect(&probe.wire);
	return 0;
}
