/* SPDX-License-Identifier: BSD-2-Clause */
/* Why something was judged as it was: for programs, for people, and the clause that says so. */
#ifndef BASE_REASON_H
#define BASE_REASON_H

/* Always a static constant; compared by address. */
struct reason {
	const char *word;	/* for programs: "single_label" */
	const char *text;	/* for people, lower case, no full stop */
	const char *clause;	/* "RFC 5321 2.3.5"; NULL where none speaks of it */
};

#endif
