/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "gateway.h"
#include "kept_map.h"
#include "log.h"
#include <string.h>
#include <unistd.h>

enum {
	/* A bus that is stuck may be free again; nobody comes after us. */
	AGAIN_US = 100000,
	TRY_US = 1000000,
};

static void on_safe_health(void *userdata, const char *object, const char *error)
{
	(void)userdata;
	if (error)
		log_error(object, "cannot be made safe: %s", error);
	else
		log_notice(object, "is safe now");
}

/* All that can be done is done, also after an error. */
static bool make_safe(const struct gateway *gateway)
{
	uint64_t end_us = clock_now_us() + TRY_US;
	bool safe = true;

	(void)actuators_safe(gateway->actuators);
	while (!actuators_safe_again(gateway->actuators) && clock_now_us() < end_us)
		(void)usleep(AGAIN_US);
	for (size_t i = 0; i < gateway->config->n_motors; i++)
		safe = safe && actuators_get_motor(gateway->actuators, i).ok;
	for (size_t i = 0; i < gateway->config->n_leds; i++)
		safe = safe && actuators_get_led(gateway->actuators, i).ok;
	return safe;
}

static int make_map_safe(const struct options *options, const char *map_path)
{
	struct gateway gateway = {.options = options};
	struct actuators_settings settings = {
		.listener.health = on_safe_health,
		.safe_only = true,
	};
	int exit_code = gateway_load_config(map_path, &gateway.config);
	bool safe = false;
	int r;

	if (exit_code >= 0)
		return exit_code;
	r = gateway_open_board(&gateway, gateway.config);
	settings.board = gateway.board;
	settings.config = gateway.config;
	if (r == 0)
		r = actuators_new(&settings, &gateway.actuators);
	if (r == 0)
		safe = make_safe(&gateway);
	if (r < 0)
		log_error(NULL, "--safe: %s", strerror(-r));
	else if (safe)
		log_info(NULL, "%s: all motors are stopped, fail-safe outputs are safe", map_path);
	actuators_free(gateway.actuators);
	gateway_close_board(&gateway);
	config_free(gateway.config);
	return safe ? EXIT_OK : EXIT_FAILED;
}

int gateway_make_safe(const struct options *options)
{
	char kept[4096];
	int kept_code, exit_code;

	if (!kept_map_differs(options->state_dir, options->config_path) ||
		kept_map_path(options->state_dir, kept, sizeof(kept)) < 0)
		return make_map_safe(options, options->config_path);
	log_warning("config", "%s was changed since it ran; the map that ran last is made safe too",
		options->config_path);
	kept_code = make_map_safe(options, kept);
	exit_code = make_map_safe(options, options->config_path);
	/* What ran is what moves: a mistake in the new map is for the next start. */
	if (exit_code == EXIT_CONFIG_MISTAKE || exit_code == EXIT_OK)
		return kept_code;
	return exit_code;
}
