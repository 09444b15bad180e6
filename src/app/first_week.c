/* SPDX-License-Identifier: BSD-2-Clause */
/* Judges the journal for the report of the first week. */
#include "app/first_week.h"

#include "app/session_file.h"
#include "base/file.h"
#include "report/first_week.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct weekly {
	struct first_week week;
	struct replay_judge *judge;
	bool no_memory;
};

static bool take(void *context, struct record *record, struct arena *arena)
{
	struct weekly *weekly = context;
	const struct judged_session *session;

	(void)arena;
	if (replay_interrupted())
		return false;
	if (!record_reaches_milter(record)) {
		weekly->week.before_milter++;
		return true;
	}
	session = replay_judge_record(weekly->judge, record, false);
	if (session)
		week_add(&weekly->week, session);
	weekly->no_memory = !session || weekly->week.failed;
	return !weekly->no_memory;
}

/* --- where the sessions are --- */

static int tell_no_log(const struct policy *policy)
{
	struct buf out;

	buf_init(&out);
	buf_add(&out, "ehlo-milter report: no FILE named, and the policy keeps no journal. To have one, write\n"
		      "  server: { session_log: { path: /var/log/ehlo-milter/sessions.jsonl, record_all: true } }\n"
		      "into ");
	buf_add_escaped(&out, policy->path, "", 0);
	buf_add(&out, ", reload, and come back in a week\n");
	(void)fputs(out.text, stderr);
	buf_clear(&out);
	return EXIT_INPUT;
}

static int tell_no_session(const char *where)
{
	struct buf out;

	buf_init(&out);
	buf_add(&out, "ehlo-milter report: no session in ");
	buf_add_escaped(&out, where, "", 0);
	buf_add(&out, " yet: it grows by each session that ends. If mail has come since the policy has a\n"
		      "session_log, look whether the daemon runs and the MTA asks it: ehlo-milter status\n");
	(void)fputs(out.text, stderr);
	buf_clear(&out);
	return EXIT_INPUT;
}

/* The words of the commands to come. */
static void name_journal(struct buf *out, const char *session_log, char **paths, size_t count)
{
	if (session_log)
		week_journal_word(out, session_log, true);
	for (size_t i = 0; !session_log && i < count; i++)
		week_journal_word(out, paths[i], false);
}

/* --- the report --- */

static int write_page(const struct first_week *week, const char *path)
{
	struct buf out;
	int status;

	buf_init(&out);
	week_html(week, &out);
	status = replay_write_page(&command_report, path, &out);
	buf_clear(&out);
	return status;
}

static int print_week(const struct first_week *week, bool as_json)
{
	struct buf out;
	int status;

	buf_init(&out);
	if (as_json)
		week_json(week, &out);
	else
		week_print(week, &out);
	status = out.failed ? command_no_memory(&command_report) : command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

static int report(struct first_week *week, const struct replay_options *options)
{
	int page_status = EXIT_FINE, status;

	week_settle(week);
	if (week->failed)
		return command_no_memory(&command_report);
	if (options->html_path)
		page_status = write_page(week, options->html_path);
	status = print_week(week, options->json);
	if (status != EXIT_FINE || page_status != EXIT_FINE)
		return status != EXIT_FINE ? status : page_status;
	return replay_interrupted() ? EXIT_INTERRUPTED : EXIT_FINE;
}

/* session_log: what the paths are of; NULL: they were named. */
static int judge(struct weekly *weekly, const struct replay_options *options, const char *session_log, char **paths,
		 size_t count)
{
	struct log_reading reading = options->log.reading;
	struct buf journal;
	int status = log_reading_run(&command_report, &reading, paths, count, take, weekly);

	if (weekly->no_memory)
		return command_no_memory(&command_report);
	if (status != EXIT_FINE && !replay_interrupted())
		return status;
	weekly->week.partial = replay_interrupted();
	weekly->week.lines_missed = reading.stats.missed;
	if (weekly->week.sessions == 0 && !weekly->week.partial)
		return tell_no_session(session_log ? session_log : paths[0]);
	buf_init(&journal);
	name_journal(&journal, session_log, paths, count);
	weekly->week.journal = journal.text;
	status = journal.failed ? command_no_memory(&command_report) : report(&weekly->week, options);
	buf_clear(&journal);
	return status;
}

static int with_policy(const struct replay_options *options, const struct replay_setup *setup, const char *session_log,
		       char **paths, size_t count)
{
	struct weekly weekly = { .judge = replay_judge_new(&setup->plan) };
	int status = EXIT_SYSTEM;

	if (!week_init(&weekly.week, setup->after) || !weekly.judge)
		(void)command_no_memory(&command_report);
	else
		status = judge(&weekly, options, session_log, paths, count);
	week_clear(&weekly.week);
	replay_judge_free(&weekly.judge);
	return status;
}

/* The files of the policy's own journal. */
static int own_journal(const struct replay_options *options, const struct replay_setup *setup)
{
	const char *path = setup->after->server.session_log.path;
	size_t count, absent;
	char **paths;
	int status;

	if (!path)
		return tell_no_log(setup->after);
	paths = session_file_list(path, &count);
	if (!paths)
		return command_no_memory(&command_report);
	/* Just renamed, or never written: what cannot be read for another reason says so itself. */
	absent = access(path, F_OK) != 0 && errno == ENOENT;
	status = count > absent ? with_policy(options, setup, path, paths + absent, count - absent) :
				  tell_no_session(path);
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
	return status;
}

int first_week(const struct replay_options *options, char **paths, size_t count)
{
	struct replay_setup setup;
	int status = replay_setup_open(&command_report, options, &setup);

	if (status == EXIT_FINE) {
		replay_interrupt_catch();
		status = count > 0 ? with_policy(options, &setup, NULL, paths, count) : own_journal(options, &setup);
	}
	replay_setup_close(&setup);
	return status;
}
