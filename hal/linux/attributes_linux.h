/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own measuring devices: /sys/bus/iio/devices/iio:deviceN, /sys/class/hwmon/hwmonN.
 *
 * Source: Documentation/ABI/testing/sysfs-bus-iio and sysfs-class-hwmon.
 *
 * The numbers depend on the order in which the drivers were loaded, so nobody can rely on them. A
 * device is found by its attribute "name" (mostly the part's: "bme280", "cpu_thermal") or "label",
 * or by the device node that it sits on ("1-0076": address 0x76 on i2c-1). If two devices share a
 * name, only the node or a label from the device tree tells them apart.
 */
#pragma once

#include "board.h"

/*
 * See board_open_attributes(). sys is the folder that stands for /sys.
 *
 * The handle belongs to this very device: once the device is gone, reading returns -ENODEV, even if
 * another device has got its number.
 */
int attributes_linux_open(const char *sys, const struct attributes_class *class, const char *device,
	struct hal_error *error, struct attributes **ret_attributes);

/* See board_list(), ATTRIBUTE. */
int attributes_linux_list(
	const char *sys, const struct attributes_class *class, board_found *found, void *userdata);

/*
 * The device node of a device's folder: the last folder above it that is not named after its class:
 * .../i2c-1/1-0076/iio:device0, .../i2c-1/1-0048/hwmon/hwmon2. "": it has none.
 */
void attributes_linux_node(const char *directory, char *ret_node, size_t node_bytes);
