/* SPDX-License-Identifier: MIT */
/*
 * A device map of any bytes. One that is refused, or warned of, says why in printable words; one
 * that loads can be relied upon without another look (fuzz_map_check.c), and loads the same again.
 */
#include "fuzz.h"
#include "fuzz_map_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct host HOST = {.name = "edge-a", .id = "0123456789ab"};

static int load(const uint8_t *data, size_t size, struct diag *diag, struct config **ret_config)
{
	int fd = fuzz_file(data, size);
	char path[32];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = config_load(path, &HOST, diag, ret_config);
	FUZZ_CHECK(close(fd) == 0);
	return r;
}

static void check_printed(const struct diag *diag)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	FUZZ_CHECK(out != NULL);
	diag_print(diag, out);
	FUZZ_CHECK(fclose(out) == 0 && size > 0);
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		FUZZ_CHECK(end != NULL);
		/* A line of the map keeps its tabs, so that the caret stands right. */
		for (char *tab = line; (tab = memchr(tab, '\t', (size_t)(end - tab)));)
			*tab = ' ';
		fuzz_check_printable(line, (size_t)(end - line));
	}
	FUZZ_CHECK(strlen(text) == size);
	free(text);
}

static void check_same(const struct config *a, const struct config *b)
{
	FUZZ_CHECK(a->n_chips == b->n_chips && a->n_sensors == b->n_sensors);
	FUZZ_CHECK(a->n_outputs == b->n_outputs);
	FUZZ_CHECK(strcmp(a->mqtt.fingerprint, b->mqtt.fingerprint) == 0);
	for (size_t i = 0; i < a->n_chips; i++)
		FUZZ_CHECK(strcmp(a->chips[i].fingerprint, b->chips[i].fingerprint) == 0);
	for (size_t i = 0; i < a->n_sensors; i++)
		FUZZ_CHECK(strcmp(a->sensors[i].fingerprint, b->sensors[i].fingerprint) == 0);
	for (size_t i = 0; i < a->n_outputs; i++)
		FUZZ_CHECK(strcmp(a->outputs[i].fingerprint, b->outputs[i].fingerprint) == 0);
}

static void on_missed(void *userdata, const char *what, size_t line)
{
	(void)line;
	FUZZ_CHECK(*what);
	++*(size_t *)userdata;
}

static void check_output(const struct config *config, const struct config_port *output)
{
	if (output->type == PORT_CHIP_PWM)
		FUZZ_CHECK(output->chip < config->n_chips &&
			output->channel < config->chips[output->chip].driver->n_pwm);
	FUZZ_CHECK((output->type == PORT_LINE || output->type == PORT_SOFT_PWM) ==
		(output->line != NULL));
}

/* Checks that --safe makes only outputs that can be driven, of any bytes. */
static void check_outputs(const uint8_t *data, size_t size, bool good)
{
	size_t n_missed = 0;
	const struct config_missed missed = {on_missed, &n_missed};
	struct config *config = NULL;
	struct diag *diag = NULL;
	bool whole = false;
	int fd = fuzz_file(data, size);
	char path[32];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	FUZZ_CHECK(diag_new("map", &diag) == 0);
	r = config_load_outputs(path, &HOST, diag, &missed, &config, &whole);
	FUZZ_CHECK(close(fd) == 0);
	FUZZ_CHECK(r == 0 ? config && whole == good : r == -EINVAL && !config && !good);
	FUZZ_CHECK(good ? n_missed == 0 : diag_count(diag) > 0);
	for (size_t i = 0; config && i < config->n_outputs; i++)
		for (size_t j = 0; j < OUTPUT_PORTS_MAX; j++)
			check_output(config, &config->outputs[i].ports[j]);
	config_free(config);
	diag_free(diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config = NULL, *again = NULL;
	struct diag *diag = NULL;
	int r;

	FUZZ_CHECK(diag_new("map", &diag) == 0);
	r = load(data, size, diag, &config);
	if (r == 0) {
		FUZZ_CHECK(diag_count(diag) == 0 && config);
		if (diag_count_warnings(diag) > 0)
			check_printed(diag);
		fuzz_map_check(config);
		FUZZ_CHECK(load(data, size, diag, &again) == 0);
		check_same(config, again);
	} else {
		FUZZ_CHECK(r == -EINVAL && !config && diag_count(diag) > 0);
		check_printed(diag);
	}
	check_outputs(data, size, r == 0);
	config_free(config);
	config_free(again);
	diag_free(diag);
	return 0;
}
