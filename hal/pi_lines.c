/* SPDX-License-Identifier: MIT */
/*
 * Names: gpio-line-names in Linux, arch/arm/boot/dts/broadcom, bcm2835-rpi-*.dts,
 * bcm2836-rpi-2-b.dts, bcm2837-rpi-*.dts and bcm2711-rpi-4-b.dts. There GPIO2 is called SDA1, as in
 * Raspberry Pi's own kernels before 2024; since then theirs call it GPIO2. On a Raspberry Pi 5 (its
 * kernel's bcm2712-rpi-5-b.dts) only GPIO0 and GPIO1 have other names, ID_SDA and ID_SCL.
 *
 * Pulls: BCM2835 ARM Peripherals (6 February 2012), table 6-31, and RP1 Peripherals (2023), table
 * 4: GPIO0 to GPIO8 are pulled up, GPIO9 to GPIO27 down.
 */
#include "pi_lines.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_PULLED_DOWN = 9 };

/* Names other than GPIOn. */
static const struct other_name {
	unsigned number;
	const char *name;
	bool is_ambiguous; /* on another model, another line has that name */
} OTHER_NAMES[] = {
	{0, "ID_SDA", false},
	{1, "ID_SCL", false},
	{2, "SDA1", false},
	{3, "SCL1", false},
	{4, "GPIO_GCLK", false},
	{7, "SPI_CE1_N", false},
	{8, "SPI_CE0_N", false},
	{9, "SPI_MISO", false},
	{10, "SPI_MOSI", false},
	{11, "SPI_SCLK", false},
	{14, "TXD1", false},
	{15, "RXD1", false},
	/* Names of the first UART. Where Bluetooth has it, lines 32 and 33 are called so. */
	{14, "TXD0", true},
	{15, "RXD0", true},
};

/* The header's pin of each line. */
static const unsigned char PINS[PI_LINES] = {27, 28, 3, 5, 7, 29, 31, 26, 24, 21, 19, 23, 32, 33, 8,
	10, 36, 11, 12, 35, 38, 40, 15, 16, 18, 22, 37, 13};

/* The labels of chips that hold the header's lines. */
static const char *const LABELS[] = {"pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"};

/* gpiochip0 is the header's chip on a Raspberry Pi 1 to 4, and since 2024 on a 5; before that, on a
 * 5 it was gpiochip4. */
static const char *const LIKELY_CHIPS[] = {"gpiochip0", "gpiochip4"};

static bool is_one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
}

static int find_name(const char *name)
{
	char own[16];

	for (unsigned number = 0; number < PI_LINES; number++) {
		(void)snprintf(own, sizeof(own), "GPIO%u", number);
		if (strcmp(own, name) == 0)
			return (int)number;
	}
	for (size_t i = 0; i < sizeof(OTHER_NAMES) / sizeof(OTHER_NAMES[0]); i++) {
		if (!OTHER_NAMES[i].is_ambiguous && strcmp(OTHER_NAMES[i].name, name) == 0)
			return (int)OTHER_NAMES[i].number;
	}
	return -ENOENT;
}

bool pi_line_chip_has_label(const char *label)
{
	return is_one_of(label, LABELS, sizeof(LABELS) / sizeof(LABELS[0]));
}

enum pi_line_match pi_line_find(const struct gpio_place *place, unsigned *ret_number)
{
	if (place->name[0]) {
		int number = find_name(place->name);
		if (number < 0)
			return PI_LINE_NONE;
		*ret_number = (unsigned)number;
		return PI_LINE_CERTAIN;
	}
	bool certain = pi_line_chip_has_label(place->chip);
	bool likely = is_one_of(
		place->chip, LIKELY_CHIPS, sizeof(LIKELY_CHIPS) / sizeof(LIKELY_CHIPS[0]));
	if (place->offset >= PI_LINES || !(certain || likely))
		return PI_LINE_NONE;
	*ret_number = place->offset;
	return certain ? PI_LINE_CERTAIN : PI_LINE_LIKELY;
}

bool pi_line_has_name(unsigned number, const char *name)
{
	char own[16];

	(void)snprintf(own, sizeof(own), "GPIO%u", number);
	if (strcmp(own, name) == 0)
		return true;
	for (size_t i = 0; i < sizeof(OTHER_NAMES) / sizeof(OTHER_NAMES[0]); i++) {
		if (OTHER_NAMES[i].number == number && strcmp(OTHER_NAMES[i].name, name) == 0)
			return true;
	}
	return false;
}

bool pi_line_pulled_up(unsigned number)
{
	return number < FIRST_PULLED_DOWN;
}

int pi_line_at_pin(unsigned pin)
{
	for (unsigned number = 0; number < PI_LINES; number++) {
		if (PINS[number] == pin)
			return (int)number;
	}
	return -ENOENT;
}
