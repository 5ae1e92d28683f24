/* SPDX-License-Identifier: MIT */
#include "map.h"

#include "probe.h"
#include <ctype.h>
#include <string.h>

enum { NAME_BYTES = 64, DECIMALS_OTHER = 2 };

/* A chip or a sensor of the map, and whether it is certain. */
typedef void visit_chip(void *userdata, const cJSON *item, bool is_certain);

struct names {
	cJSON *used; /* {name: true} */
};

static const char *text_of(const cJSON *item, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));

	return text ? text : "";
}

static void each_chip(const cJSON *items, visit_chip *visit, void *userdata)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, items) {
		if (cJSON_GetObjectItemCaseSensitive(item, "chip"))
			visit(userdata, item, probe_state_of(item) != PROBE_MAYBE);
		each_chip(cJSON_GetObjectItemCaseSensitive(item, "parts"), visit, userdata);
	}
}

static void each_chip_of_all(const cJSON *found, visit_chip *visit, void *userdata)
{
	const cJSON *items;

	cJSON_ArrayForEach(items, found)
		each_chip(items, visit, userdata);
}

/* Letters, digits and underscores; it begins with a letter. */
static void make_name(char name[NAME_BYTES], const char *text)
{
	size_t used = 0;

	if (!isalpha((unsigned char)*text))
		name[used++] = 'n';
	for (; *text && used < NAME_BYTES - 1; text++)
		name[used++] =
			isalnum((unsigned char)*text) ? (char)tolower((unsigned char)*text) : '_';
	name[used] = '\0';
}

static bool is_free(const struct names *names, const char *name)
{
	return !cJSON_HasObjectItem(names->used, name);
}

static void take(struct names *names, const char *name)
{
	cJSON_AddTrueToObject(names->used, name);
}

/* The name, or the first free of name_2, name_3, ... */
static void take_free(struct names *names, char name[NAME_BYTES])
{
	char wanted[NAME_BYTES - 8];

	(void)snprintf(wanted, sizeof(wanted), "%.*s", (int)sizeof(wanted) - 1, name);
	for (unsigned i = 2; !is_free(names, name); i++)
		(void)snprintf(name, NAME_BYTES, "%s_%u", wanted, i);
	take(names, name);
}

/* A part keeps the name of the running map; the kernel's devices have their own. */
static void name_chip(struct names *names, const cJSON *item, char ret_name[NAME_BYTES])
{
	const cJSON *chip = cJSON_GetObjectItemCaseSensitive(item, "chip");
	bool has_address = cJSON_HasObjectItem(chip, "address");

	if (*text_of(chip, "name"))
		(void)snprintf(ret_name, NAME_BYTES, "%s", text_of(chip, "name"));
	else
		make_name(ret_name, text_of(chip, has_address ? "driver" : "bus"));
	take_free(names, ret_name);
}

/* "temperature", or "ads1115_0" where the channel is a number or the word is taken. */
static void name_sensor(struct names *names, const char *chip, const cJSON *item,
	const char *channel, char ret_name[NAME_BYTES])
{
	char both[2 * NAME_BYTES];
	bool has_address =
		cJSON_HasObjectItem(cJSON_GetObjectItemCaseSensitive(item, "chip"), "address");

	(void)snprintf(both, sizeof(both), "%s_%s", chip, channel);
	if (isalpha((unsigned char)channel[0]) && has_address) {
		make_name(ret_name, channel);
		if (!is_free(names, ret_name))
			make_name(ret_name, both);
	} else {
		make_name(ret_name, both);
	}
	take_free(names, ret_name);
}

/* Plain where YAML takes it so. */
static void write_text(FILE *out, const char *text)
{
	static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-";
	bool is_plain = *text && isalnum((unsigned char)*text);
	cJSON *string;
	char *quoted;

	if (*text == '/' || is_plain) {
		if (strspn(text, PLAIN) == strlen(text)) {
			fputs(text, out);
			return;
		}
	}
	string = cJSON_CreateString(text);
	quoted = cJSON_PrintUnformatted(string);
	fputs(quoted ? quoted : "\"\"", out);
	cJSON_free(quoted);
	cJSON_Delete(string);
}

static void write_pair(FILE *out, const char *key, const char *value)
{
	if (!value)
		return;
	fprintf(out, "  %s: ", key);
	write_text(out, value);
	fputc('\n', out);
}

static void write_mqtt(FILE *out, const struct config_mqtt *mqtt)
{
	fprintf(out, "mqtt:\n  url: %s%s%s\n", strchr(mqtt->urls[0], '[') ? "\"" : "",
		mqtt->urls[0], strchr(mqtt->urls[0], '[') ? "\"" : "");
	if (strcmp(mqtt->topic, "tos") != 0)
		write_pair(out, "topic", mqtt->topic);
	write_pair(out, "username", mqtt->username);
	write_pair(out, "password_file", mqtt->password_file);
	if (mqtt->username && !mqtt->password_file)
		fputs("  # The password goes into /etc/credstore/tosd.mqtt-password (root, mode "
		      "600).\n",
			out);
	if (mqtt->tls.ca || mqtt->tls.cert) {
		const char *const keys[] = {"ca", "cert", "key"};
		const char *const files[] = {mqtt->tls.ca, mqtt->tls.cert, mqtt->tls.key};

		fputs("  tls:\n", out);
		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
			if (files[i])
				fputs("  ", out);
			write_pair(out, keys[i], files[i]);
		}
	}
}

/* One section under construction. */
struct section {
	FILE *out;
	struct names chips, sensors;
	const char *title; /* written before the first row; commented out if that is */
	size_t left;       /* rows that a map may have */
	bool is_sensors, has_begun, only_certain, is_told;
};

/* Text of a row that is not part of the map yet begins with "#". */
static void begin_row(struct section *section, bool is_certain)
{
	if (!section->has_begun)
		fprintf(section->out, "\n%s%s:\n", is_certain ? "" : "#", section->title);
	section->has_begun = true;
	if (!is_certain)
		fputc('#', section->out);
}

static void write_chip_row(
	struct section *section, const cJSON *item, const char *name, bool is_certain)
{
	const cJSON *chip = cJSON_GetObjectItemCaseSensitive(item, "chip"), *driver;
	const cJSON *address = cJSON_GetObjectItemCaseSensitive(chip, "address");
	const cJSON *drivers = cJSON_GetObjectItemCaseSensitive(item, "drivers");
	const char *sign = "   # or ";

	begin_row(section, is_certain);
	fprintf(section->out, "  %s: {driver: %s, bus: ", name, text_of(chip, "driver"));
	write_text(section->out, text_of(chip, "bus"));
	if (address)
		fprintf(section->out, ", address: 0x%02x", (unsigned)address->valuedouble);
	fputc('}', section->out);
	if (*text_of(chip, "name"))
		fputs("   # its parameters are in the running map", section->out);
	cJSON_ArrayForEach(driver, drivers) {
		if (driver == drivers->child)
			continue;
		fprintf(section->out, "%s%s", sign, cJSON_GetStringValue(driver));
		sign = ", ";
	}
	fputc('\n', section->out);
}

static unsigned decimals_of(const struct driver *driver, const char *channel)
{
	static const struct {
		const char *quantity;
		unsigned decimals;
	} ROWS[] = {{"temperature", 1}, {"humidity", 1}, {"pressure", 1}, {"illuminance", 0},
		{"concentration", 0}, {"raw", 0}, {"speed", 0}, {"count", 0}, {"voltage", 3},
		{"current", 3}};
	struct driver_channel_text text;
	int number = driver_channel_find(driver, channel);

	for (size_t i = 0; number >= 0 && i < sizeof(ROWS) / sizeof(*ROWS); i++)
		if (strcmp(driver_channel(driver, (unsigned)number, &text)->quantity,
			    ROWS[i].quantity) == 0)
			return ROWS[i].decimals;
	return DECIMALS_OTHER;
}

static void write_sensor_rows(
	struct section *section, const cJSON *item, const char *chip, bool is_certain)
{
	const struct driver *driver =
		driver_find(text_of(cJSON_GetObjectItemCaseSensitive(item, "chip"), "driver"));
	const cJSON *channel;

	cJSON_ArrayForEach(channel, cJSON_GetObjectItemCaseSensitive(item, "channels")) {
		const char *of = cJSON_GetStringValue(channel);
		char name[NAME_BYTES];
		unsigned decimals = decimals_of(driver, of);

		/* The differences between inputs of a converter can be added by hand. */
		if (isdigit((unsigned char)of[0]) && strchr(of, '-'))
			continue;
		name_sensor(&section->sensors, chip, item, of, name);
		begin_row(section, is_certain && section->left > 0);
		section->left -= section->left > 0;
		fprintf(section->out, "  %s: {from: %s.%s", name, chip, of);
		if (decimals > 0)
			fprintf(section->out, ", decimals: %u", decimals);
		fputs("}\n", section->out);
	}
}

static void write_rows(void *userdata, const cJSON *item, bool is_certain)
{
	struct section *section = userdata;
	char name[NAME_BYTES];

	if (is_certain != section->only_certain)
		return;
	name_chip(&section->chips, item, name);
	if (section->is_sensors) {
		write_sensor_rows(section, item, name, is_certain);
		return;
	}
	write_chip_row(section, item, name, is_certain && section->left > 0);
	section->left -= section->left > 0;
}

/* The certain ones come first, so that the section's title is no comment if there is one. */
static void write_section(const cJSON *found, FILE *out, const char *title, bool is_sensors)
{
	struct section section = {
		.out = out,
		.chips = {cJSON_CreateObject()},
		.sensors = {cJSON_CreateObject()},
		.title = title,
		.left = is_sensors ? CONFIG_SENSORS_MAX : CONFIG_CHIPS_MAX,
		.is_sensors = is_sensors,
	};

	take(&section.sensors, "ts"); /* the reading's time */
	for (int i = 0; i < 2; i++) {
		section.only_certain = i == 0;
		each_chip_of_all(found, write_rows, &section);
	}
	cJSON_Delete(section.chips.used);
	cJSON_Delete(section.sensors.used);
}

struct pwm_examples {
	FILE *out;
	struct names chips; /* the same names as in the section of chips */
};

/* Each part with PWM channels. */
static void find_pwm(void *userdata, const cJSON *item, bool is_certain)
{
	const struct driver *driver =
		driver_find(text_of(cJSON_GetObjectItemCaseSensitive(item, "chip"), "driver"));
	struct pwm_examples *examples = userdata;
	char name[NAME_BYTES];

	if (!is_certain)
		return;
	name_chip(&examples->chips, item, name);
	if (driver->n_pwm > 0)
		fprintf(examples->out, "#  - {name: lamp_%.*s, pwm: %s.0}\n",
			(int)(NAME_BYTES - sizeof("lamp_")), name, name);
}

static void write_examples(const cJSON *found, FILE *out)
{
	struct pwm_examples pwm = {out, {cJSON_CreateObject()}};
	const cJSON *items, *item;
	bool has_line = false;

	fputs("\n# What is wired to lines and outputs cannot be seen from here. Take off the \"#\" "
	      "of "
	      "what fits.\n#leds:\n",
		out);
	cJSON_ArrayForEach(items, found) {
		cJSON_ArrayForEach(item, items) {
			const cJSON *example = cJSON_GetObjectItemCaseSensitive(item, "example");
			const char *section = text_of(example, "section");

			has_line |= strcmp(section, "leds") == 0;
			if (strcmp(section, "leds") == 0)
				fprintf(out, "#  - %s\n", text_of(example, "text"));
		}
	}
	if (!has_line)
		fputs("#  - {name: red, line: GPIO17}\n", out);
	each_chip_of_all(found, find_pwm, &pwm);
	cJSON_Delete(pwm.chips.used);
	fputs("#motors:\n#  - {forward: GPIO5, backward: GPIO6, enable: GPIO13, pwm: soft}\n"
	      "#relays:\n#  - {name: pump, line: GPIO4, active_low: true, failsafe: off}\n",
		out);
	cJSON_ArrayForEach(items, found) {
		cJSON_ArrayForEach(item, items) {
			const cJSON *example = cJSON_GetObjectItemCaseSensitive(item, "example");

			if (strcmp(text_of(example, "section"), "chips") == 0)
				fprintf(out, "# Under chips, of what is on SPI:  adc: %s\n",
					text_of(example, "text"));
		}
	}
}

static bool has_maybe(const cJSON *items)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, items)
		if (probe_state_of(item) == PROBE_MAYBE ||
			has_maybe(cJSON_GetObjectItemCaseSensitive(item, "parts")))
			return true;
	return false;
}

void probe_write_map(const cJSON *found, const struct config_mqtt *mqtt, FILE *out)
{
	const cJSON *board = cJSON_GetObjectItemCaseSensitive(found, "board"), *items;
	bool is_unsure = false;

	cJSON_ArrayForEach(items, found)
		is_unsure |= has_maybe(items);
	fprintf(out,
		"# yaml-language-server: $schema=/usr/share/tos-gateway/tosd.schema.json\n"
		"# The device map of this board (%s), as tosctl probe found it.\n"
		"# Every key is explained in tosd.yaml(5); tosctl check finds mistakes.\n",
		text_of(board ? board->child : NULL, "name"));
	if (is_unsure)
		fputs("# Rows with a \"#\" are of parts that do not say what they are: look at the "
		      "part, and take it off.\n",
			out);
	fputc('\n', out);
	write_mqtt(out, mqtt);
	write_section(found, out, "chips", false);
	write_section(found, out, "sensors", true);
	fputs("\ninterval: 1s\n", out);
	write_examples(found, out);
}
