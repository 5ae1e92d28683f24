/* SPDX-License-Identifier: MIT */
/*
 * For parts that the kernel reads: the overlay that makes a Raspberry Pi's kernel look for the
 * part, the driver to use here, and the kernel's name for the device.
 *
 * Overlays: Raspberry Pi's kernel, arch/arm/boot/dts/overlays/README, i2c-sensor-common.dtsi and
 * dht11-overlay.dts. Names: the kernel's drivers in drivers/iio, drivers/hwmon and drivers/w1.
 */
#include "config_parts.h"
#include <stdio.h>
#include <string.h>

/* For a device that is named after its device tree node, which an overlay may change. */
#define SEE_IIO "the name in /sys/bus/iio/devices/iio:device*/name"

static const struct part {
	const char *name, *overlay, *driver, *device;
} PARTS[] = {
	{"dht11", "dht11,gpiopin=4", "iio", SEE_IIO},
	{"dht21", "dht11,gpiopin=4", "iio", SEE_IIO},
	{"dht22", "dht11,gpiopin=4", "iio", SEE_IIO},
	{"am2301", "dht11,gpiopin=4", "iio", SEE_IIO},
	{"am2302", "dht11,gpiopin=4", "iio", SEE_IIO},
	{"ds18b20", "w1-gpio,gpiopin=4", "hwmon", "w1_slave_temp"},
	{"ds18s20", "w1-gpio,gpiopin=4", "hwmon", "w1_slave_temp"},
	{"bmp085", "i2c-sensor,bmp085", "iio", "bmp085"},
	{"bmp180", "i2c-sensor,bmp180", "iio", "bmp180"},
	{"bmp380", "i2c-sensor,bmp380", "iio", "bmp380"},
	{"bmp388", "i2c-sensor,bmp380", "iio", "bmp380"},
	{"bme680", "i2c-sensor,bme680", "iio", "bme680"},
	{"bme688", "i2c-sensor,bme680", "iio", "bme680"},
	{"tsl4531", "i2c-sensor,tsl4531", "iio", "tsl4531"},
	{"veml6070", "i2c-sensor,veml6070", "iio", "veml6070"},
	{"hdc1000", "i2c-sensor,hdc100x", "iio", "1-0040"},
	{"hdc1080", "i2c-sensor,hdc100x", "iio", "1-0040"},
	{"lm75", "i2c-sensor,lm75", "hwmon", "lm75"},
	{"tmp102", "i2c-sensor,tmp102", "hwmon", "tmp102"},
	{"ds1621", "i2c-sensor,ds1621", "hwmon", "ds1621"},
	{"adt7410", "i2c-sensor,adt7410", "hwmon", "adt7410"},
	{"mcp9808", "i2c-sensor,jc42", "hwmon", "jc42"},
	{"ms5637", "i2c-sensor,ms5637", "iio", "ms5637"},
	{"ms8607", "i2c-sensor,ms8607", "iio", "ms8607-temppressure"},
	{"sps30", "i2c-sensor,sps30", "iio", "sps30"},
	{"sgp30", "i2c-sensor,sgp30", "iio", "sgp30"},
	{"ccs811", "i2c-sensor,ccs811", "iio", "ccs811"},
	{"mpu6050", "i2c-sensor,mpu6050", "iio", "mpu6050"},
	{"mpu9250", "i2c-sensor,mpu9250", "iio", "mpu9250"},
	{"bno055", "i2c-sensor,bno055", "iio", "bno055"},
};

bool config_part_way(const char *name, char *words, size_t size)
{
	for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
		const struct part *part = &PARTS[i];
		if (strcasecmp(part->name, name) != 0)
			continue;
		(void)snprintf(words, size,
			"the kernel reads it: on a Raspberry Pi with dtoverlay=%s in config.txt; "
			"then driver: %s, bus: %s",
			part->overlay, part->driver, part->device);
		return true;
	}
	return false;
}
