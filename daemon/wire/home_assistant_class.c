/* SPDX-License-Identifier: MIT */
/*
 * Home Assistant refuses a sensor whose unit is none of its class. A class that is not here, or
 * another unit, is shown by its unit alone.
 *
 * Source: home-assistant.io/integrations/sensor, "Device class", as of 2025.6.
 */
#include "home_assistant_internal.h"
#include <string.h>

enum { UNITS_MAX = 12 };

static const struct class
{
	const char *name; /* the word of the map and of the drivers too */
	const char *units[UNITS_MAX];
	bool is_total;
} CLASSES[] = {
	{"apparent_power", {"VA"}, false},
	{"area", {"m²", "cm²", "km²", "mm²", "ha"}, false},
	{"atmospheric_pressure", {"Pa", "hPa", "kPa", "bar", "cbar", "mbar", "mmHg", "inHg", "psi"},
		false},
	{"battery", {"%"}, false},
	{"carbon_dioxide", {"ppm"}, false},
	{"carbon_monoxide", {"ppm"}, false},
	{"current", {"A", "mA"}, false},
	{"data_rate", {"bit/s", "kbit/s", "Mbit/s", "B/s", "kB/s", "MB/s", "KiB/s", "MiB/s"},
		false},
	{"data_size", {"bit", "kbit", "Mbit", "B", "kB", "MB", "GB", "KiB", "MiB", "GiB"}, false},
	{"distance", {"km", "m", "cm", "mm", "mi", "yd", "in", "ft"}, false},
	{"duration", {"d", "h", "min", "s", "ms"}, false},
	{"energy", {"J", "kJ", "MJ", "GJ", "Wh", "kWh", "MWh", "cal", "kcal"}, true},
	{"energy_storage", {"J", "kJ", "MJ", "GJ", "Wh", "kWh", "MWh", "cal", "kcal"}, false},
	{"frequency", {"Hz", "kHz", "MHz", "GHz"}, false},
	{"gas", {"m³", "ft³", "CCF"}, true},
	{"humidity", {"%"}, false},
	{"illuminance", {"lx"}, false},
	{"irradiance", {"W/m²"}, false},
	{"moisture", {"%"}, false},
	{"power", {"W", "kW"}, false},
	{"power_factor", {"%"}, false},
	{"precipitation", {"mm", "cm", "in"}, false},
	{"precipitation_intensity", {"mm/h", "mm/d", "in/h", "in/d"}, false},
	{"pressure", {"Pa", "hPa", "kPa", "bar", "cbar", "mbar", "mmHg", "inHg", "psi"}, false},
	{"reactive_power", {"var"}, false},
	{"signal_strength", {"dB", "dBm"}, false},
	{"sound_pressure", {"dB", "dBA"}, false},
	{"speed", {"m/s", "km/h", "mph", "kn", "ft/s", "mm/d", "mm/h", "in/d", "in/h"}, false},
	{"temperature", {"°C", "°F", "K"}, false},
	{"voltage", {"V", "mV"}, false},
	{"volatile_organic_compounds_parts", {"ppm", "ppb"}, false},
	{"volume", {"L", "mL", "m³", "ft³", "gal", "CCF"}, true},
	{"volume_flow_rate", {"L/min", "m³/h", "ft³/min", "gal/min"}, false},
	{"volume_storage", {"L", "mL", "m³", "ft³", "gal", "CCF"}, false},
	{"water", {"L", "m³", "ft³", "gal", "CCF"}, true},
	{"weight", {"kg", "g", "mg", "oz", "lb", "st"}, false},
	{"wind_speed", {"m/s", "km/h", "mph", "kn", "ft/s"}, false},
};

static const struct class *find(const char *name)
{
	for (size_t i = 0; i < sizeof(CLASSES) / sizeof(*CLASSES); i++) {
		if (strcmp(CLASSES[i].name, name) == 0)
			return &CLASSES[i];
	}
	return NULL;
}

const char *home_assistant_class(const char *quantity, const char *unit)
{
	const struct class *class = quantity && unit ? find(quantity) : NULL;

	for (size_t i = 0; class && i < UNITS_MAX && class->units[i]; i++) {
		if (strcmp(class->units[i], unit) == 0)
			return class->name;
	}
	return NULL;
}

bool home_assistant_class_is_total(const char *class)
{
	const struct class *found = class ? find(class) : NULL;

	return found && found->is_total;
}
