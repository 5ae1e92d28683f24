/* SPDX-License-Identifier: MIT */
/*
 * How the MQTT library makes its connection, of which it leaves no choice. It asks for one without
 * waiting, and then polls for 100 ms for what the broker says, before it has said anything itself.
 * It does not tell which socket it has, and it knows no sockets of the machine (AF_UNIX).
 *
 * So the programs have a connect() of their own, which the dynamic linker gives to the libraries,
 * too. It passes every call on to the C library's. But while a thread has begun one of these, its
 * calls wait until there is a connection, and go to a socket of the machine if it has one.
 */
#pragma once

struct library_connect {
	const char *path; /* a socket of the machine; NULL: where the library wants to */
	int timeout_ms;   /* 0: as the library does it, without waiting */
	int fd;           /* of the last call, the library's own; -1: there was none */
	int error;        /* of that call: 0 or a negative errno */
};

/* Borrowed until the end; both of the same thread. Only fd and error are filled in. */
void library_connect_begin(struct library_connect *connect);
void library_connect_end(void);
