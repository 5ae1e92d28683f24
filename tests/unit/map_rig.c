/* SPDX-License-Identifier: MIT */
#include "map_rig.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct config *map_load(const char *text)
{
	static const struct host host = {.name = "host", .id = "0123456789ab"};
	char path[] = "/tmp/map_rig.XXXXXX";
	int fd = mkstemp(path);
	struct diag *diag = NULL;
	struct config *config = NULL;
	int r;

	assert_true(fd >= 0);
	dprintf(fd, "mqtt: {url: mqtt://localhost}\n%s", text);
	close(fd);
	assert_int_equal(diag_new("map", &diag), 0);
	r = config_load(path, &host, diag, &config);
	if (r < 0)
		diag_print(diag, stderr);
	assert_int_equal(r, 0);
	diag_free(diag);
	unlink(path);
	return config;
}

void map_rig_add_parts(struct map_rig *rig, const struct config *config)
{
	for (size_t i = 0; i < config->n_chips; i++) {
		const struct config_chip *chip = &config->chips[i];

		assert_int_equal(sim_add_part(rig->board, chip->name, chip->driver, chip->bus,
					 chip->address),
			0);
	}
}

void map_rig_open(struct map_rig *rig, const char *text)
{
	map_rig_open_traced(rig, text, NULL);
}

void map_rig_open_traced(struct map_rig *rig, const char *text, const struct hal_trace *trace)
{
	struct sim_settings settings = {.stuck_us = MAP_RIG_STUCK_US};

	*rig = (struct map_rig){.config = map_load(text)};
	rig->wire_log = open_memstream(&rig->wires, &rig->wires_size);
	assert_non_null(rig->wire_log);
	settings.wire_log = rig->wire_log;
	assert_int_equal(board_sim_new(&settings, trace, &rig->board), 0);
	map_rig_add_parts(rig, rig->config);
}

void map_rig_close(struct map_rig *rig)
{
	board_close(rig->board);
	fclose(rig->wire_log);
	free(rig->wires);
	config_free(rig->config);
}

char *map_rig_wires(struct map_rig *rig)
{
	char *out = calloc(1, rig->wires_size + 1 - rig->seen);
	const char *line = rig->wires + rig->seen;

	assert_non_null(out);
	while (*line) {
		const char *text = strchr(line, ' ') + 1;
		const char *end = strchr(text, '\n') + 1;

		strncat(out, text, (size_t)(end - text));
		line = end;
	}
	rig->seen = rig->wires_size;
	return out;
}

double map_rig_output(struct map_rig *rig, const char *target)
{
	double value = -1;

	assert_int_equal(sim_get_output(rig->board, target, &value), 0);
	return value;
}
