/* SPDX-License-Identifier: MIT */
/*
 * The protocol of Sensirion's parts: a command is written, it takes its time, and then words of 16
 * bits are read, each followed by its CRC-8. Parts of other makers use the CRC alone.
 *
 * Datasheet: SHT3x-DIS, version 5 (May 2018), sections 4.2, 4.4 and 4.12; those of the SHT4x and
 * SCD4x say the same.
 *
 * Not part of the public interface: for files of this folder.
 */
#pragma once

#include "chip.h"

enum {
	SENSIRION_WORD_BYTES = 3, /* on the wire: high byte, low byte, CRC */
	SENSIRION_WORDS_MAX = 16, /* of one read */
	SENSIRION_CRC_INITIAL = 0xFF,
};

/*
 * x^8 + x^5 + x^4 + 1, high bit first, not inverted. initial: 0xFF for Sensirion and Aosong, 0x00
 * for Silicon Labs and TE. With 0x00 the CRC of zeros is zero, so a wire that is held low passes.
 */
uint8_t crc8_of(uint8_t initial, const uint8_t *data, size_t size);

/* Writes the 16-bit command, high byte first. 0 or an error of hal_error.h. */
int sensirion_command(struct chip *chip, uint16_t command);

/* The same for a command of 1 or 2 bytes. */
int sensirion_send(struct chip *chip, size_t command_bytes, uint16_t command);

/*
 * Reads n words, 1 to SENSIRION_WORDS_MAX. 0 or an error of hal_error.h. -EBADMSG: a CRC is wrong,
 * and no word is set.
 */
int sensirion_read(struct chip *chip, size_t n, uint16_t *ret_words);

/*
 * The same for collect(): while these parts measure, they do not acknowledge a read, which is
 * -EAGAIN here. If the part is gone, its next command will fail.
 */
int sensirion_collect(struct chip *chip, size_t n, uint16_t *ret_words);

struct sensirion_step {
	uint16_t command;
	uint32_t wait_us; /* until the next one, or the answer */
};

/* Commands one after the other, and the answer to the last one. */
struct sensirion_dialogue {
	const char *part;     /* its name, in words for the user */
	size_t command_bytes; /* 1 or 2 */
	const struct sensirion_step *steps;
	unsigned n_steps;
	size_t answer_words; /* 1 to SENSIRION_WORDS_MAX; nothing but their CRC is looked at */
};

/*
 * As configure() of struct driver. *step is 0 at first: the commands before it have been sent. A
 * part that takes the commands and gives no answer is -EBADMSG, with the chip's words.
 */
int sensirion_configure(struct chip *chip, const struct sensirion_dialogue *dialogue,
	unsigned *step, uint32_t *ret_wait_us);

/* As identify() of struct driver: certain, if there is an answer with the right CRC. */
int sensirion_identify(struct chip *chip, const struct sensirion_dialogue *dialogue, unsigned *step,
	uint32_t *ret_wait_us, bool *ret_is_certain);

/* For the models: the word with its CRC, as it is on the wire. */
void sensirion_put(uint8_t bytes[SENSIRION_WORD_BYTES], uint16_t word);
