/* SPDX-License-Identifier: MIT */
/* Lists the retained messages of this map, and makes those of Home Assistant's discovery. */
#pragma once

#include "announced.h"
#include "home_assistant.h"
#include "topic.h"

/* Adds the gateway's own retained topics. */
void discovery_list_topics(const struct config *config, struct announced *announced);

/* The topic of a device's message, or of its number-th one, counted from 0. */
void discovery_config_topic(
	const struct home_assistant *ha, size_t number, char ret_topic[static TOPIC_MAX]);

/*
 * Makes the messages one after the other. Each is given to put(), if it is not NULL, and noted with
 * its entities in announced, if that is not NULL. room: for the text of one. Returns the number of
 * entities that were left out, since a message has no room for them.
 */
size_t discovery_list_configs(const struct home_assistant *ha, char *text, size_t room,
	struct announced *announced,
	void (*put)(void *userdata, const char *topic, const char *text, size_t size),
	void *userdata);
