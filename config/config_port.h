/* SPDX-License-Identifier: MIT */
/*
 * Ports of outputs: finds out which of the ways to name a port a text uses. As in schema.h, a
 * mistake is added to the diag and is no error; then the port's type stays NONE.
 */
#pragma once

#include "config_load.h"

#define CONFIG_SOFT_PWM_HZ 100.0 /* defaults; a part under chips has a frequency of its own */
#define CONFIG_SOC_PWM_HZ  1000.0
#define CONFIG_PWM_MIN_HZ  10.0
#define CONFIG_PWM_MAX_HZ  100e3

/* "GPIO17", "gpiochip0:17": LINE. */
int config_read_line(struct schema *schema, const struct yaml_node *node, struct config_port *port);

/* "board.3": CHIP_PWM. "pwmchip0.1", "fe20c000.pwm.1": SOC_PWM. */
int config_read_pwm(struct schema *schema, const struct yaml_node *node, struct config_port *port);

/* "ACT": KERNEL_LED. */
int config_read_kernel_led(
	struct schema *schema, const struct yaml_node *node, struct config_port *port);

/* A line or a PWM port: a number after the last dot makes it a PWM port. */
int config_read_port(struct schema *schema, const struct yaml_node *node, struct config_port *port);

/*
 * Calls the function for every port of the map, LEDs first, with the node that names the port.
 * Stops at the first result other than 0 and returns it.
 */
typedef int (*config_port_visit)(
	void *context, const struct yaml_node *node, const struct config_port *port);
int config_each_port(const struct config_loader *loader, config_port_visit visit, void *context);

/*
 * Sets the port's frequency: hz, which the map gives at node, or the default of the kind of output
 * or else of the port's type if node is NULL. Reports a frequency that the type cannot have.
 */
void config_set_frequency(struct schema *schema, const struct yaml_node *node, double hz,
	const struct output_kind *kind, struct config_port *port);

/* Returns the period and the number of steps of a port of the config. Both are 0 if it is no PWM
 * output or a kernel LED. */
void config_port_period(const struct config *config, const struct config_port *port,
	uint32_t *ret_period_ns, uint32_t *ret_steps);
