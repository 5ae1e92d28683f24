/* SPDX-License-Identifier: MIT */
#include "led.h"
#include "output_kind.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct led {
	struct gpio_line *line; /* one of the two, owned */
	struct pwm_output *pwm;
	struct led_settings settings;
	uint32_t duties[LED_LEVEL_MAX]; /* steps, by level - 1 */
};

/* The highest duty that is not visible. */
static uint32_t dark_duty(const struct led_settings *settings, uint32_t steps)
{
	return (uint32_t)(settings->min_duty * steps);
}

/* share: of the full level, 0..1. */
static uint64_t exact_duty(const struct led_settings *settings, uint32_t steps, double share)
{
	double duty = settings->min_duty + (1 - settings->min_duty) * pow(share, settings->gamma);

	return (uint64_t)llround(duty * steps);
}

void led_levels(
	const struct led_settings *settings, uint32_t steps, uint32_t ret_duties[LED_LEVEL_MAX])
{
	uint32_t dark = dark_duty(settings, steps);

	for (uint32_t i = 0; i < LED_LEVEL_MAX; i++) {
		uint64_t above = LED_LEVEL_MAX - 1 - i; /* each needs a step of its own */
		uint64_t highest = steps >= LED_LEVEL_MAX ? steps - above : steps;
		uint64_t lowest = i > 0 ? ret_duties[i - 1] : dark;
		uint64_t value = exact_duty(settings, steps, (i + 1.0) / LED_LEVEL_MAX);

		/*
		 * With few steps and a large gamma, neighbours round to the same duty. So each is
		 * raised above the one below it, but not so far that those above find no room. The
		 * room has priority, since min_duty may leave none.
		 */
		if (value <= lowest)
			value = lowest + 1;
		if (value > highest)
			value = highest;
		ret_duties[i] = (uint32_t)value;
	}
}

uint32_t led_duty(const struct led_settings *settings, uint32_t steps,
	const uint32_t duties[LED_LEVEL_MAX], unsigned fine)
{
	unsigned level = fine / LED_FINE_PER_LEVEL;
	uint32_t lowest = level > 0 ? duties[level - 1] : dark_duty(settings, steps) + 1;
	uint64_t duty;

	if (level > 0 && fine % LED_FINE_PER_LEVEL == 0)
		return duties[level - 1];
	duty = exact_duty(settings, steps, fine / (double)LED_FINE_MAX);
	if (duty < lowest)
		duty = lowest;
	return duty > duties[level] ? duties[level] : (uint32_t)duty;
}

int led_new(struct gpio_line *line, struct pwm_output *pwm, const struct led_settings *settings,
	struct led **ret_led)
{
	struct led *led = calloc(1, sizeof(*led));
	/* Written so that NaN does not pass. */
	bool valid = !line != !pwm && settings->min_duty >= 0 && settings->min_duty <= 1 &&
		settings->gamma > 0 && isfinite(settings->gamma);

	if (!led || !valid) {
		free(led);
		gpio_line_close(line);
		pwm_close(pwm);
		return valid ? -ENOMEM : -EINVAL;
	}
	led->line = line;
	led->pwm = pwm;
	led->settings = *settings;
	if (pwm)
		led_levels(settings, pwm->steps, led->duties);
	*ret_led = led;
	return 0;
}

int led_set(struct led *led, bool on, unsigned fine)
{
	if (on && (fine < 1 || fine > LED_FINE_MAX))
		return -EINVAL;
	if (led->line)
		return gpio_line_set(led->line, on);
	return pwm_set(
		led->pwm, on ? led_duty(&led->settings, led->pwm->steps, led->duties, fine) : 0);
}

struct led *led_close(struct led *led, bool dark)
{
	if (!led)
		return NULL;
	if (dark)
		led_set(led, false, 0);
	gpio_line_close(led->line);
	pwm_close(led->pwm);
	free(led);
	return NULL;
}

/* --- the kind of output --- */

static const struct output_port PORTS[] = {
	{.may_be = PORT_MAY_BE_LINE | PORT_MAY_BE_PWM | PORT_MAY_BE_LED}};

enum { MIN_DUTY, GAMMA, N_PARAMS };

static const struct driver_param PARAMS[] = {
	[MIN_DUTY] = {.key = "min_duty",
		.type = DRIVER_PARAM_PERCENT,
		.max = 0.9,
		.help = "the duty below which it is dark"},
	[GAMMA] = {.key = "gamma",
		.type = DRIVER_PARAM_NUMBER,
		.min = 0.5,
		.max = 4,
		.default_value = 2.2,
		.help = "1 is linear in duty; 2.2 looks even to the eye"},
};

enum { ON, BRIGHT, PERCENT };

static const struct output_key KEYS[] = {
	[ON] = {.name = "on", .type = OUTPUT_KEY_BOOL, .is_implied = true, .implied = 1},
	[BRIGHT] = {.name = "bright",
		.type = OUTPUT_KEY_NUMBER,
		.min = LED_LEVEL_MIN,
		.max = LED_LEVEL_MAX,
		.initial = LED_LEVEL_MAX},
	[PERCENT] = {.name = "percent",
		.type = OUTPUT_KEY_NUMBER,
		.max = LED_FINE_MAX,
		.decimals = 1,
		.per_coarse = LED_FINE_PER_LEVEL,
		.coarse = BRIGHT,
		.initial = LED_FINE_MAX,
		.has_stop = true},
};

#define DARK                                                                                       \
	{                                                                                          \
		.given = 1U << ON, .numbers = { [ON] = 0 }                                         \
	}
#define SHINE                                                                                      \
	{                                                                                          \
		.given = 1U << ON, .numbers = { [ON] = 1 }                                         \
	}

static const struct output_failsafe FAILSAFE[] = {
	{.word = "keep"},
	{.word = "off", .away = DARK, .end = DARK},
	{.word = "on", .away = SHINE, .end = SHINE},
};

static bool check_led(struct output_draft *draft)
{
	static const char *const KEYS_OF_BRIGHTNESS[] = {"min_duty", "gamma", "frequency"};
	bool is_plain = draft->ports[0] == PORT_LINE && !draft->gives(draft, "pwm");

	for (size_t i = 0; is_plain && i < 3; i++) {
		const struct output_mistake mistake = {.key = KEYS_OF_BRIGHTNESS[i],
			.cure = "add pwm: soft",
			.words = "a plain line is on or off and has no brightness"};

		if (draft->gives(draft, mistake.key))
			draft->report(draft, &mistake);
	}
	return true;
}

static int open_led(const struct output_wire wires[], const double *params, void **ret_output)
{
	const struct led_settings settings = {.min_duty = params[MIN_DUTY], .gamma = params[GAMMA]};
	struct led *led;
	int r = led_new(wires[0].line, wires[0].pwm, &settings, &led);

	if (r == 0)
		*ret_output = led;
	return r;
}

static int apply_led(void *output, const struct output_values *values, uint64_t now_us)
{
	(void)now_us;
	return led_set(output, values->numbers[ON], (unsigned)values->numbers[PERCENT]);
}

static int safe_led(void *output)
{
	return led_set(output, false, 0);
}

static void close_led(void *output)
{
	(void)led_close(output, false);
}

const struct output_kind output_led = {
	.word = "led",
	.section = "leds",
	.article = "an",
	.noun = "LED",
	.nouns = "LEDs",
	.nature = "light",
	.example = "{name: red, line: GPIO17}",
	.action = "{\"on\":true}",
	.max = 64,
	.is_counted = true,
	.ports = PORTS,
	.n_ports = sizeof(PORTS) / sizeof(PORTS[0]),
	.params = PARAMS,
	.n_params = N_PARAMS,
	.keys = KEYS,
	.n_keys = sizeof(KEYS) / sizeof(KEYS[0]),
	.rest = DARK,
	.failsafe = FAILSAFE,
	.n_failsafe = sizeof(FAILSAFE) / sizeof(FAILSAFE[0]),
	.is_failsafe_shared = true,
	.check = check_led,
	.open = open_led,
	.apply = apply_led,
	.safe = safe_led,
	.close = close_led,
};
