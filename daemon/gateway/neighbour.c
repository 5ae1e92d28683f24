/* SPDX-License-Identifier: MIT */
#include "neighbour.h"

#include <stdio.h>

bool neighbour_heard(struct neighbour *neighbour, const char *instance, uint64_t now_us)
{
	bool is_news = neighbour->instance[0] == '\0';

	(void)snprintf(neighbour->instance, sizeof(neighbour->instance), "%s", instance);
	neighbour->heard_us = now_us;
	return is_news;
}

bool neighbour_is_gone(struct neighbour *neighbour, uint64_t silence_us, uint64_t now_us)
{
	if (neighbour->instance[0] == '\0' || now_us - neighbour->heard_us < silence_us)
		return false;
	neighbour->instance[0] = '\0';
	return true;
}
