/* SPDX-License-Identifier: MIT */
#include "simulation.h"
#include "board_sim.h"
#include "config_simulate_board.h"
#include "diag.h"
#include "log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct simulation {
	char *directory; /* NULL: none */
	struct board *board;
	FILE *wire_log;
	const struct config *config;
	int socket;
	sd_event_source *listener;
	struct client *clients;
};

enum {
	NAMES_MAX = 256,   /* names that a mistyped one is compared with */
	ANSWER_BYTES = 512 /* a longer answer is cut */
};

/* One connection to the control socket. */
struct client {
	struct simulation *simulation;
	sd_event_source *source;
	int socket;
	char line[512];
	size_t used;
	bool is_too_long; /* the beginning of the present line was discarded */
	struct client *next;
};

static int open_wire_log(struct simulation *simulation)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/wire.log", simulation->directory);
	simulation->wire_log = fopen(path, "ae");
	if (!simulation->wire_log) {
		int r = -errno;

		log_error("simulation", "%s: %s", path, strerror(-r));
		return r;
	}
	return 0;
}

int simulation_new(
	const char *directory, const struct hal_trace *trace, struct simulation **ret_simulation)
{
	struct simulation *simulation = calloc(1, sizeof(*simulation));
	struct sim_settings settings = {0};
	int r = 0;

	if (!simulation)
		return -ENOMEM;
	simulation->socket = -1;
	if (directory) {
		simulation->directory = strdup(directory);
		r = simulation->directory ? open_wire_log(simulation) : -ENOMEM;
	}
	settings.wire_log = simulation->wire_log;
	if (r == 0)
		r = board_sim_new(&settings, trace, &simulation->board);
	if (r < 0) {
		simulation_free(simulation);
		return r;
	}
	*ret_simulation = simulation;
	return 0;
}

struct board *simulation_board(struct simulation *simulation)
{
	return simulation->board;
}

static const struct config_chip *find_chip(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_chips; i++)
		if (strcmp(config->chips[i].name, name) == 0)
			return &config->chips[i];
	return NULL;
}

static void remove_parts(struct simulation *simulation, const struct config *config)
{
	for (size_t i = 0; simulation->config && i < simulation->config->n_chips; i++) {
		const struct config_chip *before = &simulation->config->chips[i];
		const struct config_chip *now = find_chip(config, before->name);

		if (!now || strcmp(now->fingerprint, before->fingerprint) != 0)
			sim_remove_part(simulation->board, before->name);
	}
}

int simulation_set_map(struct simulation *simulation, const struct config *config)
{
	int r;

	remove_parts(simulation, config);
	r = config_simulate_board(config, simulation->board);
	if (r < 0)
		return r;
	simulation->config = config;
	return 0;
}

struct names {
	const char *words[NAMES_MAX + 1];
	size_t n;
};

static void add_name(struct names *names, const char *word)
{
	for (size_t i = 0; word && i < names->n; i++)
		if (strcmp(names->words[i], word) == 0)
			return;
	if (word && names->n < NAMES_MAX)
		names->words[names->n++] = word;
}

/* Collects what can fail, except PWM channels and kernel LEDs, whose names are composed. */
static void collect_names(const struct config *config, struct names *names)
{
	for (size_t i = 0; i < config->n_chips; i++) {
		add_name(names, config->chips[i].name);
		if (config->chips[i].bus[0] == '/' || config->chips[i].driver->line_keys)
			add_name(names, config->chips[i].bus);
	}
	for (size_t i = 0; i < config->n_outputs; i++)
		for (size_t j = 0; j < OUTPUT_PORTS_MAX; j++)
			add_name(names, config->outputs[i].ports[j].line);
}

/* A target need not be open: a line may get its fault before. */
static bool can_be_output(const char *target)
{
	static const char *const BEGINNINGS[] = {"GPIO", "gpiochip", "pwmchip", "leds/", "/sys/"};

	for (size_t i = 0; i < sizeof(BEGINNINGS) / sizeof(*BEGINNINGS); i++)
		if (strncmp(target, BEGINNINGS[i], strlen(BEGINNINGS[i])) == 0)
			return true;
	return false;
}

/* Writes "no such target, did you mean climate?" or, if none is near, all targets. */
static void write_unknown(const char *what, const char *word, const struct names *names,
	char *error, size_t error_bytes)
{
	const char *near = diag_nearest(word, names->words);
	size_t used = (size_t)snprintf(error, error_bytes, "no such %s, %s%s", what,
		near ? "did you mean " : "there are: ", near ? near : "");

	for (size_t i = 0; !near && i < names->n && used < error_bytes; i++)
		used += (size_t)snprintf(
			error + used, error_bytes - used, "%s%s", i ? ", " : "", names->words[i]);
	if (near && used < error_bytes)
		(void)snprintf(error + used, error_bytes - used, "?");
}

static bool is_known_target(
	struct simulation *simulation, const char *target, char *error, size_t error_bytes)
{
	struct names names = {0};

	if (can_be_output(target))
		return true;
	collect_names(simulation->config, &names);
	for (size_t i = 0; i < names.n; i++)
		if (strcmp(names.words[i], target) == 0)
			return true;
	write_unknown("target", target, &names, error, error_bytes);
	return false;
}

static bool find_fault(const char *word, enum sim_fault *ret_fault, char *error, size_t error_bytes)
{
	struct names names = {0};

	for (unsigned i = 0; sim_fault_name(i); i++) {
		if (strcmp(sim_fault_name(i), word) == 0) {
			*ret_fault = (enum sim_fault)i;
			return true;
		}
		add_name(&names, sim_fault_name(i));
	}
	write_unknown("fault", word, &names, error, error_bytes);
	return false;
}

/* Returns the error, possibly in the buffer; NULL: none. */
static const char *command_fault(struct simulation *simulation, const char *target,
	const char *argument, char *error, size_t error_bytes)
{
	enum sim_fault fault;
	int r;

	if (!find_fault(argument, &fault, error, error_bytes) ||
		!is_known_target(simulation, target, error, error_bytes))
		return error;
	r = sim_set_fault(simulation->board, target, fault);
	if (r == -EOPNOTSUPP)
		return "this target cannot have that fault";
	return r < 0 ? "no such target" : NULL;
}

/* Parses "750ms" into us, or returns 0. */
static uint32_t parse_time_us(const char *text)
{
	char *end;
	double number = strtod(text, &end);
	double us = number * (strcmp(end, "ms") == 0 ? 1000 : strcmp(end, "s") == 0 ? 1000000 : 0);

	return us >= 1 && us <= SIM_SLOW_MAX_US ? (uint32_t)us : 0;
}

/* Returns as command_fault(). */
static const char *command_slow(struct simulation *simulation, const char *target,
	const char *argument, char *error, size_t error_bytes)
{
	uint32_t transfer_us = parse_time_us(argument);

	if (transfer_us == 0)
		return "not a time of up to 60s, such as 750ms";
	if (!is_known_target(simulation, target, error, error_bytes))
		return error;
	return sim_set_slow(simulation->board, target, transfer_us) < 0 ? "no such target" : NULL;
}

/* True for a line of a chip. */
static bool is_input_line(const struct config *config, const char *target)
{
	char name[64];

	for (size_t i = 0; i < config->n_chips; i++) {
		const char *names = config->chips[i].bus;

		while (config->chips[i].driver->line_keys &&
			lines_next_name(&names, name, sizeof(name)) == 0) {
			if (strcmp(name, target) == 0)
				return true;
		}
	}
	return false;
}

static const char *drive_line(
	struct simulation *simulation, const char *target, const char *argument)
{
	bool level = strcmp(argument, "1") == 0;

	if (!level && strcmp(argument, "0") != 0)
		return "a line is 0 or 1";
	return sim_drive_line(simulation->board, target, level) < 0 ? "the line is not open" : NULL;
}

static const char *command_set(
	struct simulation *simulation, const char *target, const char *argument)
{
	char chip_name[64];
	const char *dot = strchr(target, '.');
	const struct config_chip *chip;
	struct sim_wave wave = {.kind = SIM_WAVE_CONSTANT};
	char *end;
	int channel;

	if (is_input_line(simulation->config, target))
		return drive_line(simulation, target, argument);
	if (!dot)
		return "neither CHIP.CHANNEL nor the line of a chip";
	snprintf(chip_name, sizeof(chip_name), "%.*s", (int)(dot - target), target);
	chip = find_chip(simulation->config, chip_name);
	channel = chip ? driver_channel_find(chip->driver, dot + 1) : -ENOENT;
	if (channel < 0)
		return "no such channel";
	wave.min = strtod(argument, &end);
	if (end == argument || *end)
		return "not a number";
	return sim_set_wave(simulation->board, chip->name, (unsigned)channel, &wave) < 0
		? "not possible"
		: NULL;
}

/* Carries out one line and writes the answer. */
static void command(struct simulation *simulation, const char *line, char *out, size_t out_bytes)
{
	char verb[16] = "";
	char target[128] = "";
	char argument[64] = "";
	char more[16] = "";
	char told[ANSWER_BYTES - sizeof("error \n")];
	const char *error = "there are: fault TARGET FAULT, set CHIP.CHANNEL VALUE, set LINE "
			    "LEVEL, get OUTPUT";
	double value;
	int words = sscanf(line, "%15s %127s %63s %15s", verb, target, argument, more);

	if (words == 3 && strcmp(verb, "fault") == 0)
		error = command_fault(simulation, target, argument, told, sizeof(told));
	else if (words == 4 && strcmp(verb, "fault") == 0 && strcmp(argument, "slow") == 0)
		error = command_slow(simulation, target, more, told, sizeof(told));
	else if (words == 3 && strcmp(verb, "set") == 0)
		error = command_set(simulation, target, argument);
	else if (words == 2 && strcmp(verb, "get") == 0) {
		if (sim_get_output(simulation->board, target, &value) == 0) {
			snprintf(out, out_bytes, "ok %.4f\n", value);
			return;
		}
		error = "nothing of that name is open";
	}
	if (error)
		snprintf(out, out_bytes, "error %s\n", error);
	else
		snprintf(out, out_bytes, "ok\n");
}

static void client_free(struct client *client)
{
	struct client **at = &client->simulation->clients;

	while (*at && *at != client)
		at = &(*at)->next;
	if (*at)
		*at = client->next;
	sd_event_source_unref(client->source);
	close(client->socket);
	free(client);
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct client *client = userdata;
	ssize_t n =
		recv(fd, client->line + client->used, sizeof(client->line) - 1 - client->used, 0);
	char *newline;

	(void)source;
	(void)events;
	if (n <= 0) {
		client_free(client);
		return 0;
	}
	client->used += (size_t)n;
	client->line[client->used] = '\0';
	while ((newline = strchr(client->line, '\n'))) {
		char out[ANSWER_BYTES];

		*newline = '\0';
		if (client->is_too_long)
			snprintf(out, sizeof(out), "error the line is too long\n");
		else
			command(client->simulation, client->line, out, sizeof(out));
		client->is_too_long = false;
		if (send(fd, out, strlen(out), MSG_NOSIGNAL) < 0)
			break;
		client->used -= (size_t)(newline + 1 - client->line);
		memmove(client->line, newline + 1, client->used + 1);
	}
	if (client->used == sizeof(client->line) - 1) {
		client->is_too_long = true;
		client->used = 0;
	}
	return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct simulation *simulation = userdata;
	struct client *client = calloc(1, sizeof(*client));

	(void)events;
	if (!client)
		return 0;
	client->simulation = simulation;
	client->socket = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (client->socket < 0 ||
		sd_event_add_io(sd_event_source_get_event(source), &client->source, client->socket,
			EPOLLIN, on_client, client) < 0) {
		if (client->socket >= 0)
			close(client->socket);
		free(client);
		return 0;
	}
	client->next = simulation->clients;
	simulation->clients = client;
	return 0;
}

int simulation_attach(struct simulation *simulation, sd_event *loop)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r = 0;

	if (!simulation->directory)
		return 0;
	r = snprintf(
		address.sun_path, sizeof(address.sun_path), "%s/control", simulation->directory);
	if (r < 0 || (size_t)r >= sizeof(address.sun_path)) {
		log_error("simulation", "TOS_SIM_DIR is too long for a socket");
		return -ENAMETOOLONG;
	}
	unlink(address.sun_path);
	simulation->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (simulation->socket < 0 ||
		bind(simulation->socket, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(simulation->socket, 8) < 0) {
		r = -errno;
		log_error("simulation", "%s: %s", address.sun_path, strerror(-r));
		return r;
	}
	return sd_event_add_io(loop, &simulation->listener, simulation->socket, EPOLLIN,
		on_connection, simulation);
}

struct simulation *simulation_free(struct simulation *simulation)
{
	if (!simulation)
		return NULL;
	while (simulation->clients)
		client_free(simulation->clients);
	sd_event_source_unref(simulation->listener);
	if (simulation->socket >= 0)
		close(simulation->socket);
	board_close(simulation->board);
	if (simulation->wire_log)
		fclose(simulation->wire_log);
	free(simulation->directory);
	free(simulation);
	return NULL;
}
