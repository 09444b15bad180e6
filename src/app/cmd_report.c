/* SPDX-License-Identifier: BSD-2-Clause */
/* report: judged sessions, or parts of reports, to one report. */
#include "app/first_week.h"
#include "app/line_input.h"
#include "app/replay_setup.h"
#include "base/file.h"
#include "logs/stats_json.h"
#include "report/judged_json.h"

#include <stdlib.h>
#include <string.h>

#define PART_BYTES_MAX ((size_t)256 << 20)
#define ERRORS_SHOWN 5

struct reporting {
	struct arena arena;
	struct record record;
	struct summary summary;
	struct summary part;		/* the one that is merged */
	bool begun;			/* summary has been given its meta */
	uint64_t error_count;
	int status;
	char space[8192];
};

static void tell_line(uint64_t line, const char *error)
{
	char place[32];

	(void)snprintf(place, sizeof place, "line %llu", (unsigned long long)line);
	(void)command_bad_input(&command_report, place, error);
}

/* --- judged sessions --- */

/* All lines must agree on by what they were judged. */
static bool agree(struct reporting *reporting, const struct summary_meta *meta, uint64_t number)
{
	if (!reporting->begun)
		summary_init(&reporting->summary, meta);
	reporting->begun = true;
	if (!summary_meta_equal(&reporting->summary.meta, meta)) {
		tell_line(number, "judged by another policy or listener, or with other DNS, than the lines before it");
		reporting->status = EXIT_INPUT;
		return false;
	}
	return true;
}

/* NULL, or what is wrong; *good_r: does it fit the others? */
static const char *take_session(struct reporting *reporting, const char *text, size_t length, uint64_t number,
				bool *good_r)
{
	struct judged_session session;
	struct summary_meta meta;
	const char *problem =
		judged_read(text, length, &reporting->arena, &reporting->record, &session, &meta);

	if (problem || !(*good_r = agree(reporting, &meta, number)))
		return problem;
	if (!session.txs)
		summary_add_unseen(&reporting->summary, session.record);
	else if (summary_add(&reporting->summary, &session))
		summary_add_sample(&reporting->summary, &session);
	return NULL;
}

static const char *take_log_lines(struct reporting *reporting, const char *text, size_t length, uint64_t number,
				  bool *good_r)
{
	struct logs_stats stats;
	struct summary_meta meta;
	const char *problem = judged_read_log_lines(text, length, &reporting->arena, &stats, &meta);

	if (!problem && (*good_r = agree(reporting, &meta, number)))
		summary_add_logs(&reporting->summary, &stats);
	return problem;
}

static bool take(void *context, const char *text, size_t length, uint64_t number)
{
	struct reporting *reporting = context;
	const char *problem;
	bool good = true;

	if (replay_interrupted())
		return false;
	if (length == 0)
		return true;
	arena_clear(&reporting->arena);
	problem = logs_stats_is_line(text, length) ? take_log_lines(reporting, text, length, number, &good) :
						     take_session(reporting, text, length, number, &good);
	if (problem == file_no_memory) {
		reporting->status = command_no_memory(&command_report);
		return false;
	}
	if (problem && reporting->error_count++ < ERRORS_SHOWN)
		tell_line(number, problem);
	return good;
}

static int read_sessions(struct reporting *reporting, char **paths, size_t count)
{
	int status = line_input_run(&command_report, paths, count, take, reporting);

	if (reporting->error_count > 0)
		(void)fprintf(stderr, "ehlo-milter report: %llu lines are no judged sessions, and not in the report\n",
			      (unsigned long long)reporting->error_count);
	if (reporting->status != EXIT_FINE)
		return reporting->status;
	reporting->summary.partial = replay_interrupted();
	if (status == EXIT_SYSTEM || reporting->begun)
		return status == EXIT_SYSTEM ? status : EXIT_FINE;
	if (replay_interrupted())
		return EXIT_INTERRUPTED;
	if (status == EXIT_FINE && reporting->error_count == 0)
		(void)fputs("ehlo-milter report: the input is empty; evaluate has a line even of an empty log: has it failed?\n", stderr);
	return EXIT_INPUT;
}

/* --- parts --- */

/* NULL, or what is wrong. */
static const char *merge_text(struct reporting *reporting, const char *text, size_t length)
{
	struct summary *into = reporting->begun ? &reporting->part : &reporting->summary;
	const char *error = summary_read(text, length, into);

	if (error)
		return error;
	if (into == &reporting->part && !summary_merge(&reporting->summary, into, &error)) {
		summary_clear(into);
		return error;
	}
	if (into == &reporting->part)
		summary_clear(into);
	reporting->begun = true;
	return NULL;
}

static int merge_file(struct reporting *reporting, const char *path)
{
	const char *error;
	size_t length;
	char *text;

	if (file_read(path, PART_BYTES_MAX, &text, &length, &error)) {
		error = merge_text(reporting, text, length);
		free(text);
	}
	return error ? command_bad_input(&command_report, path, error) : EXIT_FINE;
}

static int merge_files(struct reporting *reporting, char **paths, size_t count)
{
	int status = EXIT_FINE;

	for (size_t i = 0; i < count && status == EXIT_FINE; i++)
		status = merge_file(reporting, paths[i]);
	return status;
}

/* --- the command --- */

static int report(const struct replay_options *options, char **paths, size_t count)
{
	struct reporting *reporting = calloc(1, sizeof *reporting);
	int status;

	if (!reporting)
		return command_no_memory(&command_report);
	arena_init(&reporting->arena, reporting->space, sizeof reporting->space, sizeof reporting->space);
	replay_interrupt_catch();
	status = options->merge ? merge_files(reporting, paths, count) : read_sessions(reporting, paths, count);
	if (status == EXIT_FINE)
		status = replay_report(&command_report, options, &reporting->summary);
	summary_clear(&reporting->summary);
	arena_clear(&reporting->arena);
	free(reporting);
	return status;
}

static bool has_log_options(const struct log_reading *reading)
{
	const struct logs_options *options = &reading->options;

	return options->format || options->bare || options->year != 0 || options->zone.local || options->zone.offset_s != 0 ||
	       reading->missed_path || reading->quiet;
}

/* The first week is judged here, and has no parts; what is judged already has no policy to choose. */
static int check_options(const struct replay_options *options)
{
	if (!options->first_week && (options->log.policy_path || options->listener || options->new_path ||
				     has_log_options(&options->log.reading)))
		return command_usage(&command_report, "a policy and the options of logs are for --first-week: what is judged "
				     "already is only summed up");
	if (options->first_week && (options->partial || options->fail_on.count > 0 || options->new_path))
		return command_usage(&command_report, "--first-week goes with -c, --listener, --html, --json and the options "
				     "of logs alone");
	return EXIT_FINE;
}

static int run(int argc, char **argv)
{
	struct replay_options options = { .dns = "none" };
	int status;
	char **paths = command_options(&command_report, argc, argv, &options, &status);

	if (paths)
		status = check_options(&options);
	if (!paths || status != EXIT_FINE)
		return status;
	if (options.first_week)
		return first_week(&options, paths, command_argument_count(paths));
	if (options.merge && !paths[0])
		return command_usage(&command_report, "--merge: expected the files of the parts");
	return report(&options, paths, command_argument_count(paths));
}

static const struct command_option own_options[] = {
	{ .name = "merge",
	  .help = "the FILEs are parts that report --partial or replay --partial wrote: in any order and any grouping they give the "
		  "report of the whole",
	  .at = offsetof(struct replay_options, merge) },
	{ .name = "first-week", .instead = true,
	  .help = "the FILEs are session records, or those of the policy's server.session_log: what would have been refused were "
		  "every mode enforce, and by which check; clients that look legitimate all the same, with exemptions to paste; "
		  "which checks are safe to enforce by these figures, and the edit that does it. Only with it: -c, --listener, and "
		  "the options of logs",
	  .at = offsetof(struct replay_options, first_week) },
	{ .name = NULL },
};

const struct command command_report = {
	.name = "report",
	.summary = "judged sessions, or the first week's journal, to a report",
	.options = { { .rows = own_options }, REPORT_OPTIONS, { .rows = policy_option }, JUDGE_OPTIONS, LOG_OPTIONS },
	.arguments = "[FILE...]",
	.argument_max = -1,
	.about =
		"The last of the three stages of replay: sessions | evaluate | report. Reads what evaluate writes, from files or "
		"standard input, and prints the very report of replay. Lines that are no judged sessions are counted and told on "
		"standard error; sessions that were judged by different policies are refused. An input without any line is none that could be read: "
		"evaluate has one even of an empty log.",
	.statuses = "0; 1 a condition holds; 65 nothing could be read, or parts do not fit together; 130 interrupted",
	.examples =
		"ehlo-milter sessions /var/log/mail.log | ehlo-milter evaluate | ehlo-milter report --json\n"
		"ehlo-milter report --merge monday.part tuesday.part\n"
		"# After a week in mode observe:\n"
		"ehlo-milter report --first-week --html week.html sessions.jsonl\n",
	.run = run,
};
