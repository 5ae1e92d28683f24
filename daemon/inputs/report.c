/* SPDX-License-Identifier: MIT */
#include "report.h"

static bool push(struct report *report, const struct sampler_event *event)
{
	const struct queue_part part = {event, sizeof(*event)};

	return queue_push(report->events, &part, 1) == 0;
}

static bool push_plain(
	struct report *report, const struct config *config, enum sampler_event_kind kind)
{
	const struct sampler_event event = {.kind = kind, .config = config};

	return push(report, &event);
}

static bool report_counts(struct report *report, const struct config *config)
{
	uint64_t ticket;
	int error;

	while (count_keeper_answer(report->counts, &ticket, &error)) {
		const struct sampler_event event = {.kind = SAMPLER_EVENT_COUNT,
			.config = config,
			.ticket = ticket,
			.error = error};

		if (!push(report, &event))
			return false;
		count_keeper_answered(report->counts, ticket);
	}
	return true;
}

bool report_send(struct report *report, struct round *round)
{
	const struct config *config = round_config(round);
	struct sampler_event event;

	while (round_unreported(round, &event)) {
		if (!push(report, &event))
			return false;
		round_reported(round, &event);
	}
	/* Behind the sensors that fail in the new map: so no moment shows them as well. */
	if (report->owes_swapped && !push_plain(report, config, SAMPLER_EVENT_SWAPPED))
		return false;
	report->owes_swapped = false;
	if (report->owes_pong && !push_plain(report, config, SAMPLER_EVENT_PONG))
		return false;
	report->owes_pong = false;
	return report_counts(report, config);
}
