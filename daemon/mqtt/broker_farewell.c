/* SPDX-License-Identifier: MIT */
/* MQTT 5, sections 2.2.2 and 3.14. */
#include "broker_farewell.h"

enum {
	DISCONNECT = 0xe0,
	SESSION_EXPIRY = 0x11,
	SERVER_REFERENCE = 0x1c,
	REASON_STRING = 0x1f,
	USER_PROPERTY = 0x26,
};

/* The bytes left to read. */
struct bytes {
	const uint8_t *at, *end;
};

static bool read_number(struct bytes *bytes, size_t *ret_number)
{
	size_t number = 0;

	for (unsigned shift = 0; shift < 28 && bytes->at < bytes->end; shift += 7) {
		uint8_t byte = *bytes->at++;

		number |= (size_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret_number = number;
			return true;
		}
	}
	return false;
}

static bool read_string(struct bytes *bytes, struct bytes *ret_string)
{
	size_t length;

	if (bytes->end - bytes->at < 2)
		return false;
	length = (size_t)bytes->at[0] << 8 | bytes->at[1];
	bytes->at += 2;
	if ((size_t)(bytes->end - bytes->at) < length)
		return false;
	*ret_string = (struct bytes){bytes->at, bytes->at + length};
	bytes->at += length;
	return true;
}

static void copy_text(const struct bytes *string, char *text, size_t text_bytes)
{
	size_t length = 0;

	for (const uint8_t *at = string->at; at < string->end && length + 1 < text_bytes; at++)
		text[length++] = (char)(*at >= ' ' && *at < 0x7f ? *at : '?');
	text[length] = '\0';
}

/* Stops at a property that it does not know. */
static void read_properties(struct bytes *bytes, struct broker_farewell *farewell)
{
	struct bytes string;

	while (bytes->at < bytes->end) {
		uint8_t identifier = *bytes->at++;

		if (identifier == REASON_STRING && read_string(bytes, &string)) {
			copy_text(&string, farewell->text, sizeof(farewell->text));
		} else if (identifier == SESSION_EXPIRY && bytes->end - bytes->at >= 4) {
			bytes->at += 4;
		} else if (!(identifier == SERVER_REFERENCE && read_string(bytes, &string)) &&
			!(identifier == USER_PROPERTY && read_string(bytes, &string) &&
				read_string(bytes, &string))) {
			return;
		}
	}
}

static void read_disconnect(struct bytes body, struct broker_farewell *farewell)
{
	size_t length;

	*farewell = (struct broker_farewell){.code = BROKER_FAREWELL_NORMAL};
	if (body.at < body.end)
		farewell->code = *body.at++;
	if (!read_number(&body, &length) || length > (size_t)(body.end - body.at))
		return;
	body.end = body.at + length;
	read_properties(&body, farewell);
}

bool broker_farewell_find(const uint8_t *packets, size_t size, struct broker_farewell *ret_farewell)
{
	struct bytes bytes = {packets, packets + size};

	while (bytes.at < bytes.end) {
		uint8_t first = *bytes.at++;
		size_t length;

		if (!read_number(&bytes, &length) || length > (size_t)(bytes.end - bytes.at))
			return false;
		if (first == DISCONNECT && length == (size_t)(bytes.end - bytes.at)) {
			read_disconnect(bytes, ret_farewell);
			return true;
		}
		bytes.at += length;
	}
	return false;
}
