/* SPDX-License-Identifier: MIT */
/*
 * What parts that speak as Sensirion's do have in common: a command is written, it takes its time,
 * and then words of 16 bits are read, each followed by its CRC-8. The CRC alone is used by parts of
 * other makers, too.
 *
 * Datasheet: SHT3x-DIS, version 5 (May 2018), sections 4.2, 4.4 and 4.12; that of the SHT4x and
 * SCD4x say the same.
 *
 * Not of the public interface; for files of this folder.
 */
#pragma once

#include "chip.h"

enum {
	SENSIRION_WORD_BYTES = 3, /* on the wire: high byte, low byte, CRC */
	SENSIRION_WORDS_MAX = 16, /* of one read */
	SENSIRION_CRC_INITIAL = 0xFF,
};

/*
 * x^8 + x^5 + x^4 + 1, high bit first, not inverted. initial: 0xFF with Sensirion and Aosong, 0x00
 * with Silicon Labs and TE; from 0x00, zeros have the CRC zero, and a wire that is held low passes.
 */
uint8_t crc8_of(uint8_t initial, const uint8_t *data, size_t size);

/* Writes the 16-bit command, high byte first. 0 or an error of hal_error.h. */
int sensirion_command(struct chip *chip, uint16_t command);

/*
 * Reads n words, 1 to SENSIRION_WORDS_MAX. 0 or an error of hal_error.h. If a CRC is wrong, it is
 * -EBADMSG, and no word is set.
 */
int sensirion_read(struct chip *chip, size_t n, uint16_t *ret_words);

/*
 * The same in collect(): these parts do not acknowledge a read while they measure, which is -EAGAIN
 * here. A part that is gone does not acknowledge its next command either.
 */
int sensirion_collect(struct chip *chip, size_t n, uint16_t *ret_words);

/* For the models: the word with its CRC, as it is on the wire. */
void sensirion_put(uint8_t bytes[SENSIRION_WORD_BYTES], uint16_t word);
