/* SPDX-License-Identifier: MIT */
#include "call.h"

void call_make(struct call *call)
{
	call->wait_us = 0;
	switch (call->kind) {
	case CALL_CONFIGURE:
		call->result = chip_configure(call->chip, &call->wait_us);
		break;
	case CALL_START:
		call->result = chip_start(call->chip, call->channel, &call->wait_us);
		if (call->result < 0 || call->wait_us > 0)
			break;
		call->kind = CALL_COLLECT;
		__attribute__((fallthrough));
	case CALL_COLLECT:
		call->result = chip_collect(call->chip, call->channel, call->values);
		break;
	}
}
