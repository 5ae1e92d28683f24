/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "version.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char USAGE[] =
	"Usage: tosd [OPTION]...\n"
	"Bridges the sensors, LEDs and motors of a board to MQTT.\n"
	"\n"
	"  -c, --config FILE   the device map (default: /etc/tos/tosd.yaml)\n"
	"  -S, --state DIR     where things are kept (default: $STATE_DIRECTORY or /var/lib/tos)\n"
	"  -s, --simulate      run on a simulated board: no device is opened\n"
	"  -k, --check         check the device map and end (0: good, 78: mistakes)\n"
	"      --safe          stop every motor, make fail-safe outputs safe, and end\n"
	"  -v, --verbose       show messages, bus transfers and decisions\n"
	"  -V, --version       show the version and end\n"
	"  -h, --help          show this and end\n"
	"\n"
	"See tosd(8) and tosd.yaml(5).\n";

/* systemd gives a list, separated by colons; the first one is ours. */
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

int options_parse(int argc, char **argv, struct options *ret_options)
{
	enum { OPTION_SAFE = 256 };
	static const struct option table[] = {
		{"config", required_argument, NULL, 'c'},
		{"state", required_argument, NULL, 'S'},
		{"simulate", no_argument, NULL, 's'},
		{"check", no_argument, NULL, 'k'},
		{"safe", no_argument, NULL, OPTION_SAFE},
		{"verbose", no_argument, NULL, 'v'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct options options = {
		.config_path = "/etc/tos/tosd.yaml", .state_dir = default_state_dir()};
	int c;

	while ((c = getopt_long(argc, argv, "c:S:skvVh", table, NULL)) != -1) {
		switch (c) {
		case 'c':
			options.config_path = optarg;
			break;
		case 'S':
			options.state_dir = optarg;
			break;
		case 's':
			options.simulate = true;
			break;
		case 'k':
			options.check = true;
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
	/* --check FILE, as the manual of the device map has it. */
	if (optind < argc && options.check && optind + 1 == argc)
		options.config_path = argv[optind++];
	if (optind < argc) {
		fprintf(stderr, "tosd: unexpected argument \"%s\"\nTry 'tosd --help'.\n",
			argv[optind]);
		return EXIT_USAGE;
	}
	*ret_options = options;
	return -1;
}
