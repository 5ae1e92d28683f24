/* SPDX-License-Identifier: MIT */
/*
 * Gives one command to a simulated board's control socket (daemon/gateway/simulation.h), prints the
 * answer.
 *
 * usage: control SOCKET WORD...
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char answer[256];

	if (argc < 3 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		(void)fprintf(stderr, "usage: control SOCKET WORD...\n");
		return 2;
	}
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(argv[1]);
		return 1;
	}
	for (int i = 2; i < argc; i++)
		(void)dprintf(fd, "%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
	ssize_t size = read(fd, answer, sizeof(answer));
	(void)close(fd);
	if (size <= 0 || fwrite(answer, 1, (size_t)size, stdout) != (size_t)size)
		return 1;
	return 0;
}
