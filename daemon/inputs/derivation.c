/* SPDX-License-Identifier: MIT */
#include "derivation.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct config_sensor *sensor_of(const struct derivation *derivation)
{
	return &derivation->config->sensors[derivation->index];
}

int derivation_init(struct derivation *derivation, const struct config *config, size_t index)
{
	size_t n_of = config->sensors[index].n_of;

	*derivation = (struct derivation){
		.config = config,
		.index = index,
		.of = calloc(n_of, sizeof(*derivation->of)),
		.has = calloc(n_of, sizeof(*derivation->has)),
	};
	return derivation->of && derivation->has ? 0 : -ENOMEM;
}

void derivation_fini(struct derivation *derivation)
{
	free(derivation->of);
	free(derivation->has);
}

void derivation_adopt(struct derivation *derivation, const struct derivation *old)
{
	size_t n_of = sensor_of(derivation)->n_of;

	memcpy(derivation->of, old->of, n_of * sizeof(*derivation->of));
	memcpy(derivation->has, old->has, n_of * sizeof(*derivation->has));
}

bool derivation_take(struct derivation *derivation, const double *values, const unsigned char *due)
{
	const struct config_sensor *sensor = sensor_of(derivation);
	bool has_all = true;

	for (size_t i = 0; i < sensor->n_of; i++) {
		if (due[sensor->of[i]]) {
			derivation->of[i] = values[sensor->of[i]];
			derivation->has[i] = true;
		}
		has_all = has_all && derivation->has[i];
	}
	if (has_all)
		memset(derivation->has, 0, sensor->n_of * sizeof(*derivation->has));
	return has_all;
}

/* A source that failed is named before one that is outside the domain, since it is the cause. */
static int check_sources(
	const struct derivation *derivation, size_t *ret_source, char *words, size_t words_bytes)
{
	const struct config_sensor *sensor = sensor_of(derivation);

	for (size_t i = 0; i < sensor->n_of; i++) {
		if (isnan(derivation->of[i])) {
			*ret_source = sensor->of[i];
			return -ENODATA;
		}
	}
	for (size_t i = 0; i < sensor->n_of; i++) {
		const struct derived_source *limits = derived_source(sensor->derived, i);

		if (derivation->of[i] >= limits->min && derivation->of[i] <= limits->max)
			continue;
		(void)snprintf(words, words_bytes, "%s is %g, and %s takes %g..%g",
			derivation->config->sensors[sensor->of[i]].name, derivation->of[i],
			sensor->derived->name, limits->min, limits->max);
		return -ERANGE;
	}
	return 0;
}

int derivation_work_out(const struct derivation *derivation, double *ret_value, size_t *ret_source,
	char *words, size_t words_bytes)
{
	const struct config_sensor *sensor = sensor_of(derivation);
	int r = check_sources(derivation, ret_source, words, words_bytes);
	double value;

	if (r < 0)
		return r;
	value = sensor->derived->work_out(derivation->of, sensor->n_of, sensor->arguments);
	if (!isfinite(value)) {
		(void)snprintf(words, words_bytes, "%s has no value where %s is %g",
			sensor->derived->name, derivation->config->sensors[sensor->of[0]].name,
			derivation->of[0]);
		return -ERANGE;
	}
	*ret_value = value;
	return 0;
}
