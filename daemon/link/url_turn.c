/* SPDX-License-Identifier: MIT */
#include "url_turn.h"

void url_turn_init(struct url_turn *turn, size_t n, size_t first)
{
	*turn = (struct url_turn){.n = n, .first = first, .index = first, .left = n};
}

bool url_turn_failed(struct url_turn *turn)
{
	turn->index = (turn->index + 1) % turn->n;
	turn->left--;
	if (turn->left > 0)
		return true;
	turn->left = turn->n;
	return false;
}

bool url_turn_ended(struct url_turn *turn, uint64_t lasted_us, bool useless)
{
	size_t index = turn->index;

	if (lasted_us < URL_TURN_GOOD_US)
		return url_turn_failed(turn);
	url_turn_init(turn, turn->n, turn->first);
	if (!useless)
		return false;
	turn->index = index;
	return url_turn_failed(turn);
}
