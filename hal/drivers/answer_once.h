/* SPDX-License-Identifier: MIT */
/*
 * For the models of parts whose last answer can be read once. The part's own model begins with a
 * struct answer_once, so that the functions here take either.
 *
 * Not part of the public interface: for files of this folder.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ANSWER_ONCE_BYTES_MAX = 9, ANSWER_ONCE_CHANNELS_MAX = 3 };

struct answer_once {
	uint8_t answer[ANSWER_ONCE_BYTES_MAX];
	size_t answer_bytes; /* 0: nothing to read */
	bool measuring, busy;
	uint64_t measured_us; /* while measuring: when that is done */
	double shown[ANSWER_ONCE_CHANNELS_MAX];
	bool loaded; /* a vector's raw, instead of shown */
	uint8_t raw[ANSWER_ONCE_BYTES_MAX];
	size_t raw_bytes;             /* of a vector of this part; others are not taken */
	void (*measure)(void *state); /* fills the answer; for answer_once_read() */
};

/* -ENXIO: nothing to read. Bytes beyond the answer are 0xFF. */
int answer_once_take(struct answer_once *model, uint8_t *data, size_t size);

/* As of struct driver_model; for parts that answer once they have measured. */
int answer_once_read(void *state, uint8_t *data, size_t size, uint64_t now_us);
void answer_once_set_value(void *state, unsigned channel, double value);
void answer_once_set_busy(void *state, bool busy);
void answer_once_load(void *state, const uint8_t *raw, size_t size);
