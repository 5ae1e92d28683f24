/* SPDX-License-Identifier: MIT */
#include "sensirion.h"

#include <errno.h>

enum { POLYNOMIAL = 0x31 };

uint8_t crc8_of(uint8_t initial, const uint8_t *data, size_t size)
{
	unsigned crc = initial;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc << 1 ^ (crc & 0x80 ? POLYNOMIAL : 0)) & 0xFF;
	}
	return (uint8_t)crc;
}

int sensirion_send(struct chip *chip, size_t command_bytes, uint16_t command)
{
	const uint8_t bytes[] = {(uint8_t)(command >> 8), (uint8_t)command};

	return i2c_write(
		chip->i2c, chip->address, bytes + sizeof(bytes) - command_bytes, command_bytes);
}

int sensirion_command(struct chip *chip, uint16_t command)
{
	return sensirion_send(chip, 2, command);
}

int sensirion_read(struct chip *chip, size_t n, uint16_t *ret_words)
{
	uint8_t bytes[SENSIRION_WORDS_MAX * SENSIRION_WORD_BYTES];
	int r = i2c_read(chip->i2c, chip->address, bytes, n * SENSIRION_WORD_BYTES);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *word = bytes + i * SENSIRION_WORD_BYTES;

		if (crc8_of(SENSIRION_CRC_INITIAL, word, 2) != word[2])
			return -EBADMSG;
	}
	for (size_t i = 0; i < n; i++) {
		const uint8_t *word = bytes + i * SENSIRION_WORD_BYTES;

		ret_words[i] = (uint16_t)(word[0] << 8 | word[1]);
	}
	return 0;
}

int sensirion_collect(struct chip *chip, size_t n, uint16_t *ret_words)
{
	int r = sensirion_read(chip, n, ret_words);

	return r == -ENXIO ? -EAGAIN : r;
}

/* Sends the next command, -EAGAIN. After the last one, looks at its answer. */
static int advance(struct chip *chip, const struct sensirion_dialogue *dialogue, unsigned *step,
	uint32_t *ret_wait_us)
{
	uint16_t answer[SENSIRION_WORDS_MAX];

	if (*step == dialogue->n_steps)
		return sensirion_read(chip, dialogue->answer_words, answer);
	const struct sensirion_step *next = &dialogue->steps[*step];
	int r = sensirion_send(chip, dialogue->command_bytes, next->command);

	if (r < 0)
		return r;
	++*step;
	*ret_wait_us = next->wait_us;
	return -EAGAIN;
}

int sensirion_configure(struct chip *chip, const struct sensirion_dialogue *dialogue,
	unsigned *step, uint32_t *ret_wait_us)
{
	const bool is_asked = *step == dialogue->n_steps;
	int r = advance(chip, dialogue, step, ret_wait_us);

	if (r == -ENXIO && is_asked)
		return hal_error_set(&chip->words, -EBADMSG,
			"takes the commands of an %s and does not answer them: another part?",
			dialogue->part);
	if (r == 0)
		*ret_wait_us = 0;
	return r;
}

int sensirion_identify(struct chip *chip, const struct sensirion_dialogue *dialogue, unsigned *step,
	uint32_t *ret_wait_us, bool *ret_is_certain)
{
	int r = advance(chip, dialogue, step, ret_wait_us);

	if (r == 0)
		*ret_is_certain = true;
	return r;
}

void sensirion_put(uint8_t bytes[SENSIRION_WORD_BYTES], uint16_t word)
{
	bytes[0] = (uint8_t)(word >> 8);
	bytes[1] = (uint8_t)word;
	bytes[2] = crc8_of(SENSIRION_CRC_INITIAL, bytes, 2);
}
