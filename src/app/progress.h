/* SPDX-License-Identifier: BSD-2-Clause */
/* The progress of long work, as one line on standard error where that is a terminal. */
#ifndef APP_PROGRESS_H
#define APP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown;		/* standard error is a terminal */
	bool drawn;		/* a line stands there */
	unsigned countdown;	/* calls until the clock is looked at */
	int64_t began_us;
	int64_t next_us;
};

void progress_begin(struct progress *progress);

/* Cheap: to be asked as often as one likes. */
bool progress_is_due(struct progress *progress);

/* Bytes; total -1 where nobody knows. */
void progress_show(struct progress *progress, int64_t done, int64_t total);

/* Takes the line away. */
void progress_end(struct progress *progress);

#endif
