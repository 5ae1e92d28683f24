/* SPDX-License-Identifier: MIT */
/*
 * The session and the will, which the broker keeps while the gateway is away. MQTT 5 has times for
 * both. A will that waits is sent when its session ends, if that comes first (MQTT 5, 3.1.3.2.2),
 * and a clean start ends it. So a delay without a kept session would delay nothing.
 */
#include "config_load.h"
#include <string.h>

/* An option that is missing, or turns nothing on, needs no check. */
static const struct yaml_node *delay_of(const struct config_mqtt *mqtt, const struct yaml_node *map)
{
	return mqtt->will_delay_s > 0 ? yaml_node_get(map, "will_delay") : NULL;
}

static void check_version(
	struct diag *diag, const struct yaml_node *expiry, const struct yaml_node *delay)
{
	if (expiry)
		diag_error(diag, expiry->key_place,
			"version: 5 or auto; with 3.1.1 the broker's own settings decide, as "
			"mosquitto's persistent_client_expiration",
			"session_expiry: MQTT 3.1.1 has none");
	if (delay)
		diag_error(diag, delay->key_place, "version: 5 or auto, or leave it out",
			"will_delay: MQTT 3.1.1 has none, a will is sent at once");
}

void config_check_session(struct config_loader *loader, const struct yaml_node *map)
{
	const struct config_mqtt *mqtt = &loader->config->mqtt;
	const struct yaml_node *expiry = yaml_node_get(map, "session_expiry");
	const struct yaml_node *delay = delay_of(mqtt, map);
	struct diag *diag = loader->schema.diag;

	if (mqtt->version == CONFIG_MQTT_VERSION_3_1_1) {
		check_version(diag, expiry, delay);
		return;
	}
	if (mqtt->clean_start && expiry)
		diag_error(diag, expiry->key_place,
			"clean_start: false keeps one; then actions wait at the broker, too",
			"session_expiry: no session is kept");
	if (mqtt->clean_start && delay)
		diag_error(diag, delay->key_place,
			"clean_start: false, and a session_expiry as long as an action may wait",
			"will_delay: a will waits in a kept session only");
	else if (delay && mqtt->will_delay_s > mqtt->session_expiry_s)
		diag_error(diag, delay->place, "a session_expiry at least as long",
			"will_delay: the will is sent when the session ends, after %u s",
			mqtt->session_expiry_s);
}
