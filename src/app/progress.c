/* SPDX-License-Identifier: BSD-2-Clause */
/* Draws the line of progress: how much is done, how fast, how long it will take. */
#include "app/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

#define CALLS_A_LOOK 32
#define INTERVAL_US 200000
#define BAR_WIDTH 24

void progress_begin(struct progress *progress)
{
	int64_t now_us = clock_monotonic_us();

	*progress = (struct progress){ .shown = isatty(STDERR_FILENO) == 1, .began_us = now_us,
				       .next_us = now_us + INTERVAL_US };
}

bool progress_is_due(struct progress *progress)
{
	int64_t now_us;

	if (!progress->shown)
		return false;
	if (progress->countdown > 0) {
		progress->countdown--;
		return false;
	}
	progress->countdown = CALLS_A_LOOK;
	now_us = clock_monotonic_us();
	if (now_us < progress->next_us)
		return false;
	progress->next_us = now_us + INTERVAL_US;
	return true;
}

void progress_show(struct progress *progress, int64_t done, int64_t total)
{
	/* A log that is written to grows meanwhile. */
	int64_t whole = done < total ? total : done;
	double seconds = (double)(clock_monotonic_us() - progress->began_us) / (double)US_PER_SECOND;
	double rate = seconds > 0 ? (double)done / seconds : 0;
	char bar[BAR_WIDTH + 1];
	int64_t filled = total > 0 ? done * BAR_WIDTH / whole : 0;
	int64_t left_s = rate > 0 && total > 0 ? (int64_t)((double)(whole - done) / rate) : 0;

	for (int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < filled ? '#' : '.';
	bar[BAR_WIDTH] = '\0';
	if (total > 0)
		(void)fprintf(stderr, "\r[%s] %3d %%  %.0f of %.0f MB  %.0f MB/s  %d:%02d left \033[K", bar,
			      (int)(done * 100 / whole), (double)done / 1e6, (double)whole / 1e6, rate / 1e6,
			      (int)(left_s / 60), (int)(left_s % 60));
	else
		(void)fprintf(stderr, "\r%.0f MB  %.0f MB/s \033[K", (double)done / 1e6, rate / 1e6);
	progress->drawn = true;
}

void progress_end(struct progress *progress)
{
	if (progress->drawn)
		(void)fputs("\r\033[K", stderr);
	progress->drawn = false;
}
