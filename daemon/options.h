/* SPDX-License-Identifier: MIT */
/* The command line of tosd. */
#pragma once

#include "gateway.h"

/*
 * Fills *ret_options from the arguments and the environment (borrowed). Returns -1 to go on, or an
 * exit code after --help, --version or a mistake, which is then on stderr.
 */
int options_parse(int argc, char **argv, struct gateway_options *ret_options);
