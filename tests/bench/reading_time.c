/* SPDX-License-Identifier: MIT */
/*
 * The sensors' time of one reading, beyond what the parts themselves take: everything the sampler
 * does for a map on the simulated board, with its waiting for conversions, minus the times that the
 * drivers ask to wait. Prints the median and the 99th percentile in us.
 *
 * usage: reading-time MAP ROUNDS
 */
#include "board_sim.h"
#include "clock.h"
#include "diag.h"
#include "pace.h"
#include "round.h"
#include <err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

/* Waits as the sampler does. */
static void wait_until(uint64_t time_us)
{
	uint64_t now_us = clock_now_us();
	uint64_t wait_us = time_us > now_us ? time_us - now_us : 0;
	const struct timespec timeout = {
		.tv_sec = (time_t)(wait_us / 1000000),
		.tv_nsec = (long)(wait_us % 1000000) * 1000,
	};

	(void)ppoll(NULL, 0, &timeout, NULL);
}

/* Of one reading; what was asked for as a wait does not count, what comes late does. */
static uint64_t measure(struct round *round)
{
	uint64_t begin_us = clock_now_us(), now_us = begin_us, asked_us = 0, next_us;
	struct call *call;

	round_begin(round, begin_us, begin_us, clock_wall_ms(), PACE_LIMIT_US);
	for (;;) {
		next_us = round_next(round, now_us, &call);
		if (call) {
			call_make(call);
			round_took(round, call, now_us);
		} else if (round_is_done(round)) {
			break;
		}
		now_us = clock_now_us();
		if (!call && next_us > now_us) {
			asked_us += next_us - now_us;
			wait_until(next_us);
			now_us = clock_now_us();
		}
	}
	(void)round_finish(round);
	return clock_now_us() - begin_us - asked_us;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static struct config *load(const char *path)
{
	static const struct host host = {.name = "localhost"};
	struct diag *diag;
	struct config *config;

	if (diag_new(path, &diag) < 0)
		errx(1, "no memory");
	if (config_load(path, &host, diag, &config) < 0) {
		diag_print(diag, stderr);
		exit(1);
	}
	diag_free(diag);
	return config;
}

static struct board *wire_up(const struct config *config)
{
	const struct sim_settings settings = {0};
	struct board *board;

	if (board_sim_new(&settings, NULL, &board) < 0)
		errx(1, "no board");
	for (size_t i = 0; i < config->n_chips; i++) {
		const struct config_chip *chip = &config->chips[i];

		if (sim_add_part(board, chip->name, chip->driver, chip->bus, chip->address) < 0)
			errx(1, "no part %s", chip->name);
	}
	return board;
}

int main(int argc, char **argv)
{
	size_t rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	uint64_t *times_us;
	struct config *config;
	struct board *board;
	struct round *round;

	if (rounds == 0)
		errx(2, "usage: reading-time MAP ROUNDS");
	times_us = calloc(rounds, sizeof(*times_us));
	if (!times_us)
		errx(1, "no memory");
	(void)prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
	config = load(argv[1]);
	board = wire_up(config);
	if (round_new(board, config, &round) < 0)
		errx(1, "no memory");
	(void)measure(round); /* the first one also sets the parts up */
	for (size_t i = 0; i < rounds; i++)
		times_us[i] = measure(round);
	qsort(times_us, rounds, sizeof(*times_us), compare);
	(void)printf("%llu %llu\n", (unsigned long long)times_us[rounds / 2],
		(unsigned long long)times_us[rounds * 99 / 100]);
	round_free(round);
	board_close(board);
	config_free(config);
	free(times_us);
	return 0;
}
