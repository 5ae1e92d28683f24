/* SPDX-License-Identifier: MIT */
/* Checks that a part is told from others without being changed. */
#include "checks.h"
#include "chip_pwm.h"

#include <errno.h>
#include <string.h>

enum { ROUNDS_MAX = 10, READ_BITS_MAX = 64 };

static bool is_identified(const struct driver *driver)
{
	return driver->identify;
}

/* A wire on which everything that is read comes from one row of bytes. */
struct script {
	struct i2c_bus base;
	const uint8_t *answers;
	size_t left;
	bool is_written; /* something was sent that is not the number of a register to read */
};

static int play(struct i2c_bus *bus, uint16_t address, struct i2c_message *messages, size_t count)
{
	struct script *script = (struct script *)(void *)bus;
	bool is_register = count == 2 && !messages[0].read && messages[0].size == 1;

	(void)address;
	script->is_written |= !(is_register || count == 1) || (count == 1 && !messages[0].read);
	for (size_t i = 0; i < count; i++) {
		if (!messages[i].read)
			continue;
		if (script->left == 0)
			return -ENXIO;
		assert_true(messages[i].size <= script->left);
		memcpy(messages[i].data, script->answers, messages[i].size);
		script->answers += messages[i].size;
		script->left -= messages[i].size;
	}
	return 0;
}

static const struct i2c_ops PLAY_OPS = {.transfer = play};

static int ask(struct rig *rig, bool *ret_is_certain)
{
	chip_reset(rig->chip);
	for (int round = 0; round < ROUNDS_MAX; round++) {
		uint32_t wait_us = 0;
		int r = chip_identify(rig->chip, &wait_us, ret_is_certain);

		if (r != -EAGAIN)
			return r;
		rig->now_us += wait_us;
	}
	return -ETIMEDOUT;
}

/* Returns false if something was written that another part could take for more than a question. */
static bool ask_script(
	struct rig *rig, const uint8_t *answers, size_t n, int *ret_result, bool *ret_is_certain)
{
	struct script script = {{.ops = &PLAY_OPS, .name = "script"}, answers, n, false};
	struct i2c_bus *real = rig->chip->i2c;

	rig->chip->i2c = &script.base;
	*ret_result = ask(rig, ret_is_certain);
	rig->chip->i2c = real;
	return !script.is_written;
}

static void its_identities_are_told_as_the_datasheets_have_them(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;
	bool is_found = false, is_refused = false;

	for (size_t i = 0; i < driver->n_identities; i++) {
		const struct driver_identity *identity = &driver->identities[i];
		bool is_certain = false;
		int r;

		bool is_gentle =
			ask_script(rig, identity->answers, identity->n_answers, &r, &is_certain);

		assert_true(strlen(identity->source) > 0);
		if (r != identity->result || is_certain != identity->is_certain)
			fail_msg("%s: %d, certain %d", identity->source, r, is_certain);
		assert_true(is_gentle || driver->identifies_by_command);
		is_found |= r == 0;
		is_refused |= r == -EBADMSG;
	}
	assert_true(is_found && is_refused);
}

static void no_flipped_bit_of_an_identity_is_certain(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;

	for (size_t i = 0; i < driver->n_identities; i++) {
		const struct driver_identity *identity = &driver->identities[i];
		uint8_t answers[READ_BITS_MAX / 8];

		if (!identity->is_certain)
			continue;
		assert_true(identity->n_answers <= sizeof(answers));
		for (size_t bit = 0; bit < identity->n_answers * 8; bit++) {
			bool is_certain = false;
			int r;

			memcpy(answers, identity->answers, identity->n_answers);
			answers[bit / 8] ^= (uint8_t)(1U << bit % 8);
			(void)ask_script(rig, answers, identity->n_answers, &r, &is_certain);
			assert_false(r == 0 && is_certain);
		}
	}
}

static void zeros_and_ones_are_no_part(void **state)
{
	struct rig *rig = *state;

	for (int level = 0; level < 2; level++) {
		uint8_t answers[READ_BITS_MAX / 8];
		bool is_certain = false;
		int r;

		memset(answers, level ? 0xFF : 0, sizeof(answers));
		(void)ask_script(rig, answers, sizeof(answers), &r, &is_certain);
		assert_int_equal(r, -EBADMSG);
		assert_false(is_certain);
	}
}

static void it_is_found_once_it_is_set_up_and_stays_as_it_is(void **state)
{
	struct rig *rig = *state;
	bool is_certain = false;

	assert_int_equal(rig_configure(rig), 0);
	assert_int_equal(ask(rig, &is_certain), 0);
	assert_int_equal(ask(rig, &is_certain), 0);
	if (rig->driver->probe)
		assert_int_equal(chip_probe(rig->chip), 0);
}

static void what_does_not_answer_is_not_found(void **state)
{
	struct rig *rig = *state;
	bool is_certain = false;

	rig_fault(rig, SIM_FAULT_NO_ANSWER);
	assert_int_equal(ask(rig, &is_certain), -ENXIO);
	rig_fault(rig, SIM_FAULT_STUCK);
	assert_int_equal(ask(rig, &is_certain), -ETIMEDOUT);
	rig_fault(rig, SIM_FAULT_HELD_SDA);
	assert_int_equal(ask(rig, &is_certain), -EBADMSG);
	assert_non_null(strstr(rig->chip->words.text, "SDA is held low"));
}

static bool can_be_at(const struct driver *driver, uint8_t address)
{
	return driver->bus == DRIVER_BUS_I2C &&
		memchr(driver->addresses, address, driver->n_addresses);
}

/* Of the other parts at this one's addresses, as they are after power-on. */
static void it_is_never_certain_of_another_part(void **state)
{
	struct rig *rig = *state;
	const struct driver *driver = rig->driver;

	for (const struct driver *const *at = driver_table; *at; at++) {
		for (size_t i = 0; *at != driver && i < driver->n_addresses; i++) {
			bool is_certain = false;
			int r;

			if (!can_be_at(*at, driver->addresses[i]))
				continue;
			assert_int_equal(sim_remove_part(rig->board, RIG_PART), 0);
			assert_int_equal(sim_add_part(rig->board, RIG_PART, *at, rig_bus(*at),
						 driver->addresses[i]),
				0);
			rig->chip->address = driver->addresses[i];
			r = ask(rig, &is_certain);
			if (r == 0 && is_certain)
				fail_msg("takes a %s for a %s", (*at)->name, driver->name);
		}
	}
}

const struct driver_check CHECKS_IDENTITY[] = {
	{"identities are told as the datasheets have them", is_identified,
		its_identities_are_told_as_the_datasheets_have_them},
	{"no flipped bit of an identity is certain", is_identified,
		no_flipped_bit_of_an_identity_is_certain},
	{"zeros and ones are no part", is_identified, zeros_and_ones_are_no_part},
	{"is found once it is set up, and stays as it is", is_identified,
		it_is_found_once_it_is_set_up_and_stays_as_it_is},
	{"what does not answer is not found", is_identified, what_does_not_answer_is_not_found},
	{"is never certain of another part", is_identified, it_is_never_certain_of_another_part},
	{NULL, NULL, NULL},
};
