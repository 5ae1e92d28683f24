/* SPDX-License-Identifier: MIT */
/*
 * Shared by the round's own files.
 *
 *   round.c         a map's sensors, parts and lanes
 *   round_adopt.c   takes over what stays the same from another map
 *   round_turn.c    which part measures next, and what the reading waits for
 *   round_values.c  from measurements to the values of a reading
 *   round_report.c  reports to the main thread
 */
#pragma once

#include "derivation.h"
#include "filter.h"
#include "measure.h"
#include "pace.h"
#include "round.h"

/* The fault of a sensor. An unchanged fault is not reported again. */
struct fault {
	int error;        /* 0: nothing */
	bool implausible; /* the value and not the chip: the text changes all the time */
	char text[sizeof(((struct sampler_event *)NULL)->text)];
};

struct part;

struct sensor {
	const struct config_sensor *config;
	struct part *part;
	struct measure_task task;
	struct filter filter;
	bool due;   /* in this reading */
	bool owed;  /* was due while its part still measured for an earlier reading */
	bool asked; /* at least once */
	uint64_t asked_us;
	bool has_late; /* a value that no reading waited for */
	double late;
	struct fault fault;
	uint64_t implausible_us; /* when the value was last outside its limits */
	uint64_t since_ms;
	bool unreported;
	bool is_adopted; /* continues a sensor of another map */
};

/* Something that blocks as a whole: a bus, or a device of the kernel. One call at a time. */
struct lane {
	const char *name; /* as in the map, borrowed */
	const struct attributes_class *attributes;
	struct pace pace;
	bool is_taken;  /* by a call */
	bool is_untold; /* that it is slow was not reported yet */
};

/* A chip. */
struct part {
	struct measure measure;
	struct lane *lane;
	bool is_measuring;
	bool is_awaited; /* by the reading */
};

struct round {
	const struct config *config;
	struct part *parts; /* config->n_chips of them; those without sensors have no tasks */
	size_t next_part;   /* whose turn it is */
	size_t n_measuring; /* of the parts */
	size_t n_awaited;   /* of the measuring ones */
	struct lane *lanes; /* at most as many as parts */
	size_t n_lanes;
	bool has_untold;
	bool has_unreported;
	struct watches *watches; /* of the parts on lines; NULL: none */
	struct sensor *sensors;
	struct part nobody;             /* the part of derived sensors: it never measures */
	struct derivation *derivations; /* in the order of the map; NULL: there are none */
	size_t n_derivations;
	double *values;
	unsigned char *due;
	uint64_t wall_ms, begin_us, limit_us;
};

/* The part has finished measuring for readings that did not wait for it. */
void round_settle_part(struct round *round, const struct part *part, uint64_t now_us);
