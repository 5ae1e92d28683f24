/* SPDX-License-Identifier: MIT */
/* Calls in a row, first in, first out. It is threaded through the calls themselves, so it is never
 * full. Whoever owns it holds its lock. */
#pragma once

#include "call.h"
#include <stdbool.h>

struct call_list {
	struct call *first, **end;
	unsigned count;
};

void call_list_append(struct call_list *list, struct call *call);

/* NULL: there is none. */
struct call *call_list_take(struct call_list *list);

/* false: it is not in the list. */
bool call_list_unlink(struct call_list *list, const struct call *call);
