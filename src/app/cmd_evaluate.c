/* SPDX-License-Identifier: BSD-2-Clause */
/* evaluate: session records to judged ones, line by line, without memory of the line before. */
#include "app/line_input.h"
#include "app/replay_setup.h"
#include "base/file.h"
#include "base/json.h"
#include "logs/record_json.h"
#include "logs/stats_json.h"
#include "report/judged_json.h"

#include <stdlib.h>

#define PENDING_BYTES (256 << 10)

struct evaluating {
	const struct summary_meta *meta;
	struct replay_judge *judge;
	struct arena arena;
	struct record record;
	struct buf out;
	bool flush;
	uint64_t good_count, bad_count;
	int status;
	char space[8192];
};

static bool print_pending(struct evaluating *evaluating)
{
	struct buf *out = &evaluating->out;

	evaluating->status = out->failed ? command_no_memory(&command_evaluate) : command_print(out->text, out->length);
	out->length = 0;
	return evaluating->status == EXIT_FINE;
}

static void add_error(struct evaluating *evaluating, const char *error, uint64_t number)
{
	struct json json;

	evaluating->bad_count++;
	json_init(&json, &evaluating->out);
	json_open_object(&json, NULL);
	json_string(&json, "error", error);
	json_number(&json, "line", (int64_t)number);
	json_close_object(&json);
	buf_add_char(&evaluating->out, '\n');
}

/* false: out of memory. */
static bool evaluate_record(struct evaluating *evaluating)
{
	const struct judged_session unseen = { .record = &evaluating->record };
	const struct judged_session *session = &unseen;

	evaluating->good_count++;
	if (record_reaches_milter(&evaluating->record))
		session = replay_judge_record(evaluating->judge, &evaluating->record, true);
	if (session)
		judged_write(session, evaluating->meta, &evaluating->out);
	return session;
}

/* What sessions says of the logs goes on to report.  NULL, or what is wrong. */
static const char *pass_log_lines(struct evaluating *evaluating, const char *text, size_t length)
{
	struct logs_stats stats;
	const char *problem = logs_stats_read(text, length, &stats);

	if (problem)
		return problem;
	evaluating->good_count++;
	judged_write_log_lines(&stats, evaluating->meta, &evaluating->out);
	return NULL;
}

static bool take(void *context, const char *text, size_t length, uint64_t number)
{
	struct evaluating *evaluating = context;
	const char *problem;

	if (replay_interrupted())
		return false;
	if (length == 0)
		return true;
	if (logs_stats_is_line(text, length)) {
		problem = pass_log_lines(evaluating, text, length);
	} else {
		arena_clear(&evaluating->arena);
		problem = record_read(text, length, &evaluating->arena, &evaluating->record);
		if (!problem && !evaluate_record(evaluating))
			problem = file_no_memory;
	}
	if (problem == file_no_memory)
		evaluating->out.failed = true;
	else if (problem)
		add_error(evaluating, problem, number);
	return (!evaluating->flush && evaluating->out.length < PENDING_BYTES && !evaluating->out.failed) ||
	       print_pending(evaluating);
}

static int evaluate(const struct replay_options *options, const struct replay_setup *setup, char **paths, size_t count)
{
	struct evaluating *evaluating = calloc(1, sizeof *evaluating);
	int status = EXIT_SYSTEM;

	if (!evaluating)
		return command_no_memory(&command_evaluate);
	evaluating->meta = &setup->meta;
	evaluating->flush = options->flush;
	arena_init(&evaluating->arena, evaluating->space, sizeof evaluating->space, sizeof evaluating->space);
	buf_init(&evaluating->out);
	evaluating->judge = replay_judge_new(&setup->plan);
	replay_interrupt_catch();
	if (evaluating->judge) {
		status = line_input_run(&command_evaluate, paths, count, take, evaluating);
		if (evaluating->status == EXIT_FINE)
			(void)print_pending(evaluating);
		if (evaluating->status != EXIT_FINE)
			status = evaluating->status;
		else if (evaluating->good_count == 0 && evaluating->bad_count > 0)
			status = EXIT_INPUT;
		else if (replay_interrupted())
			status = EXIT_INTERRUPTED;
	} else {
		status = command_no_memory(&command_evaluate);
	}
	replay_judge_free(&evaluating->judge);
	buf_clear(&evaluating->out);
	arena_clear(&evaluating->arena);
	free(evaluating);
	return status;
}

static int run(int argc, char **argv)
{
	struct replay_options options = { .dns = "none" };
	struct replay_setup setup;
	int status;
	char **paths = command_options(&command_evaluate, argc, argv, &options, &status);

	if (!paths)
		return status;
	status = replay_setup_open(&command_evaluate, &options, &setup);
	if (status == EXIT_FINE)
		status = evaluate(&options, &setup, paths, command_argument_count(paths));
	replay_setup_close(&setup);
	return status;
}

static const struct command_option own_options[] = {
	{ .name = "flush", .help = "writes each line at once", .at = offsetof(struct replay_options, flush) },
	{ .name = "json", .help = "changes nothing: the output is JSON", .at = offsetof(struct replay_options, json) },
	{ .name = NULL },
};

const struct command command_evaluate = {
	.name = "evaluate",
	.summary = "session records to judged ones, line by line",
	.options = { { .rows = policy_option }, JUDGE_OPTIONS, JUDGE_DNS_OPTION, { .rows = own_options } },
	.arguments = "[FILE...]",
	.argument_max = -1,
	.about =
		"The second of the three stages of replay: sessions | evaluate | report. Reads session records as JSON lines, from "
		"files or standard input, and writes each with the key \"judged\" more. No line knows of another, so the work may "
		"be cut anywhere between two lines. A line that is no record becomes {\"error\":\"...\",\"line\":N}, and the work "
		"goes on. The daemon's journal may come in without sessions before it; then the report has no part about the lines "
		"of the logs, which sessions counts.",
	.statuses = "0; 65 no line was a record, or no file could be read; 130 interrupted",
	.examples =
		"ehlo-milter sessions /var/log/mail.log | ehlo-milter evaluate -c policy.yaml | ehlo-milter report\n",
	.run = run,
};
