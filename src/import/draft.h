/* SPDX-License-Identifier: BSD-2-Clause */
/* A policy in the making: what a source of configuration says, each part with its origin, printed as YAML. */
#ifndef IMPORT_DRAFT_H
#define IMPORT_DRAFT_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define DRAFT_PERMITS_MAX 32

/* A line of the draft, or an item of a list; origin NULL: none of its own. */
struct draft_line {
	const char *text;
	const char *origin;
	struct draft_line *next;
};

struct draft_lines {
	struct draft_line *first;
	struct draft_line *last;
};

struct draft_list {
	const char *name;
	const char *kind;	/* "networks:", "domains:", "patterns:", "dns_zone: { zone: ... }" */
	const char *origin;
	struct draft_lines items;
	struct draft_list *next;
};

/* A check or a rule: what may be skipped. */
struct draft_item {
	const char *name;
	bool is_rule;
	struct draft_lines settings;	/* "no_ptr: reject" */
	unsigned permits;		/* bit i: permits[i] of the listener comes before it wherever it is asked */
	bool observed;			/* only ever warned of */
	struct draft_item *next;
};

struct draft_permit {
	const char *condition;
	const char *origin;
};

struct draft_listener {
	const char *name;
	const char *match;		/* "{ daemon_port: 587 }"; NULL: any */
	const char *origin;
	struct draft_permit permits[DRAFT_PERMITS_MAX];
	unsigned permit_count;
	struct draft_item *items, *last_item;
	unsigned rule_count;
	struct draft_lines commands;	/* "vrfy: hide" */
	struct draft_lines extensions;	/* "dsn: false" */
	struct draft_lines notes;	/* what is not translated, and why */
	bool logins;			/* clients may log in */
	unsigned authenticated;		/* bit of the permit for who has logged in; 0: there is none */
	struct draft_listener *next;
};

struct draft {
	struct arena *arena;
	const char *source;		/* "postfix" */
	const char *file;
	struct draft_list *lists, *last_list;
	unsigned list_count;		/* of those named by a number */
	struct draft_listener *listeners, *last_listener;
	struct draft_lines outbound;	/* "greeting: ehlo" */
	struct draft_lines notes;
	bool failed;			/* memory is out */
};

/* Text of the draft's arena; "" when memory is out, which failed tells. */
const char *draft_textf(struct draft *draft, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "FILE:LINE: TEXT" as it may stand in a comment: escaped, and cut; line 0: "FILE: TEXT". */
const char *draft_origin(struct draft *draft, const char *file, unsigned line, const char *text);

/* Text in single quotes as YAML wants it; NULL: a byte in it is not printable ASCII. */
const char *draft_quoted(struct draft *draft, const char *text);

/* A name made of the bytes of text that may stand in the name of a listener, a list or a rule. */
const char *draft_name(struct draft *draft, const char *text);

void draft_add(struct draft *draft, struct draft_lines *lines, const char *text, const char *origin);

/* What is not translated, and why. */
void draft_note(struct draft *draft, struct draft_lines *notes, const char *origin, const char *reason);

/* A new one at the end; NULL when memory is out. */
struct draft_list *draft_list_new(struct draft *draft, const char *name, const char *kind, const char *origin);
struct draft_listener *draft_listener_new(struct draft *draft, const char *name, const char *match,
					  const char *origin);

/* The listener's permit with this condition, as a bit; a new one where there is none, 0 when there are too many. */
unsigned draft_permit(struct draft_listener *listener, const char *condition, const char *origin);

/* What stands at one place: behind which permits, with which origin, warned of only. */
struct draft_place {
	const char *origin;
	unsigned permits;
	bool observed;
};

/* "key: value" of a check; of two values for a key the severer one stays. */
void draft_check(struct draft *draft, struct draft_listener *listener, const char *check, const char *setting,
		 const struct draft_place *place);

/* A rule; its name is made unique by a number. */
void draft_rule(struct draft *draft, struct draft_listener *listener, const char *condition, const char *action,
		const struct draft_place *place);

/* The whole policy; the last listener is the one that matches any. */
void draft_print(const struct draft *draft, struct buf *out);

#endif
