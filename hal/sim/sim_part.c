/* SPDX-License-Identifier: MIT */
#include "sim_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sim_part *sim_part_find(struct sim_board *board, const char *name)
{
	struct sim_part *part = board->parts;

	while (part && strcmp(part->name, name) != 0)
		part = part->next;
	return part;
}

struct sim_part *sim_part_at(struct sim_bus *bus, enum driver_bus kind, uint16_t address)
{
	struct sim_part *part = bus->board->parts;

	while (part && (part->bus != bus || part->driver->bus != kind || part->address != address))
		part = part->next;
	return part;
}

void sim_part_show_values(struct sim_part *part, uint64_t now_us)
{
	const struct driver *driver = part->driver;

	if (part->loaded)
		return;
	for (size_t i = 0; i < driver->n_channels; i++)
		driver->model->set_value(
			part->state, (unsigned)i, sim_wave_value(&part->waves[i], now_us));
	for (size_t i = 0; i < part->n_named; i++)
		driver->model->set_value(part->state, part->named[i].channel,
			sim_wave_value(&part->named[i].wave, now_us));
}

void sim_part_log_outputs(struct sim_board *board, struct sim_part *part)
{
	for (unsigned i = 0; i < part->driver->n_pwm; i++)
		sim_output_set(board, part->outputs[i], part->driver->model->duty(part->state, i));
}

static void power_on(struct sim_part *part)
{
	memset(part->state, 0, part->driver->model->state_bytes);
	part->driver->model->reset(part->state);
	if (part->params && part->driver->model->wire)
		part->driver->model->wire(part->state, part->params);
	part->loaded = false;
}

static int wire(struct sim_part *part, const double *params)
{
	const struct driver *driver = part->driver;

	/* One more than needed, since calloc() of nothing may return NULL. */
	part->params = calloc(driver->n_params + 1, sizeof(*params));
	if (!part->params)
		return -ENOMEM;
	memcpy(part->params, params, driver->n_params * sizeof(*params));
	if (driver->model->wire)
		driver->model->wire(part->state, params);
	return 0;
}

void sim_part_apply_busy(struct sim_part *part)
{
	const struct driver_model *model = part->driver->model;
	bool busy = part->fault.kind == SIM_FAULT_BUSY || part->bus->fault.kind == SIM_FAULT_BUSY;

	if (model->set_busy)
		model->set_busy(part->state, busy);
}

int sim_part_set_fault(struct sim_board *board, struct sim_part *part, struct sim_disturbance fault)
{
	if (fault.kind == SIM_FAULT_BUSY && !part->driver->model->set_busy)
		return -EOPNOTSUPP;
	if (fault.kind == SIM_FAULT_HELD_SDA && part->driver->bus != DRIVER_BUS_I2C)
		return -EOPNOTSUPP;
	part->fault = fault;
	/* The part is pulled out: without power it loses its registers and its outputs. */
	if (fault.kind == SIM_FAULT_NO_ANSWER)
		power_on(part);
	sim_part_apply_busy(part);
	sim_part_log_outputs(board, part);
	return 0;
}

void sim_part_free(struct sim_part *part)
{
	free(part->outputs);
	free(part->params);
	free(part->waves);
	free(part->state);
	free(part);
}

static struct sim_part *part_new(const char *name, const struct driver *driver, uint16_t address)
{
	struct sim_part *part = calloc(1, sizeof(*part));

	if (!part)
		return NULL;
	part->state = calloc(1, driver->model->state_bytes);
	part->waves = calloc(driver->n_channels + 1, sizeof(*part->waves));
	part->outputs = calloc(driver->n_pwm + 1, sizeof(struct sim_output *));
	if (!part->state || !part->waves || !part->outputs) {
		sim_part_free(part);
		return NULL;
	}
	(void)snprintf(part->name, sizeof(part->name), "%s", name);
	part->driver = driver;
	part->address = address;
	for (size_t i = 0; i < driver->n_channels; i++)
		part->waves[i] = (struct sim_wave){
			.kind = SIM_WAVE_CONSTANT, .min = driver->channels[i].typical};
	power_on(part);
	return part;
}

/* The pins of a PWM part exist as long as the part does, and cannot be opened as lines. */
static int add_outputs(struct sim_board *board, struct sim_part *part)
{
	for (unsigned i = 0; i < part->driver->n_pwm; i++) {
		char name[SIM_NAME_BYTES];
		struct sim_output *output;

		(void)snprintf(name, sizeof(name), "%.100s.%u", part->name, i);
		output = sim_output_get(board, name, SIM_OUTPUT_PART_CHANNEL);
		if (!output)
			return -ENOMEM;
		if (output->held)
			return -EBUSY; /* opened as another chip's channel, whose handle needs it */
		output->kind = SIM_OUTPUT_PART_CHANNEL;
		output->seen = output->held = true;
		output->value = part->driver->model->duty(part->state, i);
		(void)snprintf(output->consumer, sizeof(output->consumer), "%.60s %.60s",
			part->driver->name, part->name);
		part->outputs[i] = output;
	}
	return 0;
}

static void remove_outputs(struct sim_board *board, const struct sim_part *part)
{
	for (unsigned i = 0; i < part->driver->n_pwm; i++) {
		if (part->outputs[i])
			sim_output_remove(board, part->outputs[i]);
	}
}

static void remove_part(struct sim_board *board, struct sim_part *part)
{
	struct sim_part **link = &board->parts;

	while (*link != part)
		link = &(*link)->next;
	*link = part->next;
	remove_outputs(board, part);
	sim_part_free(part);
}

static int add_part(struct sim_board *board, const char *name, const struct driver *driver,
	struct sim_bus *bus, uint16_t address)
{
	struct sim_part *same = sim_part_find(board, name);
	struct sim_part *there = sim_part_at(bus, driver->bus, address);
	struct sim_part *part;
	int r;

	if (there && there != same)
		return -EEXIST;
	if (there && there->driver == driver)
		return 0;

	part = part_new(name, driver, address);
	if (!part)
		return -ENOMEM;
	part->bus = bus;
	if (same)
		remove_part(board, same);
	r = add_outputs(board, part);
	if (r < 0) {
		remove_outputs(board, part);
		sim_part_free(part);
		return r;
	}
	part->next = board->parts;
	board->parts = part;
	sim_part_apply_busy(part);
	return 0;
}

int sim_add_part(struct board *board, const char *name, const struct driver *driver,
	const char *bus, uint16_t address)
{
	struct sim_board *sim = sim_board_of(board);
	char path[SIM_NAME_BYTES];
	struct sim_bus *wire;
	int r;

	if (strlen(name) >= SIM_NAME_BYTES || strlen(bus) >= SIM_NAME_BYTES)
		return -EINVAL;
	if (driver->bus == DRIVER_BUS_ATTRIBUTES) {
		attributes_path(driver->attributes, bus, path, sizeof(path));
		bus = path;
	}
	pthread_mutex_lock(&sim->lock);
	wire = sim_bus_get(sim, bus);
	r = wire ? add_part(sim, name, driver, wire, address) : -ENOMEM;
	pthread_mutex_unlock(&sim->lock);
	return r;
}

int sim_remove_part(struct board *board, const char *name)
{
	struct sim_board *sim = sim_board_of(board);
	struct sim_part *part;

	pthread_mutex_lock(&sim->lock);
	part = sim_part_find(sim, name);
	if (part)
		remove_part(sim, part);
	pthread_mutex_unlock(&sim->lock);
	return part ? 0 : -ENOENT;
}

int sim_wire_part(struct board *board, const char *name, const double *params)
{
	struct sim_board *sim = sim_board_of(board);
	struct sim_part *part;
	int r = -ENOENT;

	pthread_mutex_lock(&sim->lock);
	part = sim_part_find(sim, name);
	if (part && part->params)
		r = 0; /* the same part: it stays as it is */
	else if (part)
		r = wire(part, params);
	pthread_mutex_unlock(&sim->lock);
	return r;
}

/* Lines follow their part at once, and not only when they are read. */
static void follow_lines(struct sim_board *board, struct sim_part *part)
{
	if (part->driver->bus != DRIVER_BUS_LINES)
		return;
	sim_lines_undrive(part);
	sim_part_show_values(part, sim_now_us(board));
	sim_lines_changed(part);
}

static bool is_wave(const struct sim_wave *wave)
{
	return wave->kind == SIM_WAVE_CONSTANT ||
		(wave->kind <= SIM_WAVE_STEP && wave->period_us > 0);
}

/* NULL if there is no such channel. */
static struct sim_wave *wave_of(struct sim_part *part, unsigned channel)
{
	size_t i = 0;

	if (channel < part->driver->n_channels)
		return &part->waves[channel];
	while (i < part->n_named && part->named[i].channel != channel)
		i++;
	if (i == SIM_NAMED_MAX || !driver_has_channel(part->driver, channel))
		return NULL;
	if (i == part->n_named)
		part->named[part->n_named++].channel = channel;
	return &part->named[i].wave;
}

int sim_set_wave(
	struct board *board, const char *name, unsigned channel, const struct sim_wave *wave)
{
	struct sim_board *sim = sim_board_of(board);
	struct sim_part *part;
	int r = -ENOENT;

	if (!is_wave(wave))
		return -EINVAL;
	pthread_mutex_lock(&sim->lock);
	part = sim_part_find(sim, name);
	struct sim_wave *shown = part ? wave_of(part, channel) : NULL;

	if (shown) {
		*shown = *wave;
		part->loaded = false;
		follow_lines(sim, part);
		r = 0;
	}
	pthread_mutex_unlock(&sim->lock);
	return r;
}

int sim_load_part(struct board *board, const char *name, const uint8_t *raw, size_t size)
{
	struct sim_board *sim = sim_board_of(board);
	struct sim_part *part;
	int r = -ENOENT;

	pthread_mutex_lock(&sim->lock);
	part = sim_part_find(sim, name);
	if (part && part->driver->model->load) {
		part->driver->model->load(part->state, raw, size);
		part->loaded = true;
		follow_lines(sim, part);
		r = 0;
	}
	pthread_mutex_unlock(&sim->lock);
	return r;
}

void *sim_part_state(struct board *board, const char *name)
{
	struct sim_board *sim = sim_board_of(board);
	struct sim_part *part;
	void *state = NULL;

	pthread_mutex_lock(&sim->lock);
	part = sim_part_find(sim, name);
	if (part)
		state = part->state;
	pthread_mutex_unlock(&sim->lock);
	return state;
}
