/* SPDX-License-Identifier: MIT */
#include "sampling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct sampling *sampling_find(const char *key)
{
	for (const struct sampling *const *sampling = sampling_table; *sampling; sampling++) {
		if (strcmp((*sampling)->key, key) == 0)
			return *sampling;
	}
	return NULL;
}

int samples_init(struct samples *samples, const struct sampling *sampling, uint64_t size)
{
	*samples = (struct samples){
		.sampling = sampling,
		.wanted = sampling->is_window ? 2 : (size_t)size,
		.window_us = sampling->is_window ? size : 0,
		.add = sampling->add,
	};
	if (sampling->keeps) {
		samples->kept = calloc(samples->wanted, sizeof(*samples->kept));
		if (!samples->kept)
			return -ENOMEM;
	}
	return 0;
}

void samples_fini(struct samples *samples)
{
	free(samples->kept);
	samples->kept = NULL;
}

void samples_begin(struct samples *samples, uint64_t now_us)
{
	samples->count = 0;
	samples->sum = 0;
	samples->end_us = now_us + samples->window_us;
}

void samples_add(struct samples *samples, double value)
{
	if (samples->count == 0 || value < samples->min)
		samples->min = value;
	if (samples->count == 0 || value > samples->max)
		samples->max = value;
	samples->sum += value;
	if (samples->add)
		samples->add(samples, value);
	samples->count++;
}

bool samples_enough(const struct samples *samples, uint64_t now_us)
{
	return samples->count >= samples->wanted && now_us >= samples->end_us;
}

double samples_result(struct samples *samples)
{
	return samples->sampling->result(samples);
}
