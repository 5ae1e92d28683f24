/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "color_led.h"
#include "led.h"
#include <errno.h>
#include <math.h>

/* --- Levels ----------------------------------------------------------------------------------- */

static const double GAMMAS[] = {0.3, 1, 1.8, 2.2, 3, 5, 20};
static const double MIN_DUTIES[] = {0, 0.001, 0.02, 0.1, 0.5, 0.95, 0.999, 1};
static const uint32_t STEPS[] = {
	1, 2, 3, 5, 9, 10, 11, 12, 20, 100, 255, 256, 1000, 4096, 65535, 1000000, 4294967295u};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Never falling, and at each whole level that level's own. */
static void check_fine_levels(
	const struct led_settings *settings, uint32_t steps, const uint32_t duties[LED_LEVEL_MAX])
{
	uint32_t before = 1;

	for (unsigned fine = 1; fine <= LED_FINE_MAX; fine++) {
		uint32_t duty = led_duty(settings, steps, duties, fine);

		assert_true(duty >= before && duty <= steps);
		before = duty;
		if (fine % LED_FINE_PER_LEVEL == 0)
			assert_int_equal(duty, duties[fine / LED_FINE_PER_LEVEL - 1]);
	}
}

static void check_levels(const struct led_settings *settings, uint32_t steps)
{
	uint32_t duties[LED_LEVEL_MAX];

	led_levels(settings, steps, duties);
	assert_in_range(duties[0], 1, steps);
	assert_int_equal(duties[LED_LEVEL_MAX - 1], steps);
	for (size_t i = 1; i < LED_LEVEL_MAX; i++) {
		if (steps >= LED_LEVEL_MAX)
			assert_true(duties[i] > duties[i - 1]);
		else
			assert_true(duties[i] >= duties[i - 1]);
	}
	/* Not dark, unless min_duty leaves the ten levels no room above it. */
	if (settings->min_duty * steps + (double)LED_LEVEL_MAX <= steps)
		assert_true(duties[0] > settings->min_duty * steps);
	check_fine_levels(settings, steps, duties);
}

static void test_levels_rise_and_are_never_dark(void **state)
{
	(void)state;
	for (size_t g = 0; g < COUNT(GAMMAS); g++)
		for (size_t m = 0; m < COUNT(MIN_DUTIES); m++)
			for (size_t s = 0; s < COUNT(STEPS); s++)
				check_levels(
					&(struct led_settings){MIN_DUTIES[m], GAMMAS[g]}, STEPS[s]);
}

static void test_levels_rise_at_every_small_number_of_steps(void **state)
{
	(void)state;
	for (uint32_t steps = 1; steps <= 300; steps++) {
		check_levels(&(struct led_settings){0, 2.2}, steps);
		check_levels(&(struct led_settings){0.02, 2.2}, steps);
	}
}

static void test_levels_follow_the_formula(void **state)
{
	const struct led_settings settings = {.min_duty = 0.02, .gamma = 2.2};
	uint32_t duties[LED_LEVEL_MAX];

	(void)state;
	led_levels(&settings, 1000000, duties);
	for (unsigned level = 1; level <= LED_LEVEL_MAX; level++) {
		double duty = 0.02 + 0.98 * pow(level / 10.0, 2.2);

		assert_in_range(
			duties[level - 1], (uint32_t)(duty * 1e6 - 1), (uint32_t)(duty * 1e6 + 1));
	}
	for (unsigned fine = 1; fine <= LED_FINE_MAX; fine++) {
		double duty = 0.02 + 0.98 * pow(fine / 1000.0, 2.2);

		assert_in_range(led_duty(&settings, 1000000, duties, fine),
			(uint32_t)(duty * 1e6 - 1), (uint32_t)(duty * 1e6 + 1));
	}
}

static void test_linear_levels_are_tenths(void **state)
{
	const struct led_settings settings = {.min_duty = 0, .gamma = 1};
	uint32_t duties[LED_LEVEL_MAX];

	(void)state;
	led_levels(&settings, 1000, duties);
	for (unsigned i = 0; i < LED_LEVEL_MAX; i++)
		assert_int_equal(duties[i], (i + 1) * 100);
}

/* --- The device ------------------------------------------------------------------------------- */

struct fake {
	struct gpio_line line;
	struct pwm_output pwm;
	int value; /* last written, -1: nothing */
	int error; /* of the next write */
	int closed;
};

static int fake_line_set(struct gpio_line *line, bool value)
{
	struct fake *fake = (struct fake *)(void *)((char *)line - offsetof(struct fake, line));

	if (fake->error == 0)
		fake->value = value;
	return fake->error;
}

static void fake_line_close(struct gpio_line *line)
{
	((struct fake *)(void *)((char *)line - offsetof(struct fake, line)))->closed++;
}

static int fake_pwm_set(struct pwm_output *pwm, uint32_t duty_steps)
{
	struct fake *fake = (struct fake *)(void *)((char *)pwm - offsetof(struct fake, pwm));

	if (fake->error == 0)
		fake->value = (int)duty_steps;
	return fake->error;
}

static void fake_pwm_close(struct pwm_output *pwm)
{
	((struct fake *)(void *)((char *)pwm - offsetof(struct fake, pwm)))->closed++;
}

static const struct gpio_line_ops fake_line_ops = {fake_line_set, fake_line_close};
static const struct pwm_ops fake_pwm_ops = {.set = fake_pwm_set, .close = fake_pwm_close};
static const struct led_settings LINEAR = {.min_duty = 0, .gamma = 1};

static void fake_init(struct fake *fake)
{
	*fake = (struct fake){
		.line = {.ops = &fake_line_ops, .name = "GPIO17"},
		.pwm = {.ops = &fake_pwm_ops, .name = "board.3", .steps = 1000},
		.value = -1,
	};
}

static void test_line_is_on_and_off_at_any_level(void **state)
{
	struct fake fake;
	struct led *led;

	(void)state;
	fake_init(&fake);
	assert_int_equal(led_new(&fake.line, NULL, &LINEAR, &led), 0);
	assert_int_equal(fake.value, -1);
	assert_int_equal(led_set(led, true, 1), 0);
	assert_int_equal(fake.value, 1);
	assert_int_equal(led_set(led, false, 0), 0);
	assert_int_equal(fake.value, 0);
	assert_null(led_close(led, true));
	assert_int_equal(fake.closed, 1);
}

static void test_pwm_shows_the_level(void **state)
{
	struct fake fake;
	struct led *led;

	(void)state;
	fake_init(&fake);
	assert_int_equal(led_new(NULL, &fake.pwm, &LINEAR, &led), 0);
	assert_int_equal(fake.value, -1);
	for (unsigned level = LED_LEVEL_MIN; level <= LED_LEVEL_MAX; level++) {
		assert_int_equal(led_set(led, true, level * LED_FINE_PER_LEVEL), 0);
		assert_int_equal(fake.value, level * 100);
	}
	assert_int_equal(led_set(led, true, 125), 0); /* 12.5 % */
	assert_int_equal(fake.value, 125);
	assert_int_equal(led_set(led, true, 1), 0);
	assert_int_equal(fake.value, 1);
	assert_int_equal(led_set(led, false, 700), 0);
	assert_int_equal(fake.value, 0);
	led_close(led, false);
	assert_int_equal(fake.closed, 1);
}

static void test_close_leaves_the_light_or_ends_it(void **state)
{
	(void)state;
	for (int dark = 0; dark <= 1; dark++) {
		struct fake fake;
		struct led *led;

		fake_init(&fake);
		assert_int_equal(led_new(NULL, &fake.pwm, &LINEAR, &led), 0);
		assert_int_equal(led_set(led, true, 300), 0);
		led_close(led, dark);
		assert_int_equal(fake.value, dark ? 0 : 300);
		assert_int_equal(fake.closed, 1);
	}
	assert_null(led_close(NULL, true));
}

static void test_level_outside_its_range_writes_nothing(void **state)
{
	struct fake fake;
	struct led *led;

	(void)state;
	fake_init(&fake);
	assert_int_equal(led_new(NULL, &fake.pwm, &LINEAR, &led), 0);
	assert_int_equal(led_set(led, true, 0), -EINVAL);
	assert_int_equal(led_set(led, true, LED_FINE_MAX + 1), -EINVAL);
	assert_int_equal(fake.value, -1);
	led_close(led, false);
}

static void test_write_error_is_returned(void **state)
{
	struct fake fake;
	struct led *led;

	(void)state;
	fake_init(&fake);
	assert_int_equal(led_new(NULL, &fake.pwm, &LINEAR, &led), 0);
	fake.error = -ENXIO;
	assert_int_equal(led_set(led, true, 500), -ENXIO);
	led_close(led, true);
	assert_int_equal(fake.closed, 1);
}

static void test_wrong_settings_close_the_output(void **state)
{
	const struct led_settings wrong[] = {{-0.1, 1}, {1.1, 1}, {(double)NAN, 1}, {0, 0}, {0, -1},
		{0, (double)NAN}, {0, (double)INFINITY}};
	struct led *led = NULL;
	struct fake fake;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		fake_init(&fake);
		assert_int_equal(led_new(NULL, &fake.pwm, &wrong[i], &led), -EINVAL);
		assert_int_equal(fake.closed, 1);
	}
	fake_init(&fake);
	assert_int_equal(led_new(&fake.line, &fake.pwm, &LINEAR, &led), -EINVAL);
	assert_int_equal(fake.closed, 2);
	assert_int_equal(led_new(NULL, NULL, &LINEAR, &led), -EINVAL);
	assert_null(led);
}

/* --- fading --- */

enum { MS = 1000 };

/* Polls until it rests; returns the number of writes. Each must be above the last one, or below. */
static unsigned follow(struct led *led, struct fake *fake, bool rises, uint64_t *now_us)
{
	unsigned n_writes = 0;
	uint64_t next_us;

	for (;;) {
		int before = fake->value;

		assert_int_equal(led_poll(led, *now_us, &next_us), 0);
		n_writes += fake->value != before;
		assert_true(rises ? fake->value >= before : fake->value <= before);
		if (next_us == UINT64_MAX)
			return n_writes;
		assert_in_range(next_us, *now_us + 1, *now_us + 40 * MS);
		*now_us = next_us;
	}
}

static void test_a_fade_goes_evenly_and_ends_exactly(void **state)
{
	uint64_t now_us = 5000 * MS;
	struct fake fake;
	struct led *led;

	(void)state;
	fake_init(&fake);
	assert_int_equal(led_new(NULL, &fake.pwm, &LINEAR, &led), 0);
	assert_int_equal(led_fade(led, true, 1000, 100 * MS, now_us), 0);
	/* 20 ms of 100, at once */
	assert_int_equal(fake.value, 200);
	assert_int_equal(follow(led, &fake, true, &now_us), 4);
	assert_int_equal(fake.value, 1000);
	assert_int_equal(now_us, 5080 * MS);
	/* back, and in the middle of it elsewhere */
	assert_int_equal(led_fade(led, false, 0, 100 * MS, now_us), 0);
	assert_int_equal(fake.value, 800);
	now_us += 25 * MS;
	assert_int_equal(led_fade(led, true, 900, 100 * MS, now_us), 0);
	assert_int_equal(fake.value, 820);
	assert_int_equal(follow(led, &fake, true, &now_us), 4);
	assert_int_equal(fake.value, 900);
	/* a late call catches up */
	assert_int_equal(led_fade(led, false, 0, 100 * MS, now_us), 0);
	now_us += 1000 * MS;
	assert_int_equal(follow(led, &fake, false, &now_us), 1);
	assert_int_equal(fake.value, 0);
	led_close(led, false);
}

/* With a gamma, equal times are equal shares of what the eye sees. */
static void test_a_fade_follows_gamma(void **state)
{
	static const struct led_settings SQUARE = {.min_duty = 0, .gamma = 2};
	static const int DUTIES[] = {40, 160, 360, 640, 1000};
	uint64_t now_us = 0, next_us;
	struct fake fake;
	struct led *led;

	(void)state;
	fake_init(&fake);
	assert_int_equal(led_new(NULL, &fake.pwm, &SQUARE, &led), 0);
	assert_int_equal(led_fade(led, true, 1000, 100 * MS, now_us), 0);
	for (size_t i = 0; i < COUNT(DUTIES); i++, now_us += 20 * MS) {
		assert_int_equal(led_poll(led, now_us, &next_us), 0);
		assert_int_equal(fake.value, DUTIES[i]);
	}
	assert_true(next_us == UINT64_MAX);
	led_close(led, false);
}

/* An hour from dark to 3 of 1000 duties is no more than three steps. */
static void test_a_long_fade_sleeps(void **state)
{
	uint64_t now_us = 0, next_us;
	struct fake fake;
	struct led *led;
	unsigned n_calls = 0;

	(void)state;
	fake_init(&fake);
	assert_int_equal(led_new(NULL, &fake.pwm, &LINEAR, &led), 0);
	assert_int_equal(led_fade(led, true, 3, UINT64_C(3600) * 1000 * MS, now_us), 0);
	assert_int_equal(fake.value, 1);
	while (led_poll(led, now_us, &next_us) == 0 && next_us != UINT64_MAX) {
		now_us = next_us;
		n_calls++;
	}
	assert_int_equal(fake.value, 3);
	assert_int_equal(n_calls, 2);
	led_close(led, false);
}

static void test_what_is_immediate_ends_a_fade(void **state)
{
	uint64_t next_us;
	struct fake fake;
	struct led *led;

	(void)state;
	fake_init(&fake);
	assert_int_equal(led_new(NULL, &fake.pwm, &LINEAR, &led), 0);
	assert_int_equal(led_fade(led, true, 0, 100 * MS, 0), -EINVAL);
	assert_int_equal(led_fade(led, true, 1000, 100 * MS, 0), 0);
	assert_int_equal(led_set(led, false, 0), 0);
	assert_int_equal(led_poll(led, 50 * MS, &next_us), 0);
	assert_true(next_us == UINT64_MAX);
	assert_int_equal(fake.value, 0);
	/* so does an error, of the first write or of another one */
	fake.error = -EIO;
	assert_int_equal(led_fade(led, true, 1000, 100 * MS, 0), -EIO);
	assert_int_equal(led_poll(led, 50 * MS, &next_us), 0);
	assert_true(next_us == UINT64_MAX);
	fake.error = 0;
	assert_int_equal(led_set(led, false, 0), 0);
	assert_int_equal(led_fade(led, true, 1000, 100 * MS, 0), 0);
	fake.error = -EIO;
	assert_int_equal(led_poll(led, 50 * MS, &next_us), -EIO);
	assert_true(next_us == UINT64_MAX);
	assert_int_equal(led_poll(led, 90 * MS, &next_us), 0);
	assert_int_equal(fake.value, 200);
	led_close(led, false);
}

/* A PWM output that only knows on and off, and a line. */
static void test_what_cannot_fade_changes_at_once(void **state)
{
	uint64_t next_us;
	struct fake fake;
	struct led *led;

	(void)state;
	fake_init(&fake);
	fake.pwm.steps = 1;
	assert_int_equal(led_new(NULL, &fake.pwm, &LINEAR, &led), 0);
	assert_int_equal(led_fade(led, true, 1000, 100 * MS, 0), 0);
	assert_int_equal(fake.value, 1);
	assert_int_equal(led_poll(led, 0, &next_us), 0);
	assert_true(next_us == UINT64_MAX);
	led_close(led, false);
	fake_init(&fake);
	assert_int_equal(led_new(&fake.line, NULL, &LINEAR, &led), 0);
	assert_int_equal(led_fade(led, true, 1000, 100 * MS, 0), 0);
	assert_int_equal(fake.value, 1);
	led_close(led, false);
}

/* --- three colors --- */

struct mood {
	struct fake fakes[COLOR_LED_N];
	struct color_led *led;
};

static void open_mood(struct mood *mood, const struct led_settings *settings)
{
	struct pwm_output *pwms[COLOR_LED_N];

	for (size_t i = 0; i < COLOR_LED_N; i++) {
		fake_init(&mood->fakes[i]);
		pwms[i] = &mood->fakes[i].pwm;
	}
	assert_int_equal(color_led_new(pwms, settings, &mood->led), 0);
}

static void assert_mood(const struct mood *mood, int red, int green, int blue)
{
	assert_int_equal(mood->fakes[COLOR_LED_RED].value, red);
	assert_int_equal(mood->fakes[COLOR_LED_GREEN].value, green);
	assert_int_equal(mood->fakes[COLOR_LED_BLUE].value, blue);
}

static void test_a_color_fades_in_its_ratio(void **state)
{
	uint64_t next_us;
	struct mood mood;

	(void)state;
	open_mood(&mood, &LINEAR);
	assert_int_equal(color_led_fade(mood.led, true, 1000, 0xff3300, 100 * MS, 0), 0);
	assert_mood(&mood, 200, 40, 0);
	assert_int_equal(color_led_poll(mood.led, 19 * MS, &next_us), 0);
	assert_int_equal(next_us, 20 * MS);
	assert_mood(&mood, 200, 40, 0);
	assert_int_equal(color_led_poll(mood.led, 40 * MS, &next_us), 0);
	assert_mood(&mood, 600, 120, 0);
	/* to another color, from what is shown */
	assert_int_equal(color_led_fade(mood.led, true, 1000, 0x0033ff, 100 * MS, 40 * MS), 0);
	assert_mood(&mood, 480, 136, 200);
	assert_int_equal(color_led_poll(mood.led, 140 * MS, &next_us), 0);
	assert_mood(&mood, 0, 200, 1000);
	assert_true(next_us == UINT64_MAX);
	assert_int_equal(color_led_fade(mood.led, false, 0, 0, 100 * MS, 0), 0);
	assert_mood(&mood, 0, 160, 800);
	/* a write that fails ends it, and all go dark */
	mood.fakes[COLOR_LED_BLUE].error = -EIO;
	assert_int_equal(color_led_poll(mood.led, 20 * MS, &next_us), -EIO);
	assert_true(next_us == UINT64_MAX);
	assert_int_equal(color_led_failed(mood.led), COLOR_LED_BLUE);
	assert_mood(&mood, 0, 0, 800);
	assert_int_equal(color_led_fade(mood.led, true, 0, 1, 100 * MS, 0), -EINVAL);
	assert_null(color_led_close(mood.led));
}

/* duty = (level x part / 255)^gamma; a part that is not 0 is seen. */
static void test_a_color_is_three_duties(void **state)
{
	static const struct led_settings USUAL = {.min_duty = 0.02, .gamma = 2.2};
	struct mood mood;

	(void)state;
	open_mood(&mood, &LINEAR);
	assert_mood(&mood, -1, -1, -1);
	assert_int_equal(color_led_set(mood.led, true, 1000, 0xff8000), 0);
	assert_mood(&mood, 1000, 502, 0);
	assert_int_equal(color_led_set(mood.led, true, 500, 0xff8001), 0);
	assert_mood(&mood, 500, 251, 2);
	assert_int_equal(color_led_set(mood.led, true, 1, 0x0100ff), 0);
	assert_mood(&mood, 1, 0, 1);
	assert_int_equal(color_led_set(mood.led, false, 0, 0), 0);
	assert_mood(&mood, 0, 0, 0);
	assert_null(color_led_close(mood.led));

	open_mood(&mood, &USUAL);
	/* 0.02 + 0.98 x 0.5^2.2 = 0.2333, 0.02 + 0.98 x (0.5 x 128 / 255)^2.2 = 0.0670 */
	assert_int_equal(color_led_set(mood.led, true, 500, 0xff8001), 0);
	assert_mood(&mood, 233, 67, 21);
	assert_null(color_led_close(mood.led));
	for (size_t i = 0; i < COLOR_LED_N; i++)
		assert_int_equal(mood.fakes[i].closed, 1);
}

static void test_all_go_dark_if_one_write_fails(void **state)
{
	(void)state;
	for (unsigned failing = 0; failing < COLOR_LED_N; failing++) {
		struct mood mood;

		open_mood(&mood, &LINEAR);
		assert_int_equal(color_led_set(mood.led, true, 1000, 0xffffff), 0);
		mood.fakes[failing].error = -EIO;
		assert_int_equal(color_led_set(mood.led, true, 1000, 0x808080), -EIO);
		assert_int_equal(color_led_failed(mood.led), failing);
		for (unsigned i = 0; i < COLOR_LED_N; i++)
			assert_int_equal(mood.fakes[i].value, i == failing ? 1000 : 0);
		assert_int_equal(color_led_set(mood.led, false, 0, 0), -EIO);
		mood.fakes[failing].error = 0;
		assert_int_equal(color_led_set(mood.led, false, 0, 0), 0);
		assert_mood(&mood, 0, 0, 0);
		assert_null(color_led_close(mood.led));
	}
}

static void test_what_makes_no_color_is_closed(void **state)
{
	struct fake fake;
	struct pwm_output *const pwms[COLOR_LED_N] = {&fake.pwm, NULL, NULL};
	struct color_led *led = NULL;

	(void)state;
	fake_init(&fake);
	assert_int_equal(color_led_new(pwms, &LINEAR, &led), -EINVAL);
	assert_null(led);
	assert_int_equal(fake.closed, 1);
	assert_null(color_led_close(NULL));
}

static void test_levels_and_colors_outside_are_refused(void **state)
{
	struct mood mood;

	(void)state;
	open_mood(&mood, &LINEAR);
	assert_int_equal(color_led_set(mood.led, true, 0, 0xffffff), -EINVAL);
	assert_int_equal(color_led_set(mood.led, true, 1001, 0xffffff), -EINVAL);
	assert_int_equal(color_led_set(mood.led, true, 1000, 0), -EINVAL);
	assert_int_equal(color_led_set(mood.led, true, 1000, 0x1000000), -EINVAL);
	assert_mood(&mood, -1, -1, -1);
	assert_null(color_led_close(mood.led));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_fade_goes_evenly_and_ends_exactly),
		cmocka_unit_test(test_a_fade_follows_gamma),
		cmocka_unit_test(test_a_long_fade_sleeps),
		cmocka_unit_test(test_what_is_immediate_ends_a_fade),
		cmocka_unit_test(test_what_cannot_fade_changes_at_once),
		cmocka_unit_test(test_a_color_fades_in_its_ratio),
		cmocka_unit_test(test_a_color_is_three_duties),
		cmocka_unit_test(test_all_go_dark_if_one_write_fails),
		cmocka_unit_test(test_what_makes_no_color_is_closed),
		cmocka_unit_test(test_levels_and_colors_outside_are_refused),
		cmocka_unit_test(test_levels_rise_and_are_never_dark),
		cmocka_unit_test(test_levels_rise_at_every_small_number_of_steps),
		cmocka_unit_test(test_levels_follow_the_formula),
		cmocka_unit_test(test_linear_levels_are_tenths),
		cmocka_unit_test(test_line_is_on_and_off_at_any_level),
		cmocka_unit_test(test_pwm_shows_the_level),
		cmocka_unit_test(test_close_leaves_the_light_or_ends_it),
		cmocka_unit_test(test_level_outside_its_range_writes_nothing),
		cmocka_unit_test(test_write_error_is_returned),
		cmocka_unit_test(test_wrong_settings_close_the_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
