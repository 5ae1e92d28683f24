/* SPDX-License-Identifier: MIT */
/*
 * "led red on": the kinds, the outputs and the keys are those of ROOT/about, so nothing here knows
 * a kind by name. Pure but for output_run().
 */
#pragma once

#include "options.h"

struct cJSON;

enum { OUTPUT_WRONG_BYTES = 320 };

/*
 * Makes the action of the words, which begin with the kind. -1 with *ret_action; or an exit code
 * with what is wrong and the cure in ret_wrong.
 */
int output_make_action(const struct cJSON *about, const struct options *options, int n,
	char **words, char ret_wrong[OUTPUT_WRONG_BYTES], struct cJSON **ret_action);

/* True if an output of ROOT/about can be told to toggle. */
bool output_takes_toggle(const struct cJSON *output);

/* Asks the gateway for what it has, sends the action and prints the answer. An exit code. */
int output_run(const struct options *options, int n, char **words);
