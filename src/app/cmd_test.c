/* SPDX-License-Identifier: BSD-2-Clause */
/* test: the administrator's own cases against the policy. */
#include "app/case_run.h"
#include "app/command.h"
#include "app/coverage.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	const char *policy_path;
	bool json;
	char **paths;
	size_t path_count;
};

/* --- one file of cases --- */

struct case_file {
	struct cases *cases;
	struct dns **tapes;	/* one for each of cases->tapes */
};

static void file_clear(struct case_file *file)
{
	for (size_t i = 0; file->tapes && i < file->cases->tape_count; i++)
		dns_free(&file->tapes[i]);
	free(file->tapes);
	cases_free(&file->cases);
}

/* What a tape has to say, at the places where its lines stand in the file. */
static void add_messages(const struct case_file *file, const struct case_tape *tape, const struct diag *said,
			 struct diag *diag)
{
	for (size_t i = 0; i < said->count; i++) {
		const struct diag_entry *entry = &said->entries[i];
		struct place place = case_tape_place(file->cases, tape, entry->place.line, entry->place.column);

		if (entry->severity == SEVERITY_ERROR)
			diag_error(diag, place, "%s", entry->text);
		else
			diag_warn(diag, place, "%s", entry->text);
	}
	diag->failed = diag->failed || said->failed;
	diag->no_memory = diag->no_memory || said->no_memory;
}

static bool open_tapes(struct case_file *file, struct diag *diag)
{
	const struct cases *cases = file->cases;

	file->tapes = calloc(cases->tape_count + 1, sizeof(struct dns *));
	for (size_t i = 0; file->tapes && i < cases->tape_count; i++) {
		struct diag said;

		diag_init(&said);
		file->tapes[i] = dns_tape_new_text(cases->path, cases->tapes[i].text, cases->tapes[i].length,
						   &said);
		add_messages(file, &cases->tapes[i], &said, diag);
		if (!file->tapes[i] && said.error_count == 0)
			diag->failed = true;
		diag_clear(&said);
	}
	return file->tapes != NULL;
}

static bool file_open(struct case_file *file, const char *path, const struct policy *policy, struct diag *diag)
{
	file->cases = cases_load(path, policy, date_of_us(clock_realtime_us()), diag);
	return !file->cases || open_tapes(file, diag);
}

/* --- what is told --- */

struct report {
	const struct options *options;
	struct buf out;
	struct json json;
	struct coverage coverage;
	size_t case_count;
	size_t failed_count;
	bool no_memory;
};

static void add_place(struct buf *out, const struct test_case *test)
{
	buf_add_escaped(out, test->place.file, "", 0);
	buf_addf(out, ":%u: ", test->place.line);
	if (test->name) {
		buf_add_escaped(out, test->name, "", 0);
		buf_add(out, ": ");
	}
}

static void add_indented(struct buf *out, const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		buf_add(out, length > 0 ? "    " : "");
		buf_add_bytes(out, text, length);
		buf_add_char(out, '\n');
		text += length + (text[length] == '\n');
	}
}

static void report_failure_text(struct report *report, const struct case_run *run)
{
	struct buf text;

	for (size_t i = 0; i < run->mismatch_count; i++) {
		const struct mismatch *mismatch = &run->mismatches[i];

		add_place(&report->out, run->test);
		buf_addf(&report->out, "%s: expected ", mismatch->what);
		buf_add_escaped(&report->out, mismatch->expected, "", 0);
		buf_add(&report->out, ", found ");
		buf_add_escaped(&report->out, mismatch->found, "", 0);
		buf_add_char(&report->out, '\n');
	}
	buf_init(&text);
	explain_text(&run->explanation, &text);
	add_indented(&report->out, text.text);
	report->no_memory = report->no_memory || text.failed;
	buf_clear(&text);
}

static void report_json(struct report *report, const struct case_run *run)
{
	struct json *json = &report->json;

	json_open_object(json, NULL);
	json_string(json, "file", run->test->place.file);
	json_number(json, "line", run->test->place.line);
	json_string(json, "name", run->test->name);
	json_bool(json, "passed", run->mismatch_count == 0);
	json_open_array(json, "mismatches");
	for (size_t i = 0; i < run->mismatch_count; i++) {
		json_open_object(json, NULL);
		json_string(json, "what", run->mismatches[i].what);
		json_string(json, "expected", run->mismatches[i].expected);
		json_string(json, "found", run->mismatches[i].found);
		json_close_object(json);
	}
	json_close_array(json);
	if (run->mismatch_count > 0)
		explain_json_value(&run->explanation, json, "explain");
	else
		json_null(json, "explain");
	json_close_object(json);
}

static void report_begin(struct report *report)
{
	buf_init(&report->out);
	json_init(&report->json, &report->out);
	if (!report->options->json)
		return;
	json_open_object(&report->json, NULL);
	json_string(&report->json, "policy_sha256", report->coverage.policy->sha256);
	json_open_array(&report->json, "cases");
}

static void report_case(struct report *report, const struct case_run *run)
{
	report->case_count++;
	report->failed_count += run->mismatch_count > 0;
	coverage_add(&report->coverage, &run->judgement);
	if (report->options->json)
		report_json(report, run);
	else if (run->mismatch_count > 0)
		report_failure_text(report, run);
}

static void report_end(struct report *report)
{
	if (report->options->json) {
		json_close_array(&report->json);
		json_number(&report->json, "count", (int64_t)report->case_count);
		json_number(&report->json, "failed", (int64_t)report->failed_count);
		coverage_json(&report->coverage, &report->json);
		json_close_object(&report->json);
		buf_add_char(&report->out, '\n');
		return;
	}
	buf_addf(&report->out, "%zu case%s, %zu failed\n", report->case_count, report->case_count == 1 ? "" : "s",
		 report->failed_count);
	coverage_text(&report->coverage, &report->out);
}

/* --- the command --- */

static bool run_file(const struct policy *policy, const struct case_file *file, struct report *report)
{
	const struct cases *cases = file->cases;
	struct case_run run;
	bool done = true;

	case_run_init(&run);
	for (size_t i = 0; i < cases->count && done; i++) {
		const struct test_case *test = &cases->items[i];

		done = case_run(&run, policy, test, test->tape ? file->tapes[test->tape - cases->tapes] : NULL);
		if (done)
			report_case(report, &run);
	}
	case_run_clear(&run);
	return done;
}

static int run_files(const struct policy *policy, const struct options *options, const struct case_file *files)
{
	struct report report = { .options = options };
	int status = EXIT_SYSTEM;
	bool done = true;
	struct arena arena;

	arena_init(&arena, NULL, 0, 4096);
	if (coverage_init(&report.coverage, policy, &arena)) {
		report_begin(&report);
		for (size_t i = 0; i < options->path_count && done; i++)
			done = run_file(policy, &files[i], &report);
		report_end(&report);
		if (done && !report.no_memory && !report.out.failed)
			status = command_print(report.out.text, report.out.length);
		if (status == EXIT_FINE && report.failed_count > 0)
			status = EXIT_FINDING;
		buf_clear(&report.out);
	}
	arena_clear(&arena);
	return status;
}

/* All files are read before any case is run: an error in one is an error of all. */
static int test_files(const struct policy *policy, const struct options *options, struct case_file *files)
{
	bool done = true;
	struct diag diag;
	int status;

	diag_init(&diag);
	for (size_t i = 0; i < options->path_count && done; i++)
		done = file_open(&files[i], options->paths[i], policy, &diag);
	diag_sort(&diag);
	command_print_diag(&diag);
	if (!done || diag_out_of_memory(&diag))
		status = EXIT_SYSTEM;
	else
		status = diag.error_count > 0 ? EXIT_INPUT : run_files(policy, options, files);
	for (size_t i = 0; i < options->path_count; i++)
		file_clear(&files[i]);
	diag_clear(&diag);
	return status;
}

static int test(const struct policy *policy, void *data)
{
	const struct options *options = data;
	struct case_file *files = calloc(options->path_count, sizeof *files);
	int status = EXIT_SYSTEM;

	if (files)
		status = test_files(policy, options, files);
	if (status == EXIT_SYSTEM)
		(void)fputs("ehlo-milter: out of memory\n", stderr);
	free(files);
	return status;
}

static int run(int argc, char **argv)
{
	struct options options = { .policy_path = NULL };
	int status;

	options.paths = command_options(&command_test, argc, argv, &options, &status);
	if (!options.paths)
		return status;
	options.path_count = command_argument_count(options.paths);
	return command_with_policy(options.policy_path, test, &options);
}

static const struct command_option own_options[] = {
	{ .name = "json", .help = "the same for programs", .at = offsetof(struct options, json) },
	{ .name = NULL },
};

const struct command command_test = {
	.name = "test",
	.summary = "runs your own cases against the policy",
	.options = { { .rows = policy_option }, { .rows = own_options } },
	.arguments = "CASES.yaml...",
	.argument_min = 1,
	.argument_max = -1,
	.about =
		"Each case is a session, what DNS says, and what is expected of it. Cases that come out otherwise are told with "
		"FILE:LINE, what was expected and found, and the explanation of the session. At the end stands what no case "
		"exercises: listeners, checks (by a finding), rules (by being true).\n"
		"\n"
		"  version: 1\n"
		"  defaults:                     # of all cases\n"
		"    client: 203.0.113.9\n"
		"    mail_from: joe@shop.example\n"
		"    dns: |                      # lines of a tape; 'none', or no key: not asked\n"
		"      9.113.0.203.in-addr.arpa PTR NOERROR 300 mail.shop.example.\n"
		"      * * NXDOMAIN\n"
		"  cases:\n"
		"    - { name: a single label, ehlo: desktop, expect: reject }\n"
		"    - name: names that are blocklisted\n"
		"      expect: { action: reject, rule: blocklisted, reply: 551 5.1.1 }\n"
		"      each:\n"
		"        - ehlo: spam.example\n"
		"        - { ehlo: a.bulk.example, port: 25 }\n"
		"\n"
		"Facts bear their names of the language or those of the options of explain, and mean the same; none: [ehlo] and "
		"unknown: [client] take back a default. host is the MTA's own name, date the day of the session, client_resolve the "
		"MTA's word on reverse DNS. listener names the listener that judges; without it the policy's 'match' decides.\n"
		"\n"
		"expect is an action (accept, quarantine, tempfail, reject), or a map of what is to be compared: action, check or "
		"rule, result, reply (what it begins with) and stage of the verdict, or where that is an accept because of the "
		"mode, of what it were in mode enforce; told (the verdict alone), listener, tagged, checks: { iprev: no_ptr }, "
		"rules: { dynamic: true }.",
	.statuses = "0 all passed; 1 a case failed; 65 a file of cases has errors; 78 the policy has",
	.examples =
		"ehlo-milter test contrib/policy-tests.yaml\n"
		"ehlo-milter test -c new-policy.yaml --json mine.yaml | jq .failed\n",
	.run = run,
};
