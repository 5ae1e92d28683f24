/* SPDX-License-Identifier: MIT */
/*
 * Chooses the address that a library connects to when the library only takes a name. With TLS it
 * must have the name, to check the certificate and to tell the broker (SNI). The library calls
 * getaddrinfo(), and takes the first IPv4 address of the result.
 *
 * So tosd has a getaddrinfo() of its own, which the dynamic linker gives to the libraries, too. It
 * passes every question on to the C library's. But while a thread has a name pinned, its question
 * for that name is answered with that one address.
 */
#pragma once

/* Both are borrowed until resolver_unpin(). address is numeric. */
void resolver_pin(const char *name, const char *address);
void resolver_unpin(void);
