/* SPDX-License-Identifier: MIT */
#include "lines_linux.h"
#include "clock.h"
#include "device_node.h"
#include "linux_error.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The most that the kernel allows; its own default is 16 for each line. */
enum { EDGES_MAX = 1024 };

static const uint64_t EDGES = GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;

struct lines_request_linux {
	struct lines base;
	int (*control)(int fd, unsigned long request, void *argument);
	int fd; /* of the request; the chip's is closed once the lines are requested */
	uint32_t offsets[LINES_MAX];
	uint32_t number; /* of the last edge taken: the kernel counts from 1 */
};

/* The lines that were found, before the request is made. */
struct plan {
	struct gpio_found found; /* the last line */
	char path[GPIO_PATH_BYTES];
	char names[LINES_MAX][sizeof(((struct gpio_line *)NULL)->name)];
	struct gpio_v2_line_request request;
	bool has_edges;
};

static int open_kernel(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int control_kernel(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

const struct lines_linux lines_linux_kernel = {open_kernel, control_kernel};

static int levels(struct lines *base, uint64_t *ret_levels)
{
	struct lines_request_linux *lines = (struct lines_request_linux *)base;
	struct gpio_v2_line_values values = {.mask = (UINT64_C(1) << base->n_lines) - 1};
	int r = lines->control(lines->fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values);

	if (r < 0)
		return linux_error(-r);
	*ret_levels = values.bits & values.mask;
	return 0;
}

/* Each read() takes one edge. That is cheap enough, since more than a few rarely wait. */
static int edge(struct lines *base, struct lines_edge *ret_edge)
{
	struct lines_request_linux *lines = (struct lines_request_linux *)base;
	struct gpio_v2_line_event event;
	ssize_t size = read(lines->fd, &event, sizeof(event));
	unsigned line = 0;

	if (size < 0)
		return errno == EAGAIN ? 0 : linux_error(errno);
	if (size != (ssize_t)sizeof(event))
		return -EIO;
	while (line < base->n_lines && lines->offsets[line] != event.offset)
		line++;
	if (line == base->n_lines)
		return -EIO;
	base->lost += event.seqno - lines->number - 1;
	lines->number = event.seqno;
	*ret_edge = (struct lines_edge){
		.line = line,
		.level = event.id == GPIO_V2_LINE_EVENT_RISING_EDGE,
		.time_us = event.timestamp_ns / 1000,
	};
	return 1;
}

static int set_level(struct lines_request_linux *lines, unsigned line, bool level)
{
	struct gpio_v2_line_values values = {
		.mask = UINT64_C(1) << line, .bits = (uint64_t)level << line};
	int r = lines->control(lines->fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values);

	return r < 0 ? linux_error(-r) : 0;
}

/* Too short to sleep. */
static int pulse(struct lines *base, unsigned line, uint32_t duration_us)
{
	struct lines_request_linux *lines = (struct lines_request_linux *)base;
	int r = set_level(lines, line, true);
	uint64_t begin_us = clock_now_us();

	while (r == 0 && clock_now_us() - begin_us <= duration_us)
		;
	return r < 0 ? r : set_level(lines, line, false);
}

static void close_lines(struct lines *base)
{
	struct lines_request_linux *lines = (struct lines_request_linux *)base;

	if (lines->fd >= 0)
		(void)close(lines->fd);
	free(lines);
}

static const struct lines_ops OPS = {
	.levels = levels, .edge = edge, .pulse = pulse, .close = close_lines};

static uint64_t flags_of(const struct lines_settings *settings)
{
	static const uint64_t BIAS[] = {
		[LINES_BIAS_AS_IS] = 0,
		[LINES_BIAS_PULL_UP] = GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
		[LINES_BIAS_PULL_DOWN] = GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN,
		[LINES_BIAS_OFF] = GPIO_V2_LINE_FLAG_BIAS_DISABLED,
	};

	return GPIO_V2_LINE_FLAG_INPUT | BIAS[settings->bias] |
		(settings->active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0);
}

/* Outputs, inactive from the beginning, have attributes of their own. */
static void plan_outputs(struct plan *plan, const struct lines_request *request)
{
	struct gpio_v2_line_config *config = &plan->request.config;
	uint64_t active_low = config->flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW;

	if (!request->outputs)
		return;
	config->attrs[0] = (struct gpio_v2_line_config_attribute){
		.attr = {.id = GPIO_V2_LINE_ATTR_ID_FLAGS,
			.flags = GPIO_V2_LINE_FLAG_OUTPUT | active_low},
		.mask = request->outputs};
	config->attrs[1] = (struct gpio_v2_line_config_attribute){
		.attr = {.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES}, .mask = request->outputs};
	config->num_attrs = 2;
}

/* Finds all lines. They are requested together, so that their edges come in one sequence. */
static int find_lines(struct plan *plan, const struct gpio_linux *gpio, const char *names,
	struct hal_error *error)
{
	struct gpio_v2_line_request *request = &plan->request;

	while (request->num_lines < LINES_MAX) {
		char *name = plan->names[request->num_lines];
		int r = lines_next_name(&names, name, sizeof(plan->names[0]));

		if (r == -ENOENT)
			break;
		if (r == 0)
			r = gpio_linux_find(gpio, name, error, &plan->found);
		if (r < 0)
			return r;
		if (plan->path[0] && strcmp(plan->path, plan->found.path) != 0)
			return hal_error_set(error, -EINVAL,
				"line %s is on %s and line %s on %s: the lines of one part must "
				"be on one chip",
				plan->names[0], plan->path, name, plan->found.path);
		(void)snprintf(plan->path, sizeof(plan->path), "%s", plan->found.path);
		request->offsets[request->num_lines++] = plan->found.offset;
	}
	return 0;
}

/* Names the holder of a line, as far as that is known. */
static int fail_busy(const struct lines_linux *kernel, int chip_fd, const struct plan *plan,
	struct hal_error *error)
{
	for (unsigned i = 0; i < plan->request.num_lines; i++) {
		struct gpio_v2_line_info info = {.offset = plan->request.offsets[i]};

		if (kernel->control(chip_fd, GPIO_V2_GET_LINEINFO_IOCTL, &info) < 0 ||
			!(info.flags & GPIO_V2_LINE_FLAG_USED))
			continue;
		if (!info.consumer[0])
			break;
		return hal_error_set(error, -EBUSY, "line %s (%s line %u) is held by \"%s\"",
			plan->names[i], plan->path, info.offset, info.consumer);
	}
	return hal_error_set(error, -EBUSY,
		"line %s (%s line %u) is held by the kernel or another program", plan->names[0],
		plan->path, plan->request.offsets[0]);
}

/* Some chips cannot interrupt, such as expanders. Their levels can be read all the same. */
static int request_with_edges(const struct lines_linux *kernel, int chip_fd, struct plan *plan)
{
	struct gpio_v2_line_request *request = &plan->request;
	int r;

	request->config.flags |= EDGES;
	request->event_buffer_size = EDGES_MAX;
	r = kernel->control(chip_fd, GPIO_V2_GET_LINE_IOCTL, request);
	plan->has_edges = r == 0;
	if (r != -ENXIO && r != -EOPNOTSUPP && r != -EINVAL)
		return r;
	request->config.flags &= ~EDGES;
	request->event_buffer_size = 0;
	return kernel->control(chip_fd, GPIO_V2_GET_LINE_IOCTL, request);
}

static int request_lines(
	const struct lines_linux *kernel, struct plan *plan, struct hal_error *error)
{
	int chip_fd = kernel->open(plan->path);
	int r = chip_fd;

	if (r == -EACCES || r == -EPERM)
		return device_node_closed(r, plan->path, "gpio", error);
	if (r >= 0)
		r = request_with_edges(kernel, chip_fd, plan);
	if (r == -EBUSY)
		r = fail_busy(kernel, chip_fd, plan, error);
	else if (r < 0)
		r = hal_error_set(error, linux_error(-r), "line %s (%s line %u): %s",
			plan->names[0], plan->path, plan->request.offsets[0],
			hal_strerror(linux_error(-r)));
	if (chip_fd >= 0)
		(void)close(chip_fd);
	return r;
}

int lines_linux_open(const struct lines_linux *kernel, const struct gpio_linux *gpio,
	const struct lines_request *request, struct hal_error *error, struct lines **ret_lines)
{
	struct plan plan = {.request.config.flags = flags_of(&request->settings)};
	struct lines_request_linux *lines;
	int r = find_lines(&plan, gpio, request->lines, error);

	if (r < 0)
		return r;
	lines = calloc(1, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	plan_outputs(&plan, request);
	(void)snprintf(plan.request.consumer, sizeof(plan.request.consumer), "%s",
		request->consumer ? request->consumer : "");
	r = request_lines(kernel, &plan, error);
	if (r < 0) {
		free(lines);
		return r;
	}
	lines->base.ops = &OPS;
	lines->base.n_lines = plan.request.num_lines;
	(void)snprintf(lines->base.name, sizeof(lines->base.name), "%.63s", request->lines);
	lines->control = kernel->control;
	lines->fd = plan.request.fd;
	lines->base.fd = plan.has_edges ? lines->fd : -1;
	lines->base.debounce_us = request->settings.debounce_us;
	memcpy(lines->offsets, plan.request.offsets, sizeof(lines->offsets));
	(void)fcntl(lines->fd, F_SETFL, O_NONBLOCK);
	*ret_lines = &lines->base;
	return 0;
}
