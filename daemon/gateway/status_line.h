/* SPDX-License-Identifier: MIT */
/* The line that the service manager shows ("systemctl status"). Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STATUS_LINE_MAX = 512 };

/* The names of failing parts, in order: as many as fit are written, the rest is counted. */
struct status_line_failing {
	const char *const *names;
	size_t n;
};

struct status_line {
	bool connected;
	bool is_deaf;          /* no action can come */
	const char *made_safe; /* what the fail-safe changed; NULL: nothing */
	size_t n_sensors;
	struct status_line_failing sensors, outputs;
	uint32_t interval_ms;
};

/* "Connected, 4 sensors (1 failing: temp), failing outputs: motor.0, interval 500 ms". */
void status_line_format(const struct status_line *line, char ret_text[static STATUS_LINE_MAX]);
