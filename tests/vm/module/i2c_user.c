// SPDX-License-Identifier: GPL-2.0
/*
 * Two I2C adapters, i2c-1 and i2c-2, whose parts live in a process: what a program does with
 * /dev/i2c-N goes through the kernel's own i2c-dev and I2C core to this adapter, and from here
 * through /dev/i2c-user-N to the process that answers.
 *
 * As on a real wire, there is nobody to wake up when no answer comes: the transfer ends with
 * ETIMEDOUT after the adapter's timeout (I2C_TIMEOUT), and an answer that comes later is refused.
 * A real wire is never too busy to answer, a process on an emulated processor is; hence patience.
 * Without a process nobody acknowledges.
 */
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/i2c.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include "i2c_user.h"

#define BUSES 2
#define FIRST_BUS 1

enum state { IDLE, PENDING, FETCHED, ANSWERED };

struct bus {
	struct i2c_adapter adapter;
	struct miscdevice device;
	char name[16];
	struct mutex lock; /* guards what follows */
	bool served;       /* a process has the device open */
	enum state state;
	struct i2c_user_request request;
	struct i2c_user_reply reply;
	wait_queue_head_t pending;
	struct completion answered;
};

static struct bus buses[BUSES];

static int nack = EREMOTEIO;
module_param(nack, int, 0644);
MODULE_PARM_DESC(nack, "the errno that stands for no acknowledge: adapters differ");

static bool lost;
module_param(lost, bool, 0644);
MODULE_PARM_DESC(lost, "every transfer loses the arbitration");

static uint patience = 20;
module_param(patience, uint, 0644);
MODULE_PARM_DESC(patience, "how many times the adapter's timeout a transfer may take");

static ulong functions = I2C_FUNC_I2C | (I2C_FUNC_SMBUS_EMUL & ~I2C_FUNC_SMBUS_QUICK);
module_param(functions, ulong, 0644);
MODULE_PARM_DESC(functions, "what the adapters say they can do (I2C_FUNCS)");

/* The core has checked the number of messages and their sizes against the quirks. */
static int put_request(struct bus *bus, const struct i2c_msg *messages, int count)
{
	struct i2c_user_request *request = &bus->request;
	size_t used = 0;

	request->sequence++;
	request->address = messages[0].addr;
	request->n_messages = count;
	for (int i = 0; i < count; i++) {
		if (messages[i].addr != messages[0].addr || used + messages[i].len > I2C_USER_BYTES)
			return -EOPNOTSUPP;
		request->messages[i].read = !!(messages[i].flags & I2C_M_RD);
		request->messages[i].size = messages[i].len;
		if (!request->messages[i].read)
			memcpy(request->data + used, messages[i].buf, messages[i].len);
		used += messages[i].len;
	}
	return 0;
}

static void take_reply(struct bus *bus, struct i2c_msg *messages, int count)
{
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		if (messages[i].flags & I2C_M_RD)
			memcpy(messages[i].buf, bus->reply.data + used, messages[i].len);
		used += messages[i].len;
	}
}

/* The core holds the bus, so there is one transfer at a time. */
static int transfer(struct i2c_adapter *adapter, struct i2c_msg *messages, int count)
{
	struct bus *bus = i2c_get_adapdata(adapter);
	int r = -ENXIO;

	if (lost)
		return -EAGAIN;
	mutex_lock(&bus->lock);
	if (bus->served)
		r = put_request(bus, messages, count);
	if (r == 0) {
		reinit_completion(&bus->answered);
		bus->state = PENDING;
		wake_up(&bus->pending);
		mutex_unlock(&bus->lock);
		wait_for_completion_timeout(&bus->answered, adapter->timeout * patience);
		mutex_lock(&bus->lock);
		r = bus->state == ANSWERED ? bus->reply.result : -ETIMEDOUT;
		if (r == 0)
			take_reply(bus, messages, count);
		bus->state = IDLE;
	}
	mutex_unlock(&bus->lock);
	if (r == -ENXIO)
		return -nack;
	return r < 0 ? r : count;
}

static u32 functionality(struct i2c_adapter *adapter)
{
	return functions;
}

static const struct i2c_algorithm algorithm = {
	.master_xfer = transfer,
	.functionality = functionality,
};

static const struct i2c_adapter_quirks quirks = {
	.max_num_msgs = I2C_USER_MESSAGES,
	.max_read_len = I2C_USER_BYTES,
	.max_write_len = I2C_USER_BYTES,
};

static struct bus *bus_of(struct file *file)
{
	/* misc_open() leaves the device here. */
	return container_of(file->private_data, struct bus, device);
}

static int user_open(struct inode *inode, struct file *file)
{
	struct bus *bus = bus_of(file);
	int r = 0;

	mutex_lock(&bus->lock);
	if (bus->served)
		r = -EBUSY;
	bus->served = true;
	mutex_unlock(&bus->lock);
	return r;
}

/* Ends the transfer in flight, since the process that would have answered is gone. */
static int user_release(struct inode *inode, struct file *file)
{
	struct bus *bus = bus_of(file);

	mutex_lock(&bus->lock);
	bus->served = false;
	if (bus->state == PENDING || bus->state == FETCHED) {
		bus->reply.result = -EIO;
		bus->state = ANSWERED;
		complete(&bus->answered);
	}
	mutex_unlock(&bus->lock);
	return 0;
}

static ssize_t user_read(struct file *file, char __user *out, size_t size, loff_t *offset)
{
	struct bus *bus = bus_of(file);
	ssize_t r = -EAGAIN;

	if (size != sizeof(bus->request))
		return -EINVAL;
	while (r == -EAGAIN) {
		if (wait_event_interruptible(bus->pending, READ_ONCE(bus->state) == PENDING))
			return -ERESTARTSYS;
		mutex_lock(&bus->lock);
		/* It may have timed out meanwhile. */
		if (bus->state == PENDING) {
			r = copy_to_user(out, &bus->request, size) ? -EFAULT : (ssize_t)size;
			bus->state = FETCHED;
		}
		mutex_unlock(&bus->lock);
	}
	return r;
}

static ssize_t user_write(struct file *file, const char __user *in, size_t size, loff_t *offset)
{
	struct bus *bus = bus_of(file);
	ssize_t r = -ESTALE;
	u32 sequence;

	if (size != sizeof(bus->reply))
		return -EINVAL;
	if (copy_from_user(&sequence, in, sizeof(sequence)))
		return -EFAULT;
	mutex_lock(&bus->lock);
	if (bus->state == FETCHED && sequence == bus->request.sequence) {
		r = copy_from_user(&bus->reply, in, size) ? -EFAULT : (ssize_t)size;
		if (r > 0) {
			bus->state = ANSWERED;
			complete(&bus->answered);
		}
	}
	mutex_unlock(&bus->lock);
	return r;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = user_open,
	.release = user_release,
	.read = user_read,
	.write = user_write,
};

static int add_bus(struct bus *bus, int number)
{
	int r;

	mutex_init(&bus->lock);
	init_waitqueue_head(&bus->pending);
	init_completion(&bus->answered);
	snprintf(bus->name, sizeof(bus->name), "i2c-user-%d", number);
	bus->device.minor = MISC_DYNAMIC_MINOR;
	bus->device.name = bus->name;
	bus->device.fops = &operations;
	bus->adapter.owner = THIS_MODULE;
	bus->adapter.algo = &algorithm;
	bus->adapter.quirks = &quirks;
	bus->adapter.nr = number;
	strscpy(bus->adapter.name, bus->name, sizeof(bus->adapter.name));
	i2c_set_adapdata(&bus->adapter, bus);
	r = misc_register(&bus->device);
	if (r)
		return r;
	r = i2c_add_numbered_adapter(&bus->adapter);
	if (r)
		misc_deregister(&bus->device);
	return r;
}

static void remove_buses(int count)
{
	while (count-- > 0) {
		i2c_del_adapter(&buses[count].adapter);
		misc_deregister(&buses[count].device);
	}
}

static int __init i2c_user_init(void)
{
	for (int i = 0; i < BUSES; i++) {
		int r = add_bus(&buses[i], FIRST_BUS + i);

		if (r) {
			remove_buses(i);
			return r;
		}
	}
	return 0;
}

static void __exit i2c_user_exit(void)
{
	remove_buses(BUSES);
}

module_init(i2c_user_init);
module_exit(i2c_user_exit);
MODULE_DESCRIPTION("I2C adapters with a process behind them");
MODULE_LICENSE("GPL");
