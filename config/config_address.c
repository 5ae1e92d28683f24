/* SPDX-License-Identifier: MIT */
/*
 * The option address of a chip on I2C. Datasheets and i2cdetect write addresses in hexadecimal, and
 * people leave out the 0x. So a number with two meanings is refused, or gets a warning.
 */
#include "config_load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parses text that consists of digits. False: it has other characters, or too many. */
static bool parse_digits(const char *digits, int base, unsigned long *ret_number)
{
	size_t n = strspn(digits, base == 16 ? "0123456789abcdefABCDEF" : "0123456789");

	if (n < 1 || n > 4 || digits[n])
		return false;
	*ret_number = strtoul(digits, NULL, base);
	return true;
}

static bool is_hexadecimal(const char *text)
{
	return strncmp(text, "0x", 2) == 0;
}

/* 0x77 or 119. */
static bool parse_address(const char *text, unsigned long *ret_address)
{
	return is_hexadecimal(text) ? parse_digits(text + 2, 16, ret_address)
				    : parse_digits(text, 10, ret_address);
}

static bool has_address(const struct driver *driver, unsigned long address)
{
	for (size_t i = 0; i < driver->n_addresses; i++) {
		if (driver->addresses[i] == address)
			return true;
	}
	return false;
}

/* The address that the digits of a plain number mean in hexadecimal, as datasheets write them; 0 if
 * the part cannot have it. */
static unsigned long as_hexadecimal(const struct driver *driver, const char *text)
{
	unsigned long address = 0;

	return !is_hexadecimal(text) && parse_digits(text, 16, &address) &&
			has_address(driver, address)
		? address
		: 0;
}

static void list_addresses(const struct driver *driver, char *list, size_t size)
{
	enum { SHOWN_MAX = 8 };
	size_t used = 0;

	list[0] = '\0';
	for (size_t i = 0; i < driver->n_addresses && i < SHOWN_MAX && used < size; i++)
		used += (size_t)snprintf(
			list + used, size - used, "%s0x%02x", i ? ", " : "", driver->addresses[i]);
	if (driver->n_addresses > SHOWN_MAX && used < size)
		(void)snprintf(list + used, size - used, " ... 0x%02x",
			driver->addresses[driver->n_addresses - 1]);
}

/* 0100 is 64 in C and 100 to most people, and some mean 0x100. */
static void report_leading_zero(
	struct schema *schema, const struct yaml_node *node, const struct driver *driver)
{
	unsigned long decimal = 0, hexadecimal = as_hexadecimal(driver, node->text);
	char cure[48];

	(void)parse_digits(node->text, 10, &decimal);
	if (!has_address(driver, decimal) || decimal == hexadecimal)
		decimal = 0;
	if (decimal && hexadecimal)
		(void)snprintf(
			cure, sizeof(cure), "write 0x%02lx or 0x%02lx", decimal, hexadecimal);
	else if (decimal || hexadecimal)
		(void)snprintf(cure, sizeof(cure), "write 0x%02lx", decimal + hexadecimal);
	else
		(void)snprintf(cure, sizeof(cure), "for example 0x%02x", driver->addresses[0]);
	diag_error(schema->diag, node->place, cure,
		"address: %.40s begins with a zero, and could be decimal, octal or hexadecimal",
		node->text);
}

static void report_address(
	struct schema *schema, const struct yaml_node *node, const struct driver *driver)
{
	unsigned long hexadecimal = as_hexadecimal(driver, node->text);
	char list[128], cure[64];

	list_addresses(driver, list, sizeof(list));
	if (hexadecimal)
		(void)snprintf(
			cure, sizeof(cure), "write 0x%02lx: without 0x it is decimal", hexadecimal);
	diag_error(schema->diag, node->place, hexadecimal ? cure : NULL,
		"address: %s cannot have %.40s, only %s", driver->name, node->text, list);
}

/* Warns of a good address that would be another good one if the 0x was left out. */
static void check_plain_number(struct schema *schema, const struct yaml_node *node,
	const struct driver *driver, unsigned long address)
{
	const uint8_t *addresses = driver->addresses;
	unsigned long hexadecimal = 0, least = addresses[0], most = addresses[0];
	char cure[48];

	/* Also for an address within the part's range that the driver excludes for a reason. */
	for (size_t i = 1; i < driver->n_addresses; i++) {
		least = addresses[i] < least ? addresses[i] : least;
		most = addresses[i] > most ? addresses[i] : most;
	}
	if (is_hexadecimal(node->text) || !parse_digits(node->text, 16, &hexadecimal) ||
		hexadecimal < least || hexadecimal > most)
		return;
	(void)snprintf(cure, sizeof(cure), "write 0x%02lx if that is meant", address);
	diag_warning(schema->diag, node->place, cure,
		"address: %.40s is taken as a decimal number, 0x%02lx, and not as 0x%02lx",
		node->text, address, hexadecimal);
}

int config_read_address(struct schema *schema, const struct yaml_node *node, void *field)
{
	struct config_chip *chip = field;
	const struct driver *driver = chip->driver;
	unsigned long address = 0;

	if (!schema_expect_like(schema, node, YAML_SCALAR, "address: 0x76") || !driver)
		return 0;
	if (driver->bus != DRIVER_BUS_I2C) {
		diag_error(schema->diag, node->key_place, "remove it",
			"address: %s is not on I2C and has none", driver->name);
	} else if (!parse_address(node->text, &address)) {
		diag_error(schema->diag, node->place, NULL,
			"address takes a number such as 0x%02x, not \"%.40s\"",
			driver->addresses[0], node->text);
	} else if (node->text[0] == '0' && !is_hexadecimal(node->text)) {
		report_leading_zero(schema, node, driver);
	} else if (!has_address(driver, address)) {
		report_address(schema, node, driver);
	} else {
		check_plain_number(schema, node, driver, address);
		chip->address = (uint16_t)address;
	}
	return 0;
}
