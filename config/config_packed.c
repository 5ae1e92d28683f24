/* SPDX-License-Identifier: MIT */
/* The section packed: formats written as for Python's struct module. */
#include "config_tables.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_EXAMPLE "fields: [temp, humi]"
#define EXAMPLE        "{topic: temphumi, format: 2H, " FIELDS_EXAMPLE "}"

enum { FIELDS_MAX = 64 };

static int read_format(struct schema *schema, const struct yaml_node *node, void *field);
static int read_fields(struct schema *schema, const struct yaml_node *node, void *field);

/* format comes before fields: it determines their number. */
const struct schema_option config_packed_options[] = {
	{.key = "topic",
		.help = "below <mqtt.topic>/sensors/",
		SCHEMA_FIELD(struct config_packed, topic),
		.type = SCHEMA_TOPIC,
		.required = true},
	{.key = "format",
		.help = "as in Python's struct.pack, without padding: 2H",
		.type = SCHEMA_CUSTOM,
		.read = read_format,
		.required = true},
	{.key = "fields",
		.help = "a sensor for each letter of the format",
		.type = SCHEMA_CUSTOM,
		.read = read_fields,
		.required = true},
	{0},
};

/* Writes the counts out ("2H" becomes "HH") and returns NULL, or returns what is wrong. */
static const char *spell_out(
	const char *format, char ret_letters[static FIELDS_MAX + 1], bool *ret_big_endian)
{
	bool big_endian = *format == '>';
	char letters[FIELDS_MAX + 1];
	size_t n = 0;

	if (*format == '<' || *format == '>')
		format++;
	while (*format) {
		size_t digits = strspn(format, "0123456789");
		unsigned long count = digits ? strtoul(format, NULL, 10) : 1;
		format += digits;
		if (!*format)
			return "ends with a count that has no letter";
		if (!strchr("bBhHiIqQfd", *format))
			return "has something else than counts and the letters b B h H i I q Q f d";
		if (count < 1)
			return "has a count of 0";
		if (digits > 4 || count > FIELDS_MAX - n)
			return "has more than 64 fields";
		memset(letters + n, *format, count);
		n += count;
		format++;
	}
	if (n == 0)
		return "has no letters";
	letters[n] = '\0';
	memcpy(ret_letters, letters, n + 1);
	*ret_big_endian = big_endian;
	return NULL;
}

static int read_format(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_packed *packed = field;
	char letters[FIELDS_MAX + 1];

	if (!schema_expect(schema, node, YAML_SCALAR))
		return 0;
	const char *wrong = spell_out(node->text, letters, &packed->big_endian);
	if (wrong) {
		diag_error(schema->diag, node->place, "for example \"2H\" or \"<Hhf\"",
			"format: \"%.40s\" %s", node->text, wrong);
		return 0;
	}
	size_t n = strlen(letters);
	packed->fields = calloc(n, sizeof(*packed->fields));
	if (!packed->fields)
		return -ENOMEM;
	packed->n_fields = n;
	for (size_t i = 0; i < n; i++)
		packed->fields[i] = (struct config_packed_field){letters[i], CONFIG_NO_INDEX};
	return 0;
}

static size_t find_sensor(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_sensors; i++) {
		if (strcmp(config->sensors[i].name, name) == 0)
			return i;
	}
	return CONFIG_NO_INDEX;
}

static int unknown_sensor(struct config_loader *loader, const struct yaml_node *node)
{
	const struct config *config = loader->config;
	const char **names = calloc(config->n_sensors + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_sensors; i++)
		names[i] = config->sensors[i].name;
	schema_unknown(&loader->schema, node->place, "sensor", node->text, names);
	free(names);
	return 0;
}

static int read_fields(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_loader *loader = config_loader_of(schema);
	struct config_packed *packed = field;

	if (!schema_expect_like(schema, node, YAML_LIST, FIELDS_EXAMPLE))
		return 0;
	if (packed->fields && node->n_items != packed->n_fields)
		diag_error(schema->diag, node->place, NULL,
			"fields: there are %zu, and the format has %zu", node->n_items,
			packed->n_fields);
	for (size_t i = 0; i < node->n_items; i++) {
		const struct yaml_node *item = node->items[i];
		if (!schema_expect(schema, item, YAML_SCALAR))
			continue;
		size_t sensor = find_sensor(loader->config, item->text);
		if (sensor == CONFIG_NO_INDEX) {
			int r = unknown_sensor(loader, item);
			if (r < 0)
				return r;
		} else if (packed->fields && i < packed->n_fields) {
			packed->fields[i].sensor = sensor;
		}
	}
	return 0;
}

int config_read_packed(struct schema *schema, const struct yaml_node *node, void *field)
{
	static const struct config_section section = {YAML_LIST, sizeof(struct config_packed),
		CONFIG_PACKED_MAX, "packed: [" EXAMPLE "]"};
	struct config *config = field;
	void *packed = NULL;

	int r = config_new_items(schema, node, &section, &packed, &config->n_packed);
	config->packed = packed;
	for (size_t i = 0; i < config->n_packed && r == 0; i++)
		r = schema_read_map_like(schema, node->items[i], config_packed_options,
			"- " EXAMPLE, &config->packed[i]);
	return r;
}
