/* SPDX-License-Identifier: MIT */
/*
 * Which of a name's addresses a library connects to, when the library takes a name alone: it must,
 * since with TLS the name is what it checks the certificate against and what it tells the broker
 * (SNI). The library asks getaddrinfo(), and from there takes the first address of IPv4.
 *
 * So tosd has a getaddrinfo() of its own, which the dynamic linker gives to the libraries, too. It
 * hands every question on to the C library's. While a thread has a name pinned, that thread's
 * question for this name is answered with the one address.
 */
#pragma once

/* Both are borrowed until resolver_unpin(). address: in numbers. */
void resolver_pin(const char *name, const char *address);
void resolver_unpin(void);
