/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a report for people, whatever its form. */
#ifndef REPORT_SHOWN_H
#define REPORT_SHOWN_H

#include "report/summary.h"

/* A count and the whole that it is a share of. */
struct shown_row {
	const char *label;	/* NULL: the end of the table */
	enum total part, whole;
};

extern const struct shown_row shown_coverage[], shown_clients[], shown_lines[];

struct shown_list {
	enum summary_list list;
	const char *heading;
};

/* The lists of whom a refusal would meet. */
#define SHOWN_WHO 3
extern const struct shown_list shown_who[SHOWN_WHO];

/* Sessions that are refused for certain, and with those that may be. */
uint64_t shown_least(const struct summary *summary);
uint64_t shown_most(const struct summary *summary);

/* Was any session in that state before? */
bool shown_matrix_row(const struct summary *summary, int before);

/* The lines that have an MTA log the names of HELO; NULL: nearly all are known. */
const char *shown_recipe(const struct summary *summary);

/* Was DNS not asked, and could checks not tell for want of it? */
bool shown_wants_dns(const struct summary *summary);

/* What makes the log doubtful: the number-th warning, one or two lines; NULL: there are no more. */
const char *shown_warning(const struct summary *summary, unsigned number);

/* "2026-11-01 to 2026-11-30"; false: no session has a time. */
bool shown_period(const struct summary *summary, char text_r[32]);

extern const char shown_weekdays[7][4];

#endif
