/* SPDX-License-Identifier: MIT */
#include "on_lines.h"

int on_lines_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	(void)chip;
	*ret_wait_us = 0;
	return 0;
}

int on_lines_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	(void)chip;
	(void)channel;
	*ret_wait_us = 0;
	return 0;
}

int on_lines_take(struct chip *chip, uint32_t *ret_wait_us)
{
	struct driver_event event;
	uint64_t next_us;

	*ret_wait_us = 0;
	return chip_event(chip, lines_now_us(chip->lines), &event, &next_us);
}

void wire_model_add(struct wire_model *wire, uint64_t levels, uint32_t after_us)
{
	if (wire->n == WIRE_CHANGES_MAX)
		return;
	wire->changes[(wire->first + wire->n++) % WIRE_CHANGES_MAX] =
		(struct wire_change){levels, after_us};
}

void wire_model_begin(struct wire_model *wire, uint64_t now_us)
{
	if (wire->n > 0)
		return;
	wire->time_us = now_us;
	wire->has_time = true;
}

bool wire_model_step(struct wire_model *wire, uint64_t now_us, uint64_t *ret_time_us)
{
	const struct wire_change *change = &wire->changes[wire->first];

	if (!wire->has_time)
		wire->time_us = now_us;
	wire->has_time = wire->n > 0;
	if (wire->n == 0 || now_us - wire->time_us < change->after_us)
		return false;
	wire->levels = change->levels;
	wire->time_us += change->after_us;
	wire->first = (wire->first + 1) % WIRE_CHANGES_MAX;
	wire->n--;
	*ret_time_us = wire->time_us;
	return true;
}

bool wire_model_line(const struct wire_model *wire, unsigned line)
{
	return wire->levels >> line & 1;
}

void wire_model_load(struct wire_model *wire, const uint8_t *raw, size_t size)
{
	if (size > 0)
		*wire = (struct wire_model){0};
	for (size_t i = 0; i + 2 < size; i += 3)
		wire_model_add(wire, raw[i], (raw[i + 1] * 256U + raw[i + 2]) * 1000);
}
