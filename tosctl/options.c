/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "command.h"
#include "duration.h"
#include "options_draft.h"
#include "options_own.h"
#include "version.h"
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WAIT_S = 5,
	FILE_MAX_BYTES = 8192, /* ~/.config/tosctl */
	OPTION_UNIX = 256,
	OPTION_CAFILE,
	OPTION_CERT,
	OPTION_KEY,
	OPTION_JSON,
	OPTION_FOR,
	OPTION_FADE,
	OPTION_WRITE,
	OPTION_SIMULATE,
	OPTION_STATE,
	OPTION_FORCE,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option TABLE[] = {
	{"host", required_argument, NULL, 'h'},
	{"port", required_argument, NULL, 'p'},
	{"url", required_argument, NULL, 'L'},
	{"username", required_argument, NULL, 'u'},
	{"pw", required_argument, NULL, 'P'},
	{"protocol-version", required_argument, NULL, 'V'},
	{"topic", required_argument, NULL, 't'},
	{"config", required_argument, NULL, 'c'},
	{"unix", required_argument, NULL, OPTION_UNIX},
	{"cafile", required_argument, NULL, OPTION_CAFILE},
	{"cert", required_argument, NULL, OPTION_CERT},
	{"key", required_argument, NULL, OPTION_KEY},
	{"json", no_argument, NULL, OPTION_JSON},
	{"for", required_argument, NULL, OPTION_FOR},
	{"fade", required_argument, NULL, OPTION_FADE},
	{"write", required_argument, NULL, OPTION_WRITE},
	{"simulate", required_argument, NULL, OPTION_SIMULATE},
	{"state", required_argument, NULL, OPTION_STATE},
	{"force", no_argument, NULL, OPTION_FORCE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

static const char USAGE[] = "Usage: tosctl [OPTION]... COMMAND [ARGUMENT]...\n"
			    "Shows and steers a tos-gateway, over its MQTT broker.\n"
			    "\n"
			    "Outputs, each kind that the gateway has (tosctl outputs):\n"
			    "  led [NAME|N] on|off|toggle|1-10|PERCENT%|#rrggbb\n"
			    "  motor [NAME|N] forward|backward|stop [1-10]\n"
			    "  KIND [NAME|N] WORD... | KEY=VALUE...\n"
			    "      --for TIME        and then rest; 2s, 500ms\n"
			    "      --fade TIME       get there slowly, where the kind can\n"
			    "\n"
			    "Commands:\n";

static const char USAGE_OPTIONS[] =
	"\n"
	"Options (also in ~/.config/tosctl, one a line; else from the device map here):\n"
	"  -h HOST  -p PORT      the broker; or -L mqtt://HOST:PORT, mqtts:// for TLS;\n"
	"                        or --unix PATH, a socket of this machine\n"
	"  -u USER  -P PASSWORD  --cafile FILE  --cert FILE  --key FILE\n"
	"  -t ROOT               mqtt.topic of the gateway (tos)\n"
	"  -c FILE               the map to take it from (/etc/tos/tosd.yaml)\n"
	"  -V 5|311              the MQTT version     -W SECONDS  wait for answers (5)\n"
	"  -C COUNT              end after so many messages    --json  for programs\n"
	"\n"
	"Exits with 0; 1 refused; 2 usage; 3 offline; 4 no such device; 124 no answer.\n"
	"See tosctl(1).\n";

int options_usage_error(const char *format, ...)
{
	va_list arguments;

	fputs("tosctl: ", stderr);
	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("\nTry 'tosctl --help'.\n", stderr);
	return EXIT_USAGE;
}

int options_show_help(void)
{
	fputs(USAGE, stdout);
	for (const struct command *const *command = command_table; *command; command++)
		printf("  %-9s%-13s%s\n", (*command)->name, (*command)->arguments,
			(*command)->help);
	fputs(USAGE_OPTIONS, stdout);
	return EXIT_OK;
}

static int take_number(
	const char *name, const char *text, unsigned long max, unsigned long *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || *ret_number < 1 || *ret_number > max)
		return options_usage_error(
			"%s takes a number from 1 to %lu, not \"%s\"", name, max, text);
	return -1;
}

static int take_path(const char *name, const char *text, const char **ret_path)
{
	if (!*text)
		return options_usage_error("%s takes a file's name", name);
	*ret_path = text;
	return -1;
}

static int take_version(const char *text, int *ret_version)
{
	static const struct {
		const char *word;
		int version;
	} VERSIONS[] = {{"5", CONFIG_MQTT_VERSION_5}, {"mqttv5", CONFIG_MQTT_VERSION_5},
		{"311", CONFIG_MQTT_VERSION_3_1_1}, {"3.1.1", CONFIG_MQTT_VERSION_3_1_1},
		{"mqttv311", CONFIG_MQTT_VERSION_3_1_1}};

	for (size_t i = 0; i < sizeof(VERSIONS) / sizeof(*VERSIONS); i++) {
		if (strcmp(text, VERSIONS[i].word) == 0) {
			*ret_version = VERSIONS[i].version;
			return -1;
		}
	}
	return options_usage_error("-V takes 5 or 311, not \"%s\"", text);
}

static int take_wait(const char *text, uint64_t *ret_us)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds > 0 && seconds <= 86400))
		return options_usage_error("-W takes seconds, not \"%s\"", text);
	*ret_us = (uint64_t)(seconds * 1e6);
	return -1;
}

/* One option. -1, or an exit code. */
static int take(int option, char *value, struct options_draft *draft)
{
	struct config_mqtt *mqtt = &draft->options.mqtt;

	switch (option) {
	case 'h':
		draft->host = value;
		return -1;
	case 'p':
		return take_number("-p", value, 65535, &draft->port);
	case 'L':
		draft->url = value;
		return -1;
	case 'u':
		mqtt->username = value;
		return -1;
	case 'P':
		draft->options.password = value;
		return -1;
	case 'V':
		return take_version(value, &mqtt->version);
	case 'W':
		return take_wait(value, &draft->options.wait_us);
	case 'C':
		return take_number("-C", value, 1000000000, &draft->options.count);
	case 't':
		draft->topic = value;
		return -1;
	case 'c':
		draft->map = value;
		return -1;
	case OPTION_UNIX:
		draft->path = value;
		return -1;
	case OPTION_CAFILE:
		mqtt->tls.ca = value;
		return -1;
	case OPTION_CERT:
		mqtt->tls.cert = value;
		return -1;
	case OPTION_KEY:
		mqtt->tls.key = value;
		return -1;
	case OPTION_JSON:
		draft->options.json = true;
		return -1;
	case OPTION_FOR:
		return duration_parse("--for", value, &draft->options.for_ms);
	case OPTION_FADE:
		return duration_parse("--fade", value, &draft->options.fade_ms);
	case OPTION_WRITE:
		return take_path("--write", value, &draft->options.write);
	case OPTION_SIMULATE:
		return take_path("--simulate", value, &draft->options.simulate);
	case OPTION_STATE:
		return take_path("--state", value, &draft->options.state);
	case OPTION_FORCE:
		draft->options.force = true;
		return -1;
	case OPTION_VERSION:
		puts("tosctl " TOS_VERSION);
		return EXIT_OK;
	case OPTION_HELP:
		return options_show_help();
	default:
		fputs("Try 'tosctl --help'.\n", stderr);
		return EXIT_USAGE;
	}
}

/* Of enum options_own; 0: it is of the connection. */
static unsigned own_bit(int option)
{
	static const struct {
		int option;
		enum options_own bit;
	} ROWS[] = {
		{'C', OPTIONS_COUNT},
		{OPTION_JSON, OPTIONS_JSON},
		{OPTION_FOR, OPTIONS_FOR},
		{OPTION_FADE, OPTIONS_FADE},
		{OPTION_WRITE, OPTIONS_WRITE},
		{OPTION_SIMULATE, OPTIONS_SIMULATE},
		{OPTION_STATE, OPTIONS_STATE},
		{OPTION_FORCE, OPTIONS_FORCE},
	};

	for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++)
		if (ROWS[i].option == option)
			return ROWS[i].bit;
	return 0;
}

/* As mosquitto's tools have it: -h is the host, and without one it is help. */
static bool is_bare_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "-h") == 0 && (i + 1 == argc || argv[i + 1][0] == '-'))
			return true;
	return false;
}

/* No option begins with a digit, but a number may be negative. */
static bool is_word(const char *argument)
{
	return argument[0] != '-' || !argument[1] || strchr("0123456789.", argument[1]) != NULL;
}

/* The words go to the end of argv, from *ret_first on. */
static int parse(int argc, char **argv, struct options_draft *draft, int *ret_first)
{
	int exit_code = -1, option;
	size_t n_words = 0;
	bool is_rest = false;

	if (is_bare_help(argc, argv))
		return options_show_help();
	optind = 1; /* all over again */
	while (exit_code < 0 && optind < argc) {
		if (is_rest || is_word(argv[optind])) {
			argv[1 + n_words++] = argv[optind++];
		} else if (strcmp(argv[optind], "--") == 0) {
			is_rest = true;
			optind++;
		} else {
			option = getopt_long(argc, argv, "+h:p:L:u:P:V:W:C:t:c:", TABLE, NULL);
			draft->options.given |= own_bit(option);
			exit_code = take(option, optarg, draft);
		}
	}
	*ret_first = argc - (int)n_words;
	memmove(argv + *ret_first, argv + 1, n_words * sizeof(*argv));
	return exit_code;
}

/* A password may end with a blank, and nothing else does. */
static void trim(const char *option, char *value)
{
	size_t size = strlen(value);

	if (strcmp(option, "-P") == 0 || strcmp(option, "--pw") == 0)
		return;
	while (size > 0 && strchr(" \t", value[size - 1]))
		value[--size] = '\0';
}

/* A line as "-h host" or "--json". Its words are borrowed. */
static int take_line(char *line, const char *path, struct options_draft *draft)
{
	char name[] = "tosctl", *value, *argv[4] = {name, NULL, NULL, NULL};
	int argc = 2, first = 0, exit_code;

	line[strcspn(line, "\r")] = '\0';
	argv[1] = line + strspn(line, " \t");
	if (!*argv[1] || *argv[1] == '#')
		return -1;
	value = argv[1] + strcspn(argv[1], " \t");
	if (*value) {
		*value++ = '\0';
		value += strspn(value, " \t");
		trim(argv[1], value);
		if (*value)
			argv[argc++] = value;
	}
	exit_code = parse(argc, argv, draft, &first);
	if (exit_code < 0 && first < argc)
		exit_code = options_usage_error("\"%s\" is no option", argv[first]);
	if (exit_code >= 0)
		fprintf(stderr, "tosctl: that stands in %s\n", path);
	return exit_code;
}

static int read_own_file(struct options_draft *draft)
{
	static char text[FILE_MAX_BYTES]; /* the options live as long as the process */
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char path[4096], *rest = text, *line;
	int exit_code = -1;
	size_t size;
	FILE *file;

	if (config && *config)
		(void)snprintf(path, sizeof(path), "%s/tosctl", config);
	else
		(void)snprintf(path, sizeof(path), "%s/.config/tosctl", home ? home : "");
	file = fopen(path, "re");
	if (!file)
		return -1;
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (size == sizeof(text))
		return options_usage_error("%s is larger than %d bytes", path, FILE_MAX_BYTES - 1);
	text[size] = '\0';
	while (exit_code < 0 && (line = strsep(&rest, "\n")))
		exit_code = take_line(line, path, draft);
	return exit_code;
}

/* An output is no command. */
static bool needs_broker(const char *word)
{
	const struct command *command = word ? command_find(word) : NULL;

	return word && !(command && command->is_local);
}

int options_parse(int argc, char **argv, struct options *ret_options, int *ret_first)
{
	struct options_draft draft = {.options.wait_us = WAIT_S * UINT64_C(1000000)};
	struct options_draft from_file = draft;
	int exit_code = read_own_file(&from_file), first = argc;

	/* The options there are for the commands that take them. */
	from_file.options.given = 0;
	draft = from_file;
	if (exit_code < 0)
		exit_code = parse(argc, argv, &draft, &first);
	if (exit_code < 0 && needs_broker(first < argc ? argv[first] : NULL))
		exit_code = options_find_broker(&from_file, &draft);
	if (exit_code >= 0)
		return exit_code;
	*ret_options = draft.options;
	*ret_first = first;
	return -1;
}
