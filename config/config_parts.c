/* SPDX-License-Identifier: MIT */
/*
 * For parts that the kernel reads: how the kernel finds the part, the driver to use here, and the
 * kernel's names for the device and its channels.
 *
 * Overlays: Raspberry Pi's kernel, arch/arm/boot/dts/overlays/README, i2c-sensor-common.dtsi,
 * dht11-overlay.dts and maxtherm-overlay.dts; its modules: arch/arm64/configs/bcm2712_defconfig, as
 * of Linux 6.12. Names and channels: the kernel's drivers in drivers/iio, drivers/hwmon and
 * drivers/w1.
 */
#include "config_parts.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* For a device that is named after its device tree node, which an overlay may change. */
#define SEE_IIO "the name in /sys/bus/iio/devices/iio:device*/name"

#define MOTION "accel_x, accel_y, accel_z, anglvel_x, anglvel_y, anglvel_z, temp"

/* A part of the overlay i2c-sensor whose name is that of its device. */
#define SENSOR(kernels) .overlay = "i2c-sensor," kernels, .device = (kernels)

const struct config_part config_parts[] = {
	{"DHT11, DHT21, DHT22, AM2301, AM2302", .overlay = "dht11,gpiopin=4", .driver = "iio",
		.channels = "temp, humidityrelative",
		.note = "NAME is what /sys/bus/iio/devices/iio:device0/name says. "
			"A new value comes every 2 s at most."},
	{"DS18B20, DS18S20", .overlay = "w1-gpio,gpiopin=4", .driver = "hwmon",
		.device = "w1_slave_temp", .channels = "temp1",
		.note = "With several, _bus_ is the node of each, as in _28-0316a2795bff_. "
			"The 85 °C after a loss of power is a failed read, unless it was "
			"nearly as warm before."},
	{"MAX6675", .overlay = "maxtherm,spi0-0,max6675", .driver = "iio",
		.device = "maxim_thermocouple", .channels = "temp"},
	{"MAX31855", .overlay = "maxtherm,spi0-0,max31855k", .driver = "iio",
		.device = "maxim_thermocouple", .channels = "temp, temp_ambient",
		.note = "The last letter is the thermocouple's type."},
	{"BMP085", SENSOR("bmp085"), .driver = "iio", .channels = "temp, pressure"},
	{"BMP180", SENSOR("bmp180"), .driver = "iio", .channels = "temp, pressure"},
	{"BMP380, BMP388", SENSOR("bmp380"), .driver = "iio", .channels = "temp, pressure"},
	{"BME680, BME688", SENSOR("bme680"), .driver = "iio",
		.channels = "temp, humidityrelative, pressure, resistance",
		.note = "_resistance_ is that of the gas sensor."},
	{"MS5637", SENSOR("ms5637"), .driver = "iio", .channels = "temp, pressure"},
	{"MS8607", .overlay = "i2c-sensor,ms8607", .driver = "iio", .device = "ms8607-temppressure",
		.channels = "temp, pressure"},
	{"HDC1000, HDC1080", .overlay = "i2c-sensor,hdc100x", .driver = "iio", .device = "1-0040",
		.channels = "temp, humidityrelative"},
	{"LM75", SENSOR("lm75"), .driver = "hwmon", .channels = "temp1",
		.note = "The usual address is 0x4f here."},
	{"TMP102", SENSOR("tmp102"), .driver = "hwmon", .channels = "temp1"},
	{"MCP9808", .overlay = "i2c-sensor,jc42", .driver = "hwmon", .device = "jc42",
		.channels = "temp1"},
	{"DS1621", SENSOR("ds1621"), .driver = "hwmon", .channels = "temp1"},
	{"ADT7410", SENSOR("adt7410"), .driver = "hwmon", .channels = "temp1"},
	{"TSL4531", SENSOR("tsl4531"), .driver = "iio", .channels = "illuminance"},
	{"TSL2561", .new_device = "tsl2561 0x39", .module = "tsl2563", .driver = "iio",
		.device = "tsl2561", .channels = "illuminance0, intensity_both, intensity_ir"},
	{"VEML6070", SENSOR("veml6070"), .driver = "iio", .channels = "uvindex, intensity_uv"},
	{"SPS30", SENSOR("sps30"), .driver = "iio",
		.channels =
			"massconcentration_pm1, massconcentration_pm2p5, massconcentration_pm4, "
			"massconcentration_pm10"},
	{"SGP30", SENSOR("sgp30"), .driver = "iio",
		.channels = "concentration_co2, concentration_voc"},
	{"CCS811", SENSOR("ccs811"), .driver = "iio",
		.channels = "concentration_co2, concentration_voc"},
	{"VL53L0X", .new_device = "vl53l0x 0x29", .module = "vl53l0x-i2c", .driver = "iio",
		.device = "vl53l0x", .channels = "distance"},
	{"MPU6050", SENSOR("mpu6050"), .driver = "iio", .channels = MOTION,
		.note = "Its INT is expected on GPIO4, or where _,int_pin=17_ says."},
	{"MPU9250", SENSOR("mpu9250"), .driver = "iio",
		.channels = MOTION ", magn_x, magn_y, magn_z", .note = "Its INT as of an MPU6050."},
	{"BNO055", SENSOR("bno055"), .driver = "iio",
		.channels = MOTION ", magn_x, magn_y, magn_z, gravity_x, gravity_y, gravity_z"},
	{"INA226", .new_device = "ina226 0x40", .driver = "hwmon", .device = "ina226",
		.channels = "in1, curr1, power1, in0",
		.note = "_in1_ is the supply, _in0_ the voltage over the shunt. The shunt's "
			"resistance in µΩ is in the device's file _shunt_resistor_, 10000 at "
			"first. An INA219 (_echo ina219 0x40_) is the same there; the driver "
			"*ina219* does without the kernel."},
	{"HX711", .compatible = "avia,hx711", .module = "hx711", .driver = "iio", .device = "hx711",
		.channels = "voltage0, voltage1", .note = "*calibrate* makes a weight of it."},
	{.names = NULL},
};

/* True if it is one of the names, which are separated by ", ". */
static bool is_named(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (const char *each = names; each; each = strchr(each, ',')) {
		each += strspn(each, ", ");
		if (strcspn(each, ",") == length && strncasecmp(each, name, length) == 0)
			return true;
	}
	return false;
}

bool config_part_way(const char *name, char *words, size_t size)
{
	const struct config_part *part = config_parts;
	char kernel[112] = "the kernel reads it", found[128];

	while (part->names && !is_named(part->names, name))
		part++;
	if (!part->names)
		return false;
	if (part->module)
		(void)snprintf(kernel, sizeof(kernel),
			"a kernel with the module %s reads it, and Raspberry Pi's has none",
			part->module);
	if (part->overlay)
		(void)snprintf(found, sizeof(found),
			"on a Raspberry Pi with dtoverlay=%s in config.txt", part->overlay);
	else if (part->new_device)
		(void)snprintf(found, sizeof(found),
			"as root, echo %s >/sys/bus/i2c/devices/i2c-1/new_device",
			part->new_device);
	else
		(void)snprintf(found, sizeof(found),
			"with a node compatible to \"%s\" in the device tree", part->compatible);
	(void)snprintf(words, size, "%s: %s; then driver: %s, bus: %s", kernel, found, part->driver,
		part->device ? part->device : SEE_IIO);
	return true;
}
