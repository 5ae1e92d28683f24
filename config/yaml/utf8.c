/* SPDX-License-Identifier: MIT */
#include "utf8.h"

size_t utf8_decode(const char *text, size_t size, uint32_t *ret_code)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least; /* smaller codes have a shorter form */
	} forms[] = {
		{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	const uint8_t *bytes = (const uint8_t *)text;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((bytes[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (size < i + 1)
			return 0;
		uint32_t code = bytes[0] & (uint8_t)~forms[i].mask;
		for (size_t k = 1; k <= i; k++) {
			if ((bytes[k] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | (bytes[k] & 0x3f);
		}
		if (code < forms[i].least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
			return 0;
		*ret_code = code;
		return i + 1;
	}
	return 0;
}

bool utf8_printable(uint32_t code)
{
	return code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && code != 0x2028 && code != 0x2029;
}

/* Unicode's Bidi_Control, and the deprecated format characters after it. */
bool utf8_turns(uint32_t code)
{
	return code == 0x061c || code == 0x200e || code == 0x200f ||
		(code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x206f);
}
