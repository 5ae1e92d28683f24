/* SPDX-License-Identifier: MIT */
/* A list of calls, first in, first out. It is linked through the calls themselves, so it is never
 * full. The owner of the list holds its lock. */
#pragma once

#include "call.h"
#include <stdbool.h>

struct call_list {
	struct call *first, **end;
	unsigned count;
};

void call_list_append(struct call_list *list, struct call *call);

/* NULL: the list is empty. */
struct call *call_list_take(struct call_list *list);

/* False: it is not in the list. */
bool call_list_unlink(struct call_list *list, const struct call *call);
