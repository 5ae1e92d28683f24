/* SPDX-License-Identifier: MIT */
/*
 * The parts behind the virtual machine's I2C adapters (module/i2c_user.c). The kernel's transfers
 * go to the simulated board, on which the parts of a device map and an HDC1080 sit. Values and
 * faults are set through the simulated board's control socket, see daemon/gateway/simulation.h.
 *
 * usage: i2c_server MAP FOLDER     FOLDER gets "control" and "wire.log"
 */
#include "board_sim.h"
#include "gateway_internal.h"
#include "hdc1080.h"
#include "log.h"
#include "module/i2c_user.h"
#include "simulation.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_BUS = 1, BUSES = 2, HDC1080_ADDRESS = 0x40, EXIT_USAGE_MISTAKE = 2 };

/* Each bus has a thread, since a stuck one sleeps for as long as I2C_TIMEOUT allows. */
struct wire {
	int fd;
	struct i2c_bus *bus;
	pthread_t thread;
};

/* Points the messages into data, where read and written bytes have the same places. */
static size_t spread(const struct i2c_user_request *request, uint8_t *data,
	struct i2c_message messages[I2C_USER_MESSAGES])
{
	memcpy(data, request->data, sizeof(request->data));
	for (size_t i = 0; i < request->n_messages; i++) {
		messages[i] = (struct i2c_message){
			.data = data,
			.size = request->messages[i].size,
			.read = request->messages[i].read,
		};
		data += request->messages[i].size;
	}
	return request->n_messages;
}

static void *serve(void *userdata)
{
	const struct wire *wire = userdata;
	struct i2c_user_request request;

	while (read(wire->fd, &request, sizeof(request)) == (ssize_t)sizeof(request)) {
		struct i2c_user_reply reply = {.sequence = request.sequence};
		struct i2c_message messages[I2C_USER_MESSAGES];
		size_t count = spread(&request, reply.data, messages);

		reply.result = i2c_transfer(wire->bus, request.address, messages, count);
		/* ESTALE: it took too long, and the caller has given up. */
		if (write(wire->fd, &reply, sizeof(reply)) < 0 && errno != ESTALE)
			break;
	}
	log_error("i2c_server", "%s", strerror(errno));
	return NULL;
}

static int start_wire(struct board *board, unsigned number, struct wire *wire)
{
	char device[32];
	char path[32];

	(void)snprintf(device, sizeof(device), "/dev/i2c-user-%u", number);
	(void)snprintf(path, sizeof(path), "/dev/i2c-%u", number);
	wire->fd = open(device, O_RDWR | O_CLOEXEC);
	if (wire->fd < 0) {
		log_error(device, "%s", strerror(errno));
		return -errno;
	}
	int r = board_open_i2c(board, path, NULL, &wire->bus);
	return r < 0 ? r : -pthread_create(&wire->thread, NULL, serve, wire);
}

/* Until it is killed: the threads and all they hold end with the process. */
int main(int argc, char **argv)
{
	static struct wire wires[BUSES];
	struct config *config = NULL;
	struct simulation *simulation = NULL;
	sd_event *loop = NULL;
	int r;

	if (argc != 3) {
		(void)fprintf(stderr, "usage: i2c_server MAP FOLDER\n");
		return EXIT_USAGE_MISTAKE;
	}
	log_setup(false);
	int exit_code = gateway_load_config(argv[1], &config);
	if (exit_code >= 0)
		return exit_code;
	if ((r = simulation_new(argv[2], NULL, &simulation)) < 0 ||
		(r = simulation_set_map(simulation, config)) < 0 || (r = sd_event_new(&loop)) < 0 ||
		(r = simulation_attach(simulation, loop)) < 0) {
		log_error("i2c_server", "%s", strerror(-r));
		return EXIT_FAILED;
	}
	if (sim_add_part(simulation_board(simulation), "hdc1080", &hdc1080, "/dev/i2c-1",
		    HDC1080_ADDRESS) < 0)
		return EXIT_FAILED;
	for (unsigned i = 0; i < BUSES; i++)
		if (start_wire(simulation_board(simulation), FIRST_BUS + i, &wires[i]) < 0)
			return EXIT_FAILED;
	log_info("i2c_server", "ready");
	return sd_event_loop(loop) < 0 ? EXIT_FAILED : EXIT_OK;
}
