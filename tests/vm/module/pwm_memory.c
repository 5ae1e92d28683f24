// SPDX-License-Identifier: GPL-2.0
/*
 * A PWM chip of two channels without pins, on a device that is called as the Raspberry Pi's: the
 * kernel's own sysfs files, checks and order of writes, with nothing behind them.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pwm.h>
#include <linux/version.h>

#define CHANNELS 2

static struct platform_device *device;

static int apply(struct pwm_chip *chip, struct pwm_device *pwm, const struct pwm_state *state)
{
	return 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
static const struct pwm_ops ops = { .apply = apply };
static struct pwm_chip *chip;

static int add_chip(struct device *parent)
{
	int r;

	chip = pwmchip_alloc(parent, CHANNELS, 0);
	if (IS_ERR(chip))
		return PTR_ERR(chip);
	chip->ops = &ops;
	r = pwmchip_add(chip);
	if (r)
		pwmchip_put(chip);
	return r;
}

static void remove_chip(void)
{
	pwmchip_remove(chip);
	pwmchip_put(chip);
}
#else
static const struct pwm_ops ops = { .apply = apply, .owner = THIS_MODULE };
static struct pwm_chip chip = { .ops = &ops, .npwm = CHANNELS };

static int add_chip(struct device *parent)
{
	chip.dev = parent;
	return pwmchip_add(&chip);
}

static void remove_chip(void)
{
	pwmchip_remove(&chip);
}
#endif

static int __init pwm_memory_init(void)
{
	int r;

	device = platform_device_register_simple("fe20c000.pwm", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	r = add_chip(&device->dev);
	if (r)
		platform_device_unregister(device);
	return r;
}

static void __exit pwm_memory_exit(void)
{
	remove_chip();
	platform_device_unregister(device);
}

module_init(pwm_memory_init);
module_exit(pwm_memory_exit);
MODULE_DESCRIPTION("A PWM chip without pins");
MODULE_LICENSE("GPL");
