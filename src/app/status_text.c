/* SPDX-License-Identifier: BSD-2-Clause */
/* The status for people. */
#include "app/status.h"

#include <stdlib.h>
#include <string.h>

#define REASONS_MAX 10
#define PATH_COLUMNS 67

struct page {
	const struct figures *figures;
	struct buf *out;
	bool colour;
};

/* --- pieces --- */

static double sum(const struct page *page, const char *metric, const char *label, const char *value)
{
	return figures_sum(page->figures, metric, label, value);
}

static void heading(const struct page *page, const char *text)
{
	buf_addf(page->out, "%s%s%s\n", page->colour ? "\033[1m" : "", text, page->colour ? "\033[0m" : "");
}

/* Something is wrong where bad holds. */
static void key(const struct page *page, const char *name, bool bad)
{
	buf_addf(page->out, "%s%-10s%s ", bad && page->colour ? "\033[31m" : "", name, bad && page->colour ? "\033[0m" : "");
}

static void add_share(struct buf *out, double part, double whole)
{
	if (whole > 0)
		buf_addf(out, "%.1f%%", 100 * part / whole);
	else
		buf_add(out, "-");
}

/* "half within 5 ms, 99% within 250 ms" */
static void add_waits(const struct page *page, const char *metric, const char *label, const char *value)
{
	static const double shares[] = { 0.5, 0.99 };

	if (figures_sum2(page->figures, metric, label, value, "le", "+Inf") == 0)
		buf_add(page->out, " none yet");
	for (size_t i = 0; i < 2; i++) {
		double bound = figures_quantile(page->figures, metric, label, value, shares[i]);

		if (bound >= 0)
			buf_addf(page->out, "%s %s within %g%s", i == 0 ? "" : ",", i == 0 ? "half" : "99%",
				 bound >= 1 ? bound : bound * 1000, bound >= 1 ? " s" : " ms");
	}
	buf_add_char(page->out, '\n');
}

static void add_text(struct buf *out, const struct figures *figures, const char *metric, const char *label, size_t max)
{
	char space[400];
	struct buf value;

	buf_init_fixed(&value, space, sizeof space);
	for (size_t i = 0; i < figures->count; i++)
		if (strcmp(figures->list[i].metric, metric) == 0 && figure_label(&figures->list[i], label, &value))
			buf_add_escaped(out, space, "", max);
}

/* --- parts --- */

static void add_daemon(const struct page *page)
{
	bool reload_failed = sum(page, "last_reload_success", NULL, NULL) == 0;
	double died = sum(page, "worker_deaths_total", NULL, NULL);
	char time[STATUS_TIME_BYTES];
	struct buf *out = page->out;

	buf_add(out, "ehlo-milter ");
	add_text(out, page->figures, "build_info", "version", 20);
	status_time(sum(page, "start_timestamp_seconds", NULL, NULL), time);
	buf_addf(out, ", started %s\n", time);
	key(page, "policy", false);
	add_text(out, page->figures, "policy_info", "path", PATH_COLUMNS);
	buf_add(out, "\nsha256     ");
	add_text(out, page->figures, "policy_info", "sha256", 0);
	status_time(sum(page, "policy_start_timestamp_seconds", NULL, NULL), time);
	buf_addf(out, "\nsince      %s\n", time);
	key(page, "workers", died > 0);
	buf_addf(out, "%.0f serving, %.0f starting, %.0f draining; %.0f died\n", sum(page, "workers", "state", "serving"),
		 sum(page, "workers", "state", "starting"), sum(page, "workers", "state", "draining"), died);
	key(page, "reloads", reload_failed);
	buf_addf(out, "%.0f done, %.0f failed", sum(page, "reloads_total", "outcome", "ok"),
		 sum(page, "reloads_total", "outcome", "failed"));
	status_time(sum(page, "last_reload_timestamp_seconds", "outcome", "failed"), time);
	if (reload_failed)
		buf_addf(out, "; the last one failed, %s", time);
	buf_add_char(out, '\n');
}

static void add_sessions(const struct page *page, double per_s)
{
	double lost = sum(page, "sessions_lost_total", NULL, NULL);

	key(page, "sessions", lost > 0);
	buf_addf(page->out, "%.0f open, %.0f ended, %.0f lost", sum(page, "sessions_open", NULL, NULL),
		 sum(page, "sessions_ended_total", NULL, NULL), lost);
	if (per_s >= 0)
		buf_addf(page->out, ", %.1f/s", per_s);
	buf_add(page->out, "\n           answers at MAIL:");
	add_waits(page, "step_duration_seconds_bucket", "step", "mail");
}

static void add_dns(const struct page *page)
{
	double asked = sum(page, "dns_questions_total", NULL, NULL), answers = sum(page, "dns_answers_total", NULL, NULL);
	double failed = sum(page, "dns_answers_total", "status", "SERVFAIL") +
			sum(page, "dns_answers_total", "status", "REFUSED") +
			sum(page, "dns_answers_total", "status", "TIMEOUT") + sum(page, "dns_answers_total", "status", "limit");
	bool down = sum(page, "dns_down", NULL, NULL) > 0;
	struct buf *out = page->out;

	key(page, "DNS", down);
	buf_addf(out, "%s%.0f questions, ", down ? "down; " : "", asked);
	add_share(out, sum(page, "dns_questions_total", "source", "cache"), asked);
	buf_addf(out, " from the cache\n           %.0f answers, ", answers);
	add_share(out, failed, answers);
	buf_add(out, " failed:");
	add_waits(page, "dns_duration_seconds_bucket", NULL, NULL);
	buf_addf(out, "           %.0f deadlines exceeded; cache %.0f answers, %.1f MiB\n",
		 sum(page, "dns_deadlines_exceeded_total", NULL, NULL), sum(page, "dns_cache_answers", NULL, NULL),
		 sum(page, "dns_cache_bytes", NULL, NULL) / (1 << 20));
}

static void add_limits(const struct page *page)
{
	double dropped = sum(page, "log_lines_dropped_total", NULL, NULL);
	double lost = sum(page, "session_records_lost_total", NULL, NULL);
	double hit = sum(page, "limits_hit_total", NULL, NULL);

	key(page, "limits", hit > 0 || dropped > 0 || lost > 0);
	buf_addf(page->out, "put off: %.0f by max_sessions, %.0f by max_sessions_per_client\n",
		 sum(page, "limits_hit_total", "limit", "max_sessions"),
		 sum(page, "limits_hit_total", "limit", "max_sessions_per_client"));
	buf_addf(page->out, "           %.0f of %.0f descriptors open, %.0f times too many\n",
		 sum(page, "process_open_fds", "process", "workers"), sum(page, "process_max_fds", "process", "workers"),
		 sum(page, "limits_hit_total", "limit", "descriptors"));
	buf_addf(page->out, "           lost: %.0f log lines, %.0f session records\n", dropped, lost);
	key(page, "processes", false);
	buf_addf(page->out, "workers %.1f MiB, %.0f threads, %.1f s of CPU; supervisor %.1f MiB\n",
		 sum(page, "process_resident_memory_bytes", "process", "workers") / (1 << 20),
		 sum(page, "process_threads", "process", "workers"),
		 sum(page, "process_cpu_seconds_total", "process", "workers"),
		 sum(page, "process_resident_memory_bytes", "process", "supervisor") / (1 << 20));
}

static double of(const struct page *page, const char *metric, const char *listener, const char *label, const char *value)
{
	return figures_sum2(page->figures, metric, "listener", listener, label, value);
}

static void add_column(struct buf *out, double part, double whole)
{
	char text[20];
	struct buf share;

	buf_init_fixed(&share, text, sizeof text);
	add_share(&share, part, whole);
	buf_addf(out, " %6s", text);
}

static void add_listener(void *context, const char *listener)
{
	static const char ended[] = "sessions_ended_total";
	const struct page *page = context;
	double all = of(page, ended, listener, NULL, NULL);

	buf_addf(page->out, "%-16.16s %9.0f %9.0f %9.0f %9.0f", listener, all, of(page, ended, listener, "outcome", "rejected"),
		 of(page, ended, listener, "outcome", "tempfailed"), of(page, ended, listener, "outcome", "no_mail"));
	add_column(page->out, of(page, "session_greetings_total", listener, "verb", "HELO"), all);
	add_column(page->out, all - of(page, "session_tls_total", listener, "version", "none") -
		   of(page, "session_tls_total", listener, "version", "unknown"), all);
	add_column(page->out, of(page, "session_logins_total", listener, "authenticated", "yes"), all);
	buf_add_char(page->out, '\n');
}

static bool add_reasons(const struct page *page)
{
	struct status_verdict *list;
	size_t count;

	list = status_verdicts(page->figures, &count);
	if (list && count == 0)
		buf_add(page->out, "(nothing refused, put off or held, nor would be)\n");
	for (size_t i = 0; list && i < count && i < REASONS_MAX; i++) {
		buf_addf(page->out, "%9.0f %-7.7s %-10.10s %-16.16s ", list[i].count, list[i].mode, list[i].action,
			 list[i].listener);
		if (list[i].rule[0] != '\0')
			buf_addf(page->out, "rule %.28s\n", list[i].rule);
		else
			buf_addf(page->out, "%.20s %.12s\n", list[i].check, list[i].result);
	}
	free(list);
	return list != NULL;
}

bool status_text(const struct figures *figures, bool colour, double sessions_per_s, struct buf *out)
{
	struct page page = { figures, out, colour };

	add_daemon(&page);
	add_sessions(&page, sessions_per_s);
	add_dns(&page);
	add_limits(&page);
	buf_add_char(out, '\n');
	heading(&page, "LISTENER          SESSIONS  REJECTED   PUT OFF   NO MAIL   HELO    TLS  LOGIN");
	status_listeners(figures, add_listener, &page);
	buf_add_char(out, '\n');
	heading(&page, "    COUNT MODE    ACTION     LISTENER         WHAT DECIDED");
	return add_reasons(&page) && !out->failed;
}
