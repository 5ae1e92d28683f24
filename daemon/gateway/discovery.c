/* SPDX-License-Identifier: MIT */
/*
 * The order in which a change is told: messages of topics that are gone are emptied, entities that
 * are gone are removed, then come the messages as they are now, and last the gateway's own topics
 * that are gone are emptied. So an entity never is in two messages, and no entity loses its topic
 * before it has the new one.
 *
 * The file has all that a broker may keep, before it is told. A topic that is gone leaves it when
 * the broker has it all.
 */
#include "discovery.h"

#include "clock.h"
#include "discovery_list.h"
#include "fnv.h"
#include "log.h"
#include "version.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Of a message: brokers take far more, but it must pass through the socket's buffer beside
	 * what is more urgent. */
	MESSAGE_BYTES = 32 * 1024,
	OVERHEAD_BYTES = 64, /* of a packet, beside its topic and payload */
	REMOVED_MAX = 32,    /* in one message */
	AGAIN_US = 60000000,
};

static const char FILE_NAME[] = "announced", HEAD[] = "1 ";

/* --- the file --- */

static size_t file_text(void *userdata, char *text)
{
	struct discovery *discovery = userdata;
	size_t size = 0;

	(void)pthread_mutex_lock(&discovery->mutex);
	if (discovery->text.size > 0 && discovery->text.size <= ANNOUNCED_BYTES_MAX) {
		memcpy(text, discovery->text.text, discovery->text.size);
		size = discovery->text.size;
	}
	(void)pthread_mutex_unlock(&discovery->mutex);
	return size;
}

/* Has what is told written; nothing at all, if there is nothing. */
static void keep(struct discovery *discovery)
{
	struct announced text = {.text = NULL};

	if (discovery->told.size > 0) {
		announced_add(&text, "%s%s", HEAD, discovery->id);
		announced_merge(&text, &discovery->told);
	}
	(void)pthread_mutex_lock(&discovery->mutex);
	announced_move(&discovery->text, &text);
	(void)pthread_mutex_unlock(&discovery->mutex);
	kept_file_want(discovery->file, clock_now_us());
}

int discovery_init(struct discovery *discovery, struct outbox *outbox, struct file_keeper *files)
{
	const struct kept_file_settings settings = {
		.name = FILE_NAME,
		.object = "announcements",
		.instead = "what was announced and is gone may stay at the broker",
		.room = ANNOUNCED_BYTES_MAX,
		.again_us = AGAIN_US,
		.text = file_text,
		.userdata = discovery,
	};

	discovery->outbox = outbox;
	discovery->files = files;
	(void)pthread_mutex_init(&discovery->mutex, NULL);
	return file_keeper_add(files, &settings, &discovery->file);
}

/* Takes over what the file says. That of another board came with a copied card: there it is still
 * in use. */
static void adopt(struct discovery *discovery, const char *text, size_t size)
{
	const struct announced file = {.text = (char *)(uintptr_t)text, .size = size};
	struct announced_line line;
	size_t at = 0, head = strlen(HEAD);

	if (!announced_next(&file, &at, &line) || line.size != head + strlen(discovery->id) ||
		memcmp(line.text, HEAD, head) != 0 ||
		memcmp(line.text + head, discovery->id, line.size - head) != 0)
		return;
	while (announced_next(&file, &at, &line))
		announced_add(&discovery->told, "%.*s", (int)line.size, line.text);
}

static void read_file(struct discovery *discovery)
{
	char *text = malloc(ANNOUNCED_BYTES_MAX + 1);
	ssize_t size = text ? kept_file_read(discovery->file, text) : -ENOMEM;

	if (size > 0)
		adopt(discovery, text, (size_t)size);
	free(text);
}

void discovery_identify(struct discovery *discovery, const char *root, const char *state_dir)
{
	static const char USUAL[] = "/var/lib/tos";
	struct host host;

	host_read(root, &host);
	if (!*host.id && *root)
		host_read("", &host);
	if (!*host.id)
		return;
	/* Two gateways on one board have state directories of their own. */
	if (strcmp(state_dir, USUAL) == 0)
		strcpy(discovery->id, host.id);
	else
		(void)snprintf(discovery->id, sizeof(discovery->id), "%s_%08" PRIx32, host.id,
			fnv_add_32(FNV_32_START, state_dir, strlen(state_dir)));
	read_file(discovery);
}

/* --- what is told --- */

static struct home_assistant device_of(
	const struct discovery *discovery, const struct config *config)
{
	return (struct home_assistant){
		.config = config,
		.id = discovery->id,
		.version = TOS_VERSION,
		.board = *discovery->board ? discovery->board : NULL,
	};
}

static void put(void *userdata, const char *topic, const char *text, size_t size)
{
	struct discovery *discovery = userdata;
	int r = outbox_announce(discovery->outbox, topic, text, size);

	if (r < 0 && r != -ENOTCONN)
		log_error("discovery", "%s cannot be announced: %s", topic, strerror(-r));
}

/* The topic at the end of a line, if it begins with that word and is gone. */
static bool is_gone(const struct discovery *discovery, const struct announced_line *line,
	const char *word, char ret_topic[static TOPIC_MAX])
{
	const char *topic = memrchr(line->text, ' ', line->size);
	size_t size = strlen(word);

	/* The gateway's own topics may have a space: theirs begin after the word. */
	if (line->size <= size || memcmp(line->text, word, size) != 0 || !topic ||
		announced_has(&discovery->wanted, line))
		return false;
	topic = strcmp(word, "entity ") == 0 ? topic + 1 : line->text + size;
	(void)snprintf(ret_topic, TOPIC_MAX, "%.*s", (int)(line->text + line->size - topic), topic);
	return true;
}

static void empty_gone(struct discovery *discovery, const char *word)
{
	struct announced_line line;
	char topic[TOPIC_MAX];

	for (size_t at = 0; announced_next(&discovery->told, &at, &line);)
		if (is_gone(discovery, &line, word, topic))
			put(discovery, topic, "", 0);
}

/* Removals for one topic, until there are enough of them for a message. */
struct removals {
	struct home_assistant_entity entities[REMOVED_MAX];
	char platforms[REMOVED_MAX][HOME_ASSISTANT_KEY_BYTES];
	size_t n;
	char topic[TOPIC_MAX];
};

static void send_removals(struct discovery *discovery, const struct home_assistant *ha,
	struct removals *removals, char *text, size_t room)
{
	int size = removals->n > 0
		? home_assistant_format_removal(ha, removals->entities, removals->n, text, room)
		: 0;

	if (size > 0)
		put(discovery, removals->topic, text, (size_t)size);
	removals->n = 0;
}

/* Of a message that goes on. */
static bool is_kept(const struct discovery *discovery, const char *topic)
{
	char text[TOPIC_MAX + sizeof("config ")];
	int size = snprintf(text, sizeof(text), "config %s", topic);

	return announced_has(&discovery->wanted, &(struct announced_line){text, (size_t)size});
}

/* "entity KEY PLATFORM TOPIC" */
static bool take_entity(const struct announced_line *line, struct removals *removals)
{
	struct home_assistant_entity *entity = &removals->entities[removals->n];
	char *platform = removals->platforms[removals->n];
	char text[sizeof("entity  ") + 2 * HOME_ASSISTANT_KEY_BYTES];
	size_t size = line->size < sizeof(text) - 1 ? line->size : sizeof(text) - 1;

	memcpy(text, line->text, size);
	text[size] = '\0';
	if (sscanf(text, "entity %95s %95s", entity->key, platform) != 2)
		return false;
	entity->platform = platform;
	return true;
}

static void remove_gone(
	struct discovery *discovery, const struct home_assistant *ha, char *text, size_t room)
{
	struct removals removals = {.n = 0};
	struct announced_line line;
	char topic[TOPIC_MAX];

	for (size_t at = 0; announced_next(&discovery->told, &at, &line);) {
		if (!is_gone(discovery, &line, "entity ", topic) || !is_kept(discovery, topic))
			continue;
		if (removals.n == REMOVED_MAX || strcmp(removals.topic, topic) != 0)
			send_removals(discovery, ha, &removals, text, room);
		strcpy(removals.topic, topic);
		if (take_entity(&line, &removals))
			removals.n++;
	}
	send_removals(discovery, ha, &removals, text, room);
}

static size_t message_room(const struct discovery *discovery, const struct home_assistant *ha)
{
	size_t room = MESSAGE_BYTES, overhead;
	char topic[TOPIC_MAX];

	discovery_config_topic(ha, CONFIG_SENSORS_MAX, topic);
	overhead = strlen(topic) + OVERHEAD_BYTES;
	if (discovery->packet_max > 0 && discovery->packet_max < room + overhead)
		room = discovery->packet_max > overhead ? discovery->packet_max - overhead : 1;
	return room;
}

static void tell_left_out(struct discovery *discovery, size_t left_out)
{
	if (left_out > 0 && !discovery->is_left_out_told)
		log_warning("discovery",
			"%zu entities are left out, since this broker takes no larger message: "
			"raise its limit",
			left_out);
	discovery->is_left_out_told = left_out > 0;
}

static void announce_device(
	struct discovery *discovery, const struct home_assistant *ha, char *text, size_t room)
{
	remove_gone(discovery, ha, text, room);
	(void)discovery_list_configs(ha, text, room, NULL, put, discovery);
	log_debug(
		"discovery", "announced as %s below %s", discovery->id, ha->config->mqtt.discovery);
}

/* Fills in what is wanted, and keeps that it may be there from now on. text: room for a message, or
 * NULL if there are none. */
static int prepare(
	struct discovery *discovery, const struct home_assistant *ha, char *text, size_t room)
{
	announced_clear(&discovery->wanted);
	discovery_list_topics(ha->config, &discovery->wanted);
	if (text)
		tell_left_out(discovery,
			discovery_list_configs(ha, text, room, &discovery->wanted, NULL, NULL));
	announced_merge(&discovery->told, &discovery->wanted);
	discovery->is_settling = !discovery->wanted.is_cut;
	if (text)
		keep(discovery);
	return discovery->wanted.is_cut ? -ENOMEM : 0;
}

static void announce(struct discovery *discovery, const struct config *config)
{
	const struct home_assistant ha = device_of(discovery, config);
	size_t room = config->mqtt.discovery ? message_room(discovery, &ha) : 0;
	char *text = room > 0 ? malloc(room) : NULL;
	int r = room > 0 && !text ? -ENOMEM : 0;

	if (r == 0)
		r = prepare(discovery, &ha, text, room);
	if (r < 0) {
		log_error("discovery", "%s", strerror(-r));
	} else {
		empty_gone(discovery, "config ");
		if (text)
			announce_device(discovery, &ha, text, room);
		empty_gone(discovery, "topic ");
	}
	free(text);
}

void discovery_announce(struct discovery *discovery, const struct config *config)
{
	if (discovery->is_new || outbox_connection(discovery->outbox) == 0 ||
		(!config->mqtt.discovery && discovery->told.size == 0))
		return;
	if (*discovery->id)
		announce(discovery, config);
	else
		log_error("discovery",
			"this machine has neither a serial number nor a machine id, so nothing "
			"is announced: systemd-machine-id-setup makes one");
}

void discovery_connected(struct discovery *discovery)
{
	discovery->is_new = true;
	discovery->is_settling = false;
}

void discovery_met_broker(
	struct discovery *discovery, const struct config *config, size_t packet_max)
{
	if (!discovery->is_new)
		return;
	discovery->is_new = false;
	discovery->packet_max = packet_max;
	discovery_announce(discovery, config);
}

void discovery_settle(struct discovery *discovery, const struct config *config)
{
	if (!discovery->is_settling || outbox_connection(discovery->outbox) == 0 ||
		outbox_announcing(discovery->outbox) > 0)
		return;
	discovery->is_settling = false;
	if (!config->mqtt.discovery)
		announced_clear(&discovery->wanted);
	announced_move(&discovery->told, &discovery->wanted);
	keep(discovery);
}

uint64_t discovery_delay_us(uint64_t random)
{
	return random % (DISCOVERY_DELAY_US + 1);
}

void discovery_free(struct discovery *discovery)
{
	announced_clear(&discovery->told);
	announced_clear(&discovery->wanted);
	announced_clear(&discovery->text);
}
