/* SPDX-License-Identifier: MIT */
#include "round_internal.h"

#include "watch.h"
#include <string.h>

static void adopt_sensor(struct sensor *sensor, const struct sensor *old)
{
	sensor->filter = old->filter;
	/* A measurement in progress is lost, see measure_adopt(). */
	sensor->owed = old->owed || (old->task.due && old->part->is_measuring);
	sensor->asked = old->asked;
	sensor->asked_us = old->asked_us;
	sensor->has_late = old->has_late;
	sensor->late = old->late;
	sensor->fault = old->fault;
	sensor->implausible_us = old->implausible_us;
	sensor->since_ms = old->since_ms;
	sensor->unreported = old->fault.error != 0;
	sensor->is_adopted = true;
}

static struct derivation *derivation_of(const struct round *round, size_t index)
{
	size_t i = 0;

	while (round->derivations[i].index != index)
		i++;
	return &round->derivations[i];
}

/* True if the sensor stays the same. The fingerprint of a derived one only has the names of its
 * sources, so they must have stayed the same, too. They come first. */
static bool goes_on(const struct round *round, const struct sensor *sensor)
{
	for (size_t i = 0; i < sensor->config->n_of; i++) {
		if (!round->sensors[sensor->config->of[i]].is_adopted)
			return false;
	}
	return true;
}

/* Both have the same fingerprint. */
static void adopt(struct round *round, size_t index, const struct round *old, size_t old_index)
{
	struct sensor *sensor = &round->sensors[index];

	if (!goes_on(round, sensor))
		return;
	adopt_sensor(sensor, &old->sensors[old_index]);
	round->has_unreported = round->has_unreported || sensor->unreported;
	if (sensor->config->derived)
		derivation_adopt(derivation_of(round, index), derivation_of(old, old_index));
}

static void adopt_lanes(struct round *round, const struct round *old)
{
	for (size_t i = 0; i < round->n_lanes; i++) {
		for (size_t k = 0; k < old->n_lanes; k++) {
			if (round->lanes[i].attributes == old->lanes[k].attributes &&
				strcmp(round->lanes[i].name, old->lanes[k].name) == 0)
				round->lanes[i].pace = old->lanes[k].pace;
		}
	}
}

static void adopt_part(struct part *part, struct part *old)
{
	measure_adopt(&part->measure, &old->measure);
	if (part->measure.is_away)
		part->lane->is_taken = true;
}

void round_adopt(struct round *round, struct round *old)
{
	adopt_lanes(round, old);
	watches_adopt(round->watches, old->watches);
	for (size_t i = 0; i < round->config->n_chips; i++) {
		for (size_t k = 0; k < old->config->n_chips; k++) {
			if (strcmp(round->config->chips[i].fingerprint,
				    old->config->chips[k].fingerprint) == 0) {
				adopt_part(&round->parts[i], &old->parts[k]);
				break;
			}
		}
	}
	for (size_t i = 0; i < round->config->n_sensors; i++) {
		for (size_t k = 0; k < old->config->n_sensors; k++) {
			if (strcmp(round->sensors[i].config->fingerprint,
				    old->sensors[k].config->fingerprint) == 0) {
				adopt(round, i, old, k);
				break;
			}
		}
	}
}
