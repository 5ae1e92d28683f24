/* SPDX-License-Identifier: MIT */
/* RFC 3549, rtnetlink(7). */
#include "network_watch.h"

#include "fnv.h"
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The kernel's macros cast pointers through a message. Its parts are aligned, and const data stays
 * unmodified.
 */
#pragma GCC diagnostic ignored "-Wcast-align"
#pragma GCC diagnostic ignored "-Wcast-qual"

/* For one read; the kernel packs several messages of a list into one buffer of this size. */
enum { BUFFER_BYTES = 16 * 1024 };

/* Begins with FNV_64_START. Never returns 0, which is a free place. */
static uint64_t add_to_key(uint64_t key, const void *data, size_t size)
{
	key = fnv_add_64(key, data, size);
	return key ? key : 1;
}

/* Returns true if it was not there yet. */
static bool add(struct network_state *state, uint64_t key)
{
	uint64_t *free_place = NULL;

	for (size_t i = 0; i < NETWORK_THINGS_MAX; i++) {
		if (state->things[i] == key)
			return false;
		if (state->things[i] == 0 && !free_place)
			free_place = &state->things[i];
	}
	if (free_place)
		*free_place = key;
	return free_place != NULL;
}

static void drop(struct network_state *state, uint64_t key)
{
	for (size_t i = 0; i < NETWORK_THINGS_MAX; i++) {
		if (state->things[i] == key)
			state->things[i] = 0;
	}
}

static bool update_link(struct network_state *state, const struct nlmsghdr *message)
{
	const struct ifinfomsg *link = NLMSG_DATA(message);
	uint64_t key;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*link)) || (link->ifi_flags & IFF_LOOPBACK))
		return false;
	key = add_to_key(FNV_64_START, "link", 4);
	key = add_to_key(key, &link->ifi_index, sizeof(link->ifi_index));
	if (message->nlmsg_type == RTM_NEWLINK && (link->ifi_flags & IFF_RUNNING))
		return add(state, key);
	drop(state, key);
	return false;
}

/* An address that is not yet checked for a duplicate cannot be used. */
static bool update_address(struct network_state *state, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = NLMSG_DATA(message);
	uint32_t flags = 0;
	uint64_t key;
	size_t left;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*address)))
		return false;
	left = message->nlmsg_len - NLMSG_LENGTH(sizeof(*address));
	flags = address->ifa_flags;
	key = add_to_key(FNV_64_START, "address", 7);
	key = add_to_key(key, &address->ifa_index, sizeof(address->ifa_index));
	for (const struct rtattr *part = IFA_RTA(address); RTA_OK(part, left);
		part = RTA_NEXT(part, left)) {
		if (part->rta_type == IFA_FLAGS && RTA_PAYLOAD(part) >= sizeof(flags))
			memcpy(&flags, RTA_DATA(part), sizeof(flags));
		/* IPv4 has both, IPv6 only the second. */
		else if (part->rta_type == IFA_LOCAL || part->rta_type == IFA_ADDRESS)
			key = add_to_key(key, RTA_DATA(part), RTA_PAYLOAD(part));
	}
	if (message->nlmsg_type == RTM_NEWADDR &&
		(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0 &&
		address->ifa_scope != RT_SCOPE_HOST)
		return add(state, key);
	drop(state, key);
	return false;
}

bool network_state_update(
	struct network_state *state, const void *messages, size_t size, bool *ret_listed)
{
	const struct nlmsghdr *message = messages;
	bool is_news = false;

	for (; NLMSG_OK(message, size); message = NLMSG_NEXT(message, size)) {
		bool is_new = false;

		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
			*ret_listed = true;
		else if (message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK)
			is_new = update_link(state, message);
		else if (message->nlmsg_type == RTM_NEWADDR || message->nlmsg_type == RTM_DELADDR)
			is_new = update_address(state, message);
		/* Part of the list: it was there before. */
		is_news = is_news || (is_new && !(message->nlmsg_flags & NLM_F_MULTI));
	}
	return is_news;
}

static void ask_for_list(const struct network_watch *watch, uint16_t type)
{
	const struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} request = {
		.header =
			{
				.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
				.nlmsg_type = type,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			},
		.body = {.rtgen_family = AF_UNSPEC},
	};

	/* If this fails, things that were there before are news once. */
	(void)send(watch->fd, &request, request.header.nlmsg_len, MSG_DONTWAIT);
}

void network_watch_open(struct network_watch *watch)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};

	*watch = (struct network_watch){
		.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE),
	};
	if (watch->fd < 0)
		return;
	if (bind(watch->fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		network_watch_close(watch);
		return;
	}
	ask_for_list(watch, RTM_GETLINK);
}

void network_watch_close(struct network_watch *watch)
{
	if (watch->fd >= 0)
		(void)close(watch->fd);
	watch->fd = -1;
}

bool network_watch_read(struct network_watch *watch)
{
	_Alignas(struct nlmsghdr) char buffer[BUFFER_BYTES];
	bool is_news = false;
	ssize_t size;

	while ((size = recv(watch->fd, buffer, sizeof(buffer), 0)) > 0) {
		bool listed = false;

		is_news = network_state_update(&watch->state, buffer, (size_t)size, &listed) ||
			is_news;
		/* The kernel makes one list at a time. */
		if (listed && !watch->addresses_listed) {
			watch->addresses_listed = true;
			ask_for_list(watch, RTM_GETADDR);
		}
	}
	return is_news;
}
