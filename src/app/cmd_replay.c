/* SPDX-License-Identifier: BSD-2-Clause */
/* replay: what a policy would have done to logged mail. */
#include "app/replay_setup.h"

#include <getopt.h>

struct replaying {
	const struct command *command;
	struct replay_judge *judge;
	struct summary summary;
	bool no_memory;
};

static bool take(void *context, const struct record *record)
{
	struct replaying *replaying = context;
	const struct judged_session *session;

	if (replay_interrupted())
		return false;
	if (!record_reaches_milter(record)) {
		summary_add_unseen(&replaying->summary, record);
		return true;
	}
	session = replay_judge_record(replaying->judge, record, false);
	/* Few are shown with their replies, which the others need not have. */
	if (session && summary_wants(&replaying->summary, session))
		session = replay_judge_record(replaying->judge, record, true);
	replaying->no_memory = !session;
	if (session)
		summary_add(&replaying->summary, session);
	return session;
}

static int replay(struct replay_options *options, const struct replay_setup *setup, char **paths, size_t count)
{
	static struct replaying replaying;	/* large */
	int status;

	replaying.judge = replay_judge_new(&setup->plan);
	if (!replaying.judge)
		return replay_no_memory(&command_replay);
	summary_init(&replaying.summary, &setup->meta);
	replay_interrupt_catch();
	status = log_reading_run(&command_replay, &options->reading, paths, count, take, &replaying);
	replaying.summary.partial = replay_interrupted();
	summary_add_logs(&replaying.summary, &options->reading.stats);
	if (replaying.no_memory)
		status = replay_no_memory(&command_replay);
	else if (status == EXIT_FINE || replay_interrupted())
		status = replay_report(&command_replay, options, &replaying.summary);
	summary_clear(&replaying.summary);
	replay_judge_free(&replaying.judge);
	return status;
}

static int run(int argc, char **argv)
{
	struct replay_options options;
	struct replay_setup setup;
	int status = replay_options_parse(&command_replay, TAKES_POLICY | TAKES_DNS | TAKES_LOGS | TAKES_REPORT, argc,
					  argv, &options);

	if (status != EXIT_FINE)
		return status;
	if (options.help)
		return command_manual(&command_replay);
	status = log_options_check(&command_replay, &options.reading, argc - optind);
	if (status != EXIT_FINE)
		return status;
	status = replay_setup_open(&command_replay, &options, &setup);
	if (status == EXIT_FINE)
		status = replay(&options, &setup, argv + optind, (size_t)(argc - optind));
	replay_setup_close(&setup);
	return status;
}

const struct command command_replay = {
	.name = "replay",
	.synopsis = "[-c FILE] [--new FILE] [--fail-on COND] [--dns live|none|tape:FILE]\n"
		    "           [--listener L] [--html FILE] [--json | --partial] [--format F] [--bare]\n"
		    "           [--year Y] [--tz ZONE] [--missed FILE] [--quiet] LOG...",
	.summary = "what a policy would have done to logged mail",
	.manual =
		"Judges the sessions of logs by the very engine of the daemon, as if every mode were enforce, and\n"
		"reports how many would be refused, at least and at most: what hangs on a fact that the log does\n"
		"not hold is never guessed. Compared with what the MTA did then, or, with --new, with what the\n"
		"policy of -c would have done.\n"
		"\n"
		"  --new FILE      the policy to be judged; that of -c then is the old one\n"
		"  --dns D         none (default): the names that the log holds count, and the answers in session\n"
		"                  records; tape:FILE: those of a tape (see tape); live: DNS of today, at most 500\n"
		"                  questions a second\n"
		"  --listener L    judge by this listener, where the log does not tell which it was\n"
		"  --fail-on COND  exit status 1 if it holds: newly_rejected>0, newly_rejected_delivered>0,\n"
		"                  undecidable>5%; a change or total of the report as JSON; may be given again\n"
		"  --html FILE     also write the report as a page for a browser\n"
		"  --json          the report for programs; --partial: a part of it, for report --merge\n"
		"  --format F, --bare, --year Y, --tz ZONE, --missed FILE, --quiet, LOG...   as for sessions\n"
		"\n"
		"Exit status 0; 1 when a condition holds; 65 when nothing could be read; 130 when it was interrupted:\n"
		"then what there is is shown, marked as a part.\n"
		"\n"
		"Examples:\n"
		"  ehlo-milter replay -c policy.yaml /var/log/mail.log*\n"
		"  ehlo-milter replay --new new.yaml --fail-on 'newly_rejected_delivered>0' sessions.jsonl\n"
		"  ehlo-milter tape /var/log/mail.log > answers && ehlo-milter replay --dns tape:answers /var/log/mail.log\n",
	.run = run,
};
