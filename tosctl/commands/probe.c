/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include "board_linux.h"
#include "board_sim.h"
#include "command.h"
#include "config_simulate_board.h"
#include "load.h"
#include "map.h"
#include "running.h"
#include "save.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The board has the lines, PWM channels and LEDs of the map's outputs. */
static void add_outputs(const struct config *config, struct board *board)
{
	char name[160];

	for (size_t i = 0; i < config->n_outputs; i++)
		for (size_t k = 0; k < OUTPUT_PORTS_MAX; k++) {
			const struct config_port *port = &config->outputs[i].ports[k];

			if (port->line)
				(void)sim_set_fault(board, port->line, SIM_FAULT_NONE);
			(void)snprintf(name, sizeof(name), BOARD_LED_NAME,
				port->kernel_led ? port->kernel_led : "");
			if (port->kernel_led)
				(void)sim_set_fault(board, name, SIM_FAULT_NONE);
			(void)snprintf(name, sizeof(name), "%.64s.%u",
				port->pwm_chip ? port->pwm_chip : "", port->channel);
			if (port->pwm_chip)
				(void)sim_set_fault(board, name, SIM_FAULT_NONE);
		}
}

/* The simulated board of a map, as tosd --simulate makes it. */
static int open_simulated(const char *path, struct config **ret_config, struct board **ret_board)
{
	*ret_config = probe_load_map(path, true);
	if (!*ret_config || board_sim_new(NULL, NULL, ret_board) < 0)
		return -1;
	add_outputs(*ret_config, *ret_board);
	return config_simulate_board(*ret_config, *ret_board);
}

static void print_json(const cJSON *found)
{
	char *text = cJSON_Print(found);

	puts(text ? text : "{}");
	cJSON_free(text);
}

static int tell_saved(const char *path, bool is_same, bool is_simulated, FILE *out)
{
	text_color(out, TEXT_GREEN);
	fprintf(out, is_same ? "\n%s is already this map." : "\nWrote %s.", path);
	text_color(out, TEXT_PLAIN);
	if (is_simulated)
		fprintf(out, " Try it: tosd --simulate --state /tmp --config %s\n", path);
	else
		fputs(" Look at it, then: sudo systemctl restart tosd\n", out);
	return EXIT_OK;
}

static int write_map(const struct options *options, const cJSON *found)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool is_same = false;
	int r = EXIT_REFUSED;

	if (!out)
		return r;
	probe_write_map(found, &options->mqtt, out);
	if (fclose(out) != 0)
		size = 0;
	if (size > 0 && strcmp(options->write, "-") == 0)
		r = fwrite(text, 1, size, stdout) == size ? EXIT_OK : EXIT_REFUSED;
	else if (size > 0 && probe_save(options->write, text, size, options->force, &is_same) == 0)
		r = tell_saved(options->write, is_same, options->simulate,
			options->json ? stderr : stdout);
	free(text);
	return r;
}

static int look(const struct options *options, struct probe *probe)
{
	bool is_shown = !options->write || strcmp(options->write, "-") != 0;
	cJSON *found = probe_run(probe);
	int r = EXIT_OK;

	if (is_shown && options->json)
		print_json(found);
	else if (is_shown)
		probe_print(found);
	if (options->write)
		r = write_map(options, found);
	else if (!options->json)
		printf("\nA first map of it: %stosctl probe%s%s --write %s\n",
			options->simulate ? "" : "sudo ", options->simulate ? " --simulate " : "",
			options->simulate ? options->simulate : "",
			options->simulate ? "my-map.yaml" : "/etc/tos/tosd.yaml");
	cJSON_Delete(found);
	return r;
}

static int run(const struct options *options, int n, char **arguments)
{
	struct probe probe = {.options = options, .sys = "/sys"};
	struct config *config = NULL;
	int r = 0;

	(void)n;
	(void)arguments;
	if (options->simulate) {
		probe.sys = NULL;
		r = open_simulated(options->simulate, &config, &probe.board);
	} else {
		r = board_linux_new(NULL, NULL, &probe.board);
		probe_find_running(&probe, options->state, &config);
	}
	r = r < 0 ? EXIT_REFUSED : look(options, &probe);
	board_close(probe.board);
	config_free(config);
	return r;
}

extern const struct command command_probe;

const struct command command_probe = {
	.name = "probe",
	.arguments = "",
	.help = "what is on this board; --write a map",
	.takes = OPTIONS_JSON | OPTIONS_WRITE | OPTIONS_SIMULATE | OPTIONS_STATE | OPTIONS_FORCE,
	.run = run,
};
