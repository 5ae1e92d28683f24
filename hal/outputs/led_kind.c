/* SPDX-License-Identifier: MIT */
/* The LED as a kind of output: of one color or of three, and the words of its actions. */
#include "color_led.h"
#include "led.h"
#include "output_kind.h"

#include <errno.h>
#include <stdlib.h>

/* One of the two. */
struct led_output {
	struct led *one;
	struct color_led *three;
};

enum { ONE, RED, GREEN, BLUE, N_PORTS };

static const struct output_port PORTS[N_PORTS] = {
	[ONE] = {.may_be = PORT_MAY_BE_LINE | PORT_MAY_BE_PWM | PORT_MAY_BE_LED},
	[RED] = {"red", PORT_MAY_BE_PWM, true},
	[GREEN] = {"green", PORT_MAY_BE_PWM, true},
	[BLUE] = {"blue", PORT_MAY_BE_PWM, true},
};

#define FADE_MAX_US (OUTPUT_FADE_MAX_MS * 1e3)

enum { MIN_DUTY, GAMMA, FADE, N_PARAMS };

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
	[FADE] = {.key = "fade",
		.type = DRIVER_PARAM_DURATION,
		.max = FADE_MAX_US,
		.help = "how long the light takes to change"},
};

enum { ON, BRIGHT, PERCENT, COLOR };

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
	[COLOR] = {.name = "color", .type = OUTPUT_KEY_COLOR, .initial = OUTPUT_COLOR_MAX},
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

/* All three and nothing else, or none. */
static bool check_color(struct output_draft *draft)
{
	static const char *const OTHERS[] = {"line", "pwm", "led", NULL};
	static const struct output_mistake OTHER = {
		.cure = "remove it", .words = "an LED is of one color, or on red, green and blue"};
	const struct output_mistake missing = {
		.cure = "for example red: board.0, green: board.1, blue: board.2",
		.words = "a color takes red, green and blue"};
	unsigned n = 0;

	for (size_t i = RED; i <= BLUE; i++)
		n += draft->gives(draft, PORTS[i].key);
	if (n > 0 && n < COLOR_LED_N)
		draft->report(draft, &missing);
	if (n > 0)
		output_refuse_keys(draft, OTHERS, &OTHER);
	return n == 0 || n == COLOR_LED_N;
}

static const char *led_refuses(const enum port_type ports[], size_t key, int number)
{
	(void)number;
	return key == COLOR && ports[RED] == PORT_NONE
		? "this LED is of one color: the map gives no red, green and blue"
		: NULL;
}

static bool check_led(struct output_draft *draft)
{
	static const char *const KEYS_OF_BRIGHTNESS[] = {
		"min_duty", "gamma", "fade", "frequency", NULL};
	static const struct output_mistake PLAIN = {.cure = "add pwm: soft",
		.words = "a plain line is on or off and has no brightness"};
	static const char *const FADES[] = {"fade", NULL};
	static const struct output_mistake EXCLUDED = {.cure = "remove it, or the interlock",
		.words = "an LED in an interlock is on or off at once"};

	if (draft->ports[ONE] == PORT_LINE && !draft->gives(draft, "pwm"))
		output_refuse_keys(draft, KEYS_OF_BRIGHTNESS, &PLAIN);
	/* An LED that fades out is still on when another one of its interlock may already go on. */
	else if (draft->gives(draft, "interlock"))
		output_refuse_keys(draft, FADES, &EXCLUDED);
	return check_color(draft);
}

static int open_led(const struct output_wire wires[], const double *params, void **ret_output)
{
	const struct led_settings settings = {.min_duty = params[MIN_DUTY], .gamma = params[GAMMA]};
	struct pwm_output *const pwms[] = {wires[RED].pwm, wires[GREEN].pwm, wires[BLUE].pwm};
	struct led_output *output = calloc(1, sizeof(*output));
	bool has_one = wires[ONE].line || wires[ONE].pwm, has_line = false;
	int r = output ? -EINVAL : -ENOMEM;

	for (size_t i = RED; i <= BLUE; i++)
		has_line = has_line || wires[i].line;
	if (output && !has_one && !has_line)
		r = color_led_new(pwms, &settings, &output->three);
	else if (output && !has_line && !pwms[0] && !pwms[1] && !pwms[2])
		r = led_new(wires[ONE].line, wires[ONE].pwm, &settings, &output->one);
	else
		for (size_t i = 0; i < N_PORTS; i++) {
			gpio_line_close(wires[i].line);
			pwm_close(wires[i].pwm);
		}
	if (r < 0) {
		free(output);
		return r;
	}
	*ret_output = output;
	return 0;
}

static int apply_led(void *output, const struct output_values *values, uint64_t now_us)
{
	struct led_output *led = output;
	bool on = values->numbers[ON];
	unsigned fine = (unsigned)values->numbers[PERCENT];

	(void)now_us;
	if (led->one)
		return led_set(led->one, on, fine);
	return color_led_set(led->three, on, fine, (unsigned)values->numbers[COLOR]);
}

static int fade_led(
	void *output, const struct output_values *values, uint64_t length_us, uint64_t now_us)
{
	struct led_output *led = output;
	bool on = values->numbers[ON];
	unsigned fine = (unsigned)values->numbers[PERCENT];

	if (led->one)
		return led_fade(led->one, on, fine, length_us, now_us);
	return color_led_fade(
		led->three, on, fine, (unsigned)values->numbers[COLOR], length_us, now_us);
}

static int poll_led(void *output, uint64_t now_us, uint64_t *ret_next_us)
{
	struct led_output *led = output;

	if (led->one)
		return led_poll(led->one, now_us, ret_next_us);
	return color_led_poll(led->three, now_us, ret_next_us);
}

static size_t led_failed_port(const void *output)
{
	const struct led_output *led = output;

	return led->one ? ONE : RED + color_led_failed(led->three);
}

static int safe_led(void *output)
{
	struct led_output *led = output;

	return led->one ? led_set(led->one, false, 0) : color_led_set(led->three, false, 0, 0);
}

static void close_led(void *output)
{
	struct led_output *led = output;

	if (!led)
		return;
	(void)led_close(led->one, false);
	(void)color_led_close(led->three);
	free(led);
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
	.n_ports = N_PORTS,
	.params = PARAMS,
	.n_params = N_PARAMS,
	.keys = KEYS,
	.n_keys = sizeof(KEYS) / sizeof(KEYS[0]),
	.rest = DARK,
	.failsafe = FAILSAFE,
	.n_failsafe = sizeof(FAILSAFE) / sizeof(FAILSAFE[0]),
	.is_failsafe_shared = true,
	.check = check_led,
	.refuses = led_refuses,
	.failed_port = led_failed_port,
	.open = open_led,
	.apply = apply_led,
	.fade = fade_led,
	.fade_param = FADE,
	.poll = poll_led,
	.safe = safe_led,
	.close = close_led,
};
