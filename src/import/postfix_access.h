/* SPDX-License-Identifier: BSD-2-Clause */
/* An access(5) table as its entries: between the files that import such tables. */
#ifndef IMPORT_POSTFIX_ACCESS_H
#define IMPORT_POSTFIX_ACCESS_H

#include "import/postfix_work.h"

#include <stdbool.h>
#include <stddef.h>

/* What an entry does; LEAVES: this table has nothing more to say (DUNNO). */
enum access_class {
	CLASS_REJECT, CLASS_TEMPFAIL, CLASS_QUARANTINE, CLASS_LOG, CLASS_PERMIT, CLASS_LEAVES, CLASS_OTHER
};

enum access_kind { KIND_NETWORK, KIND_DOMAIN, KIND_PATTERN, KIND_BAD };

struct access_entry {
	const char *value;		/* quoted, as an item of a list */
	const char *origin;
	enum access_kind kind;
	enum access_class class;
	unsigned labels;		/* of a domain: the more, the earlier it counts */
	unsigned line;
};

struct access_table {
	struct postfix_walk *walk;
	const struct access_use *use;	/* NULL: networks for blocked_ips */
	const char *whole;		/* "check_helo_access hash:/etc/postfix/helo" */
	const char *file;
	struct access_entry *entries;
	size_t count;
	bool regular;			/* regexp, pcre */
	bool networks_only;		/* cidr */
	bool in_place;			/* inline: its lines are no lines of a file */
	bool stopped;
};

/* Fills entries, in the order of the text.  false: it cannot be read, and a note says why. */
bool access_table_read(struct access_table *table, const char *name);

/* Notes in the draft: about a line of the table, and about the table as a whole. */
void access_note_at(struct access_table *table, unsigned line, const char *text, const char *reason);
void access_note(struct access_table *table, const char *reason);

#endif
