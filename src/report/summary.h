/* SPDX-License-Identifier: BSD-2-Clause */
/* Many judged sessions in one: counts, lists and samples that can be added up in any order and in any parts. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "base/buf.h"
#include "core/policy.h"
#include "logs/logs.h"
#include "report/samples.h"
#include "report/tally.h"

#define SUMMARY_LIST_MAX 16384		/* names of a list */

/* What is only counted; the order is that of the output. */
enum total {
	TOTAL_SESSIONS,
	TOTAL_TRANSACTIONS,
	TOTAL_INCOMPLETE,
	TOTAL_BEFORE_MILTER,		/* ended in postscreen: not judged, and not among the sessions */
	TOTAL_LISTENER_UNSURE,
	/* Each session is one of these. */
	TOTAL_REJECTED,
	TOTAL_TEMPFAILED,
	TOTAL_POSSIBLE,			/* refused, unless an exemption applies of which nobody knows */
	TOTAL_UNDECIDABLE,		/* accepted, unless a fact is other than nobody knows */
	TOTAL_QUARANTINED,
	TOTAL_ACCEPTED,
	/* Of what was done then. */
	TOTAL_THEN_KNOWN,
	TOTAL_THEN_REFUSED,
	TOTAL_NEWLY_REJECTED_DELIVERED,
	/* How clients behave. */
	TOTAL_GREETED_EHLO,
	TOTAL_GREETED_HELO,
	TOTAL_GREETED_NOT,
	TOTAL_GREETED_UNKNOWN,
	TOTAL_TLS,
	TOTAL_TLS_NOT,
	TOTAL_TLS_UNKNOWN,
	TOTAL_AUTHENTICATED,
	TOTAL_AUTHENTICATED_NOT,
	TOTAL_AUTHENTICATED_UNKNOWN,
	TOTAL_AUTH_FAILURES,
	/* Coverage: sessions in which the fact is known, none included; transactions for the last. */
	TOTAL_KNOWN_START,
	TOTAL_KNOWN_CLIENT,
	TOTAL_KNOWN_CLIENT_NAME,
	TOTAL_KNOWN_RESOLVE,
	TOTAL_KNOWN_SERVER_PORT,
	TOTAL_KNOWN_GREETING,
	TOTAL_KNOWN_HELO_NAME,
	TOTAL_KNOWN_VERB,
	TOTAL_KNOWN_DNS,
	TOTAL_UNCONFIRMED,		/* client names that are none: all of them hints at smtpd_peername_lookup = no */
	TOTAL_KNOWN_SENDER,
	/* The logs. */
	TOTAL_BYTES,
	TOTAL_LINES,
	TOTAL_LINES_UNDERSTOOD,
	TOTAL_LINES_OTHER,
	TOTAL_LINES_FOREIGN,
	TOTAL_LINES_ORPHAN,
	TOTAL_LINES_REPEATED,
	TOTAL_LINES_CUT,
	TOTAL_LINES_MISSED,
	TOTAL_GIVEN_UP,
	TOTAL_COUNT
};

const char *total_word(enum total total);	/* "newly_rejected_delivered" */

/* What is counted by name, in four columns. */
enum summary_list {
	LIST_LISTENERS,		/* sessions, refused, possible, undecidable */
	LIST_REASONS,		/* "check ehlo_fqdn fail": found, of them refusing, of them alone; could not tell */
	LIST_DAYS,		/* sessions, refused, possible, undecidable */
	LIST_SOURCES,		/* sessions; - - - */
	LIST_DNS,		/* "PTR NOERROR": questions; - - - */
	/* Of sessions that are refused, for certain or possibly: refused, possible, delivered then; - */
	LIST_DOMAINS,
	LIST_NETWORKS,
	LIST_NAMES,
	LIST_COUNT
};

const char *list_word(enum summary_list list);
const char *list_column(enum summary_list list, int column);	/* NULL: unused */

/* Answers as rows and columns of before and after. */
enum state { STATE_ACCEPT, STATE_QUARANTINE, STATE_TEMPFAIL, STATE_REJECT, STATE_UNCERTAIN, STATE_UNKNOWN,
	     STATE_COUNT };

const char *state_word(enum state state);

/* On what all parts must agree. */
struct summary_meta {
	char before[65];	/* SHA-256 of the old policy; "log": what the MTA did then */
	char after[65];
	char dns[80];		/* none, live, tape and its SHA-256 */
	char listener[POLICY_NAME_BYTES_MAX + 1];	/* "": the one that a policy chooses */
};

bool summary_meta_equal(const struct summary_meta *a, const struct summary_meta *b);

struct summary {
	struct summary_meta meta;
	bool partial;			/* interrupted: not all of the input is in it */
	uint64_t totals[TOTAL_COUNT];
	uint64_t changes[CHANGE_COUNT];
	uint64_t matrix[STATE_COUNT][STATE_COUNT];	/* before, after */
	uint64_t hours[7][24][2];	/* Monday first, UTC: sessions, refused */
	/*
	 * IP_NONE and not many_clients: none yet.  One client for all hints at a log from which they were
	 * removed, or a proxy.
	 */
	struct ip only_client;
	bool many_clients;
	bool timed;			/* first_us and last_us are there */
	int64_t first_us, last_us;	/* starts of sessions */
	struct tally lists[LIST_COUNT];
	struct samples samples;
	struct line_samples missed_lines;
	bool failed;			/* memory was out: the summary is not whole */
	/* What is mostly the same from session to session is counted here until it changes. */
	int32_t day;
	uint64_t day_counts[TALLY_COLUMNS];
	char listener[POLICY_NAME_BYTES_MAX + 1];
	uint64_t listener_counts[TALLY_COLUMNS];
	uint64_t source_counts[SOURCE_SURICATA + 1];
	uint64_t check_counts[CHECK_COUNT][RESULT_COUNT][TALLY_COLUMNS];
};

void summary_init(struct summary *summary, const struct summary_meta *meta);
void summary_clear(struct summary *summary);

/*
 * A session that a milter would have seen.  true: it is one of those to look at first, and the caller gives it to
 * summary_add_sample() too, with its replies, which the others need not have.
 */
bool summary_add(struct summary *summary, const struct judged_session *session);
void summary_add_sample(struct summary *summary, const struct judged_session *session);

/* One that it would not (record_reaches_milter()). */
void summary_add_unseen(struct summary *summary, const struct record *record);
void summary_add_logs(struct summary *summary, const struct logs_stats *stats);

/* Counts what summary_add() keeps for later; a part of summary_settle(). */
void summary_flush(struct summary *summary);

/* A client of only_client. */
void summary_add_client(struct summary *summary, const struct ip *ip);

/* Before it is merged, written or looked at: brings the lists to their bounds. */
void summary_settle(struct summary *summary);

/*
 * into = into + from, in any order and grouping the same.  false with *error_r set: their policies or their DNS
 * differ, or memory is out.
 */
bool summary_merge(struct summary *into, struct summary *from, const char **error_r);

/*
 * "newly_rejected>0", "newly_rejected_delivered>0", "undecidable>5%": a change or a total, > >= < <= == !=, a
 * number or a share.
 */
bool summary_condition(const struct summary *summary, const char *condition, bool *holds_r, const char **error_r);

/*
 * As JSON, newline at the end.  whole: everything, to be read and merged again; else the first rows of each list.
 * The summary must be settled.  Same summary, same bytes.
 */
void summary_write(const struct summary *summary, bool whole, struct buf *out);

/* Reads what summary_write() has written whole; NULL, or what is wrong (a constant). */
const char *summary_read(const char *text, size_t length, struct summary *summary_r);

/* For people, 80 columns.  The summary must be settled. */
void summary_print(const struct summary *summary, struct buf *out);

/*
 * For people, as one page of HTML in ASCII that needs nothing beside it and runs nothing.  The summary must be settled.
 * Same summary, same bytes.
 */
void summary_html(const struct summary *summary, struct buf *out);

#endif
