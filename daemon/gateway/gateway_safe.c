/* SPDX-License-Identifier: MIT */
/*
 * --safe: writes the outputs first, and prints afterwards. The reader of the messages may be gone
 * or slow, or the disk full, and that must not keep a motor running. So mistakes in a map are
 * printed when all outputs have been written.
 */
#include "clock.h"
#include "gateway_internal.h"
#include "log.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	/* A stuck bus may come free again, and nobody tries after us. */
	AGAIN_US = 100000,
	TRY_US = 1000000,
	ATTEMPT_PATH_BYTES = 4096,
};

/* The result for one map, better ones first. */
enum outcome {
	OUTCOME_SAFE,
	OUTCOME_MISSED,     /* some outputs were not understood, the others are safe */
	OUTCOME_UNREADABLE, /* none was understood */
	OUTCOME_FAILED,     /* an output could not be written */
};

struct attempt {
	char path[ATTEMPT_PATH_BYTES];
	struct diag *diag;
	struct config *config;
	bool is_whole; /* the map has no mistake */
	unsigned n_missed;
	enum outcome outcome;
};

static void on_safe_health(void *userdata, const char *object, const char *error)
{
	(void)userdata;
	if (error)
		log_error(object, "cannot be made safe: %s", error);
	else
		log_notice(object, "is safe now");
}

static void on_missed(void *userdata, const char *what, size_t line)
{
	struct attempt *attempt = userdata;

	attempt->n_missed++;
	if (line > 0)
		log_error(what, "not understood, and not made safe: see line %zu of %s", line,
			attempt->path);
	else
		log_error(what, "not understood, and not made safe: see the mistakes of %s",
			attempt->path);
}

/* Does as much as possible, and goes on after an error. */
static bool make_safe(const struct gateway *gateway)
{
	uint64_t end_us = clock_now_us() + TRY_US;
	bool safe = true;

	(void)outputs_safe(gateway->outputs);
	while (!outputs_safe_again(gateway->outputs) && clock_now_us() < end_us)
		(void)usleep(AGAIN_US);
	for (size_t i = 0; i < gateway->config->n_outputs; i++)
		safe = safe && outputs_get(gateway->outputs, i).ok;
	return safe;
}

static bool make_config_safe(const struct gateway_options *options, struct config *config)
{
	struct gateway gateway = {.options = options, .config = config};
	struct outputs_settings settings = {
		.config = config,
		.listener.health = on_safe_health,
		.safe_only = true,
	};
	bool safe = false;
	int r = gateway_open_board(&gateway, config);

	settings.board = gateway.board;
	if (r == 0)
		r = outputs_new(&settings, &gateway.outputs);
	if (r == 0)
		safe = make_safe(&gateway);
	if (r < 0)
		log_error(NULL, "--safe: %s", strerror(-r));
	outputs_free(gateway.outputs);
	gateway_close_board(&gateway);
	return safe;
}

static void try_map(
	const struct gateway_options *options, const char *path, struct attempt *attempt)
{
	const struct config_missed missed = {on_missed, attempt};
	struct host host;
	int r;

	*attempt = (struct attempt){.outcome = OUTCOME_UNREADABLE};
	(void)snprintf(attempt->path, sizeof(attempt->path), "%s", path);
	host_read("", &host);
	r = diag_new(path, &attempt->diag);
	if (r == 0)
		r = config_load_outputs(
			path, &host, attempt->diag, &missed, &attempt->config, &attempt->is_whole);
	if (r < 0 && r != -EINVAL)
		log_error("config", "%s: %s", path, strerror(-r));
	if (r < 0)
		return;
	if (!make_config_safe(options, attempt->config))
		attempt->outcome = OUTCOME_FAILED;
	else
		attempt->outcome = attempt->n_missed > 0 ? OUTCOME_MISSED : OUTCOME_SAFE;
}

static size_t count_moving(const struct config *config)
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_outputs; i++)
		n += config->outputs[i].kind->moves;
	return n;
}

static void report(const struct attempt *attempt)
{
	if (!attempt->is_whole && attempt->diag)
		diag_print(attempt->diag, stderr);
	if (attempt->outcome == OUTCOME_SAFE && attempt->is_whole)
		log_info(NULL, "%s: all motors are stopped, fail-safe outputs are safe",
			attempt->path);
	else if (attempt->outcome == OUTCOME_SAFE)
		log_info(NULL,
			"%s: all motors are stopped, fail-safe outputs are safe; the mistakes are "
			"elsewhere in the map",
			attempt->path);
	else if (attempt->outcome == OUTCOME_MISSED)
		log_error(NULL,
			"%s: motors stopped: %zu, not understood: %u; switch off the supply of "
			"what those drive, and mend the map",
			attempt->path, count_moving(attempt->config), attempt->n_missed);
	diag_free(attempt->diag);
	config_free(attempt->config);
}

static int exit_code_of(enum outcome outcome)
{
	if (outcome == OUTCOME_UNREADABLE)
		return EXIT_CONFIG_MISTAKE;
	return outcome == OUTCOME_SAFE ? EXIT_OK : EXIT_FAILED;
}

/*
 * Ignores signals, so that motors come first even if the caller goes away or loses patience: a
 * terminal is closed, a pipe's reader ends, a log file must not grow. It takes some hundredths of a
 * second, and with a stuck bus a few seconds.
 */
static void see_it_through(void)
{
	static const int SIGNALS[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM,
		SIGTSTP, SIGTTIN, SIGTTOU};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(SIGNALS) / sizeof(SIGNALS[0]); i++)
		sigaddset(&set, SIGNALS[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* When the map as it is now was changed, and which one is made safe beside it. */
static const struct {
	const char *since, *which;
} COPIES[RUNNING_MAP_COPIES] = {
	[RUNNING_MAP_NOW] = {"since it ran", "the map that ran last"},
	[RUNNING_MAP_NEXT] = {"during a reload", "the map that a reload read"},
	[RUNNING_MAP_START] = {"since a start", "the map of that start"},
};

/* As running_map_differs(): only then there is an attempt. */
static int try_copy(const struct gateway_options *options, enum running_map_copy copy,
	struct attempt *ret_attempt)
{
	int differs = running_map_differs(options->state_dir, copy, options->config_path);
	char path[ATTEMPT_PATH_BYTES];

	if (differs > 0)
		differs = running_map_path(options->state_dir, copy, path, sizeof(path)) < 0
			? -ENAMETOOLONG
			: 1;
	if (differs > 0)
		try_map(options, path, ret_attempt);
	return differs;
}

static void report_copy(const struct gateway_options *options, enum running_map_copy copy,
	int differs, const struct attempt *attempt)
{
	if (differs < 0)
		log_warning("config",
			"the copy of %s, in %s, cannot be read: %s; if %s was changed since, "
			"something may still run",
			COPIES[copy].which, options->state_dir, strerror(-differs),
			options->config_path);
	if (differs <= 0)
		return;
	log_warning("config", "%s was changed %s; %s is made safe too", options->config_path,
		COPIES[copy].since, COPIES[copy].which);
	report(attempt);
}

int gateway_make_safe(const struct gateway_options *options)
{
	struct attempt copies[RUNNING_MAP_COPIES], now;
	enum outcome worst = OUTCOME_SAFE;
	int differs[RUNNING_MAP_COPIES];

	see_it_through();
	/* The maps that ran have the outputs that may be moving. The next one comes first: as the
	 * process dies, its copy may still become the other one. */
	for (unsigned i = RUNNING_MAP_COPIES; i-- > 0;) {
		differs[i] = try_copy(options, i, &copies[i]);
		if (differs[i] > 0 && copies[i].outcome > worst)
			worst = copies[i].outcome;
	}
	try_map(options, options->config_path, &now);
	for (unsigned i = 0; i < RUNNING_MAP_COPIES; i++)
		report_copy(options, i, differs[i], &copies[i]);
	report(&now);
	/* If another map ran, a mistake in the new one only matters at the next start. */
	if (now.outcome > worst && (differs[RUNNING_MAP_NOW] <= 0 || now.outcome == OUTCOME_FAILED))
		worst = now.outcome;
	return exit_code_of(worst);
}
