/* SPDX-License-Identifier: MIT */
#include "pwm_linux.h"
#include "linux_error.h"
#include "path.h"
#include "pwm_setup.h"
#include "sysfs.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	UDEV_TIMEOUT_MS = 1000,
	STEPS_MAX = 65535, /* finer than eyes and motors; keeps duty x period within 64 bits */
};

static const char CHIP_PREFIX[] = "pwmchip";
static const char *const FILES[] = {
	[PWM_FILE_ENABLE] = "enable",
	[PWM_FILE_PERIOD] = "period",
	[PWM_FILE_DUTY_CYCLE] = "duty_cycle",
	[PWM_FILE_POLARITY] = "polarity",
};
enum { N_FILES = sizeof(FILES) / sizeof(FILES[0]) };

struct pwm_linux {
	struct pwm_output base;
	int duty_fd; /* duty_cycle, open for writing */
	uint32_t channel;
	uint32_t period_ns;
	bool exported; /* by this handle */
	bool low;      /* the last write was electrical duty 0 */
	char chip[PATH_MAX];
	char directory[PATH_MAX]; /* of the channel, in chip */
};

static struct pwm_linux *of(struct pwm_output *output)
{
	return (struct pwm_linux *)output;
}

/* For accesses under sys: ENXIO means that the chip was unbound from its driver. */
static int translate(int r)
{
	return r == -ENXIO ? -ENODEV : r;
}

static int set(struct pwm_output *base, uint32_t duty_steps)
{
	struct pwm_linux *output = of(base);
	uint64_t duty_ns = (uint64_t)output->period_ns * duty_steps / base->steps;

	output->low = false;
	int r = translate(sysfs_rewrite_number(output->duty_fd, duty_ns));
	if (r < 0)
		return r;
	output->low = duty_ns == 0;
	return 0;
}

/* The kernel refuses a period below duty_cycle. That is 0 here, but all of the period if the output
 * is inverted. */
static int set_period(struct pwm_output *base, uint32_t period_ns)
{
	struct pwm_linux *output = of(base);
	bool is_longer = period_ns > output->period_ns;
	int r = 0;

	if (base->inverted && !is_longer)
		r = translate(sysfs_rewrite_number(output->duty_fd, period_ns));
	if (r == 0)
		r = translate(
			sysfs_write_number(output->directory, FILES[PWM_FILE_PERIOD], period_ns));
	if (r < 0)
		return r;
	output->period_ns = period_ns;
	return base->inverted && is_longer ? set(base, base->steps) : 0;
}

static void close_output(struct pwm_output *base)
{
	struct pwm_linux *output = of(base);

	if (output->duty_fd >= 0)
		(void)close(output->duty_fd);
	if (output->exported && output->low)
		(void)sysfs_write_number(output->chip, "unexport", output->channel);
	free(output);
}

static const struct pwm_ops OPS = {.set = set, .set_period = set_period, .close = close_output};

static int is_chip_name(const struct dirent *entry)
{
	return strncmp(entry->d_name, CHIP_PREFIX, strlen(CHIP_PREFIX)) == 0;
}

/* True if the chip has that name, or sits on a device node of that name. */
static bool is_chip(const char *directory, const char *entry, const char *wanted)
{
	char chip[PATH_MAX];
	char link[PATH_MAX];
	char target[PATH_MAX];

	if (strcmp(entry, wanted) == 0)
		return true;
	if (path_join(directory, entry, chip, sizeof(chip)) < 0 ||
		path_join(chip, "device", link, sizeof(link)) < 0)
		return false;
	ssize_t length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	const char *slash = strrchr(target, '/');
	return strcmp(slash ? slash + 1 : target, wanted) == 0;
}

static int find_chip(
	struct pwm_linux *output, const char *sys, const char *wanted, struct hal_error *error)
{
	char directory[PATH_MAX];
	struct dirent **entries = NULL;
	int r = path_join(sys, "class/pwm", directory, sizeof(directory));

	if (r < 0)
		return r;
	int n_entries = scandir(directory, &entries, is_chip_name, versionsort);
	for (int i = 0; i < n_entries; i++) {
		const char *entry = entries[i]->d_name;
		if (!output->chip[0] && is_chip(directory, entry, wanted))
			r = path_join(directory, entry, output->chip, sizeof(output->chip));
		free(entries[i]);
	}
	free(entries);
	if (r < 0 || output->chip[0])
		return r;
	if (n_entries <= 0)
		return hal_error_set(error, -ENOENT,
			"there is no PWM chip at all (%s/pwmchip*): enable it, with "
			"dtoverlay=pwm in config.txt on a Raspberry Pi",
			directory);
	return hal_error_set(error, -ENOENT,
		"no PWM chip is called \"%s\" or sits on a device node of this name; "
		"`ls -l %s/` shows both",
		wanted, directory);
}

static int check_channel(const struct pwm_linux *output, struct hal_error *error)
{
	uint64_t n_channels;
	int r = translate(sysfs_read_number(output->chip, "npwm", &n_channels));

	if (r < 0)
		return hal_error_set(error, r, "%s/npwm: %s", output->chip, hal_strerror(r));
	if (output->channel >= n_channels)
		return hal_error_set(error, -ENOENT, "%s has %llu channels, counted from 0",
			output->chip, (unsigned long long)n_channels);
	return 0;
}

static int export_channel(struct pwm_linux *output, struct hal_error *error)
{
	if (sysfs_exists(output->directory, "."))
		return 0;
	int r = translate(sysfs_write_number(output->chip, "export", output->channel));
	if (r == 0) {
		output->exported = true;
		output->low = true; /* off, until the first write */
		return 0;
	}
	if (r == -EACCES)
		return sysfs_no_permission(output->chip, error);
	if (r == -EBUSY && sysfs_exists(output->directory, "."))
		return 0; /* another program was faster: as good as found */
	if (r == -EBUSY)
		return hal_error_set(error, r,
			"channel %u of %s is held by a kernel driver (pwm-fan, leds-pwm, "
			"pwm-backlight): remove its overlay",
			output->channel, output->chip);
	return hal_error_set(error, r, "channel %u of %s cannot be exported: %s", output->channel,
		output->chip, hal_strerror(r));
}

static int read_state(const struct pwm_linux *output, struct pwm_state *ret_state)
{
	struct pwm_state state = {0};
	uint64_t enabled = 0;
	char polarity[16] = "";
	int r = sysfs_read_number(output->directory, FILES[PWM_FILE_PERIOD], &state.period_ns);

	if (r == 0)
		r = sysfs_read_number(
			output->directory, FILES[PWM_FILE_DUTY_CYCLE], &state.duty_cycle_ns);
	if (r == 0)
		r = sysfs_read_number(output->directory, FILES[PWM_FILE_ENABLE], &enabled);
	if (r == 0)
		r = sysfs_read_text(
			output->directory, FILES[PWM_FILE_POLARITY], polarity, sizeof(polarity));
	if (r < 0)
		return translate(r);
	state.enabled = enabled != 0;
	state.inversed = strcmp(polarity, "inversed") == 0;
	*ret_state = state;
	return 0;
}

static int apply(
	const struct pwm_linux *output, const struct pwm_write *write, struct hal_error *error)
{
	const char *file = FILES[write->file];
	int r;

	if (write->file == PWM_FILE_POLARITY)
		r = sysfs_write_text(
			output->directory, file, write->value ? "inversed\n" : "normal\n");
	else
		r = sysfs_write_number(output->directory, file, write->value);
	r = translate(r);
	if (r < 0 && write->file == PWM_FILE_PERIOD)
		return hal_error_set(error, r == -EINVAL ? -EOPNOTSUPP : r,
			"%s does not take a period of %u ns: too short or too long for it, or its "
			"other channels run at another one",
			output->chip, output->period_ns);
	if (r < 0)
		return hal_error_set(error, r, "%s/%s: cannot write %llu: %s", output->directory,
			file, (unsigned long long)write->value, hal_strerror(r));
	return 0;
}

static int wait_for_udev(struct pwm_linux *output, bool may_wait, struct hal_error *error)
{
	int r = sysfs_wait_writable(
		output->chip, output->directory, FILES, N_FILES, may_wait ? UDEV_TIMEOUT_MS : 0);

	if ((r == -EACCES || r == -ENOENT) && output->exported && !may_wait) {
		output->exported = false; /* the next call is to find it */
		return hal_error_set(error, -EAGAIN,
			"%s was exported just now, and udev has not opened it to us yet",
			output->directory);
	}
	if (r == -EACCES)
		return sysfs_no_permission(output->directory, error);
	if (r < 0)
		return hal_error_set(error, r, "%s: %s", output->directory, hal_strerror(r));
	return 0;
}

/* Sets the channel to logical duty 0, whatever it was doing. */
static int set_up(struct pwm_linux *output, struct hal_error *error)
{
	struct pwm_state now;
	struct pwm_write writes[PWM_WRITES_MAX];
	int r = read_state(output, &now);

	if (r < 0)
		return hal_error_set(error, r, "%s: %s", output->directory, hal_strerror(r));
	size_t n_writes = pwm_setup(&now, output->period_ns, output->base.inverted, writes);
	output->low = !output->base.inverted;
	for (size_t i = 0; i < n_writes; i++) {
		r = apply(output, &writes[i], error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int open_duty(struct pwm_linux *output, struct hal_error *error)
{
	int fd = sysfs_open_writable(output->directory, FILES[PWM_FILE_DUTY_CYCLE]);

	if (fd < 0)
		return hal_error_set(error, fd, "%s/%s: %s", output->directory,
			FILES[PWM_FILE_DUTY_CYCLE], hal_strerror(fd));
	output->duty_fd = fd;
	return 0;
}

int pwm_linux_open(const char *sys, const struct pwm_request *request, struct hal_error *error,
	struct pwm_output **ret_output)
{
	struct pwm_linux *output = calloc(1, sizeof(*output));
	char channel[16];

	if (!output)
		return -ENOMEM;
	output->base.ops = &OPS;
	output->base.inverted = request->inverted;
	output->base.steps = request->period_ns < STEPS_MAX ? request->period_ns : STEPS_MAX;
	(void)snprintf(output->base.name, sizeof(output->base.name), "%.50s.%u", request->chip,
		request->channel);
	output->duty_fd = -1;
	output->channel = request->channel;
	output->period_ns = request->period_ns;
	output->base.period_ns = request->period_ns;

	int r = find_chip(output, sys, request->chip, error);
	if (r == 0)
		r = check_channel(output, error);
	(void)snprintf(channel, sizeof(channel), "pwm%u", output->channel);
	if (r == 0)
		r = path_join(output->chip, channel, output->directory, sizeof(output->directory));
	if (r == 0)
		r = export_channel(output, error);
	if (r == 0)
		r = wait_for_udev(output, request->may_wait, error);
	if (r == 0)
		r = set_up(output, error);
	if (r == 0)
		r = open_duty(output, error);
	if (r < 0) {
		close_output(&output->base);
		return r;
	}
	*ret_output = &output->base;
	return 0;
}
