/* SPDX-License-Identifier: MIT */
#include "network_watch.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

/* The kernel's macros cast their way through a message. Its parts are aligned. */
#pragma GCC diagnostic ignored "-Wcast-align"

/* The messages that the kernel sends in one piece. */
struct piece {
	_Alignas(struct nlmsghdr) char bytes[1024];
	size_t size;
};

static struct nlmsghdr *begin(struct piece *piece, uint16_t type, size_t body_bytes)
{
	struct nlmsghdr *message = (struct nlmsghdr *)(void *)(piece->bytes + piece->size);

	*message = (struct nlmsghdr){
		.nlmsg_type = type,
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(body_bytes),
	};
	piece->size += NLMSG_ALIGN(message->nlmsg_len);
	return message;
}

static struct nlmsghdr *say_link(struct piece *piece, uint16_t type, int index, unsigned flags)
{
	struct nlmsghdr *message = begin(piece, type, sizeof(struct ifinfomsg));
	struct ifinfomsg *body = NLMSG_DATA(message);

	*body = (struct ifinfomsg){.ifi_index = index, .ifi_flags = flags};
	return message;
}

static struct nlmsghdr *say_address(
	struct piece *piece, uint16_t type, uint8_t last_byte, uint32_t flags, uint8_t scope)
{
	const uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = last_byte};
	size_t attributes = RTA_SPACE(sizeof(bytes)) + RTA_SPACE(sizeof(flags));
	struct nlmsghdr *message = begin(piece, type, sizeof(struct ifaddrmsg) + attributes);
	struct ifaddrmsg *body = NLMSG_DATA(message);
	struct rtattr *part = IFA_RTA(body);

	*body = (struct ifaddrmsg){
		.ifa_family = AF_INET6,
		.ifa_index = 2,
		.ifa_flags = (uint8_t)flags,
		.ifa_scope = scope,
	};
	part->rta_type = IFA_ADDRESS;
	part->rta_len = RTA_LENGTH(sizeof(bytes));
	memcpy(RTA_DATA(part), bytes, sizeof(bytes));
	part = (struct rtattr *)(void *)((char *)part + RTA_SPACE(sizeof(bytes)));
	part->rta_type = IFA_FLAGS;
	part->rta_len = RTA_LENGTH(sizeof(flags));
	memcpy(RTA_DATA(part), &flags, sizeof(flags));
	return message;
}

static bool hear(struct network_state *state, struct piece *piece)
{
	bool listed = false;
	bool is_news = network_state_update(state, piece->bytes, piece->size, &listed);

	piece->size = 0;
	assert_false(listed);
	return is_news;
}

static bool hear_link(struct network_state *state, uint16_t type, unsigned flags)
{
	struct piece piece = {0};

	(void)say_link(&piece, type, 2, flags);
	return hear(state, &piece);
}

static bool hear_address(struct network_state *state, uint16_t type, uint32_t flags, uint8_t scope)
{
	struct piece piece = {0};

	(void)say_address(&piece, type, 1, flags, scope);
	return hear(state, &piece);
}

static void a_link_that_comes_up_is_news_once(void **state)
{
	struct network_state network = {0};

	(void)state;
	assert_false(hear_link(&network, RTM_NEWLINK, IFF_UP));
	assert_true(hear_link(&network, RTM_NEWLINK, IFF_UP | IFF_RUNNING));
	assert_false(hear_link(&network, RTM_NEWLINK, IFF_UP | IFF_RUNNING));
	assert_false(hear_link(&network, RTM_NEWLINK, IFF_UP));
	assert_true(hear_link(&network, RTM_NEWLINK, IFF_UP | IFF_RUNNING));
	assert_false(hear_link(&network, RTM_DELLINK, IFF_UP | IFF_RUNNING));
	assert_true(hear_link(&network, RTM_NEWLINK, IFF_UP | IFF_RUNNING));
}

static void the_loopback_is_no_news(void **state)
{
	struct network_state network = {0};

	(void)state;
	assert_false(hear_link(&network, RTM_NEWLINK, IFF_UP | IFF_RUNNING | IFF_LOOPBACK));
	assert_false(hear_address(&network, RTM_NEWADDR, 0, RT_SCOPE_HOST));
}

static void an_address_is_news_once_it_may_be_used(void **state)
{
	struct network_state network = {0};

	(void)state;
	assert_false(hear_address(&network, RTM_NEWADDR, IFA_F_TENTATIVE, RT_SCOPE_UNIVERSE));
	assert_true(hear_address(&network, RTM_NEWADDR, 0, RT_SCOPE_UNIVERSE));
	/* The router has prolonged its lifetime. */
	assert_false(hear_address(&network, RTM_NEWADDR, 0, RT_SCOPE_UNIVERSE));
	assert_false(hear_address(&network, RTM_DELADDR, 0, RT_SCOPE_UNIVERSE));
	assert_true(hear_address(&network, RTM_NEWADDR, 0, RT_SCOPE_UNIVERSE));
}

static void what_is_listed_is_no_news(void **state)
{
	struct network_state network = {0};
	struct piece piece = {0};
	bool listed = false;

	(void)state;
	say_link(&piece, RTM_NEWLINK, 2, IFF_RUNNING)->nlmsg_flags = NLM_F_MULTI;
	say_address(&piece, RTM_NEWADDR, 1, 0, RT_SCOPE_UNIVERSE)->nlmsg_flags = NLM_F_MULTI;
	(void)begin(&piece, NLMSG_DONE, sizeof(int));
	assert_false(network_state_update(&network, piece.bytes, piece.size, &listed));
	assert_true(listed);
	assert_false(hear_link(&network, RTM_NEWLINK, IFF_RUNNING));
	assert_false(hear_address(&network, RTM_NEWADDR, 0, RT_SCOPE_UNIVERSE));
}

static void news_among_other_messages_is_found(void **state)
{
	struct network_state network = {0};
	struct piece piece = {0};

	(void)state;
	(void)say_link(&piece, RTM_NEWLINK, 3, 0);
	(void)say_address(&piece, RTM_NEWADDR, 7, 0, RT_SCOPE_UNIVERSE);
	(void)say_link(&piece, RTM_NEWLINK, 4, 0);
	assert_true(hear(&network, &piece));
}

static void too_much_is_forgotten_not_repeated(void **state)
{
	struct network_state network = {0};
	struct piece piece = {0};

	(void)state;
	for (int i = 1; i <= NETWORK_THINGS_MAX; i++) {
		(void)say_link(&piece, RTM_NEWLINK, i, IFF_RUNNING);
		assert_true(hear(&network, &piece));
	}
	(void)say_link(&piece, RTM_NEWLINK, 1000, IFF_RUNNING);
	assert_false(hear(&network, &piece));
}

static void a_message_cut_short_is_left_out(void **state)
{
	struct network_state network = {0};
	struct piece piece = {0};
	bool listed = false;

	(void)state;
	say_link(&piece, RTM_NEWLINK, 2, IFF_RUNNING)->nlmsg_len = NLMSG_LENGTH(4);
	assert_false(network_state_update(&network, piece.bytes, NLMSG_LENGTH(4), &listed));
	piece.size = 0;
	(void)say_address(&piece, RTM_NEWADDR, 1, 0, RT_SCOPE_UNIVERSE);
	for (size_t size = 0; size < piece.size; size++)
		assert_false(network_state_update(&network, piece.bytes, size, &listed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_that_comes_up_is_news_once),
		cmocka_unit_test(the_loopback_is_no_news),
		cmocka_unit_test(an_address_is_news_once_it_may_be_used),
		cmocka_unit_test(what_is_listed_is_no_news),
		cmocka_unit_test(news_among_other_messages_is_found),
		cmocka_unit_test(too_much_is_forgotten_not_repeated),
		cmocka_unit_test(a_message_cut_short_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
