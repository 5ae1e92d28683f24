/* SPDX-License-Identifier: MIT */
/*
 * A line that one thread watches for itself, and that another one measures as well. A GPIO line can
 * be requested once only, so the first thread, the owner, requests it, without a debounce of the
 * kernel's. While it has the claim, board_open_lines() for the same lines gives a tap: lines whose
 * edges and levels are those that the owner has taken. A tap touches no hardware, has a bounded
 * number of edges waiting, and never makes the owner wait for longer than it takes to copy one.
 */
#pragma once

#include "board.h"
#include "lines.h"

struct lines_share;

/*
 * Claims the lines of the request on the board, which is borrowed. From now on the board gives out
 * taps for them. The line is not requested yet. -ENOMEM; -EINVAL: not exactly one line.
 */
int lines_share_claim(
	struct board *board, const struct lines_request *request, struct lines_share **ret_share);

/* Requests the line, unless it is. -ENOTSUP: it gives no edges. */
int lines_share_open(struct lines_share *share, struct hal_error *error);

/* Releases the line, for example since it failed: code is what taps report until it is open. */
void lines_share_release(struct lines_share *share, int code);

/* Readable while edges wait; -1: the line is not open. */
int lines_share_fd(const struct lines_share *share);

/* Reads the logical level, and hands it to the taps. 0 or an error of hal_error.h; -ENODEV if the
 * line is not open. */
int lines_share_level(struct lines_share *share, bool *ret_level);

/*
 * Takes the oldest waiting edge, and hands it to the taps. Returns 1; 0: there is none; or an
 * error. *ret_lost: edges were dropped before it.
 */
int lines_share_edge(struct lines_share *share, struct lines_edge *ret_edge, bool *ret_lost);

/* The time by the clock of the edges. */
uint64_t lines_share_now_us(const struct lines_share *share);

/* Gives the claim and the line back. Taps stay valid, but get nothing more. Returns NULL; share may
 * be NULL. */
struct lines_share *lines_share_drop(struct lines_share *share);

/* For board_open_lines(), any thread: opens a tap if the lines are claimed. Returns 1; 0: they are
 * not; or an error. */
int lines_share_tap(
	struct board *board, const struct lines_request *request, struct lines **ret_lines);
