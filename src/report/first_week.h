/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report for whoever has watched a policy in mode observe: what would have been refused, which of it looks like a
 * mistake, which checks the figures call safe to enforce, and what to write into the policy.
 */
#ifndef REPORT_FIRST_WEEK_H
#define REPORT_FIRST_WEEK_H

#include "base/buf.h"
#include "core/policy.h"
#include "logs/logs.h"
#include "report/judged.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Beyond it those with the least hashes are looked at, and nothing is called safe. */
#define WEEK_CLIENTS_MAX 65536

/* A check is called safe by no fewer sessions of its listener, on no fewer days, ... */
#define WEEK_SESSIONS_LEAST 100
#define WEEK_DAYS_LEAST 5
/* ... and when it could not tell in at most one session of so many. */
#define WEEK_UNDECIDABLE_ONE_IN 1000

/* From so many points on a client is a candidate: what each sign of being legitimate weighs, week_rule_of_points says. */
#define WEEK_POINTS_LEAST 3
extern const char week_rule_of_points[];

#define WEEK_CANDIDATES_SHOWN 50

/* On how many days?  Exact where the first and the last are at most 63 days apart; else there may be more. */
struct week_days {
	uint64_t bits;			/* one for each day modulo 64; 0: no session has a time */
	int32_t first, last;
};

/* A check or rule of a listener that would keep mail out: the sessions in which it ... */
struct week_row {
	uint64_t found;			/* would refuse or hold */
	uint64_t alone;			/* would, and nothing else would refuse */
	uint64_t unknown;		/* could not tell */
	uint64_t candidates;		/* clients that look legitimate; after week_settle() */
	uint64_t seen_found, seen_alone, seen_unknown;	/* number of the last session that was counted */
};

struct week_listener {
	const struct listener *listener;
	uint64_t sessions, refused, possible, undecidable, held;
	uint64_t unsure;		/* sessions that may belong to another listener */
	struct week_days days;
	struct week_row checks[CHECK_COUNT];
	struct week_row *rules;		/* in step with those of the listener */
};

/* Rules from this one on are not told apart in a client. */
#define WEEK_RULE_LAST 63

/* The sessions of one client with one greeting at one listener that would have been kept out. */
struct week_client {
	uint64_t hash;
	size_t listener;
	struct ip address;		/* IP_NONE: not known */
	bool redacted;			/* the address is not the client's own: no expression could name it */
	char *helo;			/* in small letters, without final dot; NULL: none that an expression could name */
	uint64_t sessions;
	uint32_t checks;		/* a bit for each that would keep it out */
	uint64_t rules;			/* so too, by their place in the listener, the last bit for all that are left */
	unsigned evidence;		/* enum evidence, of any of the sessions */
	unsigned points;		/* what it weighs */
	struct week_days days;
	/* Of the first session; NULL: not known. */
	int64_t start_us;
	char *id, *name, *greeting, *sender;
};

struct first_week {
	const struct policy *policy;
	struct week_listener *listeners;	/* in step with the policy's */
	uint64_t sessions, before_milter;
	bool timed;
	int64_t first_us, last_us;
	struct week_days days;
	bool partial;			/* interrupted: not all of the input is in it */
	bool failed;			/* memory was out */
	uint64_t lines_missed;
	struct week_client *clients;	/* open addressing by hash; sessions 0: free */
	size_t capacity, client_count;
	uint64_t bound;			/* clients with a greater hash are left out; 0: none is */
	/* After week_settle(): the best first. */
	const struct week_client **candidates;
	size_t candidate_count;
	/* How it was called, for the commands to come. */
	const char *journal;		/* words of a shell */
};

/* The policy outlives it.  false: out of memory; week_clear() in any case. */
bool week_init(struct first_week *week, const struct policy *policy);
void week_clear(struct first_week *week);

void week_add(struct first_week *week, const struct judged_session *session);

/* After the last session: finds the candidates. */
void week_settle(struct first_week *week);

void week_day_add(struct week_days *days, int32_t day);

static inline unsigned week_day_count(const struct week_days *days)
{
	return (unsigned)__builtin_popcountll(days->bits);
}

/* "5 days", "at least 64 days". */
void week_days_text(const struct week_days *days, struct buf *out);

/* --- advice: after week_settle() --- */

/* A check or rule that would keep mail out. */
struct week_part {
	const char *name;
	bool is_rule;
	const struct week_row *row;
	const struct rollout *rollout;
	const struct check_settings *settings;	/* of a check */
	const struct rule *rule;		/* of a rule */
	enum check_id check;
};

/* The number-th of a listener; false: there are no more. */
bool week_part(const struct week_listener *listener, size_t number, struct week_part *part_r);

enum week_advice { ADVICE_IN_FORCE, ADVICE_SAFE, ADVICE_LOOK_FIRST, ADVICE_NOT_KNOWN };

const char *week_advice_word(enum week_advice advice);	/* "look_first" */

/* What to do with it, and by what figures, as a sentence without its full stop. */
enum week_advice week_advise(const struct first_week *week, const struct week_listener *listener,
			     const struct week_part *part, struct buf *why);

/* An item for the key exempt of the client's listener, in YAML; nothing when no expression could name the client. */
void week_exemption(const struct first_week *week, const struct week_client *client, struct buf *out);

/* "line 14, listener mx: ..." and lines to write there, for what is safe; nothing when nothing is. */
void week_edit(const struct first_week *week, const struct week_listener *listener, struct buf *out);

/* Is something safe that is not in force: by an edit, or by server: { enforce: false } out? */
bool week_any_safe(const struct first_week *week);

/* "line 14, listener mx". */
void week_place(const struct listener *listener, unsigned line, struct buf *out);

/* Where exemptions of the listener go: "line 23, under 'exempt:' of listener mx". */
void week_exempt_place(const struct listener *listener, struct buf *out);

/* The names of what keeps a client out, "ehlo_fqdn, rule blocked"; as they stand in skip. */
void week_kept_out_by(const struct first_week *week, const struct week_client *client, struct buf *out);

/* Is there a policy file to write into? */
bool week_has_file(const struct first_week *week);

/* One word more for week->journal; all: of the files that begin so. */
void week_journal_word(struct buf *out, const char *path, bool all);

/* The commands to see an edit's effect before it acts, the edit standing after the first, one a line. */
void week_commands(const struct first_week *week, struct buf *out);

/* What the figures must be for a check to be called safe. */
extern const char week_rule_of_safety[];

/* --- output: after week_settle() --- */

void week_print(const struct first_week *week, struct buf *out);	/* for people, 80 columns */
void week_json(const struct first_week *week, struct buf *out);		/* for programs, one object */
void week_html(const struct first_week *week, struct buf *out);		/* as summary_html() */

#endif
