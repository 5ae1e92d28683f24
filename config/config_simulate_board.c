/* SPDX-License-Identifier: MIT */
#include "config_simulate_board.h"
#include "board_sim.h"

static int add_chip(const struct config_chip *chip, struct board *board)
{
	int r = sim_add_part(board, chip->name, chip->driver, chip->bus, chip->address);

	return r < 0 ? r : sim_wire_part(board, chip->name, chip->params);
}

int config_simulate_board(const struct config *config, struct board *board)
{
	int r = 0;

	for (size_t i = 0; i < config->n_chips && r == 0; i++)
		r = add_chip(&config->chips[i], board);
	for (size_t i = 0; i < config->n_sensors && r == 0; i++) {
		const struct config_sensor *sensor = &config->sensors[i];

		if (sensor->simulated)
			r = sim_set_wave(board, config->chips[sensor->chip].name, sensor->channel,
				&sensor->simulate);
	}
	return r;
}
