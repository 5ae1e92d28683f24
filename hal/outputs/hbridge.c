/* SPDX-License-Identifier: MIT */
#include "hbridge.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { HBRIDGE_MAX_WRITES = 3 };

enum hbridge_level { HBRIDGE_LOW, HBRIDGE_HIGH, HBRIDGE_DUTY };

struct hbridge_write {
	enum hbridge_input input;
	enum hbridge_level level;
};

/* In the order of writing. An input that is not wired is skipped. */
struct hbridge_sequence {
	struct hbridge_write writes[HBRIDGE_MAX_WRITES];
	size_t n_writes;
};

/*
 * off and brake exist in two orders, drive and duty in two directions. brake and drive start from
 * off, so they only name the inputs that become active.
 */
struct hbridge_table {
	struct hbridge_sequence off[2];
	struct hbridge_sequence brake[2];
	struct hbridge_sequence drive[2]; /* by direction, like duty */
	enum hbridge_input duty[2];
};

enum { FORWARD_FIRST, BACKWARD_FIRST, FORWARD = FORWARD_FIRST, BACKWARD = BACKWARD_FIRST };

/*
 * Two lines and an enable.
 *
 * ST L298 (January 2000), section 3 and figure 6, "Bidirectional DC Motor Control":
 *   Ven  C(IN1) D(IN2)
 *    H     H      L     forward
 *    H     L      H     reverse
 *    H     C = D        fast motor stop
 *    L     X      X     free running motor stop
 *
 * Toshiba TB6612FNG (2014-10-01), "H-SW Control Function", STBY = H:
 *   IN1  IN2  PWM
 *    H    H   H/L       short brake
 *    L    H    H        CCW      L: short brake
 *    H    L    H        CW       L: short brake
 *    L    L    H        OFF (high impedance)
 *
 * The two agree on forward, on backward and on the brake with both inputs high. They do not agree
 * on coast: the L298 needs the enable low (IN1 = IN2 with a high enable would brake), and the
 * TB6612FNG has no row for all three low. All low is right for the first; on the second it is an
 * input pair that drives neither output, without a PWM. No row of either table drives the motor
 * while the enable is low. So the enable is the first write of 'off', and the last of everything
 * else.
 *
 * The enable may be a PWM, a line (full speed only) or missing (tied high: full speed only, and
 * what is called coast above is then the L298's fast stop).
 */
static const struct hbridge_table hbridge_lines = {
	.off[FORWARD_FIRST] = {{{HBRIDGE_ENABLE, HBRIDGE_LOW}, {HBRIDGE_FORWARD, HBRIDGE_LOW},
				       {HBRIDGE_BACKWARD, HBRIDGE_LOW}},
		3},
	.off[BACKWARD_FIRST] = {{{HBRIDGE_ENABLE, HBRIDGE_LOW}, {HBRIDGE_BACKWARD, HBRIDGE_LOW},
					{HBRIDGE_FORWARD, HBRIDGE_LOW}},
		3},
	.brake[FORWARD_FIRST] = {{{HBRIDGE_FORWARD, HBRIDGE_HIGH}, {HBRIDGE_BACKWARD, HBRIDGE_HIGH},
					 {HBRIDGE_ENABLE, HBRIDGE_HIGH}},
		3},
	.brake[BACKWARD_FIRST] = {{{HBRIDGE_BACKWARD, HBRIDGE_HIGH},
					  {HBRIDGE_FORWARD, HBRIDGE_HIGH},
					  {HBRIDGE_ENABLE, HBRIDGE_HIGH}},
		3},
	.drive[FORWARD] = {{{HBRIDGE_FORWARD, HBRIDGE_HIGH}, {HBRIDGE_ENABLE, HBRIDGE_DUTY}}, 2},
	.drive[BACKWARD] = {{{HBRIDGE_BACKWARD, HBRIDGE_HIGH}, {HBRIDGE_ENABLE, HBRIDGE_DUTY}}, 2},
	.duty = {HBRIDGE_ENABLE, HBRIDGE_ENABLE},
};

/*
 * Two PWM inputs.
 *
 * TI DRV8833 (SLVSAR1), "Bridge Control and Decay Modes", H-bridge logic, nSLEEP = 1; the DRV8837
 * (SLVSBA4C, section 7.3.1, table 1) and the DRV8871 have the same:
 *   IN1  IN2
 *    0    0    coast / fast decay
 *    0    1    reverse
 *    1    0    forward
 *    1    1    brake / slow decay
 * and for PWM control of the motor's speed:
 *   PWM   0    forward, fast decay         0   PWM   reverse, fast decay
 *    1   PWM   forward, slow decay        PWM   1    reverse, slow decay
 *
 * Fast decay is used. Slow decay keeps more torque at low duties. But there one input stays high,
 * and the other one's duty is the time in which it does not drive. So a write that is lost, or a
 * PWM part that loses its supply and wakes up with zeros, would mean full speed. With fast decay,
 * zero is off on every input, and both are never high except for the brake.
 */
static const struct hbridge_table hbridge_pwm = {
	.off[FORWARD_FIRST] = {{{HBRIDGE_FORWARD, HBRIDGE_LOW}, {HBRIDGE_BACKWARD, HBRIDGE_LOW}},
		2},
	.off[BACKWARD_FIRST] = {{{HBRIDGE_BACKWARD, HBRIDGE_LOW}, {HBRIDGE_FORWARD, HBRIDGE_LOW}},
		2},
	.brake[FORWARD_FIRST] = {{{HBRIDGE_FORWARD, HBRIDGE_HIGH},
					 {HBRIDGE_BACKWARD, HBRIDGE_HIGH}},
		2},
	.brake[BACKWARD_FIRST] = {{{HBRIDGE_BACKWARD, HBRIDGE_HIGH},
					  {HBRIDGE_FORWARD, HBRIDGE_HIGH}},
		2},
	.drive[FORWARD] = {{{HBRIDGE_FORWARD, HBRIDGE_DUTY}}, 1},
	.drive[BACKWARD] = {{{HBRIDGE_BACKWARD, HBRIDGE_DUTY}}, 1},
	.duty = {HBRIDGE_FORWARD, HBRIDGE_BACKWARD},
};

/*
 * Phase and enable.
 *
 * TI DRV8838 (SLVSBA4C), section 7.3.1, table 2, nSLEEP = 1; TI DRV8835 (SLVSB18H), section 7.4.1,
 * "Bridge Control", MODE = 1, has the same:
 *   PH   EN
 *    X    0    brake
 *    1    1    reverse
 *    0    1    forward
 *
 * There is no coast; off is the brake. The phase is not part of 'off': if the enable's write
 * failed, a new phase would throw the running motor into reverse.
 */
static const struct hbridge_table hbridge_phase = {
	.off = {{{{HBRIDGE_ENABLE, HBRIDGE_LOW}}, 1}, {{{HBRIDGE_ENABLE, HBRIDGE_LOW}}, 1}},
	.brake = {{{{HBRIDGE_ENABLE, HBRIDGE_LOW}}, 1}, {{{HBRIDGE_ENABLE, HBRIDGE_LOW}}, 1}},
	.drive[FORWARD] = {{{HBRIDGE_PHASE, HBRIDGE_LOW}, {HBRIDGE_ENABLE, HBRIDGE_DUTY}}, 2},
	.drive[BACKWARD] = {{{HBRIDGE_PHASE, HBRIDGE_HIGH}, {HBRIDGE_ENABLE, HBRIDGE_DUTY}}, 2},
	.duty = {HBRIDGE_ENABLE, HBRIDGE_ENABLE},
};

/*
 * No bridge: one transistor or driver on the enable, as for a fan or a pump. It turns one way, and
 * off is all the stop that there is. A brake would need a second transistor, so it is the same.
 */
static const struct hbridge_table hbridge_one_way = {
	.off = {{{{HBRIDGE_ENABLE, HBRIDGE_LOW}}, 1}, {{{HBRIDGE_ENABLE, HBRIDGE_LOW}}, 1}},
	.brake = {{{{HBRIDGE_ENABLE, HBRIDGE_LOW}}, 1}, {{{HBRIDGE_ENABLE, HBRIDGE_LOW}}, 1}},
	.drive[FORWARD] = {{{HBRIDGE_ENABLE, HBRIDGE_DUTY}}, 1},
	.duty = {HBRIDGE_ENABLE, HBRIDGE_ENABLE},
};

enum {
	WIRED_FORWARD_LINE = 1 << 0,
	WIRED_BACKWARD_LINE = 1 << 1,
	WIRED_PHASE_LINE = 1 << 2,
	WIRED_ENABLE_LINE = 1 << 3,
	WIRED_FORWARD_PWM = 1 << 4,
	WIRED_BACKWARD_PWM = 1 << 5,
	WIRED_ENABLE_PWM = 1 << 6,
	WIRED_PHASE_PWM = 1 << 7,
};

/* Every set of outputs that forms a bridge. */
static const struct {
	unsigned wired;
	const struct hbridge_table *table;
} hbridge_kinds[] = {
	{WIRED_FORWARD_LINE | WIRED_BACKWARD_LINE | WIRED_ENABLE_PWM, &hbridge_lines},
	{WIRED_FORWARD_LINE | WIRED_BACKWARD_LINE | WIRED_ENABLE_LINE, &hbridge_lines},
	{WIRED_FORWARD_LINE | WIRED_BACKWARD_LINE, &hbridge_lines},
	{WIRED_FORWARD_PWM | WIRED_BACKWARD_PWM, &hbridge_pwm},
	{WIRED_PHASE_LINE | WIRED_ENABLE_PWM, &hbridge_phase},
	{WIRED_PHASE_LINE | WIRED_ENABLE_LINE, &hbridge_phase},
	{WIRED_ENABLE_PWM, &hbridge_one_way},
	{WIRED_ENABLE_LINE, &hbridge_one_way},
};

static unsigned hbridge_wired(const struct hbridge_outputs *outputs)
{
	unsigned wired = 0;

	wired |= outputs->forward_line ? WIRED_FORWARD_LINE : 0;
	wired |= outputs->backward_line ? WIRED_BACKWARD_LINE : 0;
	wired |= outputs->phase_line ? WIRED_PHASE_LINE : 0;
	wired |= outputs->enable_line ? WIRED_ENABLE_LINE : 0;
	wired |= outputs->forward_pwm ? WIRED_FORWARD_PWM : 0;
	wired |= outputs->backward_pwm ? WIRED_BACKWARD_PWM : 0;
	wired |= outputs->enable_pwm ? WIRED_ENABLE_PWM : 0;
	wired |= outputs->phase_pwm ? WIRED_PHASE_PWM : 0;
	return wired;
}

int hbridge_init(struct hbridge *bridge, const struct hbridge_outputs *outputs)
{
	unsigned wired = hbridge_wired(outputs);

	for (size_t i = 0; i < sizeof(hbridge_kinds) / sizeof(hbridge_kinds[0]); i++) {
		if (hbridge_kinds[i].wired != wired)
			continue;
		memset(bridge, 0, sizeof(*bridge));
		bridge->table = hbridge_kinds[i].table;
		bridge->inputs[HBRIDGE_FORWARD].line = outputs->forward_line;
		bridge->inputs[HBRIDGE_FORWARD].pwm = outputs->forward_pwm;
		bridge->inputs[HBRIDGE_BACKWARD].line = outputs->backward_line;
		bridge->inputs[HBRIDGE_BACKWARD].pwm = outputs->backward_pwm;
		bridge->inputs[HBRIDGE_PHASE].line = outputs->phase_line;
		bridge->inputs[HBRIDGE_ENABLE].line = outputs->enable_line;
		bridge->inputs[HBRIDGE_ENABLE].pwm = outputs->enable_pwm;
		return 0;
	}
	return -EINVAL;
}

bool hbridge_turns(const struct hbridge *bridge, enum motor_direction direction)
{
	return bridge->table->drive[direction == MOTOR_BACKWARD ? BACKWARD : FORWARD].n_writes > 0;
}

uint32_t hbridge_steps(const struct hbridge *bridge)
{
	const struct pwm_output *forward = bridge->inputs[bridge->table->duty[FORWARD]].pwm;
	const struct pwm_output *backward = bridge->inputs[bridge->table->duty[BACKWARD]].pwm;

	if (!forward || !backward)
		return 0;
	return forward->steps > backward->steps ? forward->steps : backward->steps;
}

static uint32_t duty_steps(const struct pwm_output *pwm, enum hbridge_level level, double duty)
{
	long long steps; /* a 32-bit long would not hold every uint32_t */

	if (level == HBRIDGE_LOW || (level == HBRIDGE_DUTY && duty <= 0))
		return 0;
	if (level == HBRIDGE_HIGH || duty >= 1)
		return pwm->steps;
	steps = llround(duty * pwm->steps);
	return steps > 0 ? (uint32_t)steps : 1;
}

static int hbridge_write(struct hbridge *bridge, const struct hbridge_write *write, double duty)
{
	struct gpio_line *line = bridge->inputs[write->input].line;
	struct pwm_output *pwm = bridge->inputs[write->input].pwm;

	if (line)
		return gpio_line_set(line, write->level != HBRIDGE_LOW);
	/* Stops and brakes are written at once, and a start only follows what was written. */
	if (pwm && write->level == HBRIDGE_DUTY && duty > 0)
		return pwm_set_soon(pwm, duty_steps(pwm, HBRIDGE_DUTY, duty));
	if (pwm)
		return pwm_set(pwm, duty_steps(pwm, write->level, duty));
	return 0; /* the enable is tied high */
}

/* Stops at the first error: for sequences that leave a safe state. */
static int hbridge_write_until_error(
	struct hbridge *bridge, const struct hbridge_sequence *sequence, double duty)
{
	for (size_t i = 0; i < sequence->n_writes; i++) {
		int r = hbridge_write(bridge, &sequence->writes[i], duty);

		if (r < 0) {
			bridge->failed = sequence->writes[i].input;
			return r;
		}
	}
	return 0;
}

/* The first error is the one that is reported. */
static int note_error(struct hbridge *bridge, enum hbridge_input input, int earlier, int r)
{
	if (r < 0 && earlier == 0)
		bridge->failed = input;
	return earlier < 0 ? earlier : r;
}

/* True if the motor is surely not driven with these inputs low: the enable, or both others. */
static bool is_enough(const struct hbridge *bridge, unsigned low)
{
	const unsigned directions = 1U << HBRIDGE_FORWARD | 1U << HBRIDGE_BACKWARD;
	bool has_enable = bridge->inputs[HBRIDGE_ENABLE].line || bridge->inputs[HBRIDGE_ENABLE].pwm;

	return (has_enable && low & 1U << HBRIDGE_ENABLE) || (low & directions) == directions;
}

/*
 * Goes on after an error: for sequences that end a motion. Lines come before PWM outputs: a line is
 * written in microseconds, while a PWM part may be on a stuck bus, and the stop must not wait for
 * it. If the inputs of a bridge go low first and its enable a moment later, no row of the tables
 * above drives the motor in between; the L298 brakes for that moment.
 */
static int hbridge_write_off(struct hbridge *bridge, const struct hbridge_sequence *sequence)
{
	unsigned low = 0;
	int error = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < sequence->n_writes; i++) {
			bool is_line = bridge->inputs[sequence->writes[i].input].line != NULL;
			int r;

			if (is_line != (pass == 0))
				continue;
			r = hbridge_write(bridge, &sequence->writes[i], 0);
			if (r == 0)
				low |= 1U << sequence->writes[i].input;
			error = note_error(bridge, sequence->writes[i].input, error, r);
		}
	}
	bridge->drives = !is_enough(bridge, low);
	return error;
}

/* Goes on after an error: for sequences that reach a safe state. */
static int hbridge_write_all(struct hbridge *bridge, const struct hbridge_sequence *sequence)
{
	int error = 0;

	for (size_t i = 0; i < sequence->n_writes; i++) {
		int r = hbridge_write(bridge, &sequence->writes[i], 0);

		error = note_error(bridge, sequence->writes[i].input, error, r);
	}
	return error;
}

static size_t same(enum motor_direction direction)
{
	return direction == MOTOR_BACKWARD ? BACKWARD : FORWARD;
}

static size_t opposite(enum motor_direction direction)
{
	return direction == MOTOR_BACKWARD ? FORWARD : BACKWARD;
}

int hbridge_off(struct hbridge *bridge, enum motor_direction turned)
{
	return hbridge_write_off(bridge, &bridge->table->off[opposite(turned)]);
}

int hbridge_drive(struct hbridge *bridge, enum motor_direction direction, double duty)
{
	bridge->drives = true;
	return hbridge_write_until_error(bridge, &bridge->table->drive[same(direction)], duty);
}

int hbridge_duty(struct hbridge *bridge, enum motor_direction direction, double duty)
{
	const struct hbridge_write write = {bridge->table->duty[same(direction)], HBRIDGE_DUTY};

	if (!bridge->inputs[write.input].pwm)
		return 0;
	return note_error(bridge, write.input, 0, hbridge_write(bridge, &write, duty));
}

/* On the way into and out of a brake, one input alone drives for a moment. */
static int settle(struct hbridge *bridge, int r)
{
	bridge->drives = r < 0;
	return r;
}

int hbridge_brake(struct hbridge *bridge, enum motor_direction push)
{
	return settle(
		bridge, hbridge_write_until_error(bridge, &bridge->table->brake[same(push)], 0));
}

int hbridge_hold(struct hbridge *bridge, enum motor_direction push)
{
	return settle(bridge, hbridge_write_all(bridge, &bridge->table->brake[same(push)]));
}

int hbridge_release(struct hbridge *bridge, enum motor_direction push)
{
	return settle(
		bridge, hbridge_write_until_error(bridge, &bridge->table->off[opposite(push)], 0));
}

void hbridge_close(struct hbridge *bridge)
{
	for (size_t i = 0; i < HBRIDGE_N_INPUTS; i++) {
		bridge->inputs[i].line = gpio_line_close(bridge->inputs[i].line);
		bridge->inputs[i].pwm = pwm_close(bridge->inputs[i].pwm);
	}
}
