/* SPDX-License-Identifier: BSD-2-Clause */
/* A few lines out of many, the same ones whatever the order in which they come, and in whatever parts. */
#ifndef LOGS_LINE_SAMPLES_H
#define LOGS_LINE_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#define LINE_SAMPLES_MAX 8
#define LINE_SAMPLE_BYTES 200

/* Those with the least hashes, in order, each once; what stands in them is as the log has it.  Zeroed memory is none. */
struct line_samples {
	unsigned count;
	struct { uint64_t hash; char text[LINE_SAMPLE_BYTES]; } items[LINE_SAMPLES_MAX];
};

/* A line is cut to what there is room for; a NUL in it becomes a question mark. */
void line_samples_add(struct line_samples *samples, const char *text, size_t length);
void line_samples_merge(struct line_samples *into, const struct line_samples *from);

#endif
