/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "version.h"
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char USAGE[] =
	"Usage: tosd [OPTION]...\n"
	"Bridges the sensors, LEDs and motors of a board to MQTT.\n"
	"\n"
	"  -c, --config FILE   the device map (default: /etc/tos/tosd.yaml)\n"
	"  -S, --state DIR     where things are kept (default: $STATE_DIRECTORY or /var/lib/tos)\n"
	"  -s, --simulate      run on a simulated board: no device is opened\n"
	"  -k, --check [FILE]  check the device map and end (0: good, 78: mistakes)\n"
	"      --safe          stop every motor, make fail-safe outputs safe, and end\n"
	"  -v, --verbose       show messages, bus transfers and decisions\n"
	"  -V, --version       show the version and end\n"
	"  -h, --help          show this and end\n"
	"\n"
	"See tosd(8) and tosd.yaml(5).\n";

/* systemd gives a list separated by colons, of which the first is ours. */
static const char *default_state_dir(void)
{
	static char first[4096];
	const char *list = getenv("STATE_DIRECTORY");

	if (!list || !*list)
		return "/var/lib/tos";
	snprintf(first, sizeof(first), "%s", list);
	for (char *c = first; *c; c++)
		if (*c == ':')
			*c = '\0';
	return first;
}

__attribute__((format(printf, 1, 2))) static int usage_error(const char *format, ...)
{
	va_list arguments;

	fputs("tosd: ", stderr);
	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("\nTry 'tosd --help'.\n", stderr);
	return EXIT_USAGE;
}

/* Takes an option that must not be repeated or empty. -1, or an exit code. */
static int take(const char *name, const char *value, const char **at)
{
	if (!value || !*value)
		return usage_error("%s is empty: leave it out for the default", name);
	if (*at)
		return usage_error(
			"%s is given twice, as \"%s\" and \"%s\": keep one", name, *at, value);
	*at = value;
	return -1;
}

/* Reports a word that belongs to no option. If no map was named yet, the word is probably the map.
 * */
static int unexpected(const char *word, const struct gateway_options *options)
{
	if (options->config_path)
		return usage_error("unexpected argument \"%s\"", word);
	return usage_error(
		"unexpected argument \"%s\": the device map is named with --config %s", word, word);
}

/* Checks the words after the options, and the combination of options. -1, or an exit code. */
static int check(int n_words, char **words, struct gateway_options *options)
{
	int exit_code = -1;

	/* --check FILE, as tosd.yaml(5) writes it. */
	if (n_words > 0 && options->check) {
		exit_code = take("the device map", *words++, &options->config_path);
		n_words--;
	}
	if (exit_code < 0 && n_words > 0)
		exit_code = unexpected(*words, options);
	if (exit_code < 0 && options->check && options->safe)
		exit_code = usage_error("--check and --safe do not go together: keep one");
	return exit_code;
}

int options_parse(int argc, char **argv, struct gateway_options *ret_options)
{
	enum { OPTION_SAFE = 256 };
	static const struct option table[] = {
		{"config", required_argument, NULL, 'c'},
		{"state", required_argument, NULL, 'S'},
		{"simulate", no_argument, NULL, 's'},
		{"check", optional_argument, NULL, 'k'},
		{"safe", no_argument, NULL, OPTION_SAFE},
		{"verbose", no_argument, NULL, 'v'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct gateway_options options = {0};
	int exit_code = -1;
	int c;

	while (exit_code < 0 && (c = getopt_long(argc, argv, "c:S:skvVh", table, NULL)) != -1) {
		switch (c) {
		case 'c':
			exit_code = take("the device map", optarg, &options.config_path);
			break;
		case 'S':
			options.state_dir = NULL; /* the last one wins */
			exit_code = take("--state", optarg, &options.state_dir);
			break;
		case 's':
			options.simulate = true;
			break;
		case 'k':
			options.check = true;
			if (optarg)
				exit_code = take("the device map", optarg, &options.config_path);
			break;
		case OPTION_SAFE:
			options.safe = true;
			break;
		case 'v':
			options.verbose = true;
			break;
		case 'V':
			puts("tosd " TOS_VERSION);
			return EXIT_OK;
		case 'h':
			fputs(USAGE, stdout);
			return EXIT_OK;
		default:
			fputs("Try 'tosd --help'.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (exit_code < 0)
		exit_code = check(argc - optind, argv + optind, &options);
	if (exit_code >= 0)
		return exit_code;
	if (!options.config_path)
		options.config_path = "/etc/tos/tosd.yaml";
	if (!options.state_dir)
		options.state_dir = default_state_dir();
	*ret_options = options;
	return -1;
}
