/* SPDX-License-Identifier: MIT */
#include "sampler_log.h"

#include "chatter.h"
#include "clock.h"

enum {
	LATE_REPEAT_US = 60000000,  /* how often a reading that took too long is logged */
	SLOW_REPEAT_US = 600000000, /* how often something slow is logged */
	SLOW_BURST = 8,
};

void sampler_log_init(struct sampler_log *log)
{
	log->late = (struct log_limit){.interval_us = LATE_REPEAT_US, .burst = 1};
	log->slow = (struct log_limit){.interval_us = SLOW_REPEAT_US, .burst = SLOW_BURST};
}

void sampler_log_late(struct sampler_log *log, uint64_t took_us, uint64_t now_us)
{
	unsigned suppressed = 0;

	if (log_limit_pass(&log->late, now_us, &suppressed))
		log_warning("sensors",
			"a reading took %.0f ms, longer than the interval (%u times since the last "
			"such line)",
			(double)took_us / 1000, suppressed + 1);
}

void sampler_log_slow(struct sampler_log *log, struct round *round, uint64_t limit_us)
{
	const char *name;
	unsigned suppressed;

	while ((name = round_slow(round))) {
		if (log_limit_pass(&log->slow, clock_now_us(), &suppressed))
			log_notice("sensors",
				"%s takes longer than %.0f ms: the readings do not wait for it, "
				"and each of its values is in the first one after it was measured",
				name, (double)limit_us / 1000);
	}
}

void sampler_log_failed(struct watches *watches)
{
	char text[SAMPLER_TEXT_BYTES];
	bool is_failing;

	while (watches_failed(watches, text, sizeof(text), &is_failing)) {
		if (is_failing)
			log_warning("inputs", "%s", text);
		else
			log_notice("inputs", "%s works again", text);
	}
}

void sampler_log_chatter(const struct input_event *event)
{
	const char *name = event->config->chips[event->chip].name;

	if (event->chatter == INPUT_CHATTER_BEGINS)
		log_warning("inputs",
			"%s changed more than %d times a second for %d seconds: only its last "
			"state is sent, once it has rested for a second; check the contact, or "
			"give it a debounce",
			name, CHATTER_EVENTS, CHATTER_SECONDS);
	else if (event->chatter == INPUT_CHATTER_ENDS)
		log_notice("inputs", "%s rests again", name);
}
