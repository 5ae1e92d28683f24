/* SPDX-License-Identifier: MIT */
/*
 * Sets and reads a part on the kernel's SMBus adapter for tests (i2c-stub), also while a driver of
 * the kernel's has it. busybox's i2cset takes no register above 0x7f.
 *
 * usage: smbus BUS ADDRESS WORD...     REGISTER=VALUE sets 16 bits; REGISTER prints them; - prints
 *                                      the byte that comes without a register
 */
#include <errno.h>
#include <fcntl.h>
#include <i2c/smbus.h>
#include <linux/i2c-dev.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

static int show(int value)
{
	if (value >= 0)
		(void)printf("%#x\n", (unsigned)value);
	return value;
}

static int carry_out(int fd, const char *word)
{
	char *end;

	if (strcmp(word, "-") == 0)
		return show(i2c_smbus_read_byte(fd));
	unsigned long place = strtoul(word, &end, 0);

	if (end == word || place > UINT8_MAX || (*end && *end != '='))
		return -EINVAL;
	if (!*end)
		return show(i2c_smbus_read_word_data(fd, (uint8_t)place));
	return i2c_smbus_write_word_data(fd, (uint8_t)place, (uint16_t)strtoul(end + 1, NULL, 0));
}

int main(int argc, char **argv)
{
	char path[32];

	if (argc < 4) {
		(void)fprintf(stderr, "usage: smbus BUS ADDRESS WORD...\n");
		return 2;
	}
	(void)snprintf(path, sizeof(path), "/dev/i2c-%s", argv[1]);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, I2C_SLAVE_FORCE, strtoul(argv[2], NULL, 0)) < 0) {
		perror(path);
		return 1;
	}
	for (int i = 3; i < argc; i++) {
		int r = carry_out(fd, argv[i]);

		if (r < 0) {
			(void)fprintf(stderr, "%s: %s\n", argv[i], strerror(-r));
			return 1;
		}
	}
	return 0;
}
