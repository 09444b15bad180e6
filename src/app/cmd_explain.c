/* SPDX-License-Identifier: BSD-2-Clause */
/* explain: one session, given by options, and why it is judged as it is. */
#include "app/command.h"
#include "app/dns_source.h"
#include "app/explain.h"
#include "app/explain_record.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "logs/record_session.h"

#include <string.h>

struct options {
	const char *policy_path;
	const char *listener;
	const char *dns;	/* "live", "none" or "tape:FILE"; NULL: not given */
	const char *id;		/* of a recorded session; NULL: the options describe one */
	bool all;
	bool json;
	struct session session;
};

/* Each takes one option that describes the session. */
static int take_text(const struct command *command, const char *value, void *at)
{
	(void)command;
	*(struct text *)at = text_known(value);
	return EXIT_FINE;
}

static int take_text_or_none(const struct command *command, const char *value, void *at)
{
	(void)command;
	*(struct text *)at = value[0] != '\0' ? text_known(value) : text_none();
	return EXIT_FINE;
}

static int take_port(const struct command *command, const char *value, void *at)
{
	size_t length = strlen(value);
	unsigned port = 0;

	for (const char *digit = value; ascii_is_digit(*digit) && port <= 65535; digit++)
		port = port * 10 + (unsigned)(*digit - '0');
	if (length < 1 || length > 5 || strspn(value, "0123456789") != length || port > 65535)
		return command_usage(command, "'%s' is no port; expected 0 to 65535", value);
	*(struct number *)at = (struct number){ .presence = PRESENCE_KNOWN, .value = port };
	return EXIT_FINE;
}

static int take_client(const struct command *command, const char *value, void *at)
{
	struct address *address = at;

	address->presence = PRESENCE_KNOWN;
	return ip_parse(value, &address->value) ? EXIT_FINE : command_usage(command, "'%s' is no IP address", value);
}

static int take_mta(const struct command *command, const char *value, void *at)
{
	for (enum mta mta = MTA_POSTFIX; mta <= MTA_OTHER; mta++)
		if (strcmp(value, mta_word(mta)) == 0) {
			*(enum mta *)at = mta;
			return EXIT_FINE;
		}
	return command_usage(command, "unknown MTA '%s'; expected postfix, sendmail or other", value);
}

static int take_greeting(const struct command *command, const char *value, struct session *session, enum verb verb)
{
	if (session->verb != VERB_NONE)
		return command_usage(command, "one of --ehlo and --helo, once: the last greeting counts");
	session->ehlo = text_known(value);
	session->verb = verb;
	return EXIT_FINE;
}

static int take_ehlo(const struct command *command, const char *value, void *at)
{
	return take_greeting(command, value, at, VERB_EHLO);
}

static int take_helo(const struct command *command, const char *value, void *at)
{
	return take_greeting(command, value, at, VERB_HELO);
}

static int print(const struct explanation *e, const struct recorded *recorded, bool json)
{
	struct buf out;
	int status;

	buf_init(&out);
	if (recorded && !json)
		recorded_text(recorded, e->policy, &out);
	if (json)
		explain_json(e, &out);
	else
		explain_text(e, &out);
	status = out.failed ? EXIT_SYSTEM : command_print(out.text, out.length);
	buf_clear(&out);
	return status;
}

/* recorded: where the session comes from, or NULL. */
static int explain_with(const struct policy *policy, struct options *options, const struct recorded *recorded,
			struct dns *dns)
{
	struct session *session = &options->session;
	struct judgement judgement = { .judge_all = options->all };
	struct explanation e = { .policy = policy, .session = session, .judgement = &judgement };
	struct gather_plan plan = { .dns = dns, .thorough = true, .judge_all = options->all };
	struct gather *gather = NULL;
	struct arena arena;
	int status = EXIT_SYSTEM;

	if (!recorded)
		session->local_submission = session->daemon_port.presence == PRESENCE_KNOWN &&
					    session->daemon_port.value == 0;
	judgement.choice = choose_listener(policy, session);
	if (options->listener)
		judgement.choice = (struct choice){ .listener = policy_find_listener(policy, options->listener) };
	if (!judgement.choice.listener)
		return command_unknown_listener(&command_explain, policy, options->listener);
	/* Without a recipient it is judged as at MAIL. */
	e.stage = session->recipient.presence == PRESENCE_KNOWN ? STAGE_RCPT : STAGE_MAIL;
	arena_init(&arena, NULL, 0, 4096);
	if ((!dns || (gather = gather_new(&plan))) &&
	    engine_judge_chosen(policy, gather, session, e.stage, &arena, &judgement))
		status = print(&e, recorded, options->json);
	gather_free(&gather);
	arena_clear(&arena);
	return status;
}

/* By its own answers of DNS, unless others are asked for. */
static int explain_recorded(const struct policy *policy, struct options *options)
{
	struct dns *dns = NULL;
	struct recorded recorded;
	int status = recorded_load(policy, options->id, &recorded);

	if (status == EXIT_FINE)
		status = options->dns ? dns_source_open(policy, options->dns, &dns) : recorded_dns(&recorded, &dns);
	if (status == EXIT_FINE) {
		record_session(&recorded.record, recorded.tx, &options->session);
		status = explain_with(policy, options, &recorded, dns);
	}
	dns_free(&dns);
	recorded_clear(&recorded);
	return status;
}

/* The session of the command line. */
static int explain_given(const struct policy *policy, struct options *options)
{
	struct dns *dns;
	int status = dns_source_open(policy, options->dns ? options->dns : "live", &dns);

	if (status == EXIT_FINE)
		status = explain_with(policy, options, NULL, dns);
	dns_free(&dns);
	return status;
}

static int explain(const struct policy *policy, void *data)
{
	struct options *options = data;
	int status = options->id ? explain_recorded(policy, options) : explain_given(policy, options);

	return status == EXIT_SYSTEM ? command_no_memory(&command_explain) : status;
}

static int run(int argc, char **argv)
{
	struct options options = { .session = session_by_hand(date_of_us(clock_realtime_us())) };
	int status;

	if (!command_options(&command_explain, argc, argv, &options, &status))
		return status;
	return command_with_policy(options.policy_path, explain, &options);
}

static const struct command_option where[] = {
	{ .name = "listener", .value = "L", .help = "judges by this listener; without it the policy's 'match' decides",
	  .at = offsetof(struct options, listener) },
	DNS_OPTION("live", struct options, dns),
	{ .name = "all", .help = "evaluates checks that take DNS also where a reject that takes none is in force",
	  .at = offsetof(struct options, all) },
	{ .name = "id", .value = "ID",
	  .help = "takes a session from server.session_log, by the id that stands in log lines and replies, instead of "
		  "describing one; .N behind it names its Nth transaction, else it is the last one",
	  .at = offsetof(struct options, id) },
	{ .name = "json", .help = "the same for programs", .at = offsetof(struct options, json) },
	{ .name = NULL },
};

#define FACT(name_, value_, help_, member, take_)                                                                      \
	{ .name = name_, .value = value_, .help = help_, .at = offsetof(struct options, session) + offsetof(struct session, member), \
	  .take = take_ }

static const struct command_option facts[] = {
	FACT("client", "IP", "the client's address", client, take_client),
	FACT("client-port", "N", "the port that it comes from", client_port, take_port),
	FACT("ptr", "NAME", "the name that the MTA confirmed; '' is its \"unknown\"", client_name, take_text_or_none),
	{ .name = "ehlo", .value = "X", .help = "the greeting; '' is an empty argument; without it there was none",
	  .at = offsetof(struct options, session), .take = take_ehlo },
	{ .name = "helo", .value = "X", .instead = true, .help = "the same, greeted with HELO",
	  .at = offsetof(struct options, session), .take = take_helo },
	FACT("mail-from", "A", "the argument of MAIL, with or without brackets; without it there was no MAIL", sender, take_text),
	FACT("rcpt", "A", "a recipient; without it, it is judged as at MAIL", recipient, take_text),
	FACT("auth", "U", "who has logged in; without it nobody has", auth_user, take_text_or_none),
	FACT("tls", "V", "the version of TLS, such as TLSv1.3; without it there is none", tls_version, take_text_or_none),
	FACT("port", "N", "the port that the client connected to", daemon_port, take_port),
	{ .name = "mta", .value = "M", .help = "postfix, sendmail or other", .words = "postfix sendmail other",
	  .at = offsetof(struct options, session) + offsetof(struct session, mta), .take = take_mta },
	{ .name = NULL },
};

const struct command command_explain = {
	.name = "explain",
	.summary = "why a session is judged as it is",
	.options = { { .rows = policy_option }, { .rows = facts, .not_with = "id" }, { .rows = where } },
	.about =
		"Judges one session, given by the options, by the very engine of the daemon, and shows every check with its "
		"evidence, the rules, the mode that holds, the verdict with the exact reply, and the narrowest exemption that would "
		"let the session pass. What is not given is unknown, unless it says otherwise below.\n"
		"\n"
		"With --id, what the session was answered then comes first; it is judged again by the answers of DNS that were "
		"recorded with it, unless --dns names others. Rotated and compressed files of the session log are read too.",
	.statuses = "0 whatever the verdict is; 64 no such listener; 65 the tape cannot be read, or no session has the ID; 75 DNS "
		    "cannot be asked; 78 the policy has errors",
	.examples =
		"ehlo-milter explain --client 203.0.113.9 --ehlo desktop --mail-from joe@shop.example\n"
		"ehlo-milter explain -c policy.yaml --listener mx --ehlo '[192.0.2.1]' --json\n"
		"ehlo-milter explain --id 01JD8XA7Q2M4T9VB.1\n"
		"# Check your own outbound mail, with your own address, EHLO name and domain:\n"
		"ehlo-milter explain --client 192.0.2.25 --ehlo mail.example.org --mail-from me@example.org\n",
	.run = run,
};
