/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of metrics.  A new one is a row here and a call where it happens. */
#include "app/metrics_table.h"

#include "core/check.h"
#include "core/dns_answer.h"
#include "core/facts.h"
#include "core/session.h"
#include "core/verdict.h"
#include "dns/dns.h"

const uint32_t metric_bucket_us[METRIC_BUCKETS] = {
	100, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000
};

const struct metric_row metric_rows[METRIC_COUNT] = {
	[METRIC_BUILD] = { "build", TYPE_INFO, "", "The version of the daemon.", { 0 } },
	[METRIC_POLICY] = { "policy", TYPE_INFO, "",
		"The policy that serves. On hosts that share a policy sha256 is the same.", { 0 } },
	[METRIC_START] = { "start_timestamp_seconds", TYPE_GAUGE, "seconds",
		"When the daemon was started.", { 0 } },
	[METRIC_POLICY_START] = { "policy_start_timestamp_seconds", TYPE_GAUGE, "seconds",
		"Since when the policy serves.", { 0 } },
	[METRIC_WORKERS] = { "workers", TYPE_GAUGE, "",
		"Processes that serve sessions: one serves, others start or finish their sessions.", { LABEL_WORKER } },
	[METRIC_WORKER_DEATHS] = { "worker_deaths", TYPE_COUNTER, "",
		"Workers that died and were replaced; their open sessions are in sessions_lost.", { 0 } },
	[METRIC_RELOADS] = { "reloads", TYPE_COUNTER, "", "Reloads of the policy that were asked for.",
		{ LABEL_SUCCESS } },
	[METRIC_RELOAD_TIME] = { "last_reload_timestamp_seconds", TYPE_GAUGE, "seconds",
		"When a reload last ended so.", { LABEL_SUCCESS } },
	[METRIC_RELOAD_SUCCESS] = { "last_reload_success", TYPE_GAUGE, "",
		"0 after a reload that failed: the policy file has errors, and the policy of before serves.", { 0 } },
	[METRIC_SESSIONS_STARTED] = { "sessions_started", TYPE_COUNTER, "",
		"Sessions that the MTA told of and that there was room for. Equals ended + lost + open.", { 0 } },
	[METRIC_SESSIONS_OPEN] = { "sessions_open", TYPE_GAUGE, "", "Sessions that are open now.", { 0 } },
	[METRIC_SESSIONS_ENDED] = { "sessions_ended", TYPE_COUNTER, "",
		"Sessions that ended, by the most severe answer to one of their commands. Refusals of the MTA's own are "
		"not seen by a milter, nor is what only mode enforce would refuse (see verdicts).",
		{ LABEL_LISTENER, LABEL_OUTCOME } },
	[METRIC_SESSIONS_LOST] = { "sessions_lost", TYPE_COUNTER, "",
		"Sessions that were open when their worker ended: it died, or they took longer than server.drain.", { 0 } },
	[METRIC_GREETINGS] = { "session_greetings", TYPE_COUNTER, "",
		"Ended sessions by their last greeting; verb none: there was none. Sendmail tells EHLO from HELO at MAIL, "
		"Postfix only with helo_marker: else unknown. VRFY, EXPN and ETRN are never seen by a milter.",
		{ LABEL_LISTENER, LABEL_VERB } },
	[METRIC_REGREETINGS] = { "session_tls_greetings", TYPE_COUNTER, "",
		"Ended sessions with TLS by their greetings: again after STARTTLS, not_again before MAIL, or only_in_tls "
		"(TLS from the start). A session that ends between STARTTLS and the next command is not seen as one with TLS.",
		{ LABEL_LISTENER, LABEL_REGREETING } },
	[METRIC_TLS] = { "session_tls", TYPE_COUNTER, "",
		"Ended sessions by their version of TLS, as told at EHLO and MAIL; unknown: ended before MAIL.",
		{ LABEL_LISTENER, LABEL_TLS } },
	[METRIC_LOGINS] = { "session_logins", TYPE_COUNTER, "",
		"Ended sessions by whether the client had logged in at MAIL; unknown: ended before. A milter does not see "
		"AUTH that fails: 'ehlo-milter report' has it from the MTA's log.", { LABEL_LISTENER, LABEL_KNOWN } },
	[METRIC_VERDICTS] = { "verdicts", TYPE_COUNTER, "",
		"Transactions, and sessions answered before MAIL, by what decided. In mode observe action is what enforce "
		"would have answered, and the MTA was told accept. Neither check nor rule: nothing was found. With reply_at "
		"rcpt one for the accepted recipients and one for the refused.",
		{ LABEL_LISTENER, LABEL_CHECK, LABEL_RULE, LABEL_RESULT, LABEL_ANSWER, LABEL_MODE } },
	[METRIC_FINDINGS] = { "findings", TYPE_COUNTER, "",
		"Results of each check that is not off, once for each verdict, with the action that the policy has for it. "
		"The results of SPF are those of spf_helo and spf_mail_from.",
		{ LABEL_LISTENER, LABEL_CHECK, LABEL_RESULT, LABEL_ACTION } },
	[METRIC_STEP_DURATION] = { "step_duration_seconds", TYPE_HISTOGRAM, "seconds",
		"How long the MTA waited for the answer to a command.", { LABEL_STEP } },
	[METRIC_DNS_QUESTIONS] = { "dns_questions", TYPE_COUNTER, "",
		"Questions to DNS: answered by the cache, joined to the same one under way, or sent to the network.",
		{ LABEL_DNS_ASKED } },
	[METRIC_DNS_ANSWERS] = { "dns_answers", TYPE_COUNTER, "",
		"Answers to the questions that were sent; limit: too many were waiting, and it was not.",
		{ LABEL_DNS_TYPE, LABEL_DNS_STATUS } },
	[METRIC_DNS_DURATION] = { "dns_duration_seconds", TYPE_HISTOGRAM, "seconds",
		"From a question that was sent to its answer or time-out.", { 0 } },
	[METRIC_DNS_OUT_OF_TIME] = { "dns_deadlines_exceeded", TYPE_COUNTER, "",
		"Commands that dns.deadline was not enough for: what was missing then is a temperror.", { 0 } },
	[METRIC_DNS_DOWN] = { "dns_down", TYPE_GAUGE, "",
		"1 while most questions of unrelated names fail: dns.on_failure is in force.", { 0 } },
	[METRIC_CACHE_ANSWERS] = { "dns_cache_answers", TYPE_GAUGE, "", "Answers in the caches of the workers.", { 0 } },
	[METRIC_CACHE_BYTES] = { "dns_cache_bytes", TYPE_GAUGE, "bytes", "Their size.", { 0 } },
	[METRIC_LIMITS] = { "limits_hit", TYPE_COUNTER, "",
		"Sessions put off for max_sessions and max_sessions_per_client, and times that no connection was accepted "
		"because nearly all descriptors were in use.", { LABEL_LIMIT } },
	[METRIC_LOG_DROPPED] = { "log_lines_dropped", TYPE_COUNTER, "",
		"Lines that syslog or standard error did not take fast enough.", { 0 } },
	[METRIC_RECORDS_LOST] = { "session_records_lost", TYPE_COUNTER, "",
		"Records that are not in the session log: it could not be written, or not fast enough.", { 0 } },
	[METRIC_CPU] = { "process_cpu_seconds", TYPE_COUNTER, "seconds", "CPU time used, system time included.",
		{ LABEL_PROCESS } },
	[METRIC_MEMORY] = { "process_resident_memory_bytes", TYPE_GAUGE, "bytes", "Resident memory.",
		{ LABEL_PROCESS } },
	[METRIC_THREADS] = { "process_threads", TYPE_GAUGE, "", "Threads.", { LABEL_PROCESS } },
	[METRIC_FDS] = { "process_open_fds", TYPE_GAUGE, "", "Open descriptors; of the worker that has the most.",
		{ LABEL_PROCESS } },
	[METRIC_FDS_MAX] = { "process_max_fds", TYPE_GAUGE, "", "The limit of open descriptors; of the same worker.",
		{ LABEL_PROCESS } },
};

/* --- words --- */

#define WORDS(...) (const char *const[]){ __VA_ARGS__ }

static const char *word_of_check(unsigned value)
{
	return checks[value]->name;
}

static const char *word_of_result(unsigned value)
{
	return result_word((enum result)value);
}

static const char *word_of_answer(unsigned value)
{
	return answer_word((enum answer)value);
}

static const char *word_of_action(unsigned value)
{
	return action_word((enum action)value);
}

static const char *word_of_mode(unsigned value)
{
	return mode_word((enum mode)value);
}

static const char *word_of_dns_type(unsigned value)
{
	return dns_type_word((enum dns_type)value);
}

static const char *word_of_dns_status(unsigned value)
{
	return dns_status_word((enum dns_status)value);
}

const struct label_row label_rows[LABEL_COUNT] = {
	[LABEL_LISTENER] = { .name = "listener" },
	[LABEL_RULE] = { .name = "rule" },
	[LABEL_CHECK] = { "check", CHECK_COUNT, NULL, word_of_check },
	[LABEL_RESULT] = { "result", RESULT_COUNT, NULL, word_of_result },
	[LABEL_ANSWER] = { "action", ANSWER_REJECT + 1, NULL, word_of_answer },
	[LABEL_ACTION] = { "action", ACTION_COUNT, NULL, word_of_action },
	[LABEL_MODE] = { "mode", MODE_ENFORCE + 1, NULL, word_of_mode },
	[LABEL_VERB] = { "verb", VERB_HELO + 1, WORDS("unknown", "none", "EHLO", "HELO"), NULL },
	[LABEL_DNS_ASKED] = { "source", DNS_ASKED_COUNT, WORDS("cache", "joined", "net"), NULL },
	[LABEL_DNS_TYPE] = { "type", DNS_AAAA + 1, NULL, word_of_dns_type },
	[LABEL_DNS_STATUS] = { "status", DNS_LIMIT + 1, NULL, word_of_dns_status },
	[LABEL_WORKER] = { "state", 3, WORDS("starting", "serving", "draining"), NULL },
	[LABEL_SUCCESS] = { "outcome", 2, WORDS("ok", "failed"), NULL },
	[LABEL_OUTCOME] = { "outcome", 4, WORDS("no_mail", "accepted", "tempfailed", "rejected"), NULL },
	[LABEL_REGREETING] = { "greeted", 3, WORDS("again", "not_again", "only_in_tls"), NULL },
	[LABEL_TLS] = { "version", 7, WORDS("none", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "other", "unknown"), NULL },
	[LABEL_KNOWN] = { "authenticated", 3, WORDS("yes", "no", "unknown"), NULL },
	[LABEL_STEP] = { "step", 4, WORDS("connect", "helo", "mail", "rcpt"), NULL },
	[LABEL_LIMIT] = { "limit", 3, WORDS("max_sessions", "max_sessions_per_client", "descriptors"), NULL },
	[LABEL_PROCESS] = { "process", 2, WORDS("supervisor", "workers"), NULL },
};

const char *label_word(enum metric_label label, unsigned value)
{
	const struct label_row *row = &label_rows[label];

	if (value == 0 || value > row->count)
		return "";
	return row->words ? row->words[value - 1] : row->word(value - 1);
}
