/* SPDX-License-Identifier: MIT */
#include "gateway.h"
#include "kept_map.h"
#include "log.h"
#include <string.h>

static void on_safe_health(void *userdata, const char *object, const char *error)
{
	bool *failed = userdata;

	*failed = true;
	log_error(object, "cannot be made safe: %s", error ? error : "unknown");
}

static int make_map_safe(const struct options *options, const char *map_path)
{
	struct gateway gateway = {.options = options};
	bool failed = false;
	struct actuators_settings settings = {
		.listener = {.health = on_safe_health, .userdata = &failed},
		.safe_only = true,
	};
	int exit_code = gateway_load_config(map_path, &gateway.config);
	int r;

	if (exit_code >= 0)
		return exit_code;
	r = gateway_open_board(&gateway, gateway.config);
	settings.board = gateway.board;
	settings.config = gateway.config;
	if (r == 0)
		r = actuators_new(&settings, &gateway.actuators);
	if (r == 0)
		r = actuators_safe(gateway.actuators);
	if (r < 0)
		log_error(NULL, "--safe: %s", strerror(-r));
	else if (!failed)
		log_info(NULL, "%s: all motors are stopped, fail-safe outputs are safe", map_path);
	actuators_free(gateway.actuators);
	gateway_close_board(&gateway);
	config_free(gateway.config);
	return r < 0 || failed ? EXIT_FAILED : EXIT_OK;
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
