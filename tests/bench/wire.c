/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* MQTT 3.1.1, table 2.1, with the flags that their fixed header has. */
enum packet {
	CONNECT = 0x10,
	CONNACK = 0x20,
	PUBLISH = 0x30,
	PUBACK = 0x40,
	SUBSCRIBE = 0x82,
	SUBACK = 0x90,
	DISCONNECT = 0xe0,
};

enum { KEEPALIVE_S = 600, CLEAN_SESSION = 0x02 };

uint64_t wire_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void put(struct wire *wire, const void *data, size_t size)
{
	if (wire->out_size + size > sizeof(wire->out))
		errx(1, "the buffer is full");
	memcpy(wire->out + wire->out_size, data, size);
	wire->out_size += size;
}

static void put_byte(struct wire *wire, unsigned byte)
{
	put(wire, &(uint8_t){(uint8_t)byte}, 1);
}

static void put_u16(struct wire *wire, size_t number)
{
	put_byte(wire, (unsigned)(number >> 8) & 0xff);
	put_byte(wire, (unsigned)number & 0xff);
}

static void put_string(struct wire *wire, const char *text)
{
	put_u16(wire, strlen(text));
	put(wire, text, strlen(text));
}

static void put_header(struct wire *wire, unsigned first, size_t remaining)
{
	put_byte(wire, first);
	for (; remaining > 127; remaining >>= 7)
		put_byte(wire, (unsigned)(remaining & 127) | 128);
	put_byte(wire, (unsigned)remaining);
}

void wire_flush(struct wire *wire)
{
	size_t sent = 0;

	while (sent < wire->out_size) {
		ssize_t n = send(wire->fd, wire->out + sent, wire->out_size - sent, MSG_NOSIGNAL);

		if (n < 0)
			err(1, "send");
		sent += (size_t)n;
	}
	wire->out_size = 0;
}

void wire_receive(struct wire *wire)
{
	ssize_t n;

	memmove(wire->in, wire->in + wire->in_begin, wire->in_end - wire->in_begin);
	wire->in_end -= wire->in_begin;
	wire->in_begin = 0;
	n = recv(wire->fd, wire->in + wire->in_end, sizeof(wire->in) - wire->in_end, 0);
	if (n <= 0)
		errx(1, "the broker closed the connection");
	wire->in_end += (size_t)n;
}

/* The next packet's body if it is there whole. 0: it is not, else its first byte. */
static unsigned next_packet(struct wire *wire, const uint8_t **ret_body, size_t *ret_size)
{
	const uint8_t *at = wire->in + wire->in_begin;
	size_t have = wire->in_end - wire->in_begin, size = 0, header = 1;

	do {
		if (header >= have)
			return 0;
		size |= (size_t)(at[header] & 127) << (7 * (header - 1));
	} while (at[header++] & 128);
	if (header + size > have)
		return 0;
	wire->in_begin += header + size;
	*ret_body = at + header;
	*ret_size = size;
	return at[0];
}

static const uint8_t *await(struct wire *wire, enum packet kind)
{
	const uint8_t *body;
	unsigned first;
	size_t size;

	for (;;) {
		while ((first = next_packet(wire, &body, &size))) {
			if ((first & 0xf0) == ((unsigned)kind & 0xf0))
				return body;
		}
		wire_receive(wire);
	}
}

void wire_connect(struct wire *wire, const char *port, const char *client_id)
{
	const struct sockaddr_in broker = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int on = 1;

	wire->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (wire->fd < 0 ||
		connect(wire->fd, (const struct sockaddr *)&broker, sizeof(broker)) < 0 ||
		setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		err(1, "connect");
	put_header(wire, CONNECT, 10 + 2 + strlen(client_id));
	put_string(wire, "MQTT");
	put_byte(wire, 4);
	put_byte(wire, CLEAN_SESSION);
	put_u16(wire, KEEPALIVE_S);
	put_string(wire, client_id);
	wire_flush(wire);
	if (await(wire, CONNACK)[1] != 0)
		errx(1, "the broker refused");
}

void wire_subscribe(struct wire *wire, const char *topic, unsigned qos)
{
	put_header(wire, SUBSCRIBE, 2 + 2 + strlen(topic) + 1);
	put_u16(wire, ++wire->next_id);
	put_string(wire, topic);
	put_byte(wire, qos);
	wire_flush(wire);
	if (await(wire, SUBACK)[2] > 2)
		errx(1, "the broker refused the subscription");
}

void wire_publish(
	struct wire *wire, const char *topic, const void *payload, size_t size, unsigned qos)
{
	put_header(wire, PUBLISH | qos << 1, 2 + strlen(topic) + (qos > 0 ? 2 : 0) + size);
	put_string(wire, topic);
	if (qos > 0) {
		wire->next_id = wire->next_id == UINT16_MAX ? 1 : (uint16_t)(wire->next_id + 1);
		put_u16(wire, wire->next_id);
	}
	put(wire, payload, size);
}

void wire_disconnect(struct wire *wire)
{
	put_header(wire, DISCONNECT, 0);
	wire_flush(wire);
	(void)close(wire->fd);
}

bool wire_next(struct wire *wire, struct wire_message *ret_message)
{
	const uint8_t *body;
	unsigned first;
	size_t size;

	while ((first = next_packet(wire, &body, &size))) {
		size_t topic_size, used;

		if ((first & 0xf0) != PUBLISH)
			continue;
		topic_size = (size_t)body[0] << 8 | body[1];
		used = 2 + topic_size;
		if (first & 0x06) {
			put_header(wire, PUBACK, 2);
			put(wire, body + used, 2);
			used += 2;
		}
		*ret_message = (struct wire_message){
			.topic = (const char *)body + 2,
			.topic_size = topic_size,
			.payload = (const char *)body + used,
			.payload_size = size - used,
		};
		return true;
	}
	return false;
}

bool wire_is_topic(const struct wire_message *message, const char *topic)
{
	return strlen(topic) == message->topic_size &&
		memcmp(message->topic, topic, message->topic_size) == 0;
}
