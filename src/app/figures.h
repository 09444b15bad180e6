/* SPDX-License-Identifier: BSD-2-Clause */
/* The metrics of a daemon, read back from their text. */
#ifndef APP_FIGURES_H
#define APP_FIGURES_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct figure {
	const char *metric;	/* without prefix: "sessions_ended_total" */
	const char *labels;	/* as they stand between the braces; "" where there are none */
	double value;
};

struct figures {
	char *text;
	struct figure *list;
	size_t count;
};

/*
 * Takes over text, which is malloc'ed and changed.  Lines of other programs' metrics are left out.  False with what is
 * wrong in *error_r, a constant, and the line where there is one (else 0).
 */
bool figures_read(char *text, struct figures *figures_r, size_t *line_r, const char **error_r);
void figures_clear(struct figures *figures);

/* The sum of a metric's series that have the label ("outcome") with this value; label NULL: of all. */
double figures_sum(const struct figures *figures, const char *metric, const char *label, const char *value);

/* The sum of those that have two labels so. */
double figures_sum2(const struct figures *figures, const char *metric, const char *label, const char *value,
		    const char *label2, const char *value2);

/* The value of a label, unescaped, into out, which is emptied; false when it is not there. */
bool figure_label(const struct figure *figure, const char *label, struct buf *out);

/*
 * The least bound of a histogram that this share of what was observed is within, in seconds; -1: nothing was observed, or
 * it is beyond the last bound.  metric ends with "_bucket"; label NULL: it has none.
 */
double figures_quantile(const struct figures *figures, const char *metric, const char *label, const char *value,
			double share);

#endif
