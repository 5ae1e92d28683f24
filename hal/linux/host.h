/* SPDX-License-Identifier: MIT */
/* The identity of this machine. */
#pragma once

enum { HOST_NAME_BYTES = 256, HOST_ID_BYTES = 13 };

struct host {
	char name[HOST_NAME_BYTES];
	/*
	 * 12 digits and letters a to f, the same after each start, or "". They come from the
	 * board's serial number, or without one from the machine id. Both are hashed, since a
	 * machine id must not leave the machine. A copied card has the name and the machine id of
	 * its original.
	 */
	char id[HOST_ID_BYTES];
};

/* root: "", or the folder that has the files sys and etc of a test. Cannot fail. */
void host_read(const char *root, struct host *ret_host);
