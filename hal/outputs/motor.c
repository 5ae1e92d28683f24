/* SPDX-License-Identifier: MIT */
/*
 * The motor's state machine: when to write what. hbridge.c knows which inputs that means.
 *
 * Two things are kept apart: the goal, which is what was asked for, and the bridge's present state
 * (turning, speed, braking). motor_set() only changes the goal. motor_advance() moves the bridge
 * towards it, as long as a move is due. So a new goal in the middle of a ramp or a rest needs no
 * case of its own.
 *
 * Speed is a fraction of the range in which the motor turns: 0 is min_duty, 1 is full duty. A ramp
 * is a straight line in time from the speed at which it began, and its value depends on the time
 * alone. So a late poll makes a larger step, never a longer ramp.
 */
#include "motor.h"

#include "hbridge.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum {
	MOTOR_RAMP_STEP_US = 10000, /* too fine for a gear box or an eye to notice */
	MOTOR_RETRY_MIN_US = 20000,
	MOTOR_RETRY_MAX_US =
		1280000, /* a try may block for a bus timeout, so leave the loop some time */
};

struct motor {
	struct hbridge bridge;
	struct motor_settings settings;

	enum motor_direction goal;
	double goal_speed;

	enum motor_direction turning; /* MOTOR_STOP: the bridge is off or braking */
	bool braking;                 /* both inputs were made active */
	double speed;                 /* as last written, while turning */
	double ramp_from;             /* the speed at ramp_start_us */
	uint64_t ramp_start_us;

	enum motor_direction last_turned; /* the other direction has to wait for the rest */
	uint64_t stopped_us;
	bool stopped_just_now; /* no newer time was given yet, so stopped_us is too early */

	bool stop_pending; /* the last stop failed or has no time yet: write it again */
	uint32_t retry_us; /* time until the next try */

	uint64_t next_us; /* when motor_advance() next has something to do */
};

int motor_new(const struct hbridge_outputs *outputs, const struct motor_settings *settings,
	struct motor **ret_motor)
{
	/* Not a check with < and >, which NaN would pass. */
	bool settings_valid = settings->min_duty >= 0 && settings->min_duty <= 1;
	struct motor *motor = calloc(1, sizeof(*motor));
	int r = -ENOMEM;

	if (motor)
		r = settings_valid ? hbridge_init(&motor->bridge, outputs) : -EINVAL;
	if (r < 0) {
		free(motor);
		gpio_line_close(outputs->forward_line);
		gpio_line_close(outputs->backward_line);
		gpio_line_close(outputs->phase_line);
		gpio_line_close(outputs->enable_line);
		pwm_close(outputs->forward_pwm);
		pwm_close(outputs->backward_pwm);
		pwm_close(outputs->enable_pwm);
		pwm_close(outputs->phase_pwm);
		return r;
	}
	motor->settings = *settings;
	motor->retry_us = MOTOR_RETRY_MIN_US;
	motor->next_us = UINT64_MAX;
	*ret_motor = motor;
	return 0;
}

static uint64_t elapsed_us(uint64_t since_us, uint64_t now_us)
{
	return now_us > since_us ? now_us - since_us : 0;
}

static double speed_to_duty(const struct motor *motor, double speed)
{
	return motor->settings.min_duty + (1 - motor->settings.min_duty) * speed;
}

/* --- Ramps ------------------------------------------------------------------------------------ */

/* 0 if the speed cannot or must not be ramped. */
static uint32_t ramp_us(const struct motor *motor)
{
	return hbridge_steps(&motor->bridge) > 0 ? motor->settings.ramp_us : 0;
}

/* Before the other direction, the present one ramps down to nothing. */
static double ramp_target(const struct motor *motor)
{
	return motor->turning == motor->goal ? motor->goal_speed : 0;
}

static uint64_t ramp_length_us(const struct motor *motor)
{
	return (uint64_t)ceil(fabs(ramp_target(motor) - motor->ramp_from) * ramp_us(motor));
}

static double ramp_speed(const struct motor *motor, uint64_t now_us)
{
	uint64_t elapsed = elapsed_us(motor->ramp_start_us, now_us);
	double target = ramp_target(motor);
	double change;

	if (elapsed >= ramp_length_us(motor))
		return target;
	change = (double)elapsed / ramp_us(motor);
	return target > motor->ramp_from ? motor->ramp_from + change : motor->ramp_from - change;
}

/* The next point of the ramp's own grid after now_us. The end of the ramp is a point of it. */
static uint64_t ramp_next_us(const struct motor *motor, uint64_t now_us)
{
	uint64_t step = MOTOR_RAMP_STEP_US;
	uint64_t finest = ramp_us(motor) / hbridge_steps(&motor->bridge);
	uint64_t end = motor->ramp_start_us + ramp_length_us(motor);
	uint64_t next;

	if (step < finest)
		step = finest;
	next = motor->ramp_start_us + (elapsed_us(motor->ramp_start_us, now_us) / step + 1) * step;
	return next < end ? next : end;
}

static void ramp_begin(struct motor *motor, double from, uint64_t now_us)
{
	motor->speed = from;
	motor->ramp_from = from;
	motor->ramp_start_us = now_us;
}

/* --- Stopping --------------------------------------------------------------------------------- */

/*
 * Every stop ends here, and gets its time here. result is what writing it returned: if an input
 * could not be written, the goal is given up, and motor_poll() writes the stop again.
 */
static int motor_settle(struct motor *motor, int result, uint64_t now_us)
{
	bool dated = motor->turning == MOTOR_STOP && !motor->stop_pending;

	if (motor->turning != MOTOR_STOP)
		motor->last_turned = motor->turning;
	motor->turning = MOTOR_STOP;
	if (result < 0) {
		motor->goal = MOTOR_STOP;
		motor->stop_pending = true;
		motor->next_us = now_us + motor->retry_us;
		if (motor->retry_us < MOTOR_RETRY_MAX_US)
			motor->retry_us *= 2;
		return result;
	}
	if (!dated) {
		motor->stopped_us = now_us;
		motor->stopped_just_now = true;
	}
	motor->stop_pending = false;
	motor->retry_us = MOTOR_RETRY_MIN_US;
	return 0;
}

static int motor_off(struct motor *motor, uint64_t now_us)
{
	bool turning = motor->turning != MOTOR_STOP;

	return motor_settle(motor,
		hbridge_off(&motor->bridge, turning ? motor->turning : motor->last_turned), now_us);
}

/* Writes the present stop again. A brake is not released for that. */
static int motor_stop_again(struct motor *motor, uint64_t now_us)
{
	if (!motor->braking)
		return motor_off(motor, now_us);
	return motor_settle(motor, hbridge_hold(&motor->bridge, motor->last_turned), now_us);
}

/*
 * From any stop to all inputs inactive. A brake that cannot be released stays. next is the
 * direction that follows.
 */
static int motor_release(struct motor *motor, enum motor_direction next, uint64_t now_us)
{
	int r;

	if (!motor->braking)
		return motor_off(motor, now_us);
	r = hbridge_release(&motor->bridge, next);
	if (r < 0) {
		enum hbridge_input failed = motor->bridge.failed;

		motor->goal = MOTOR_STOP;
		motor->next_us = UINT64_MAX;
		motor->last_turned = next; /* it may just have been pushed in that direction */
		motor->stop_pending = true;
		motor_stop_again(motor, now_us);
		motor->bridge.failed = failed;
		return r;
	}
	motor->braking = false;
	return 0;
}

/* Handles a write that failed while something was active. Returns error, the first one. */
static int motor_fail(struct motor *motor, int error, uint64_t now_us)
{
	enum hbridge_input failed = motor->bridge.failed;

	motor->goal = MOTOR_STOP;
	motor->next_us = UINT64_MAX;
	motor_off(motor, now_us);
	motor->bridge.failed = failed;
	return error;
}

/* Stops driving, then brakes if that is set and there may be something to brake. */
static int motor_halt(struct motor *motor, uint64_t now_us)
{
	bool may_turn = motor->turning != MOTOR_STOP || motor->stop_pending;
	int r = motor_stop_again(motor, now_us);

	if (r < 0 || motor->braking || motor->settings.stop_mode == MOTOR_COAST)
		return r;
	if (!may_turn || motor->last_turned == MOTOR_STOP)
		return 0;
	r = hbridge_brake(&motor->bridge, motor->last_turned);
	if (r < 0)
		return motor_fail(motor, r, now_us);
	motor->braking = true;
	return 0;
}

/* --- Moving ----------------------------------------------------------------------------------- */

/*
 * now_us was read before the stop was written, and on a slow or stuck bus writing takes longer than
 * many a rest. The next time that the caller gives is the first one that is surely after it.
 */
static void date_stop(struct motor *motor, uint64_t now_us)
{
	if (motor->stopped_just_now)
		motor->stopped_us = now_us;
	motor->stopped_just_now = false;
}

static bool must_rest(const struct motor *motor)
{
	return motor->settings.reverse_pause_us > 0 && motor->last_turned != MOTOR_STOP &&
		motor->last_turned != motor->goal;
}

/* The time from which the goal's direction may be driven; now_us if it is not known yet. */
static uint64_t rest_end_us(const struct motor *motor, uint64_t now_us)
{
	if (!must_rest(motor))
		return 0;
	return motor->stopped_just_now ? now_us
				       : motor->stopped_us + motor->settings.reverse_pause_us;
}

static int motor_start(struct motor *motor, uint64_t now_us)
{
	double from = ramp_us(motor) > 0 ? 0 : motor->goal_speed;
	int r = motor_release(motor, motor->goal, now_us);

	if (r < 0)
		return r;
	motor->turning = motor->goal;
	ramp_begin(motor, from, now_us);
	r = hbridge_drive(&motor->bridge, motor->turning, speed_to_duty(motor, from));
	return r < 0 ? motor_fail(motor, r, now_us) : 0;
}

static int motor_write_speed(struct motor *motor, double speed, uint64_t now_us)
{
	int r;

	motor->speed = speed;
	r = hbridge_duty(&motor->bridge, motor->turning, speed_to_duty(motor, speed));
	return r < 0 ? motor_fail(motor, r, now_us) : 0;
}

/* Makes every move towards a direction that is due now. Then next_us is the time of the next one.
 * */
static int motor_advance(struct motor *motor, uint64_t now_us)
{
	double speed;
	int r;

	if (motor->turning != MOTOR_STOP && motor->turning != motor->goal) {
		speed = ramp_speed(motor, now_us);
		if (speed > 0) {
			motor->next_us = ramp_next_us(motor, now_us);
			return motor_write_speed(motor, speed, now_us);
		}
		r = motor_halt(motor, now_us);
		if (r < 0)
			return r;
	}
	if (motor->turning == MOTOR_STOP) {
		motor->next_us = rest_end_us(motor, now_us);
		if (now_us < motor->next_us || (motor->stopped_just_now && must_rest(motor)))
			return 0;
		r = motor_start(motor, now_us);
	} else {
		r = motor_write_speed(motor, ramp_speed(motor, now_us), now_us);
	}
	if (r < 0)
		return r;
	motor->next_us =
		motor->speed == motor->goal_speed ? UINT64_MAX : ramp_next_us(motor, now_us);
	return 0;
}

int motor_set(struct motor *motor, enum motor_direction direction, unsigned fine, uint64_t now_us)
{
	int r;

	date_stop(motor, now_us);
	switch (direction) {
	case MOTOR_STOP:
		motor->goal = MOTOR_STOP;
		motor->next_us = UINT64_MAX;
		return motor_halt(motor, now_us);
	case MOTOR_FORWARD:
	case MOTOR_BACKWARD:
		break;
	default:
		return -EINVAL;
	}
	if (fine < 1 || fine > MOTOR_FINE_MAX || !hbridge_turns(&motor->bridge, direction))
		return -EINVAL;
	if (motor->stop_pending) {
		r = motor_stop_again(motor, now_us);
		if (r < 0)
			return r;
	}
	/*
	 * A running ramp starts over from its value at this moment, not from the last written one:
	 * otherwise commands that come faster than ramp steps would hold it in place.
	 */
	if (motor->turning != MOTOR_STOP)
		ramp_begin(motor, ramp_speed(motor, now_us), now_us);
	motor->goal = direction;
	motor->goal_speed = fine / (double)MOTOR_FINE_MAX;
	return motor_advance(motor, now_us);
}

int motor_poll(struct motor *motor, uint64_t now_us, uint64_t *ret_next_us)
{
	int r = 0;

	date_stop(motor, now_us);
	if (now_us >= motor->next_us && motor->next_us != UINT64_MAX) {
		if (motor->stop_pending) {
			motor->next_us = UINT64_MAX;
			r = motor_stop_again(motor, now_us);
		} else {
			r = motor_advance(motor, now_us);
		}
	}
	*ret_next_us = motor->next_us;
	return r;
}

bool motor_running(const struct motor *motor)
{
	return motor->goal != MOTOR_STOP;
}

enum motor_direction motor_driven(const struct motor *motor)
{
	if (!motor->bridge.drives)
		return MOTOR_STOP;
	return motor->turning != MOTOR_STOP ? motor->turning : motor->last_turned;
}

enum hbridge_input motor_failed_input(const struct motor *motor)
{
	return motor->bridge.failed;
}

int motor_safe(struct motor *motor)
{
	int r = motor_release(motor, motor->last_turned, 0);

	/* There is no clock here: if a direction follows after all, it stops again and rests from
	 * then. */
	motor->goal = MOTOR_STOP;
	motor->stop_pending = true;
	motor->next_us = r < 0 ? 0 : UINT64_MAX;
	return r;
}

struct motor *motor_close(struct motor *motor)
{
	if (!motor)
		return NULL;
	motor_safe(motor);
	hbridge_close(&motor->bridge);
	free(motor);
	return NULL;
}
