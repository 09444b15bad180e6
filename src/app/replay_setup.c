/* SPDX-License-Identifier: BSD-2-Clause */
/* Options, policies and DNS of replay and its stages. */
#include "app/replay_setup.h"

#include "app/dns_source.h"
#include "base/file.h"

#include <signal.h>
#include <string.h>

/* --- options --- */

/* The words of a condition are known without a single session. */
static int take_fail_on(const struct command *command, const char *value, void *at)
{
	const struct summary_meta meta = { .after = "" };
	static struct summary empty;	/* large */
	struct fail_on *fail_on = at;
	const char *error;
	bool holds;

	summary_init(&empty, &meta);
	if (!summary_condition(&empty, value, &holds, &error))
		return command_usage(command, "--fail-on '%s': %s", value, error);
	if (fail_on->count == FAIL_ON_MAX)
		return command_usage(command, "--fail-on: at most %d of them", FAIL_ON_MAX);
	fail_on->items[fail_on->count++] = value;
	return EXIT_FINE;
}

#define AT(member) .at = offsetof(struct replay_options, member)

const struct command_option judge_options[] = {
	{ .name = "new", .value = "FILE", .help = "the policy to be judged; that of -c then is the old one", AT(new_path) },
	{ .name = "listener", .value = "L", .help = "judge by this listener, where the log does not tell which it was",
	  AT(listener) },
	{ .name = NULL },
};

const struct command_option judge_dns_option[] = {
	DNS_OPTION("none", struct replay_options, dns),
	{ .name = NULL },
};

const struct command_option report_options[] = {
	{ .name = "html", .value = "FILE",
	  .help = "also writes the report as a page for a browser: complete in itself, without script, fit to be printed and passed "
		  "on. It holds addresses and senders, so a new FILE is for its owner and group alone; a symbolic link is not followed",
	  AT(html_path) },
	{ .name = "json", .help = "the report for programs", AT(json) },
	{ .name = "partial", .instead = true, .help = "a part of a report, for report --merge", AT(partial) },
	{ .name = "fail-on", .value = "COND",
	  .help = "exit status 1 if it holds: a change or total of the report as JSON has them, a sign (> >= < <= == !=) and a number "
		  "or a share of the sessions, such as newly_rejected>0, newly_rejected_delivered>0, undecidable>5%; may be given "
		  "again",
	  .words = "newly_rejected>0 newly_rejected_delivered>0 undecidable>5%", AT(fail_on), .take = take_fail_on },
	{ .name = NULL },
};

/* --- policies --- */

static int load(const struct command *command, const char *path, const char *listener, struct replay_setup *setup,
		struct policy **policy_r)
{
	*policy_r = command_load_policy(path, &setup->diag);
	if (!*policy_r)
		return command_policy_status(&setup->diag);
	if (listener && !policy_find_listener(*policy_r, listener))
		return command_unknown_listener(command, *policy_r, listener);
	return EXIT_FINE;
}

static int load_policies(const struct command *command, const struct replay_options *options,
			 struct replay_setup *setup)
{
	int status;

	if (!options->new_path)
		return load(command, options->log.policy_path, options->listener, setup, &setup->after);
	status = load(command, options->log.policy_path, options->listener, setup, &setup->before);
	if (status != EXIT_FINE)
		return status;
	/* What was said of the first policy is not to be said again with the second. */
	diag_clear(&setup->diag);
	diag_init(&setup->diag);
	return load(command, options->new_path, options->listener, setup, &setup->after);
}

int replay_setup_open(const struct command *command, const struct replay_options *options,
		      struct replay_setup *setup_r)
{
	int status;

	*setup_r = (struct replay_setup){ .meta = { .before = "log" } };
	diag_init(&setup_r->diag);
	status = load_policies(command, options, setup_r);
	if (status == EXIT_FINE)
		status = dns_source_open_for_many(setup_r->after, options->dns, &setup_r->dns, setup_r->meta.dns);
	if (status != EXIT_FINE)
		return status;
	if (setup_r->before)
		(void)snprintf(setup_r->meta.before, sizeof setup_r->meta.before, "%s", setup_r->before->sha256);
	(void)snprintf(setup_r->meta.after, sizeof setup_r->meta.after, "%s", setup_r->after->sha256);
	if (options->listener)
		(void)snprintf(setup_r->meta.listener, sizeof setup_r->meta.listener, "%s", options->listener);
	setup_r->plan = (struct replay_plan){ .before = setup_r->before, .after = setup_r->after,
					      .listener = options->listener, .dns = setup_r->dns,
					      .live = strcmp(options->dns, "live") == 0 };
	return EXIT_FINE;
}

void replay_setup_close(struct replay_setup *setup)
{
	dns_free(&setup->dns);
	policy_free(&setup->before);
	policy_free(&setup->after);
	diag_clear(&setup->diag);
}

/* --- the end --- */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

void replay_interrupt_catch(void)
{
	/* A read that waits ends at once, and a second signal ends the process. */
	struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };

	(void)sigaction(SIGINT, &action, NULL);
}

bool replay_interrupted(void)
{
	return interrupted != 0;
}

static int find_failures(const struct command *command, const struct replay_options *options,
			 const struct summary *summary)
{
	int status = EXIT_FINE;

	for (size_t i = 0; i < options->fail_on.count; i++) {
		const char *error;
		bool holds;

		if (!summary_condition(summary, options->fail_on.items[i], &holds, &error) || !holds)
			continue;
		(void)fprintf(stderr, "ehlo-milter %s: %s holds\n", command->name, options->fail_on.items[i]);
		status = EXIT_FINDING;
	}
	return status;
}

int replay_write_page(const struct command *command, const char *path, const struct buf *page)
{
	const char *error;

	if (page->failed)
		return command_no_memory(command);
	error = file_write(path, page->text, page->length);
	if (!error)
		return EXIT_FINE;
	return command_cannot_write(command, path, error);
}

static int write_page(const struct command *command, const char *path, const struct summary *summary)
{
	struct buf out;
	int status;

	buf_init(&out);
	summary_html(summary, &out);
	status = replay_write_page(command, path, &out);
	buf_clear(&out);
	return status;
}

static int print_report(const struct command *command, const struct replay_options *options,
			const struct summary *summary)
{
	struct buf out;
	int status;

	buf_init(&out);
	if (options->json || options->partial)
		summary_write(summary, options->partial, &out);
	else
		summary_print(summary, &out);
	status = out.failed ? command_no_memory(command) : command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

int replay_report(const struct command *command, const struct replay_options *options, struct summary *summary)
{
	int page_status = EXIT_FINE, status;

	summary_settle(summary);
	if (summary->failed)
		return command_no_memory(command);
	/* The page first: who reads the text may have gone after its first lines. */
	if (options->html_path)
		page_status = write_page(command, options->html_path, summary);
	status = print_report(command, options, summary);
	if (status != EXIT_FINE || page_status != EXIT_FINE)
		return status != EXIT_FINE ? status : page_status;
	return replay_interrupted() ? EXIT_INTERRUPTED : find_failures(command, options, summary);
}
