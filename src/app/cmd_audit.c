/* SPDX-License-Identifier: BSD-2-Clause */
/* audit: does the running listener do what the policy says, point by point? */
#include "app/command.h"
#include "app/engine.h"
#include "app/target.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/clock.h"
#include "mta/audit.h"

#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_LIMIT_S 30
#define TIME_LIMIT_MAX_S 3600
#define WORD_BYTES 256
/* RFC 2606: nobody's name, and well-formed. */
#define GOOD_NAME "ehlo-milter-audit.example.net"

struct options {
	const char *policy_path;
	const char *listener;
	const char *known;
	const char *ehlo;
	const char *target;
	struct ip source;		/* IP_NONE: what the system chooses */
	struct ip xclient;
	unsigned time_limit_s;
	enum mta mta;
	bool starttls;
	bool tls;
	bool json;
};

/* --- options --- */

/* "30s", "2m", "30" */
static bool read_duration(const char *text, unsigned *seconds_r)
{
	unsigned value = 0;
	const char *digit = text;

	for (; ascii_is_digit(*digit) && value <= TIME_LIMIT_MAX_S; digit++)
		value = value * 10 + (unsigned)(*digit - '0');
	if (digit == text)
		return false;
	if (strcmp(digit, "m") == 0)
		value *= 60;
	else if (*digit != '\0' && strcmp(digit, "s") != 0)
		return false;
	*seconds_r = value;
	return value >= 1 && value <= TIME_LIMIT_MAX_S;
}

static bool is_one_word(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (*at <= 0x20 || *at > 0x7e)
			return false;
	return text[0] != '\0' && strlen(text) < WORD_BYTES;
}

static int take_mta(const struct command *command, const char *value, void *at)
{
	enum mta *mta = at;

	if (strcmp(value, "postfix") == 0)
		*mta = MTA_POSTFIX;
	else if (strcmp(value, "sendmail") == 0)
		*mta = MTA_SENDMAIL;
	else
		return command_usage(command, "unknown MTA '%s'; expected postfix or sendmail", value);
	return EXIT_FINE;
}

static int take_address(const struct command *command, const char *value, void *at)
{
	return ip_parse(value, at) ? EXIT_FINE : command_usage(command, "'%s' is no IP address", value);
}

static int take_word(const struct command *command, const char *value, void *at)
{
	*(const char **)at = value;
	if (is_one_word(value))
		return EXIT_FINE;
	return command_usage(command, "'%s' cannot be sent; expected printable ASCII without blanks", value);
}

static int take_time_limit(const struct command *command, const char *value, void *at)
{
	return read_duration(value, at) ? EXIT_FINE :
	       command_usage(command, "'%s' is no time limit; expected 1s to 3600s", value);
}

/* --- what is to be expected --- */

/* As the daemon does; NULL where DNS is not needed or cannot be asked: then what is known without it must do. */
static struct dns *start_dns(const struct policy *policy)
{
	struct dns_settings settings = engine_dns_settings(policy);
	const char *error;

	return policy_needs_dns(policy) ? dns_live_new(&settings, &error) : NULL;
}

static bool expect(const struct audit_request *request, const struct session *session,
		   struct audit_expected *expected_r)
{
	struct dns *dns = start_dns(request->policy);
	const struct gather_plan plan = { .dns = dns };
	struct gather *gather = dns ? gather_new(&plan) : NULL;
	struct judgement judgement = { .choice = { .listener = request->listener } };
	const struct verdict *verdict = &judgement.decision.verdict;
	const char *by;
	struct reply reply;
	struct arena arena;
	bool good;

	*expected_r = (struct audit_expected){ .answer = ANSWER_ACCEPT };
	arena_init(&arena, NULL, 0, 4096);
	good = engine_judge_chosen(request->policy, gather, session, STAGE_MAIL, &arena, &judgement);
	if (good) {
		expected_r->answer = verdict->answer;
		expected_r->stage = verdict->stage;
		expected_r->exemption_unknown = verdict->exemption_unknown;
		if (engine_exempt(&judgement, session, STAGE_MAIL, &by) == TRI_YES)
			expected_r->exempt = by;
	}
	if (good && answer_refuses(verdict->answer)) {
		char line[REPLY_TEXT_BYTES];

		engine_reply(&judgement, session, verdict, &reply);
		reply_line(&reply, line);
		(void)snprintf(expected_r->reply, sizeof expected_r->reply, "%s", line);
	}
	gather_free(&gather);
	dns_free(&dns);
	arena_clear(&arena);
	return good;
}

/* --- the command --- */

static int print(const struct audit_report *report, const struct audit_request *request, bool json)
{
	struct buf out;
	int status;

	buf_init(&out);
	if (json)
		audit_json(report, request, &out);
	else
		audit_text(report, request, &out);
	status = out.failed ? EXIT_SYSTEM : command_print(out.text, out.length);
	buf_clear(&out);
	if (status != EXIT_FINE)
		return status;
	return report->finding_count + report->open_count > 0 ? EXIT_FINDING : EXIT_FINE;
}

static int run_audit(const struct options *options, const struct audit_request *request)
{
	struct audit_report report;
	struct arena arena;
	int status = EXIT_SYSTEM;

	arena_init(&arena, NULL, 0, 16384);
	switch (audit_run(request, &arena, &report)) {
	case AUDIT_DONE:	status = print(&report, request, options->json); break;
	case AUDIT_UNREACHABLE:	status = command_complain(&command_audit, EXIT_UNAVAILABLE, options->target, report.error); break;
	case AUDIT_NO_MEMORY:	status = command_no_memory(&command_audit); break;
	}
	arena_clear(&arena);
	return status;
}

static int audit_listener(const struct policy *policy, const struct options *options, struct target_lookup *lookup)
{
	int64_t now_us = clock_monotonic_us();
	struct ip literal;
	struct audit_request request = {
		.policy = policy,
		.listener = policy_find_listener(policy, options->listener),
		.target = options->target,
		.host = ip_parse(lookup->target.host, &literal) ? NULL : lookup->target.host,
		.source = options->source.family != IP_NONE ? &options->source : NULL,
		.xclient = options->xclient.family != IP_NONE ? &options->xclient : NULL,
		.known = options->known,
		.ehlo = options->ehlo,
		.starttls = options->starttls,
		.tls = options->tls,
		.mta = options->mta,
		.today = date_of_us(clock_realtime_us()),
		.deadline_us = now_us + options->time_limit_s * INT64_C(1000000),
		.expect = expect,
	};
	const char *error;
	int status;

	if (!request.listener)
		return command_unknown_listener(&command_audit, policy, options->listener);
	error = target_find(lookup, options->time_limit_s);
	if (error)
		return command_complain(&command_audit, EXIT_UNAVAILABLE, options->target, error);
	request.addresses = lookup->addresses;
	request.bare_lf = target_is_here(lookup->addresses);
	status = run_audit(options, &request);
	freeaddrinfo(lookup->addresses);
	lookup->addresses = NULL;
	return status;
}

static int audit(const struct options *options)
{
	/* Left to the process where its thread may still write into it. */
	static struct target_lookup lookup;
	struct policy *policy;
	struct diag diag;
	int status;

	if (!target_split(options->target, &lookup.target))
		return command_usage(&command_audit, "'%s' is no target; expected HOST:PORT or [ADDRESS]:PORT",
				     options->target);
	(void)signal(SIGPIPE, SIG_IGN);
	diag_init(&diag);
	policy = command_load_policy(options->policy_path, &diag);
	status = policy ? audit_listener(policy, options, &lookup) : command_policy_status(&diag);
	policy_free(&policy);
	diag_clear(&diag);
	return status;
}

static int run(int argc, char **argv)
{
	struct options options = { .known = "postmaster", .ehlo = GOOD_NAME, .time_limit_s = TIME_LIMIT_S };
	int status;
	char **words = command_options(&command_audit, argc, argv, &options, &status);

	if (!words)
		return status;
	options.target = words[0];
	return audit(&options);
}

static const struct command_option own_options[] = {
	{ .name = "listener", .value = "L", .required = true, .help = "of the policy; keys that it does not name are not audited",
	  .at = offsetof(struct options, listener) },
	{ .name = "bind", .value = "A", .help = "the address to speak from", .at = offsetof(struct options, source),
	  .take = take_address },
	{ .name = "xclient", .value = "A", .help = "the address to claim (Postfix: smtpd_authorized_xclient_hosts)",
	  .at = offsetof(struct options, xclient), .take = take_address },
	{ .name = "known", .value = "ADDR", .help = "an address that the server knows (default: postmaster)",
	  .at = offsetof(struct options, known), .take = take_word },
	{ .name = "ehlo", .value = "NAME", .help = "a name that the policy accepts (default: " GOOD_NAME ")",
	  .at = offsetof(struct options, ehlo), .take = take_word },
	{ .name = "starttls", .help = "encrypt after EHLO", .at = offsetof(struct options, starttls) },
	{ .name = "tls", .instead = true, .help = "encrypt from the first byte, as port 465 wants it",
	  .at = offsetof(struct options, tls) },
	{ .name = "mta", .value = "M", .help = "postfix or sendmail, where the banner does not tell", .words = "postfix sendmail",
	  .at = offsetof(struct options, mta), .take = take_mta },
	{ .name = "time-limit", .value = "D", .help = "for all of it, such as 30s or 2m (default: 30s)",
	  .at = offsetof(struct options, time_limit_s), .take = take_time_limit },
	{ .name = "json", .help = "the same for programs", .at = offsetof(struct options, json) },
	{ .name = NULL },
};

const struct command command_audit = {
	.name = "audit",
	.summary = "does a running listener do what the policy says?",
	.options = { { .rows = policy_option }, { .rows = own_options } },
	.arguments = "HOST:PORT",
	.argument_min = 1,
	.argument_max = 1,
	.about =
		"Speaks SMTP to the listener and compares: MAIL without a greeting, behind a good and a bad one, HELO, VRFY of a "
		"known, an unknown and a foreign address, EXPN, ETRN, the EHLO keywords, line endings. What is expected comes from "
		"the policy, by the very engine of the daemon, for the address that the audit speaks from. For each point: what was "
		"asked, what was found, the verdict, and for each finding the line of mta-config that would mend it. Never sends "
		"mail (it stops before DATA), asks at most 20 commands over one connection at a time, and ends within the time "
		"limit whatever the server does.\n"
		"\n"
		"Verdicts: ok; finding; not possible here (the MTA cannot do it) and not seen (it takes a message), which are no "
		"findings; open: put off by 421 or 4xx, or not reached: audit again. A bare LF is tried on hosts of our own only.",
	.statuses = "0 all well; 1 findings or open points; 69 not reached; 78 errors in the policy",
	.examples =
		"ehlo-milter audit --listener mx mx.example.org:25\n"
		"ehlo-milter audit --listener submission --starttls --xclient 203.0.113.9 127.0.0.1:587 --json\n",
	.run = run,
};
