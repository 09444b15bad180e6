/* SPDX-License-Identifier: BSD-2-Clause */
/* explain: one session, given by options, and why it is judged as it is. */
#include "app/command.h"
#include "app/dns_source.h"
#include "app/explain.h"
#include "app/explain_record.h"
#include "base/clock.h"
#include "logs/record_session.h"

#include <getopt.h>
#include <string.h>

enum option_id {
	OPTION_JSON = 256, OPTION_HELP, OPTION_ALL, OPTION_LISTENER, OPTION_CLIENT, OPTION_CLIENT_PORT,
	OPTION_PTR, OPTION_EHLO, OPTION_HELO, OPTION_MAIL_FROM, OPTION_RCPT, OPTION_AUTH, OPTION_TLS,
	OPTION_PORT, OPTION_MTA, OPTION_DNS, OPTION_ID
};

struct options {
	const char *policy_path;
	const char *listener;
	const char *dns;	/* "live", "none" or "tape:FILE"; NULL: not given */
	const char *id;		/* of a recorded session; NULL: the options describe one */
	bool described;		/* some option does */
	bool all;
	bool json;
	bool help;
	struct session session;
};

/* --ptr '' is the MTA's word that there is no confirmed name; --auth and --tls without value are none. */
static struct text text_or_none(const char *value)
{
	return value[0] != '\0' ? text_known(value) : text_none();
}

static bool read_port(const char *value, struct number *number_r)
{
	size_t length = strlen(value);
	unsigned port = 0;

	if (length < 1 || length > 5 || strspn(value, "0123456789") != length)
		return false;
	for (; *value != '\0'; value++)
		port = port * 10 + (unsigned)(*value - '0');
	*number_r = (struct number){ .presence = PRESENCE_KNOWN, .value = port };
	return port <= 65535;
}

static bool read_client(const char *value, struct address *address_r)
{
	address_r->presence = PRESENCE_KNOWN;
	return ip_parse(value, &address_r->value);
}

static bool read_mta(const char *value, enum mta *mta_r)
{
	for (enum mta mta = MTA_POSTFIX; mta <= MTA_OTHER; mta++)
		if (strcmp(value, mta_word(mta)) == 0) {
			*mta_r = mta;
			return true;
		}
	return false;
}

static bool set_greeting(struct session *session, enum verb verb, const char *name)
{
	if (session->verb != VERB_NONE)
		return false;
	session->ehlo = text_known(name);
	session->verb = verb;
	return true;
}

/* One option that describes the session; EXIT_FINE, or the status of a usage error. */
static int set_fact(struct session *session, int option, const char *value)
{
	switch (option) {
	case OPTION_CLIENT:
		return read_client(value, &session->client) ? EXIT_FINE :
		       command_usage(&command_explain, "'%s' is no IP address", value);
	case OPTION_CLIENT_PORT:
		return read_port(value, &session->client_port) ? EXIT_FINE :
		       command_usage(&command_explain, "'%s' is no port; expected 0 to 65535", value);
	case OPTION_PORT:
		return read_port(value, &session->daemon_port) ? EXIT_FINE :
		       command_usage(&command_explain, "'%s' is no port; expected 0 to 65535", value);
	case OPTION_MTA:
		return read_mta(value, &session->mta) ? EXIT_FINE :
		       command_usage(&command_explain, "unknown MTA '%s'; expected postfix, sendmail or other",
				     value);
	case OPTION_EHLO:
	case OPTION_HELO:
		return set_greeting(session, option == OPTION_EHLO ? VERB_EHLO : VERB_HELO, value) ? EXIT_FINE :
		       command_usage(&command_explain, "one of --ehlo and --helo, once: the last greeting counts");
	case OPTION_PTR:	session->client_name = text_or_none(value); break;
	case OPTION_MAIL_FROM:	session->sender = text_known(value); break;
	case OPTION_RCPT:	session->recipient = text_known(value); break;
	case OPTION_AUTH:	session->auth_user = text_or_none(value); break;
	case OPTION_TLS:	session->tls_version = text_or_none(value); break;
	default:		break;
	}
	return EXIT_FINE;
}

static int set_dns(const char **dns_r, const char *value)
{
	*dns_r = value;
	if (dns_source_is_valid(value))
		return EXIT_FINE;
	return command_usage(&command_explain, "unknown source of DNS '%s'; expected live, none or tape:FILE", value);
}

static const struct option option_names[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "all", no_argument, NULL, OPTION_ALL },
	{ "listener", required_argument, NULL, OPTION_LISTENER },
	{ "client", required_argument, NULL, OPTION_CLIENT },
	{ "client-port", required_argument, NULL, OPTION_CLIENT_PORT },
	{ "ptr", required_argument, NULL, OPTION_PTR },
	{ "ehlo", required_argument, NULL, OPTION_EHLO },
	{ "helo", required_argument, NULL, OPTION_HELO },
	{ "mail-from", required_argument, NULL, OPTION_MAIL_FROM },
	{ "rcpt", required_argument, NULL, OPTION_RCPT },
	{ "auth", required_argument, NULL, OPTION_AUTH },
	{ "tls", required_argument, NULL, OPTION_TLS },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "mta", required_argument, NULL, OPTION_MTA },
	{ "dns", required_argument, NULL, OPTION_DNS },
	{ "id", required_argument, NULL, OPTION_ID },
	{ NULL, 0, NULL, 0 },
};

static int parse_options(int argc, char **argv, struct options *options_r)
{
	int option, status = EXIT_FINE;

	*options_r = (struct options){ .session = session_by_hand(date_of_us(clock_realtime_us())) };
	opterr = 0;
	while (status == EXIT_FINE &&
	       (option = getopt_long(argc, argv, ":c:", option_names, NULL)) != -1) {
		switch (option) {
		case 'c':		options_r->policy_path = optarg; break;
		case OPTION_JSON:	options_r->json = true; break;
		case OPTION_HELP:	options_r->help = true; return EXIT_FINE;
		case OPTION_ALL:	options_r->all = true; break;
		case OPTION_LISTENER:	options_r->listener = optarg; break;
		case OPTION_DNS:	status = set_dns(&options_r->dns, optarg); break;
		case OPTION_ID:		options_r->id = optarg; break;
		case ':':
			return command_usage(&command_explain, "option '%s' needs a value", argv[optind - 1]);
		case '?':
			return command_usage(&command_explain, "unknown option '%s'", argv[optind - 1]);
		default:
			options_r->described = true;
			status = set_fact(&options_r->session, option, optarg);
			break;
		}
	}
	if (status == EXIT_FINE && options_r->id && options_r->described)
		return command_usage(&command_explain, "'--id' takes the session from the log: with it no other option "
				     "describes one");
	if (status == EXIT_FINE && optind < argc)
		return command_usage(&command_explain, "unexpected argument '%s'", argv[optind]);
	return status;
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
		return command_usage(&command_explain, "no listener '%s' in the policy", options->listener);
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

static int explain(const struct policy *policy, void *data)
{
	struct options *options = data;
	struct dns *dns;
	int status;

	if (options->id)
		return explain_recorded(policy, options);
	status = dns_source_open(policy, options->dns ? options->dns : "live", &dns);
	if (status == EXIT_FINE)
		status = explain_with(policy, options, NULL, dns);
	dns_free(&dns);
	return status;
}

static int run(int argc, char **argv)
{
	struct options options;
	int status = parse_options(argc, argv, &options);

	if (status != EXIT_FINE)
		return status;
	if (options.help)
		return command_manual(&command_explain);
	return command_with_policy(options.policy_path, explain, &options);
}

const struct command command_explain = {
	.name = "explain",
	.synopsis = "[-c FILE] [--listener L] [--client IP] [--client-port N] [--ptr NAME]\n"
		    "           [--ehlo X | --helo X] [--mail-from A] [--rcpt A] [--auth U] [--tls V]\n"
		    "           [--port N] [--mta M] [--dns live|none|tape:FILE] [--all] [--json]\n"
		    "        [-c FILE] --id ID [--listener L] [--dns D] [--all] [--json]",
	.summary = "why a session is judged as it is",
	.manual =
		"Judges one session, given by the options, by the very engine of the daemon, and shows every check\n"
		"with its evidence, the rules, the verdict with the exact reply, and the narrowest exemption\n"
		"that would let the session pass. Exit status 0 whatever the verdict is.\n"
		"\n"
		"What is not given is unknown, but: without --ehlo or --helo there was no greeting ('' is an\n"
		"empty argument), without --mail-from there was no MAIL, without --auth no login, without\n"
		"--tls no TLS. --ptr is the name that the MTA confirmed, '' its \"unknown\". --port is the\n"
		"port that the client connected to, --mail-from the argument of MAIL, with or without brackets.\n"
		"Without --listener the policy's 'match' decides.\n"
		"\n"
		"--dns live asks DNS now, none asks nothing (the names that the MTA confirmed count), tape:FILE takes\n"
		"the answers from a file, one a line: NAME TYPE STATUS [TTL RDATA]. Where a reject that takes no DNS is in\n"
		"force, checks that do are skipped; --all evaluates them all the same.\n"
		"\n"
		"--id takes a session from server.session_log, by the id that stands in log lines and replies; .N behind it\n"
		"names its Nth transaction, else it is the last one. What it was answered then comes first; it is judged\n"
		"again by the answers of DNS that were recorded with it.\n"
		"\n"
		"Examples:\n"
		"  ehlo-milter explain --client 203.0.113.9 --ehlo desktop --mail-from joe@shop.example\n"
		"  ehlo-milter explain -c policy.yaml --listener mx --ehlo '[192.0.2.1]' --json\n"
		"\n"
		"Check your own outbound mail with your own address, EHLO name and domain:\n"
		"  ehlo-milter explain --client 192.0.2.25 --ehlo mail.example.org --mail-from me@example.org\n",
	.run = run,
};
