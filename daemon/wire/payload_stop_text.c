/* SPDX-License-Identifier: MIT */
/* The text stop alone, for everything that moves. */
#include "payload_parse.h"

#include <errno.h>
#include <string.h>

enum { WORD_MAX = 15 };

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Finds the only word of a text, or "". */
static void find_word(const struct payload_bytes *bytes, char ret_word[static WORD_MAX + 1])
{
	const uint8_t *at = bytes->data, *end = at + bytes->size;

	while (at < end && is_space(*at))
		at++;
	while (end > at && (is_space(end[-1]) || end[-1] == '\0'))
		end--;
	ret_word[0] = '\0';
	if (bytes->true_size > PAYLOAD_ACTION_MAX || end - at > WORD_MAX ||
		memchr(at, '\0', (size_t)(end - at)))
		return;
	memcpy(ret_word, at, (size_t)(end - at));
	ret_word[end - at] = '\0';
}

bool payload_text_means_stop(const struct payload_bytes *bytes)
{
	char word[WORD_MAX + 1];

	find_word(bytes, word);
	return payload_word_means_stop(word);
}

int payload_parse_stop_text(const struct config *config, const struct payload_bytes *bytes,
	struct payload_action *ret_action)
{
	char word[WORD_MAX + 1];

	find_word(bytes, word);
	if (strcmp(word, "stop") != 0)
		return -EINVAL;
	payload_action_clear(ret_action);
	payload_stop_all(config, ret_action);
	return 0;
}
