/* SPDX-License-Identifier: MIT */
#include "broker_offer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	R = BROKER_OFFER_NO_RETAIN,
	Q1 = BROKER_OFFER_QOS_1,
	Q0 = BROKER_OFFER_QOS_0,
	W = BROKER_OFFER_NO_WILL,
	WR = BROKER_OFFER_WILL_NO_RETAIN,
	WQ1 = BROKER_OFFER_WILL_QOS_1,
	WQ0 = BROKER_OFFER_WILL_QOS_0,
};

/* The gateway's packets: the will and the status are of QoS 1 and retained, unless the map says
 * otherwise. */
static const struct broker_packet CONNECT = {true, true, true, 1};
static const struct broker_packet CONNECT_QOS_2 = {true, true, true, 2};
static const struct broker_packet CONNECT_PLAIN = {true, true, false, 0};
static const struct broker_packet STATUS = {false, false, true, 1};
static const struct broker_packet READING = {false, false, false, 1};
static const struct broker_packet READING_QOS_2 = {false, false, false, 2};

enum event { END, CLOSED, TOOK, FAILED, HOUR };

struct step {
	enum event event;
	const struct broker_packet *packet;
	unsigned lowered; /* after it */
};

static const struct {
	const char *name;
	struct step steps[16];
} SEQUENCES[] = {
	{"three closes behind a CONNECT, and then the will goes without retain",
		{
			{CLOSED, &CONNECT, 0},
			{CLOSED, &CONNECT, 0},
			{CLOSED, &CONNECT, R},
			{TOOK, &CONNECT, R},
			{CLOSED, &STATUS, R},
		}},
	{"one property at a time, then two, the will last, then it was something else",
		{
			{CLOSED, &CONNECT_QOS_2, 0},
			{CLOSED, &CONNECT_QOS_2, 0},
			{CLOSED, &CONNECT_QOS_2, R},
			{CLOSED, &CONNECT_QOS_2, Q1},
			{CLOSED, &CONNECT_QOS_2, Q0},
			{CLOSED, &CONNECT_QOS_2, R | Q1},
			{CLOSED, &CONNECT_QOS_2, R | Q0},
			{CLOSED, &CONNECT_QOS_2, W},
			{CLOSED, &CONNECT_QOS_2, 0},
			{CLOSED, &CONNECT_QOS_2, 0},
			{CLOSED, &CONNECT_QOS_2, 0},
			{CLOSED, &CONNECT_QOS_2, 0},
			{HOUR, NULL, 0},
			{CLOSED, &CONNECT_QOS_2, 0},
		}},
	{"a plain will has nothing to lower but itself",
		{
			{CLOSED, &CONNECT_PLAIN, 0},
			{CLOSED, &CONNECT_PLAIN, 0},
			{CLOSED, &CONNECT_PLAIN, W},
			{TOOK, &CONNECT_PLAIN, W},
			{HOUR, NULL, 0},
			{TOOK, &CONNECT_PLAIN, 0},
			{CLOSED, &CONNECT_PLAIN, 0},
			{CLOSED, &CONNECT_PLAIN, 0},
			{CLOSED, &CONNECT_PLAIN, 0},
		}},
	{"no retained messages, though the will was taken",
		{
			{TOOK, &CONNECT, 0},
			{CLOSED, &STATUS, 0},
			{TOOK, &CONNECT, 0},
			{CLOSED, &STATUS, 0},
			{TOOK, &CONNECT, 0},
			{CLOSED, &STATUS, R},
			{TOOK, &CONNECT, R},
			{TOOK, &STATUS, R},
			{CLOSED, &READING, R},
			{CLOSED, &READING, R},
			{CLOSED, &READING, R},
		}},
	{"no QoS 1: what was tried before is offered again",
		{
			{CLOSED, &STATUS, 0},
			{CLOSED, &STATUS, 0},
			{CLOSED, &STATUS, R},
			{CLOSED, &STATUS, Q0},
			{TOOK, &STATUS, Q0},
			{TOOK, &READING, Q0},
		}},
	{"no QoS 2, though QoS 1 and retain were taken",
		{
			{TOOK, &STATUS, 0},
			{CLOSED, &READING_QOS_2, 0},
			{TOOK, &STATUS, 0},
			{CLOSED, &READING_QOS_2, 0},
			{TOOK, &STATUS, 0},
			{CLOSED, &READING_QOS_2, Q1},
			{TOOK, &STATUS, Q1},
			{TOOK, &READING_QOS_2, Q1},
			{CLOSED, &STATUS, Q1},
			{CLOSED, &STATUS, Q1},
			{CLOSED, &STATUS, Q1},
		}},
	{"what was taken once is never lowered",
		{
			{TOOK, &STATUS, 0},
			{CLOSED, &STATUS, 0},
			{CLOSED, &STATUS, 0},
			{CLOSED, &STATUS, 0},
			{CLOSED, &READING, 0},
			{CLOSED, &READING, 0},
			{CLOSED, &READING, 0},
		}},
	{"in a row",
		{
			{CLOSED, &CONNECT, 0},
			{CLOSED, &CONNECT, 0},
			{FAILED, NULL, 0},
			{CLOSED, &CONNECT, 0},
			{CLOSED, &CONNECT, 0},
			{CLOSED, &CONNECT, R},
		}},
	{"behind the same packet",
		{
			{CLOSED, &STATUS, 0},
			{CLOSED, &STATUS, 0},
			{CLOSED, &READING, 0},
			{CLOSED, &STATUS, 0},
			{CLOSED, &STATUS, 0},
			{CLOSED, &STATUS, R},
		}},
	{"an hour later all is offered again, and one close is enough",
		{
			{CLOSED, &STATUS, 0},
			{CLOSED, &STATUS, 0},
			{CLOSED, &STATUS, R},
			{TOOK, &STATUS, R},
			{HOUR, NULL, 0},
			{TOOK, &CONNECT, 0},
			{CLOSED, &STATUS, R},
			{TOOK, &STATUS, R},
			{HOUR, NULL, 0},
			{TOOK, &STATUS, 0},
			{CLOSED, &STATUS, 0},
			{CLOSED, &STATUS, 0},
			{CLOSED, &STATUS, 0},
		}},
};

static void what_is_lowered_after_each_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(SEQUENCES) / sizeof(*SEQUENCES); i++) {
		struct broker_offer offer = {0};
		uint64_t now_us = 1;

		for (const struct step *step = SEQUENCES[i].steps; step->event != END; step++) {
			if (step->event == CLOSED)
				(void)broker_offer_closed(&offer, step->packet, now_us);
			else if (step->event == TOOK)
				broker_offer_took(&offer, step->packet, now_us);
			else if (step->event == FAILED)
				broker_offer_failed(&offer);
			else
				now_us += BROKER_OFFER_FULL_US;
			broker_offer_begin(&offer, now_us);
			if (broker_offer_lowered(&offer) != step->lowered) {
				print_error("%s: after event %d\n", SEQUENCES[i].name,
					(int)(step - SEQUENCES[i].steps) + 1);
				assert_int_equal(broker_offer_lowered(&offer), step->lowered);
			}
		}
	}
}

static void not_a_moment_before_the_hour(void **state)
{
	struct broker_offer offer = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)broker_offer_closed(&offer, &STATUS, 5);
	broker_offer_took(&offer, &STATUS, 7);
	broker_offer_begin(&offer, 7 + BROKER_OFFER_FULL_US - 1);
	assert_int_equal(broker_offer_lowered(&offer), R);
	broker_offer_begin(&offer, 7 + BROKER_OFFER_FULL_US);
	assert_int_equal(broker_offer_lowered(&offer), 0);
}

/* Then another hint would be wrong. */
static void whether_the_packet_may_be_the_reason(void **state)
{
	struct broker_offer offer = {0};

	(void)state;
	assert_true(broker_offer_closed(&offer, &READING, 1));
	broker_offer_took(&offer, &READING, 2);
	assert_false(broker_offer_closed(&offer, &READING, 3));
}

static void a_refused_will_goes_with_less(void **state)
{
	struct broker_offer offer = {0};
	struct broker_packet sent = CONNECT_QOS_2;

	(void)state;
	assert_true(broker_offer_refused(&offer, 0x9b, &sent, 1));
	assert_int_equal(broker_offer_lowered(&offer), WQ1);
	sent.qos = broker_offer_will_qos(WQ1, 2);
	assert_int_equal(sent.qos, 1);
	assert_true(broker_offer_refused(&offer, 0x9a, &sent, 1));
	assert_int_equal(broker_offer_lowered(&offer), WQ1 | WR);
	sent.retain = broker_offer_will_retain(WQ1 | WR);
	assert_false(sent.retain);
	assert_true(broker_offer_refused(&offer, 0x9b, &sent, 1));
	assert_int_equal(broker_offer_lowered(&offer), WQ1 | WQ0 | WR);
	sent.qos = broker_offer_will_qos(WQ1 | WQ0 | WR, 2);
	assert_int_equal(sent.qos, 0);
	/* There is nothing left to lower, or it is not about the will. */
	assert_false(broker_offer_refused(&offer, 0x9b, &sent, 1));
	assert_false(broker_offer_refused(&offer, 0x9a, &sent, 1));
	assert_false(broker_offer_refused(&offer, 0x87, &CONNECT, 1));
	broker_offer_begin(&offer, 1 + BROKER_OFFER_FULL_US);
	assert_int_equal(broker_offer_lowered(&offer), 0);
}

static void a_refused_message_goes_with_less(void **state)
{
	struct broker_offer offer = {0};

	(void)state;
	assert_false(broker_offer_refused(&offer, 0x9a, &READING, 1));
	assert_true(broker_offer_refused(&offer, 0x9b, &READING_QOS_2, 1));
	assert_int_equal(broker_offer_known(&offer), Q1);
	assert_true(broker_offer_refused(&offer, 0x9a, &STATUS, 1));
	assert_int_equal(broker_offer_known(&offer), Q1 | R);
	assert_true(broker_offer_refused(&offer, 0x9b, &READING, 1));
	assert_int_equal(broker_offer_known(&offer), Q1 | Q0 | R);
}

static void what_is_tried_is_not_known_yet(void **state)
{
	struct broker_offer offer = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)broker_offer_closed(&offer, &STATUS, 1);
	assert_int_equal(broker_offer_lowered(&offer), R);
	assert_int_equal(broker_offer_known(&offer), 0);
	broker_offer_took(&offer, &STATUS, 2);
	assert_int_equal(broker_offer_known(&offer), R);
}

static void limits_of_what_is_lowered(void **state)
{
	(void)state;
	assert_true(broker_offer_retain(WR) && !broker_offer_retain(R));
	assert_true(broker_offer_will_retain(Q0) && !broker_offer_will_retain(R));
	assert_int_equal(broker_offer_qos(0, 2), 2);
	assert_int_equal(broker_offer_qos(Q1, 2), 1);
	assert_int_equal(broker_offer_qos(Q1, 0), 0);
	assert_int_equal(broker_offer_qos(Q0 | Q1, 2), 0);
	assert_int_equal(broker_offer_qos(WQ0, 2), 2);
	assert_int_equal(broker_offer_will_qos(Q1, 2), 1);
	assert_int_equal(broker_offer_will_qos(WQ1 | Q0, 2), 0);
}

static void the_brokers_keepalive_is_obeyed(void **state)
{
	struct broker_offer offer = {0};

	(void)state;
	assert_int_equal(broker_offer_keepalive_s(&offer, 20), 20);
	assert_false(broker_offer_server_keepalive(&offer, 20, 20));
	assert_false(broker_offer_server_keepalive(&offer, 20, 60));
	/* It does not care. We do. */
	assert_false(broker_offer_server_keepalive(&offer, 20, 0));
	assert_true(broker_offer_server_keepalive(&offer, 20, 10));
	assert_int_equal(broker_offer_keepalive_s(&offer, 20), 10);
	assert_int_equal(broker_offer_keepalive_s(&offer, 5), 5);
	assert_int_equal(broker_offer_keepalive_s(&offer, 0), 10);
	assert_false(broker_offer_server_keepalive(&offer, 10, 10));
	assert_true(broker_offer_server_keepalive(&offer, 0, 30));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_lowered_after_each_event),
		cmocka_unit_test(not_a_moment_before_the_hour),
		cmocka_unit_test(whether_the_packet_may_be_the_reason),
		cmocka_unit_test(a_refused_will_goes_with_less),
		cmocka_unit_test(a_refused_message_goes_with_less),
		cmocka_unit_test(what_is_tried_is_not_known_yet),
		cmocka_unit_test(limits_of_what_is_lowered),
		cmocka_unit_test(the_brokers_keepalive_is_obeyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
