/* SPDX-License-Identifier: MIT */
#include "count_answers.h"
#include "clock.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* An id, a name and one mistake fit by far, even if each byte of them is escaped. */
enum { ANSWER_BYTES = 4096 };

struct count_answer *count_answers_take(struct count_answers *answers,
	const struct outbox_address *to, const struct payload_action *action, uint64_t hash)
{
	struct count_answer *answer = NULL;

	for (size_t i = 0; i < COUNT_ANSWERS_MAX && !answer; i++) {
		if (answers->items[i].ticket == 0)
			answer = &answers->items[i];
	}
	if (!answer || strlen(to->topic) >= sizeof(answer->topic) ||
		to->correlation_size > sizeof(answer->correlation))
		return NULL;
	answer->ticket = ++answers->last_ticket;
	answer->hash = hash;
	(void)snprintf(answer->topic, sizeof(answer->topic), "%s", to->topic);
	answer->correlation_size = to->correlation ? to->correlation_size : 0;
	if (answer->correlation_size > 0)
		memcpy(answer->correlation, to->correlation, to->correlation_size);
	answer->id = action->id;
	(void)snprintf(answer->counter, sizeof(answer->counter), "%s", action->counter);
	answer->count = action->count;
	return answer;
}

static void explain(const struct count_answer *answer, int error, struct payload_errors *errors)
{
	char path[sizeof("sensors.count.") + COUNT_KEEPER_NAME_BYTES];

	(void)snprintf(path, sizeof(path), "sensors.count.%s", answer->counter);
	if (error == -ENOENT)
		payload_error_add(errors, path, "the map no longer has this counter");
	else if (error == -ECANCELED)
		payload_error_add(errors, path,
			"the gateway is ending: whether it is set, and on disk, is not known");
	else
		payload_error_add(errors, path,
			"it is set, but cannot be kept on disk for the next start: %s",
			strerror(-error));
}

static void give(const struct count_answer *answer, int error, struct outbox *outbox)
{
	const struct outbox_address to = {
		.topic = answer->topic,
		.correlation = answer->correlation_size > 0 ? answer->correlation : NULL,
		.correlation_size = answer->correlation_size,
		.qos = 1,
	};
	struct payload_action applied;
	struct payload_errors errors;
	char text[ANSWER_BYTES];
	int size;

	payload_action_clear(&applied);
	payload_id_copy(&applied.id, &answer->id);
	errors.count = 0;
	if (error < 0)
		explain(answer, error, &errors);
	if (error != -ENOENT && error != -ECANCELED) {
		applied.counter = answer->counter;
		applied.count = answer->count;
	}
	size = payload_format_answer(NULL, &applied, &errors, text, sizeof(text));
	if (size > 0)
		outbox_put_answer(outbox, &to, text, (size_t)size);
	if (error < 0)
		log_warning("actions", "%s: %s", errors.items[0].path, errors.items[0].reason);
}

uint64_t count_answers_ticket(const struct count_answers *answers, uint64_t hash)
{
	for (size_t i = 0; i < COUNT_ANSWERS_MAX; i++)
		if (answers->items[i].ticket > 0 && answers->items[i].hash == hash)
			return answers->items[i].ticket;
	return 0;
}

void count_answers_give(struct count_answers *answers, uint64_t ticket, int error,
	struct outbox *outbox, struct repeats *repeats)
{
	for (size_t i = 0; ticket > 0 && i < COUNT_ANSWERS_MAX; i++) {
		if (answers->items[i].ticket != ticket)
			continue;
		give(&answers->items[i], error, outbox);
		if (error < 0)
			repeats_note(
				repeats, answers->items[i].hash, REPEATS_FAILED, clock_now_us());
		count_answers_drop(&answers->items[i]);
	}
}

void count_answers_end(
	struct count_answers *answers, struct outbox *outbox, struct repeats *repeats)
{
	for (size_t i = 0; i < COUNT_ANSWERS_MAX; i++)
		count_answers_give(answers, answers->items[i].ticket, -ECANCELED, outbox, repeats);
}

void count_answers_drop(struct count_answer *answer)
{
	answer->ticket = 0;
}
