/* SPDX-License-Identifier: BSD-2-Clause */
/* What is counted: one row for each metric, and one for each label. */
#ifndef APP_METRICS_TABLE_H
#define APP_METRICS_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define METRIC_LABELS_MAX 6
#define METRIC_PREFIX "ehlo_milter_"

/* In the order of the output. */
enum metric {
	METRIC_BUILD,
	METRIC_POLICY,
	METRIC_START,
	METRIC_POLICY_START,
	METRIC_WORKERS,
	METRIC_WORKER_DEATHS,
	METRIC_RELOADS,
	METRIC_RELOAD_TIME,
	METRIC_RELOAD_SUCCESS,
	METRIC_SESSIONS_STARTED,
	METRIC_SESSIONS_OPEN,
	METRIC_SESSIONS_ENDED,
	METRIC_SESSIONS_LOST,
	METRIC_GREETINGS,
	METRIC_REGREETINGS,
	METRIC_TLS,
	METRIC_LOGINS,
	METRIC_VERDICTS,
	METRIC_FINDINGS,
	METRIC_STEP_DURATION,
	METRIC_DNS_QUESTIONS,
	METRIC_DNS_ANSWERS,
	METRIC_DNS_DURATION,
	METRIC_DNS_OUT_OF_TIME,
	METRIC_DNS_DOWN,
	METRIC_CACHE_ANSWERS,
	METRIC_CACHE_BYTES,
	METRIC_LIMITS,
	METRIC_LOG_DROPPED,
	METRIC_RECORDS_LOST,
	METRIC_CPU,
	METRIC_MEMORY,
	METRIC_THREADS,
	METRIC_FDS,
	METRIC_FDS_MAX,
	METRIC_COUNT
};

enum metric_type { TYPE_COUNTER, TYPE_GAUGE, TYPE_HISTOGRAM, TYPE_INFO };

/* The value of a label is 1 + one of these, or of the project's own enums; with 0 the label is left out. */
enum meter_worker { WORKER_STARTING, WORKER_SERVING, WORKER_DRAINING };
enum meter_success { SUCCESS_OK, SUCCESS_FAILED };
enum meter_outcome { OUTCOME_NO_MAIL, OUTCOME_ACCEPTED, OUTCOME_TEMPFAILED, OUTCOME_REJECTED };
enum meter_regreeting { REGREETING_AGAIN, REGREETING_NOT_AGAIN, REGREETING_ONLY_IN_TLS };
enum meter_tls { TLS_NONE, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3, TLS_OTHER, TLS_UNKNOWN };
enum meter_known { KNOWN_YES, KNOWN_NO, KNOWN_UNKNOWN };
enum meter_step { STEP_CONNECT, STEP_HELO, STEP_MAIL, STEP_RCPT };
enum meter_limit { METER_SESSIONS, METER_SESSIONS_PER_CLIENT, METER_DESCRIPTORS };
enum meter_process { PROCESS_SUPERVISOR, PROCESS_WORKERS };

enum metric_label {
	LABEL_NONE,
	LABEL_LISTENER,		/* metrics_listener() */
	LABEL_RULE,		/* metrics_rule() */
	LABEL_CHECK,		/* enum check_id */
	LABEL_RESULT,		/* enum result */
	LABEL_ANSWER,		/* enum answer */
	LABEL_ACTION,		/* enum action */
	LABEL_MODE,		/* enum mode */
	LABEL_VERB,		/* enum verb */
	LABEL_DNS_ASKED,	/* enum dns_asked */
	LABEL_DNS_TYPE,		/* enum dns_type */
	LABEL_DNS_STATUS,	/* enum dns_status */
	LABEL_WORKER,
	LABEL_SUCCESS,
	LABEL_OUTCOME,
	LABEL_REGREETING,
	LABEL_TLS,
	LABEL_KNOWN,
	LABEL_STEP,
	LABEL_LIMIT,
	LABEL_PROCESS,
	LABEL_COUNT
};

struct metric_row {
	const char *name;	/* without prefix, "_total" and "_info" */
	enum metric_type type;
	const char *unit;	/* name ends with it; "" where there is none.  "seconds": counted in microseconds */
	const char *help;
	enum metric_label labels[METRIC_LABELS_MAX];
};

struct label_row {
	const char *name;
	unsigned count;				/* values 1 to count; 0: a name of the policy */
	const char *const *words;		/* of the values less 1; or */
	const char *(*word)(unsigned value);	/* of a value less 1; "" where there is no such value */
};

extern const struct metric_row metric_rows[METRIC_COUNT];
extern const struct label_row label_rows[LABEL_COUNT];

/* Of a label that has no names; "" where the value stands for none. */
const char *label_word(enum metric_label label, unsigned value);

/* The upper bounds of every histogram; beyond the last one there is one more bucket. */
#define METRIC_BUCKETS 14
extern const uint32_t metric_bucket_us[METRIC_BUCKETS];

#endif
