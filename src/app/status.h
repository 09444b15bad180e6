/* SPDX-License-Identifier: BSD-2-Clause */
/* What 'ehlo-milter status' shows of a daemon's figures. */
#ifndef APP_STATUS_H
#define APP_STATUS_H

#include "app/figures.h"

/* What decided, how often: one series of the verdicts.  Texts as in the labels, "" where there is none. */
#define STATUS_WORD_BYTES 64
struct status_verdict {
	char listener[STATUS_WORD_BYTES];
	char check[STATUS_WORD_BYTES];
	char rule[STATUS_WORD_BYTES];
	char result[STATUS_WORD_BYTES];
	char action[STATUS_WORD_BYTES];
	char mode[STATUS_WORD_BYTES];
	double count;
};

/* Those that are not accept, the most frequent first; the array is the caller's to free.  NULL: memory is out. */
struct status_verdict *status_verdicts(const struct figures *figures, size_t *count_r);

/* Calls show for each listener, in the order of the figures. */
void status_listeners(const struct figures *figures, void (*show)(void *context, const char *listener), void *context);

/* A time of the figures: "2026-11-26 11:20:11 UTC"; "never" for 0. */
#define STATUS_TIME_BYTES 40
void status_time(double seconds, char text_r[STATUS_TIME_BYTES]);

/*
 * At most 80 columns.  colour: with terminal sequences.  sessions_per_s: since the last look; below 0: not shown.
 * False: memory is out.
 */
bool status_text(const struct figures *figures, bool colour, double sessions_per_s, struct buf *out);

bool status_json(const struct figures *figures, struct buf *out);

#endif
