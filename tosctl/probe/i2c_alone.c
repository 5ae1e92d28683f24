/* SPDX-License-Identifier: MIT */
#include "i2c_alone.h"

#include <stddef.h>
#include <string.h>

enum { ANY = -1 };

static const char DISPLAY[] = "it goes to the display's connector";
static const char SYSTEM[] = "it belongs to the computer: memory modules, power, clocks";

/*
 * Adapters by a part of the kernel's name. Those of a Raspberry Pi's HDMI: bcm2835 at 7e805000
 * (BCM2835 to 2837), brcmstb at fef04500 and fef09500 (BCM2711) and at 107d508200 and 107d508280
 * (BCM2712), from the kernel's device trees; its cameras are behind a multiplexer, as bus 10.
 */
static const struct {
	const char *adapter;
	int number;
	const char *why;
} BUSES[] = {
	{"i2c@7e805000", ANY, DISPLAY},
	{"fef04500.i2c", ANY, DISPLAY},
	{"fef09500.i2c", ANY, DISPLAY},
	{"107d508200.i2c", ANY, DISPLAY},
	{"107d508280.i2c", ANY, DISPLAY},
	{"-mux (chan_id 1)", 10, "it goes to the connectors of cameras and displays"},
	{"HDMI", ANY, DISPLAY},
	{"hdmi", ANY, DISPLAY},
	{"DDC", ANY, DISPLAY},
	{"ddc", ANY, DISPLAY},
	{"DPDDC", ANY, DISPLAY},
	{"AUX", ANY, DISPLAY},
	{"gmbus", ANY, DISPLAY},
	{"i915", ANY, DISPLAY},
	{"NVIDIA", ANY, DISPLAY},
	{"nvkm", ANY, DISPLAY},
	{"Radeon", ANY, DISPLAY},
	{"AMDGPU", ANY, DISPLAY},
	{"SMBus I801", ANY, SYSTEM},
	{"SMBus PIIX4", ANY, SYSTEM},
	{"SMBus nForce", ANY, SYSTEM},
	{"SMBus ALI", ANY, SYSTEM},
};

/*
 * Parts that a question could harm, by the addresses that they usually have. To an EEPROM of 24C32
 * and larger the number of a register is half of an address. A write-only clock generator at 0x69
 * is known to hang the bus when it is read, and a graphic display's memory takes any byte.
 */
static const struct {
	uint16_t first, last;
	const char *why;
} ADDRESSES[] = {
	{0x00, 0x07, "reserved by I2C"},
	{0x0c, 0x0c, "the answer to an alert of SMBus"},
	{0x30, 0x37, "write protection of EEPROMs"},
	{0x3c, 0x3d, "displays"},
	{0x50, 0x57, "EEPROMs, that of a HAT too"},
	{0x68, 0x69, "clocks"},
	{0x6f, 0x6f, "clocks"},
	{0x78, 0x7f, "reserved by I2C"},
};

const char *i2c_alone_bus(const char *adapter, unsigned number)
{
	for (size_t i = 0; i < sizeof(BUSES) / sizeof(*BUSES); i++)
		if (strstr(adapter, BUSES[i].adapter) &&
			(BUSES[i].number == ANY || (unsigned)BUSES[i].number == number))
			return BUSES[i].why;
	return NULL;
}

const char *i2c_alone_address(uint16_t address)
{
	for (size_t i = 0; i < sizeof(ADDRESSES) / sizeof(*ADDRESSES); i++)
		if (address >= ADDRESSES[i].first && address <= ADDRESSES[i].last)
			return ADDRESSES[i].why;
	return NULL;
}

void i2c_alone_each(void (*visit)(void *userdata, uint16_t first, uint16_t last, const char *why),
	void *userdata)
{
	for (size_t i = 0; i < sizeof(ADDRESSES) / sizeof(*ADDRESSES); i++)
		visit(userdata, ADDRESSES[i].first, ADDRESSES[i].last, ADDRESSES[i].why);
}
