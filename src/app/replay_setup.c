/* SPDX-License-Identifier: BSD-2-Clause */
/* Options, policies and DNS of replay and its stages. */
#include "app/replay_setup.h"

#include "app/dns_source.h"
#include "base/file.h"

#include <getopt.h>
#include <signal.h>
#include <string.h>

/* --- options --- */

enum own_option { OPTION_NEW = 256, OPTION_LISTENER, OPTION_DNS, OPTION_FAIL_ON, OPTION_PARTIAL, OPTION_MERGE,
		  OPTION_FLUSH, OPTION_HTML, OPTION_RESUME, OPTION_JSON, OPTION_HELP };

static const struct option option_names[] = {
	LOG_OPTION_ROWS,
	{ "new", required_argument, NULL, OPTION_NEW },
	{ "listener", required_argument, NULL, OPTION_LISTENER },
	{ "dns", required_argument, NULL, OPTION_DNS },
	{ "fail-on", required_argument, NULL, OPTION_FAIL_ON },
	{ "partial", no_argument, NULL, OPTION_PARTIAL },
	{ "merge", no_argument, NULL, OPTION_MERGE },
	{ "html", required_argument, NULL, OPTION_HTML },
	{ "flush", no_argument, NULL, OPTION_FLUSH },
	{ "resume", required_argument, NULL, OPTION_RESUME },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

/* What a command must take for an option to be its own; 0: every one has it. */
static unsigned needed_for(int option)
{
	switch (option) {
	case 'c':
	case OPTION_NEW:
	case OPTION_LISTENER:	return TAKES_POLICY;
	case OPTION_DNS:	return TAKES_DNS;
	case OPTION_FAIL_ON:
	case OPTION_HTML:
	case OPTION_PARTIAL:	return TAKES_REPORT;
	case OPTION_MERGE:	return TAKES_MERGE;
	case OPTION_FLUSH:	return TAKES_FLUSH;
	case OPTION_RESUME:	return TAKES_RESUME;
	case OPTION_JSON:
	case OPTION_HELP:	return 0;
	default:		return TAKES_LOGS;
	}
}

static int take_dns(const struct command *command, const char *value, const char **dns_r)
{
	*dns_r = value;
	if (dns_source_is_valid(value))
		return EXIT_FINE;
	return command_usage(command, "unknown source of DNS '%s'; expected live, none or tape:FILE", value);
}

/* The words of a condition are known without a single session. */
static int take_fail_on(const struct command *command, const char *value, struct replay_options *options)
{
	const struct summary_meta meta = { .after = "" };
	static struct summary empty;	/* large */
	const char *error;
	bool holds;

	summary_init(&empty, &meta);
	if (!summary_condition(&empty, value, &holds, &error))
		return command_usage(command, "--fail-on '%s': %s", value, error);
	if (options->fail_on_count == FAIL_ON_MAX)
		return command_usage(command, "--fail-on: at most %d of them", FAIL_ON_MAX);
	options->fail_on[options->fail_on_count++] = value;
	return EXIT_FINE;
}

static int take_option(const struct command *command, int option, struct replay_options *options)
{
	switch (option) {
	case 'c': options->policy_path = optarg; break;
	case OPTION_NEW: options->new_path = optarg; break;
	case OPTION_LISTENER: options->listener = optarg; break;
	case OPTION_DNS: return take_dns(command, optarg, &options->dns);
	case OPTION_FAIL_ON: return take_fail_on(command, optarg, options);
	case OPTION_HTML: options->html_path = optarg; break;
	case OPTION_PARTIAL: options->partial = true; break;
	case OPTION_MERGE: options->merge = true; break;
	case OPTION_FLUSH: options->flush = true; break;
	case OPTION_RESUME: options->resume = optarg; break;
	case OPTION_JSON: options->json = true; break;
	case OPTION_HELP: options->help = true; break;
	default: return log_option_take(command, option, optarg, &options->reading);
	}
	return EXIT_FINE;
}

int replay_options_parse(const struct command *command, unsigned takes, int argc, char **argv,
			 struct replay_options *options_r)
{
	int option, status = EXIT_FINE;

	*options_r = (struct replay_options){ .dns = "none" };
	opterr = 0;
	while (status == EXIT_FINE && !options_r->help &&
	       (option = getopt_long(argc, argv, ":c:", option_names, NULL)) != -1) {
		if (option == ':')
			return command_usage(command, "option '%s' needs a value", argv[optind - 1]);
		if (option == '?' || (needed_for(option) & ~takes) != 0)
			return command_usage(command, "unknown option '%s'", argv[optind - 1]);
		status = take_option(command, option, options_r);
	}
	return status;
}

/* --- policies --- */

static int load(const struct command *command, const char *path, const char *listener, struct replay_setup *setup,
		struct policy **policy_r)
{
	*policy_r = command_load_policy(path, &setup->diag);
	if (!*policy_r)
		return EXIT_POLICY;
	if (listener && !policy_find_listener(*policy_r, listener))
		return command_usage(command, "no listener '%s' in the policy %s", listener, (*policy_r)->path);
	return EXIT_FINE;
}

static int load_policies(const struct command *command, const struct replay_options *options,
			 struct replay_setup *setup)
{
	int status;

	if (!options->new_path)
		return load(command, options->policy_path, options->listener, setup, &setup->after);
	status = load(command, options->policy_path, options->listener, setup, &setup->before);
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

int replay_no_memory(const struct command *command)
{
	(void)fprintf(stderr, "ehlo-milter %s: out of memory\n", command->name);
	return EXIT_SYSTEM;
}

static int find_failures(const struct command *command, const struct replay_options *options,
			 const struct summary *summary)
{
	int status = EXIT_FINE;

	for (size_t i = 0; i < options->fail_on_count; i++) {
		const char *error;
		bool holds;

		if (!summary_condition(summary, options->fail_on[i], &holds, &error) || !holds)
			continue;
		(void)fprintf(stderr, "ehlo-milter %s: %s holds\n", command->name, options->fail_on[i]);
		status = EXIT_FINDING;
	}
	return status;
}

static int write_page(const struct command *command, const char *path, const struct summary *summary)
{
	const char *error;
	struct buf out;
	int status = EXIT_FINE;

	buf_init(&out);
	summary_html(summary, &out);
	error = out.failed ? "out of memory" : file_write(path, out.text, out.length);
	if (error) {
		(void)fprintf(stderr, "ehlo-milter %s: cannot write '%s': %s\n", command->name, path, error);
		status = out.failed ? EXIT_SYSTEM : EXIT_OUTPUT;
	}
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
	status = out.failed ? replay_no_memory(command) : command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

int replay_report(const struct command *command, const struct replay_options *options, struct summary *summary)
{
	int page_status = EXIT_FINE, status;

	summary_settle(summary);
	if (summary->failed)
		return replay_no_memory(command);
	/* The page first: who reads the text may have gone after its first lines. */
	if (options->html_path)
		page_status = write_page(command, options->html_path, summary);
	status = print_report(command, options, summary);
	if (status != EXIT_FINE || page_status != EXIT_FINE)
		return status != EXIT_FINE ? status : page_status;
	return replay_interrupted() ? EXIT_INTERRUPTED : find_failures(command, options, summary);
}
