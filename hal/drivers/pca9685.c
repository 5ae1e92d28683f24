/* SPDX-License-Identifier: MIT */
/*
 * NXP PCA9685: 16 PWM outputs of 12 bits on I2C.
 * Source: NXP PCA9685 product data sheet, Rev. 4, 16 April 2015. Sections and tables refer to it.
 *
 * Quirks:
 * - The outputs go on by themselves when this process dies. So the first write to the part turns
 *   all of them off, in a form that it understands in any state: one byte to one register, which
 *   needs no auto-increment. In sleep the outputs cannot be changed any more (table 5), so this
 *   comes before the sleep that the prescaler needs.
 * - EXTCLK, once set, is only cleared by a power cycle (table 5). A part with EXTCLK is refused,
 *   since its frequency is unknown.
 * - A dip of the supply resets the part to sleep without notice: it acknowledges every duty and
 *   drives nothing. So MODE1 is read back after each duty.
 */
#include "pca9685.h"

#include <errno.h>
#include <math.h>

enum {
	READ_BYTES_MAX = 32,      /* at once, for adapters that speak only SMBus (2.0, 5.5.7) */
	CHANNELS_AT_ONCE = 8,     /* for these as well; and a stop waits 3 ms at most, at 100 kHz */
	OSCILLATOR_HZ = 25000000, /* internal, 7.3.5 */
	OSCILLATOR_START_US = 500, /* table 5, note on SLEEP */
	PRE_SCALE_MAX = 255,
};

const uint8_t pca9685_other_addresses[PCA9685_OTHER_ADDRESSES] = {0xe2, 0xe4, 0xe8, 0xe0};

enum param { PARAM_FREQUENCY, PARAM_OPEN_DRAIN, PARAM_INVERTED, N_PARAMS };

/* How far configure() has got. */
struct pca9685 {
	bool waking;
};

/*
 * 7.3.5, equation 1:
 *   prescale value = round(osc_clock / (4096 x update_rate)) - 1
 */
static uint8_t prescale(double frequency_hz)
{
	double value = round((double)OSCILLATOR_HZ / ((double)STEPS * frequency_hz)) - 1;

	return (uint8_t)fmin(fmax(value, PRE_SCALE_MIN), PRE_SCALE_MAX);
}

static uint32_t pca9685_period_ns(const double *params)
{
	uint32_t cycles = STEPS * (prescale(params[PARAM_FREQUENCY]) + 1U);

	return cycles * (1000000000U / OSCILLATOR_HZ);
}

static uint8_t mode2(const struct chip *chip)
{
	uint8_t mode = 0;

	if (chip->params[PARAM_OPEN_DRAIN] < 0.5)
		mode |= MODE2_OUTDRV;
	if (chip->params[PARAM_INVERTED] >= 0.5)
		mode |= MODE2_INVRT;
	return mode;
}

static int write_register(struct chip *chip, uint8_t reg, uint8_t value)
{
	return i2c_write_register(chip->i2c, chip->address, reg, value);
}

/* The channel's four registers. */
static void put_duty(uint8_t led[CHANNEL_BYTES], uint32_t duty_steps)
{
	/* On from count 0 to count duty. ON and OFF must never be equal (7.3.3), hence the bits. */
	led[0] = 0;
	led[1] = duty_steps == STEPS ? LED_FULL : 0;
	led[2] = duty_steps == STEPS ? 0 : (uint8_t)(duty_steps & 0xff);
	led[3] = duty_steps == STEPS ? 0 : (uint8_t)(duty_steps >> 8);
	if (duty_steps == 0)
		led[3] = LED_FULL;
}

/*
 * Writes the registers of n channels from reg on, in one transfer: AI makes the part advance by
 * itself from one to the next (table 5). All change on its STOP.
 */
static int write_duties(struct chip *chip, uint8_t reg, unsigned n, const uint32_t *duty_steps)
{
	uint8_t message[1 + CHANNELS_AT_ONCE * CHANNEL_BYTES] = {reg};

	for (unsigned i = 0; i < n; i++)
		put_duty(message + 1 + (size_t)i * CHANNEL_BYTES, duty_steps[i]);
	return i2c_write(chip->i2c, chip->address, message, 1 + (size_t)n * CHANNEL_BYTES);
}

static int check_register(struct chip *chip, uint8_t reg, uint8_t mask, uint8_t expected)
{
	uint8_t value;
	int r = i2c_read_registers(chip->i2c, chip->address, reg, &value, 1);

	if (r < 0)
		return r;
	return (value & mask) == expected ? 0 : -EBADMSG;
}

/*
 * The part has no identity register. But no other part does this: one write to ALL_LED appears in
 * the registers of all 16 channels, while ALL_LED itself reads as zero.
 */
static int check_identity(struct chip *chip)
{
	uint8_t leds[N_CHANNELS * CHANNEL_BYTES];

	for (size_t i = 0; i < sizeof(leds); i += READ_BYTES_MAX) {
		int r = i2c_read_registers(chip->i2c, chip->address, (uint8_t)(REG_LED0_ON_L + i),
			leds + i, READ_BYTES_MAX);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < sizeof(leds); i++) {
		if (leds[i] != (i % CHANNEL_BYTES == CHANNEL_BYTES - 1 ? LED_FULL : 0))
			return -EBADMSG;
	}
	return check_register(chip, REG_ALL_LED_OFF_H, 0xff, 0);
}

/* Turns everything off, goes to sleep, sets up. RESTART is not set, so no earlier output returns
 * (7.3.1.1). */
static int prepare(struct chip *chip)
{
	uint8_t divider = prescale(chip->params[PARAM_FREQUENCY]);
	const uint32_t off = 0;
	int r;

	r = write_register(chip, REG_ALL_LED_OFF_H, LED_FULL);
	if (r == 0)
		r = write_register(chip, REG_MODE1, MODE1_AUTO_INCREMENT | MODE1_SLEEP);
	if (r == 0)
		r = write_register(chip, REG_MODE2, mode2(chip));
	if (r == 0)
		r = write_duties(chip, REG_ALL_LED_ON_L, 1, &off);
	if (r == 0)
		r = write_register(chip, REG_PRE_SCALE, divider);
	if (r == 0)
		r = check_identity(chip);
	if (r == 0)
		r = check_register(chip, REG_PRE_SCALE, 0xff, divider);
	if (r == 0)
		r = check_register(chip, REG_MODE2, 0xff, mode2(chip));
	if (r == 0)
		r = write_register(chip, REG_MODE1, MODE1_AUTO_INCREMENT);
	return r;
}

static int pca9685_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	struct pca9685 *state = chip->state;
	int r;

	if (!state->waking) {
		r = prepare(chip);
		if (r < 0)
			return r;
		state->waking = true;
		*ret_wait_us = OSCILLATOR_START_US;
		return -EAGAIN;
	}
	return check_register(chip, REG_MODE1, (uint8_t)~MODE1_RESTART, MODE1_AUTO_INCREMENT);
}

/*
 * By the addresses that it answers to besides its own, in the registers SUBADR1 to ALLCALLADR, as
 * they are after a reset (7.3.6, 7.3.7). Its relatives have theirs elsewhere (PCA9635: from 18h
 * on). One by one, since the part may not be set to count on.
 */
static int pca9685_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain)
{
	int r = 0;

	(void)ret_wait_us;
	for (size_t i = 0; i < PCA9685_OTHER_ADDRESSES && r == 0; i++)
		r = check_register(
			chip, (uint8_t)(REG_SUBADR1 + i), 0xff, pca9685_other_addresses[i]);
	if (r == 0)
		*ret_is_certain = true;
	return r;
}

static int pca9685_probe(struct chip *chip)
{
	int r = check_register(
		chip, REG_MODE1, MODE1_SLEEP | MODE1_AUTO_INCREMENT, MODE1_AUTO_INCREMENT);

	return r == -EBADMSG ? -ENODEV : r; /* the part was there, and has lost its settings */
}

static int pca9685_set_duties(
	struct chip *chip, unsigned first, unsigned n, const uint32_t *duty_steps)
{
	int r;

	if (n < 1 || n > CHANNELS_AT_ONCE || first >= N_CHANNELS || n > N_CHANNELS - first)
		return -EINVAL;
	for (unsigned i = 0; i < n; i++)
		if (duty_steps[i] > STEPS)
			return -EINVAL;
	r = write_duties(chip, pca9685_led_register(first), n, duty_steps);
	return r < 0 ? r : pca9685_probe(chip);
}

static int pca9685_set_duty(struct chip *chip, unsigned channel, uint32_t duty_steps)
{
	return pca9685_set_duties(chip, channel, 1, &duty_steps);
}

/*
 * 7.1: A5 to A0 choose from 0x40 to 0x7f. Left out are All Call (0x70), on which every part of the
 * kind wakes up, the defaults of the sub calls (0x71, 0x72, 0x74) and the addresses reserved by I2C
 * itself (0x78 and above).
 */
static const uint8_t ADDRESSES[] = {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
	0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58,
	0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f, 0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67,
	0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x73, 0x75, 0x76, 0x77};

static const struct driver_param PARAMS[N_PARAMS] = {
	[PARAM_FREQUENCY] = {.key = "frequency",
		.type = DRIVER_PARAM_FREQUENCY,
		.min = 24,
		.max = 1526,
		.default_value = 1000,
		.help = "PWM frequency of all 16 channels; the nearest possible is taken."},
	[PARAM_OPEN_DRAIN] = {.key = "open_drain",
		.type = DRIVER_PARAM_BOOL,
		.max = 1,
		.help = "Outputs only pull to ground, instead of driving both levels."},
	[PARAM_INVERTED] = {.key = "inverted",
		.type = DRIVER_PARAM_BOOL,
		.max = 1,
		.help = "Off is high, for all 16 channels: LEDs between supply and output."},
};

static const double PARAMS_200_HZ[N_PARAMS] = {200, 0, 0};
static const double PARAMS_1526_HZ[N_PARAMS] = {1526, 0, 0};
static const double PARAMS_INVERTED[N_PARAMS] = {1000, 1, 1};

static const struct driver_vector VECTORS[] = {
	{.source = "Rev. 4, 7.3.5, equation 2: 200 Hz is a prescale value of 1Eh",
		.params = PARAMS_200_HZ,
		.raw = (const uint8_t[]){0x1e},
		.raw_bytes = 1,
		.reg = REG_PRE_SCALE},
	{.source = "Rev. 4, 7.3.5: 1526 Hz is the smallest prescale value, 03h",
		.params = PARAMS_1526_HZ,
		.raw = (const uint8_t[]){0x03},
		.raw_bytes = 1,
		.reg = REG_PRE_SCALE},
	{.source = "Rev. 4, table 7: LED15 full off, 42h to 45h",
		.channel = 15,
		.raw = (const uint8_t[]){0x00, 0x00, 0x00, 0x10},
		.raw_bytes = 4,
		.reg = 0x42},
	{.source = "Rev. 4, table 7: LED0 full on, 06h to 09h",
		.raw = (const uint8_t[]){0x00, 0x10, 0x00, 0x00},
		.raw_bytes = 4,
		.duty = 4096,
		.reg = 0x06},
	{.source = "Rev. 4, 7.3.3: 20 % is 819 counts, here from 0 to 333h on LED3, 12h to 15h",
		.channel = 3,
		.raw = (const uint8_t[]){0x00, 0x00, 0x33, 0x03},
		.raw_bytes = 4,
		.duty = 819,
		.reg = 0x12},
	{.source = "Rev. 4, table 6: MODE2 is 04h at power-on: totem pole, not inverted",
		.raw = (const uint8_t[]){0x04},
		.raw_bytes = 1,
		.reg = REG_MODE2},
	{.source = "Rev. 4, table 11: LEDs at the outputs, open drain: INVRT 1, OUTDRV 0",
		.params = PARAMS_INVERTED,
		.raw = (const uint8_t[]){0x10},
		.raw_bytes = 1,
		.reg = REG_MODE2},
};

static const struct driver_identity IDENTITIES[] = {
	{.source = "Rev. 3 (2010), 7.3.6 and 7.3.7: E2h, E4h, E8h and E0h after a reset",
		.answers = (const uint8_t[]){0xe2, 0xe4, 0xe8, 0xe0},
		.n_answers = 4,
		.is_certain = true},
	{.source = "a PCA9635 has PWM0 to PWM3 there, as Linux's leds-pca963x has it; 0 is dark",
		.answers = (const uint8_t[]){0, 0, 0, 0},
		.n_answers = 4,
		.result = -EBADMSG},
};

const struct driver driver_pca9685 = {
	.name = "pca9685",
	.description = "NXP 16-channel 12-bit PWM controller",
	.datasheet = "NXP PCA9685, Rev. 4, 16 April 2015",
	.bus = DRIVER_BUS_I2C,
	.addresses = ADDRESSES,
	.n_addresses = sizeof(ADDRESSES),
	.n_pwm = N_CHANNELS,
	.pwm_steps = STEPS,
	.duties_max = CHANNELS_AT_ONCE,
	.pwm_period_ns = pca9685_period_ns,
	.params = PARAMS,
	.n_params = N_PARAMS,
	.integrity = DRIVER_INTEGRITY_NONE,
	.state_bytes = sizeof(struct pca9685),
	.configure = pca9685_configure,
	.identify = pca9685_identify,
	.identities = IDENTITIES,
	.n_identities = sizeof(IDENTITIES) / sizeof(*IDENTITIES),
	.set_duty = pca9685_set_duty,
	.set_duties = pca9685_set_duties,
	.probe = pca9685_probe,
	.vectors = VECTORS,
	.n_vectors = sizeof(VECTORS) / sizeof(*VECTORS),
	.model = &pca9685_model,
};
