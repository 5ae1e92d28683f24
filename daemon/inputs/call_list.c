/* SPDX-License-Identifier: MIT */
#include "call_list.h"

#include <stddef.h>

void call_list_append(struct call_list *list, struct call *call)
{
	call->next = NULL;
	*(list->first ? list->end : &list->first) = call;
	list->end = &call->next;
	list->count++;
}

struct call *call_list_take(struct call_list *list)
{
	struct call *call = list->first;

	if (call) {
		list->first = call->next;
		list->count--;
	}
	return call;
}

bool call_list_unlink(struct call_list *list, const struct call *call)
{
	struct call_list kept = {0};
	struct call *other;
	bool found = false;

	while ((other = call_list_take(list))) {
		if (other == call)
			found = true;
		else
			call_list_append(&kept, other);
	}
	*list = kept;
	return found;
}
