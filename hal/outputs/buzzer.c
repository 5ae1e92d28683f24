/* SPDX-License-Identifier: MIT */
/*
 * A buzzer. If it sounds by itself, it is on a GPIO line, and is on or off. A bare piezo or
 * loudspeaker is on a PWM output with a period of its own, and sounds at that frequency.
 */
#include "output_kind.h"

#include <errno.h>
#include <stdlib.h>

enum {
	TONE_MIN_HZ = 20,
	TONE_MAX_HZ = 20000,
	TONE_HZ = 2000, /* the initial tone; a piezo is loudest between 2 and 4 kHz */
};

struct buzzer {
	struct gpio_line *line; /* one of the two, owned */
	struct pwm_output *pwm;
	int tone_hz; /* the present tone; 0: none */
};

static const struct output_port PORTS[] = {{.may_be = PORT_MAY_BE_LINE | PORT_MAY_BE_PWM}};

enum { ON, TONE };

static const struct output_key KEYS[] = {
	[ON] = {.name = "on", .type = OUTPUT_KEY_BOOL, .is_implied = true, .implied = 1},
	[TONE] = {.name = "tone",
		.type = OUTPUT_KEY_NUMBER,
		.min = TONE_MIN_HZ,
		.max = TONE_MAX_HZ,
		.initial = TONE_HZ},
};

#define SILENT                                                                                     \
	{                                                                                          \
		.given = 1U << ON, .numbers = { [ON] = 0 }                                         \
	}
#define SOUNDING                                                                                   \
	{                                                                                          \
		.given = 1U << ON, .numbers = { [ON] = 1 }                                         \
	}

/* Nobody would turn it off after the process has ended. */
static const struct output_failsafe FAILSAFE[] = {
	{.word = "off", .away = SILENT, .end = SILENT},
	{.word = "on", .away = SOUNDING, .end = SILENT},
	{.word = "keep", .end = SILENT},
};

static bool check_buzzer(struct output_draft *draft)
{
	static const struct output_mistake SOFT = {.key = "pwm",
		.is_value = true,
		.cure = "remove it: on a line alone a buzzer that sounds by itself is on or off; "
			"for "
			"tones there is the kernel's PWM, as pwm: pwmchip0.0",
		.words = "software PWM has no tones"};
	static const struct output_mistake SHARED = {.key = "pwm",
		.is_value = true,
		.cure = "the kernel's PWM has tones, as pwm: pwmchip0.0; a line has on and off",
		.words = "the outputs of a PWM part share one frequency, and so have no tones"};
	static const struct output_mistake FREQUENCY = {
		.key = "frequency", .cure = "remove it", .words = "an action says it, as tone"};

	if (draft->ports[0] == PORT_SOFT_PWM)
		draft->report(draft, &SOFT);
	else if (draft->ports[0] == PORT_CHIP_PWM)
		draft->report(draft, &SHARED);
	else if (draft->gives(draft, "frequency"))
		draft->report(draft, &FREQUENCY);
	else
		return true;
	return false;
}

static const char *buzzer_refuses(const enum port_type ports[], size_t key, int number)
{
	(void)number;
	return key == TONE && ports[0] == PORT_LINE
		? "this buzzer is on a line and has no tones: say \"on\":true"
		: NULL;
}

static int open_buzzer(const struct output_wire wires[], const double *params, void **ret_output)
{
	struct buzzer *buzzer = calloc(1, sizeof(*buzzer));
	bool is_valid =
		!wires[0].line != !wires[0].pwm && (!wires[0].pwm || wires[0].pwm->ops->set_period);

	(void)params;
	if (!buzzer || !is_valid) {
		free(buzzer);
		gpio_line_close(wires[0].line);
		pwm_close(wires[0].pwm);
		return is_valid ? -ENOMEM : -EINVAL;
	}
	buzzer->line = wires[0].line;
	buzzer->pwm = wires[0].pwm;
	*ret_output = buzzer;
	return 0;
}

static int silence(struct buzzer *buzzer)
{
	buzzer->tone_hz = 0;
	return pwm_set(buzzer->pwm, 0);
}

static int apply_buzzer(void *output, const struct output_values *values, uint64_t now_us)
{
	struct buzzer *buzzer = output;
	int tone_hz = values->numbers[TONE];
	int r = 0;

	(void)now_us;
	if (buzzer->line)
		return gpio_line_set(buzzer->line, values->numbers[ON]);
	if (!values->numbers[ON])
		return silence(buzzer);
	/* The same tone goes on without a click. */
	if (buzzer->tone_hz != tone_hz)
		r = pwm_set_period(buzzer->pwm, 1000000000U / (uint32_t)tone_hz);
	if (r == 0)
		r = pwm_set(buzzer->pwm, buzzer->pwm->steps / 2);
	if (r < 0)
		(void)silence(buzzer);
	else
		buzzer->tone_hz = tone_hz;
	return r;
}

static int safe_buzzer(void *output)
{
	struct buzzer *buzzer = output;

	return buzzer->line ? gpio_line_set(buzzer->line, false) : silence(buzzer);
}

static void close_buzzer(void *output)
{
	struct buzzer *buzzer = output;

	if (!buzzer)
		return;
	gpio_line_close(buzzer->line);
	pwm_close(buzzer->pwm);
	free(buzzer);
}

const struct output_kind output_buzzer = {
	.word = "buzzer",
	.section = "buzzers",
	.article = "a",
	.noun = "buzzer",
	.nouns = "buzzers",
	.nature = "siren",
	.example = "{name: alarm, pwm: pwmchip0.0}",
	.action = "{\"on\":true}",
	.max = 16,
	.ports = PORTS,
	.n_ports = sizeof(PORTS) / sizeof(PORTS[0]),
	.keys = KEYS,
	.n_keys = sizeof(KEYS) / sizeof(KEYS[0]),
	.rest = SILENT,
	.failsafe = FAILSAFE,
	.n_failsafe = sizeof(FAILSAFE) / sizeof(FAILSAFE[0]),
	.check = check_buzzer,
	.refuses = buzzer_refuses,
	.open = open_buzzer,
	.apply = apply_buzzer,
	.safe = safe_buzzer,
	.close = close_buzzer,
};
