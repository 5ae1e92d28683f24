/* SPDX-License-Identifier: MIT */
/* The section chips. The driver's table has the keys other than driver, bus and address. */
#include "config_load.h"
#include "config_param.h"
#include "config_parts.h"
#include "config_tables.h"
#include "schema_text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXAMPLE "climate: {driver: bme280, bus: /dev/i2c-1}"

static int read_driver(struct schema *schema, const struct yaml_node *node, void *field);
static int read_bus(struct schema *schema, const struct yaml_node *node, void *field);

/* driver comes first: the others are checked against it. */
static const struct schema_option chip_options[] = {
	{.key = "driver",
		.help = "the kind of part",
		.type = SCHEMA_CUSTOM,
		.read = read_driver,
		.required = true},
	{.key = "bus",
		.help = "the bus it is on, as /dev/i2c-1 or /dev/spidev0.0; of a kernel's part its "
			"name",
		.type = SCHEMA_CUSTOM,
		.read = read_bus},
	{.key = "address",
		.help = "on I2C, as 0x76; the first of the driver's by default",
		.type = SCHEMA_CUSTOM,
		.read = config_read_address},
	{0},
};

static size_t count_drivers(void)
{
	size_t n = 0;

	while (driver_table[n])
		n++;
	return n;
}

static int unknown_driver(struct schema *schema, const struct yaml_node *node)
{
	size_t n = count_drivers();
	const struct driver *same = driver_find_part(node->text);
	char way[320];

	if (same) {
		(void)snprintf(way, sizeof(way), "such a part is driver: %s", same->name);
		diag_error(schema->diag, node->place, way, "unknown driver \"%.40s\"", node->text);
		return 0;
	}
	if (config_part_way(node->text, way, sizeof(way))) {
		diag_error(schema->diag, node->place, way,
			"there is no driver \"%.40s\" here: none is needed", node->text);
		return 0;
	}
	const char **names = calloc(n + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		names[i] = driver_table[i]->name;
	schema_unknown(schema, node->place, "driver", node->text, names);
	free(names);
	return 0;
}

static int read_driver(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_chip *chip = field;

	if (!schema_expect_like(schema, node, YAML_SCALAR, "driver: bme280"))
		return 0;
	chip->driver = driver_find(node->text);
	return chip->driver ? 0 : unknown_driver(schema, node);
}

/* Length of a bus number, of at most three digits, as the kernel counts buses; 0 if it is none. */
static size_t number_length(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits <= 3 && !(digits > 1 && text[0] == '0') ? digits : 0;
}

static bool is_i2c_bus(const char *text)
{
	static const char prefix[] = "/dev/i2c-";

	if (strncmp(text, prefix, strlen(prefix)) != 0)
		return false;
	text += strlen(prefix);
	size_t digits = number_length(text);
	return digits && !text[digits];
}

static bool is_spi_bus(const char *text)
{
	static const char prefix[] = "/dev/spidev";

	if (strncmp(text, prefix, strlen(prefix)) != 0)
		return false;
	text += strlen(prefix);
	size_t bus = number_length(text);
	if (!bus || text[bus] != '.')
		return false;
	size_t select = number_length(text + bus + 1);
	return select && !text[bus + 1 + select];
}

/* True for a device's name or its node: "cpu_thermal", "1-0076", "40013000.adc", "iio-hwmon@0". */
static bool is_kernel_device(const char *text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"._:@,+-";

	return text[0] != '.' && strlen(text) < 64 && strspn(text, allowed) == strlen(text);
}

static const struct {
	bool (*is_valid)(const char *text);
	const char *words;
} BUSES[] = {
	[DRIVER_BUS_I2C] = {is_i2c_bus, "sits on an I2C bus such as /dev/i2c-1, not on"},
	[DRIVER_BUS_SPI] = {is_spi_bus, "sits on an SPI bus such as /dev/spidev0.0, not on"},
	[DRIVER_BUS_ATTRIBUTES] = {is_kernel_device,
		"takes the name or the node of a device that the kernel has, not"},
};

/* Another bus of the part, or where to look for the bus's name; NULL: nothing to add. */
static const char *bus_cure(const struct driver *driver, char *cure, size_t size)
{
	if (driver->on_spi)
		return "on SPI: bus: /dev/spidev0.0";
	if (!driver->attributes)
		return NULL;
	(void)snprintf(cure, size, "cat /sys/%s/%s*/name shows the names",
		driver->attributes->folder, driver->attributes->prefix);
	return cure;
}

static bool is_on_lines(const struct config_chip *chip)
{
	return chip->driver && chip->driver->bus == DRIVER_BUS_LINES;
}

static int read_bus(struct schema *schema, const struct yaml_node *node, void *field)
{
	static const struct schema_option row = {
		SCHEMA_FIELD(struct config_chip, bus), .type = SCHEMA_STRING};
	struct config_chip *chip = field;
	char cure[80];

	if (is_on_lines(chip)) {
		diag_error(schema->diag, node->key_place, NULL,
			"bus: %s sits on GPIO lines: write %s: %s", chip->driver->name,
			chip->driver->line_keys[0],
			chip->driver->n_listed ? "[GPIO20, GPIO21]" : "GPIO23");
		return 0;
	}
	int r = schema_read_value(schema, node, &row, field);
	if (r < 0 || !chip->bus || !chip->driver)
		return r;
	const struct driver *driver = chip->driver;
	if (BUSES[driver->bus].is_valid(chip->bus))
		return 0;
	if (driver->on_spi && is_spi_bus(chip->bus)) {
		chip->driver = driver->on_spi;
		return 0;
	}
	diag_error(schema->diag, node->place, bus_cure(driver, cure, sizeof(cure)),
		"bus: %s %s \"%.40s\"", driver->name, BUSES[driver->bus].words, node->text);
	return 0;
}

/* All keys of such a chip besides chip_options. The rows are good for their names alone. */
static struct schema_option *new_more_keys(
	const struct driver *driver, const struct schema_option *params)
{
	size_t n_lines = 0, n_options = 0, n = 0;
	struct schema_option *keys;

	while (driver->line_keys && driver->line_keys[n_lines])
		n_lines++;
	while (n_lines > 0 && config_lines_options[n_options].key)
		n_options++;
	keys = calloc(n_lines + n_options + driver->n_params + 1, sizeof(*keys));
	if (!keys)
		return NULL;
	for (size_t i = 0; i < n_lines; i++)
		keys[n++].key = driver->line_keys[i];
	for (size_t i = 0; i < n_options; i++)
		keys[n++].key = config_lines_options[i].key;
	for (size_t i = 0; i < driver->n_params; i++)
		keys[n++].key = params[i].key;
	return keys;
}

static int check_keys(struct schema *schema, const struct yaml_node *node,
	const struct driver *driver, const struct schema_option *params)
{
	struct schema_option *keys = new_more_keys(driver, params);
	int r = keys ? schema_check_keys(schema, node, chip_options, keys) : -ENOMEM;

	free(keys);
	return r;
}

/* One row for each of the driver's parameters; they fill chip->params. */
struct param_table {
	struct schema_option *options; /* ends with a row without a key */
	struct config_words *words;
};

static void free_table(struct param_table *table)
{
	free(table->options);
	free(table->words);
}

static int new_table(const struct driver *driver, struct param_table *table)
{
	table->options = calloc(driver->n_params + 1, sizeof(*table->options));
	table->words = calloc(driver->n_params + 1, sizeof(*table->words));
	if (!table->options || !table->words)
		return -ENOMEM;
	for (size_t i = 0; i < driver->n_params; i++)
		table->options[i] = config_param_option(
			&driver->params[i], i * sizeof(double), &table->words[i]);
	return 0;
}

static int read_params(struct schema *schema, const struct yaml_node *node,
	const struct schema_option *options, struct config_chip *chip)
{
	const struct driver *driver = chip->driver;
	size_t before = diag_count(schema->diag);

	chip->params = calloc(driver->n_params ? driver->n_params : 1, sizeof(*chip->params));
	if (!chip->params)
		return -ENOMEM;
	config_param_defaults(driver->params, driver->n_params, chip->params);
	int r = schema_read_options(schema, node, options, chip->params);
	if (r < 0 || diag_count(schema->diag) > before)
		return r;
	config_param_check(schema, node, driver->params, driver->n_params, chip->params);
	if (diag_count(schema->diag) > before)
		return 0;
	const char *wrong = driver->check ? driver->check(chip->params) : NULL;
	if (wrong)
		diag_error(schema->diag, node->key_place, NULL, "%s: %s", driver->name, wrong);
	return 0;
}

static void report_no_bus(struct schema *schema, const struct yaml_node *node)
{
	char path[YAML_PATH_MAX];

	yaml_node_path(node, path);
	diag_error(schema->diag, yaml_node_name_place(node), NULL, "%s needs \"bus\"", path);
}

static int read_chip(struct schema *schema, const struct yaml_node *node, struct config_chip *chip)
{
	const char *wrong = schema_text_wrong(SCHEMA_NAME, node->key);

	if (wrong)
		diag_error(schema->diag, node->key_place, NULL, "the name \"%.40s\" %s", node->key,
			wrong);
	chip->name = strdup(node->key);
	if (!chip->name)
		return -ENOMEM;
	if (!schema_expect_like(schema, node, YAML_MAP, EXAMPLE))
		return 0;
	int r = schema_read_options(schema, node, chip_options, chip);
	/* Of an unknown driver nobody knows whether it has one. */
	if ((chip->driver || !yaml_node_get(node, "driver")) && !is_on_lines(chip) &&
		!yaml_node_get(node, "bus"))
		report_no_bus(schema, node);
	/* Without the driver, its other keys are unknown. */
	if (r < 0 || !chip->driver)
		return r;
	if (is_on_lines(chip))
		r = config_read_lines(schema, node, chip);
	if (r < 0)
		return r;
	if (chip->driver->bus == DRIVER_BUS_I2C && !yaml_node_get(node, "address"))
		chip->address = chip->driver->addresses[0];

	struct param_table params __attribute__((cleanup(free_table))) = {0};
	r = new_table(chip->driver, &params);
	if (r == 0)
		r = check_keys(schema, node, chip->driver, params.options);
	return r < 0 ? r : read_params(schema, node, params.options, chip);
}

int config_read_chips(struct schema *schema, const struct yaml_node *node, void *field)
{
	static const struct config_section section = {
		YAML_MAP, sizeof(struct config_chip), CONFIG_CHIPS_MAX, "chips: {" EXAMPLE "}"};
	struct config *config = field;
	void *chips = NULL;

	int r = config_new_items(schema, node, &section, &chips, &config->n_chips);
	config->chips = chips;
	for (size_t i = 0; i < config->n_chips && r == 0; i++)
		r = read_chip(schema, node->items[i], &config->chips[i]);
	return r;
}

static bool takes_key(const struct driver *driver, const char *key)
{
	if (strcmp(key, "bus") == 0)
		return driver->bus != DRIVER_BUS_LINES;
	return strcmp(key, "address") != 0 || driver->n_addresses > 0;
}

static void visit_line_options(const struct driver *driver, config_visit visit, void *context)
{
	struct schema_option line = {
		.type = SCHEMA_CUSTOM, .help = "a GPIO line: GPIO17, or chip:offset"};

	for (size_t i = 0; driver->line_keys && driver->line_keys[i]; i++) {
		line.key = driver->line_keys[i];
		visit(context, &line);
	}
	for (size_t i = 0; driver->line_keys && config_lines_options[i].key; i++)
		visit(context, &config_lines_options[i]);
}

void config_visit_chip_options(const struct driver *driver, config_visit visit, void *context)
{
	for (const struct schema_option *option = chip_options; option->key; option++)
		if (takes_key(driver, option->key))
			visit(context, option);
	visit_line_options(driver, visit, context);
	for (size_t i = 0; i < driver->n_params; i++) {
		struct config_words words;
		struct schema_option option =
			config_param_option(&driver->params[i], i * sizeof(double), &words);

		option.initial = words.initial[0] ? words.initial : NULL;
		visit(context, &option);
	}
}
