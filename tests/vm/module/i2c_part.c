// SPDX-License-Identifier: GPL-2.0
/*
 * Tells the kernel about a part on an I2C bus whose interrupt is a GPIO line, as a device tree does
 * and new_device cannot. It is there until the module goes.
 */
#include <linux/err.h>
#include <linux/gpio.h>
#include <linux/i2c.h>
#include <linux/module.h>

static char *type;
module_param(type, charp, 0);
static int bus;
module_param(bus, int, 0);
static ushort address;
module_param(address, ushort, 0);
static uint line; /* by the kernel's number */
module_param(line, uint, 0);

static struct i2c_client *part;

static int __init i2c_part_init(void)
{
	struct i2c_board_info info = { .addr = address, .irq = gpio_to_irq(line) };
	struct i2c_adapter *adapter;

	if (!type || info.irq < 0)
		return -EINVAL;
	adapter = i2c_get_adapter(bus);
	if (!adapter)
		return -ENODEV;
	strscpy(info.type, type, sizeof(info.type));
	part = i2c_new_client_device(adapter, &info);
	i2c_put_adapter(adapter);
	return PTR_ERR_OR_ZERO(part);
}

static void __exit i2c_part_exit(void)
{
	i2c_unregister_device(part);
}

module_init(i2c_part_init);
module_exit(i2c_part_exit);
MODULE_DESCRIPTION("A part on an I2C bus, with an interrupt");
MODULE_LICENSE("GPL");
