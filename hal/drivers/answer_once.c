/* SPDX-License-Identifier: MIT */
#include "answer_once.h"

#include <errno.h>
#include <string.h>

int answer_once_take(struct answer_once *model, uint8_t *data, size_t size)
{
	if (model->answer_bytes == 0)
		return -ENXIO;
	memset(data, 0xFF, size);
	memcpy(data, model->answer, size < model->answer_bytes ? size : model->answer_bytes);
	model->answer_bytes = 0;
	return 0;
}

int answer_once_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct answer_once *model = state;

	if (model->measuring && !model->busy && now_us >= model->measured_us) {
		model->measuring = false;
		model->measure(state);
	}
	return answer_once_take(model, data, size);
}

void answer_once_set_value(void *state, unsigned channel, double value)
{
	struct answer_once *model = state;

	model->loaded = false;
	model->shown[channel] = value;
}

void answer_once_set_busy(void *state, bool busy)
{
	((struct answer_once *)state)->busy = busy;
}

void answer_once_load(void *state, const uint8_t *raw, size_t size)
{
	struct answer_once *model = state;

	if (size == model->raw_bytes) {
		memcpy(model->raw, raw, size);
		model->loaded = true;
	}
}
