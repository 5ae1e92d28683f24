/* SPDX-License-Identifier: MIT */
/*
 * The sensors' thread: starts and collects the measurements of all chips, overlapping their
 * conversion times, filters the samples, and hands over one combined reading each interval, on a
 * fixed grid. It knows no MQTT and no JSON.
 */
#pragma once

#include "board.h"
#include "config.h"
#include "queue.h"
#include "reading.h"
#include "watch.h"

enum sampler_event_kind {
	SAMPLER_EVENT_SENSOR, /* a sensor failed, recovered, or fails for another reason than before
			       */
	SAMPLER_EVENT_SWAPPED, /* the answer to sampler_swap(): the old map is no longer used */
	SAMPLER_EVENT_PONG,    /* the answer to sampler_ping() */
};

/* Room for a part's place and the words of the hardware layer. */
enum { SAMPLER_TEXT_BYTES = HAL_ERROR_BYTES + 64 };

/* A record on the queue to main. */
struct sampler_event {
	enum sampler_event_kind kind;
	size_t sensor;               /* index into the sensors of 'config' */
	int error;                   /* 0: works (again) */
	uint64_t since_ms;           /* wall clock */
	uint32_t retry_ms;           /* when it is tried again; 0: with the next reading */
	const struct config *config; /* SENSOR: the map that it belongs to. SWAPPED: the new one */
	char text[SAMPLER_TEXT_BYTES]; /* SENSOR: "bme280 at 0x77 on /dev/i2c-1: no answer" */
};

struct sampler_settings {
	struct board *board;         /* borrowed */
	const struct config *config; /* borrowed until swapped */
	uint32_t interval_ms;
	struct queue *events; /* to main, borrowed */
	/* Called on the sampler's thread once an interval; the reading is borrowed for the call.
	 * Must not block. Without values only where there are inputs instead. */
	void (*on_reading)(
		void *userdata, const struct config *config, const struct reading *reading);
	/* The same for what happens at an input. Only with inputs in the map. */
	void (*on_event)(void *userdata, const struct input_event *event);
	void *userdata;
};

struct sampler_counts {
	uint64_t readings, missed;
	uint64_t edges_lost; /* of inputs, by the kernel or by us */
};

struct sampler;
struct round;

/* Starts the thread. The first reading comes as soon as the parts allow, the second one interval
 * after it. */
int sampler_new(const struct sampler_settings *settings, struct sampler **ret_sampler);

/* In force at once: the next reading comes one new interval after this. The same one again changes
 * nothing. */
void sampler_set_interval(struct sampler *sampler, uint32_t interval_ms);

/* What a swap to that map needs; the sampler does not notice. The map is borrowed. 0, or -ENOMEM.
 * To be swapped, or freed with round_free(). */
int sampler_prepare(struct sampler *sampler, const struct config *config, struct round **ret_round);

/*
 * Another map, between two rounds: chips whose fingerprint is the same go on undisturbed, with what
 * is known of them; what fails is reported again, for the new map. The old map must live until
 * SAMPLER_EVENT_SWAPPED, and so long no other swap is asked for. The interval stays. Takes over the
 * round. Cannot fail.
 */
void sampler_swap(struct sampler *sampler, struct round *round);

void sampler_ping(struct sampler *sampler);

/* Any thread. */
struct sampler_counts sampler_counts(struct sampler *sampler);

/*
 * Ends the thread, as a rule within one bus transfer, and frees. 0; sampler may be NULL.
 * -ETIMEDOUT: the thread did not come back from the hardware within timeout_us. Then it is left
 * behind, frees what is its own when it does, and whatever was borrowed must stay for the life of
 * the process, which should end.
 */
int sampler_close(struct sampler *sampler, uint64_t timeout_us);
