/* SPDX-License-Identifier: MIT */
#include "output_chips.h"
#include "backoff.h"
#include "chip_pwm.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How often a command may try a part on a stuck bus, which takes the time limit of a transfer. */
enum { FORCE_TIMED_OUT_US = 1000000 };

struct output_chip {
	bool ready;
	struct backoff retry;
	uint64_t failed_us;     /* when it was last tried */
	struct hal_error error; /* of the last attempt */
	int code;
};

struct output_chips {
	struct board *board;
	const struct config *config;
	struct chip **chips;
	struct output_chip *parts;
};

int output_chips_new(
	struct board *board, const struct config *config, struct output_chips **ret_parts)
{
	struct output_chips *parts = calloc(1, sizeof(*parts));

	if (!parts)
		return -ENOMEM;
	parts->board = board;
	parts->config = config;
	parts->chips = calloc(config->n_chips + 1, sizeof(*parts->chips));
	parts->parts = calloc(config->n_chips + 1, sizeof(*parts->parts));
	if (!parts->chips || !parts->parts) {
		output_chips_free(parts);
		return -ENOMEM;
	}
	*ret_parts = parts;
	return 0;
}

void output_chips_take_over(struct output_chips *parts, struct output_chips *old)
{
	for (size_t i = 0; i < parts->config->n_chips; i++) {
		for (size_t j = 0; j < old->config->n_chips; j++) {
			if (!old->chips[j] ||
				strcmp(parts->config->chips[i].fingerprint,
					old->config->chips[j].fingerprint) != 0)
				continue;
			parts->chips[i] = old->chips[j];
			parts->parts[i] = old->parts[j];
			old->chips[j] = NULL;
			break;
		}
	}
}

struct chip *const *output_chips_chips(const struct output_chips *parts)
{
	return parts->chips;
}

static int set_up(struct output_chips *parts, size_t index, struct hal_error *error)
{
	const struct config_chip *config = &parts->config->chips[index];
	struct chip *chip;
	int r;

	if (!parts->chips[index]) {
		struct chip_settings settings = {
			.name = config->name,
			.driver = config->driver,
			.bus = config->bus,
			.address = config->address,
			.params = config->params,
		};

		r = chip_open(parts->board, &settings, error, &parts->chips[index]);
		if (r < 0)
			return r;
	}
	chip = parts->chips[index];
	r = chip_configure_wait(chip);
	if (r < 0)
		return hal_error_set(error, r, "%s: %s", chip->place,
			chip->words.text[0] ? chip->words.text : hal_strerror(r));
	return 0;
}

/* A missing answer is known within microseconds, a stuck bus is not. */
static bool may_force(const struct output_chip *part, uint64_t now_us)
{
	return part->code != -ETIMEDOUT || now_us - part->failed_us >= FORCE_TIMED_OUT_US;
}

int output_chips_ensure(struct output_chips *parts, size_t chip, uint64_t now_us, bool force,
	struct hal_error *error)
{
	struct output_chip *part = &parts->parts[chip];

	if (part->ready)
		return 0;
	if (backoff_is_due(&part->retry, now_us) || (force && may_force(part, now_us))) {
		part->code = set_up(parts, chip, &part->error);
		if (part->code == 0) {
			part->ready = true;
			backoff_succeeded(&part->retry);
			return 1;
		}
		part->failed_us = now_us;
		backoff_failed(&part->retry, now_us);
	}
	return hal_error_set(error, part->code, "%s", part->error.text);
}

int output_chips_probe(struct output_chips *parts, size_t chip)
{
	return parts->parts[chip].ready ? chip_probe(parts->chips[chip]) : 0;
}

void output_chips_failed(struct output_chips *parts, size_t chip, int code, uint64_t now_us)
{
	struct output_chip *part = &parts->parts[chip];

	if (!part->ready)
		return;
	part->ready = false;
	part->code = code;
	part->failed_us = now_us;
	hal_error_set(&part->error, code, "%s: %s", parts->chips[chip]->place, hal_strerror(code));
	backoff_failed(&part->retry, now_us);
}

void output_chips_hurry(struct output_chips *parts)
{
	for (size_t i = 0; i < parts->config->n_chips; i++)
		backoff_succeeded(&parts->parts[i].retry);
}

struct output_chips *output_chips_free(struct output_chips *parts)
{
	if (!parts)
		return NULL;
	for (size_t i = 0; parts->chips && i < parts->config->n_chips; i++)
		chip_close(parts->chips[i]);
	free(parts->chips);
	free(parts->parts);
	free(parts);
	return NULL;
}
