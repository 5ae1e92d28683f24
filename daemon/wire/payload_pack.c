/* SPDX-License-Identifier: MIT */
/* The bytes of Python's struct.pack() with "<" or ">": standard sizes, no padding. */
#include "decimal.h"
#include "payload.h"

#include <errno.h>
#include <math.h>
#include <string.h>

struct letter {
	char letter;
	unsigned size; /* bytes */
	double min;    /* integers: the range is min <= value < end, and both are exact */
	double end;
};

static const struct letter LETTERS[] = {
	{'b', 1, -0x1p7, 0x1p7},
	{'B', 1, 0, 0x1p8},
	{'h', 2, -0x1p15, 0x1p15},
	{'H', 2, 0, 0x1p16},
	{'i', 4, -0x1p31, 0x1p31},
	{'I', 4, 0, 0x1p32},
	{'q', 8, -0x1p63, 0x1p63},
	{'Q', 8, 0, 0x1p64},
	{'f', 4, 0, 0},
	{'d', 8, 0, 0},
};

static const struct letter *letter_find(char letter)
{
	for (size_t i = 0; i < sizeof(LETTERS) / sizeof(LETTERS[0]); i++) {
		if (LETTERS[i].letter == letter)
			return &LETTERS[i];
	}
	return NULL;
}

static int float_bits(double value, uint64_t *ret_bits)
{
	float single = (float)value;
	uint32_t bits;

	if (isinf(single))
		return -ERANGE;
	memcpy(&bits, &single, sizeof(bits));
	*ret_bits = bits;
	return 0;
}

/* The field's bits, lowest first. Floats have the number of the combined reading, integers the
 * value rounded once. */
static int field_bits(
	const struct letter *letter, double value, unsigned decimals, uint64_t *ret_bits)
{
	double rounded;

	if (letter->letter == 'f')
		return float_bits(decimal_round(value, decimals), ret_bits);
	if (letter->letter == 'd') {
		rounded = decimal_round(value, decimals);
		memcpy(ret_bits, &rounded, sizeof(*ret_bits));
		return 0;
	}
	rounded = decimal_round(value, 0);
	if (rounded < letter->min || rounded >= letter->end)
		return -ERANGE;
	*ret_bits = rounded < 0 ? (uint64_t)(int64_t)rounded : (uint64_t)rounded;
	return 0;
}

static void put_bits(uint64_t bits, unsigned size, bool big_endian, uint8_t *out)
{
	for (unsigned i = 0; i < size; i++)
		out[big_endian ? size - 1 - i : i] = (uint8_t)(bits >> (8 * i));
}

int payload_pack(const struct config *config, const struct config_packed *packed,
	const struct reading *reading, uint8_t *out, size_t out_bytes)
{
	size_t used = 0;

	for (size_t i = 0; i < packed->n_fields; i++) {
		const struct config_packed_field *field = &packed->fields[i];
		const struct letter *letter = letter_find(field->letter);
		double value = reading->values[field->sensor];
		uint64_t bits;
		int r;

		if (!letter)
			return -EINVAL;
		if (!isfinite(value))
			return -ENODATA;
		if (out_bytes - used < letter->size)
			return -ENOBUFS;
		r = field_bits(letter, value, config->sensors[field->sensor].decimals, &bits);
		if (r < 0)
			return r;
		put_bits(bits, letter->size, packed->big_endian, out + used);
		used += letter->size;
	}
	return (int)used;
}
