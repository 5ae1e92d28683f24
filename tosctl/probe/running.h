/* SPDX-License-Identifier: MIT */
/* The tosd that runs on this machine. Nobody else may ask its parts. */
#pragma once

#include "probe.h"

/*
 * Looks for it by the lock on its state directory (state_dir; NULL: tosd's default) or, where that
 * may not be read, among the processes. Sets is_running, pid and running of the probe; running is
 * to be freed.
 */
void probe_find_running(struct probe *probe, const char *state_dir, struct config **ret_running);
