/* SPDX-License-Identifier: MIT */
/* A relay, or anything else that a line switches on and off. */
#include "output_kind.h"

#include <errno.h>
#include <stdlib.h>

static const struct output_port PORTS[] = {{.may_be = PORT_MAY_BE_LINE}};

enum { ON };

static const struct output_key KEYS[] = {[ON] = {.name = "on", .type = OUTPUT_KEY_BOOL}};

#define OFF                                                                                        \
	{                                                                                          \
		.given = 1U << ON, .numbers = { [ON] = 0 }                                         \
	}
#define SWITCHED_ON                                                                                \
	{                                                                                          \
		.given = 1U << ON, .numbers = { [ON] = 1 }                                         \
	}

/* Nobody watches a pump after the process has ended, so then even 'keep' means off. */
static const struct output_failsafe FAILSAFE[] = {
	{.word = "off", .away = OFF, .end = OFF},
	{.word = "on", .away = SWITCHED_ON, .end = SWITCHED_ON},
	{.word = "keep", .end = OFF},
};

static int relay_active_at_power_on(const enum port_type types[], const enum output_level levels[])
{
	(void)types;
	return levels[0] == OUTPUT_LEVEL_ON ? 0 : -1;
}

static int open_relay(const struct output_wire wires[], const double *params, void **ret_output)
{
	(void)params;
	if (!wires[0].line || wires[0].pwm) {
		gpio_line_close(wires[0].line);
		pwm_close(wires[0].pwm);
		return -EINVAL;
	}
	*ret_output = wires[0].line;
	return 0;
}

static int apply_relay(void *output, const struct output_values *values, uint64_t now_us)
{
	(void)now_us;
	return gpio_line_set(output, values->numbers[ON]);
}

static int safe_relay(void *output)
{
	return gpio_line_set(output, false);
}

static void close_relay(void *output)
{
	gpio_line_close(output);
}

const struct output_kind output_relay = {
	.word = "relay",
	.section = "relays",
	.article = "a",
	.noun = "relay",
	.nouns = "relays",
	.nature = "switch",
	.example = "{name: pump, line: GPIO26}",
	.action = "{\"on\":true}",
	.max = 64,
	.ports = PORTS,
	.n_ports = sizeof(PORTS) / sizeof(PORTS[0]),
	.keys = KEYS,
	.n_keys = sizeof(KEYS) / sizeof(KEYS[0]),
	.rest = OFF,
	.failsafe = FAILSAFE,
	.n_failsafe = sizeof(FAILSAFE) / sizeof(FAILSAFE[0]),
	.active_at_power_on = relay_active_at_power_on,
	.open = open_relay,
	.apply = apply_relay,
	.safe = safe_relay,
	.close = close_relay,
};
