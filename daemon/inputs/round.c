/* SPDX-License-Identifier: MIT */
#include "round_internal.h"

#include "watch.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t count_sensors(const struct config *config, size_t chip)
{
	size_t count = 0;

	for (size_t i = 0; i < config->n_sensors; i++)
		count += !config->sensors[i].derived && config->sensors[i].chip == chip;
	return count;
}

static bool is_lane_of(const struct lane *lane, const struct config_chip *chip)
{
	return lane->attributes == chip->driver->attributes && strcmp(lane->name, chip->bus) == 0;
}

static struct lane *lane_of(struct round *round, const struct config_chip *chip)
{
	size_t i = 0;

	while (i < round->n_lanes && !is_lane_of(&round->lanes[i], chip))
		i++;
	if (i == round->n_lanes)
		round->lanes[round->n_lanes++] =
			(struct lane){.name = chip->bus, .attributes = chip->driver->attributes};
	return &round->lanes[i];
}

static int init_parts(struct round *round, struct board *board)
{
	const struct config *config = round->config;

	for (size_t i = 0; i < config->n_chips; i++) {
		struct part *part = &round->parts[i];
		int r = measure_init(
			&part->measure, board, &config->chips[i], count_sensors(config, i) + 1, i);

		if (r < 0)
			return r;
		part->lane = lane_of(round, &config->chips[i]);
		watches_add(round->watches, i, &part->measure, count_sensors(config, i) == 0);
	}
	return 0;
}

static int init_measured(struct sensor *sensor, struct part *part)
{
	struct measure *measure = &part->measure;

	sensor->part = part;
	sensor->task.channel = sensor->config->channel;
	assert(measure->tasks); /* made by init_parts() */
	measure->tasks[measure->n_tasks++] = &sensor->task;
	return samples_init(
		&sensor->task.samples, sensor->config->sampling, sensor->config->sampling_size);
}

static int init_derived(struct round *round, size_t index)
{
	round->sensors[index].part = &round->nobody;
	return derivation_init(&round->derivations[round->n_derivations++], round->config, index);
}

static size_t count_derived(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->n_sensors; i++)
		count += config->sensors[i].derived != NULL;
	return count;
}

static int init_sensors(struct round *round)
{
	const struct config *config = round->config;
	size_t n_derived = count_derived(config);
	int r = 0;

	if (n_derived > 0) {
		round->derivations = calloc(n_derived, sizeof(*round->derivations));
		if (!round->derivations)
			return -ENOMEM;
	}
	for (size_t i = 0; i < config->n_sensors && r == 0; i++) {
		struct sensor *sensor = &round->sensors[i];

		sensor->config = &config->sensors[i];
		if (sensor->config->derived)
			r = init_derived(round, i);
		else
			r = init_measured(sensor, &round->parts[sensor->config->chip]);
	}
	return r;
}

int round_new(struct board *board, const struct config *config, struct round **ret_round)
{
	struct round *round = calloc(1, sizeof(*round));
	int r;

	if (!round)
		return -ENOMEM;
	round->config = config;
	/* One more than needed, since calloc() of nothing may return NULL. */
	round->parts = calloc(config->n_chips + 1, sizeof(*round->parts));
	round->lanes = calloc(config->n_chips + 1, sizeof(*round->lanes));
	round->sensors = calloc(config->n_sensors + 1, sizeof(*round->sensors));
	round->values = calloc(config->n_sensors + 1, sizeof(*round->values));
	round->due = calloc(config->n_sensors + 1, sizeof(*round->due));
	if (!round->parts || !round->lanes || !round->sensors || !round->values || !round->due) {
		round_free(round);
		return -ENOMEM;
	}
	r = watches_new(config, &round->watches);
	if (r == 0)
		r = init_parts(round, board);
	if (r == 0)
		r = init_sensors(round);
	if (r < 0) {
		round_free(round);
		return r;
	}
	*ret_round = round;
	return 0;
}

struct round *round_free(struct round *round)
{
	if (!round)
		return NULL;
	for (size_t i = 0; round->sensors && i < round->config->n_sensors; i++)
		samples_fini(&round->sensors[i].task.samples);
	for (size_t i = 0; round->parts && i < round->config->n_chips; i++)
		measure_fini(&round->parts[i].measure);
	for (size_t i = 0; i < round->n_derivations; i++)
		derivation_fini(&round->derivations[i]);
	free(round->derivations);
	watches_free(round->watches);
	free(round->parts);
	free(round->lanes);
	free(round->sensors);
	free(round->values);
	free(round->due);
	free(round);
	return NULL;
}

struct watches *round_watches(struct round *round)
{
	return round->watches;
}

const struct config *round_config(const struct round *round)
{
	return round->config;
}
