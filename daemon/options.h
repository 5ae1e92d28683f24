/* SPDX-License-Identifier: MIT */
/* The command line of tosd. */
#pragma once

#include "gateway.h"

/*
 * Fills *ret_options from the arguments and the environment (borrowed). -1: go on; otherwise the
 * exit code, after --help, --version or a mistake that was told on stderr.
 */
int options_parse(int argc, char **argv, struct gateway_options *ret_options);
