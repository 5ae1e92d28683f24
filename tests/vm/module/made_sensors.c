// SPDX-License-Identifier: GPL-2.0
/*
 * Devices of the kernel's sensor classes without hardware, called as the kernel's own drivers call
 * theirs: a DS18B20 (w1_therm), a DHT22 (dht11) and an HX711 (hx711). Those drivers need wires that
 * are timed bit by bit. What they show is set in this module's parameters.
 */
#include <linux/err.h>
#include <linux/hwmon.h>
#include <linux/iio/iio.h>
#include <linux/module.h>
#include <linux/platform_device.h>

static int w1_millidegrees = 21062;
module_param(w1_millidegrees, int, 0644);
static int dht_millidegrees = 23400;
module_param(dht_millidegrees, int, 0644);
static int dht_millipercent = 45000;
module_param(dht_millipercent, int, 0644);
/* As of the real driver: -ETIMEDOUT when nothing answers, -EIO for a wrong checksum. */
static int dht_error;
module_param(dht_error, int, 0644);
/* Offset binary, as the real driver has it: 0x800000 is no voltage. */
static int hx711_raw = 0x800000 + 100000;
module_param(hx711_raw, int, 0644);

static struct platform_device *w1_device, *dht_device, *hx711_device;
static struct device *w1;
static struct iio_dev *dht, *hx711;

static umode_t w1_is_visible(const void *data, enum hwmon_sensor_types type, u32 attr, int channel)
{
	return 0444;
}

static int w1_read(
	struct device *dev, enum hwmon_sensor_types type, u32 attr, int channel, long *value)
{
	*value = w1_millidegrees;
	return 0;
}

static const struct hwmon_ops w1_ops = { .is_visible = w1_is_visible, .read = w1_read };
static const u32 w1_config[] = { HWMON_T_INPUT, 0 };
static const struct hwmon_channel_info w1_temperature = { .type = hwmon_temp, .config = w1_config };
static const struct hwmon_channel_info *w1_info[] = { &w1_temperature, NULL };
static const struct hwmon_chip_info w1_chip = { .ops = &w1_ops, .info = w1_info };

static int dht_read_raw(struct iio_dev *device, struct iio_chan_spec const *channel, int *value,
	int *value2, long mask)
{
	if (dht_error)
		return dht_error;
	*value = channel->type == IIO_TEMP ? dht_millidegrees : dht_millipercent;
	return IIO_VAL_INT;
}

static const struct iio_info dht_info = { .read_raw = dht_read_raw };
static const struct iio_chan_spec dht_channels[] = {
	{ .type = IIO_TEMP, .info_mask_separate = BIT(IIO_CHAN_INFO_PROCESSED) },
	{ .type = IIO_HUMIDITYRELATIVE, .info_mask_separate = BIT(IIO_CHAN_INFO_PROCESSED) },
};

/* 5 V, gain 128: 5000 mV / 128 / 2^24, in 10^-9 mV. */
static int hx711_read_raw(struct iio_dev *device, struct iio_chan_spec const *channel, int *value,
	int *value2, long mask)
{
	*value = mask == IIO_CHAN_INFO_RAW ? hx711_raw : 0;
	*value2 = 2328;
	return mask == IIO_CHAN_INFO_RAW ? IIO_VAL_INT : IIO_VAL_INT_PLUS_NANO;
}

static const struct iio_info hx711_info = { .read_raw = hx711_read_raw };
#define HX711_INPUT(number)                                                                        \
	{                                                                                          \
		.type = IIO_VOLTAGE, .indexed = 1, .channel = (number),                            \
		.info_mask_separate = BIT(IIO_CHAN_INFO_RAW),                                      \
		.info_mask_shared_by_type = BIT(IIO_CHAN_INFO_SCALE),                              \
	}
static const struct iio_chan_spec hx711_channels[] = { HX711_INPUT(0), HX711_INPUT(1) };

static struct platform_device *add_node(const char *node)
{
	return platform_device_register_simple(node, PLATFORM_DEVID_NONE, NULL, 0);
}

static struct iio_dev *add_iio(struct platform_device *parent, const char *name,
	const struct iio_info *info, const struct iio_chan_spec *channels, int count)
{
	struct iio_dev *device = iio_device_alloc(&parent->dev, 0);
	int r;

	if (!device)
		return ERR_PTR(-ENOMEM);
	device->name = name;
	device->info = info;
	device->modes = INDIO_DIRECT_MODE;
	device->channels = channels;
	device->num_channels = count;
	r = iio_device_register(device);
	if (r)
		iio_device_free(device);
	return r ? ERR_PTR(r) : device;
}

static void remove_iio(struct iio_dev *device)
{
	if (IS_ERR_OR_NULL(device))
		return;
	iio_device_unregister(device);
	iio_device_free(device);
}

static void remove_all(void)
{
	if (!IS_ERR_OR_NULL(w1))
		hwmon_device_unregister(w1);
	remove_iio(dht);
	remove_iio(hx711);
	/* Takes NULL and errors. */
	platform_device_unregister(w1_device);
	platform_device_unregister(dht_device);
	platform_device_unregister(hx711_device);
}

static int __init made_sensors_init(void)
{
	int r;

	w1_device = add_node("28-0316a2795bff");
	dht_device = add_node("dht11@4");
	hx711_device = add_node("weight");
	r = PTR_ERR_OR_ZERO(w1_device) ?: PTR_ERR_OR_ZERO(dht_device)
					?: PTR_ERR_OR_ZERO(hx711_device);
	if (r)
		goto fail;
	w1 = hwmon_device_register_with_info(
		&w1_device->dev, "w1_slave_temp", NULL, &w1_chip, NULL);
	dht = add_iio(dht_device, "dht11@4", &dht_info, dht_channels, ARRAY_SIZE(dht_channels));
	hx711 = add_iio(
		hx711_device, "hx711", &hx711_info, hx711_channels, ARRAY_SIZE(hx711_channels));
	r = PTR_ERR_OR_ZERO(w1) ?: PTR_ERR_OR_ZERO(dht) ?: PTR_ERR_OR_ZERO(hx711);
	if (!r)
		return 0;
fail:
	remove_all();
	return r;
}

static void __exit made_sensors_exit(void)
{
	remove_all();
}

module_init(made_sensors_init);
module_exit(made_sensors_exit);
MODULE_DESCRIPTION("Sensors without hardware");
MODULE_LICENSE("GPL");
