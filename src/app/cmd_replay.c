/* SPDX-License-Identifier: BSD-2-Clause */
/* replay: what a policy would have done to logged mail. */
#include "app/replay_pool.h"
#include "app/replay_setup.h"

struct replaying {
	struct replay_pool *pool;
	bool no_memory;
};

static bool take(void *context, struct record *record, struct arena *arena)
{
	struct replaying *replaying = context;

	if (replay_interrupted())
		return false;
	replaying->no_memory = !replay_pool_take(replaying->pool, record, arena);
	return !replaying->no_memory;
}

static int replay(struct replay_options *options, const struct replay_setup *setup, char **paths, size_t count)
{
	struct replaying replaying = { .pool = replay_pool_new(&setup->plan, &setup->meta) };
	struct summary *summary;
	int status;

	if (!replaying.pool)
		return command_no_memory(&command_replay);
	replay_interrupt_catch();
	options->log.reading.deferred = true;
	status = log_reading_run(&command_replay, &options->log.reading, paths, count, take, &replaying);
	summary = replaying.no_memory ? NULL : replay_pool_finish(replaying.pool);
	if (!summary) {
		status = command_no_memory(&command_replay);
	} else if (status == EXIT_FINE || replay_interrupted()) {
		summary->partial = replay_interrupted();
		summary_add_logs(summary, &options->log.reading.stats);
		status = replay_report(&command_replay, options, summary);
	}
	replay_pool_free(&replaying.pool);
	return status;
}

static int run(int argc, char **argv)
{
	struct replay_options options = { .dns = "none" };
	struct replay_setup setup;
	int status;
	char **paths = command_options(&command_replay, argc, argv, &options, &status);

	if (paths)
		status = log_options_check(&command_replay, &options.log.reading);
	if (!paths || status != EXIT_FINE)
		return status;
	status = replay_setup_open(&command_replay, &options, &setup);
	if (status == EXIT_FINE)
		status = replay(&options, &setup, paths, command_argument_count(paths));
	replay_setup_close(&setup);
	return status;
}

const struct command command_replay = {
	.name = "replay",
	.summary = "what a policy would have done to logged mail",
	.options = { { .rows = policy_option }, JUDGE_OPTIONS, JUDGE_DNS_OPTION, REPORT_OPTIONS, LOG_OPTIONS },
	.arguments = "LOG...",
	.argument_min = 1,
	.argument_max = -1,
	.about =
		"Judges the sessions of logs by the very engine of the daemon, as if every mode were enforce, and reports how many "
		"would be refused, at least and at most: what hangs on a fact that the log does not hold is never guessed. Compared "
		"with what the MTA did then, or, with --new, with what the policy of -c would have done. The answers of DNS that "
		"session records hold come before those of --dns; live ones are asked for at most 500 a second, each only once. "
		"All processors that it may use take part (see taskset(1)). Interrupted (Ctrl-C), it shows what there is, marked as a part.",
	.statuses = "0; 1 a condition holds; 65 nothing could be read; 71 memory is out; 74 output cannot be written; 75 DNS cannot "
		    "be asked; 78 a policy has errors; 130 interrupted",
	.examples =
		"ehlo-milter replay -c policy.yaml /var/log/mail.log*\n"
		"ehlo-milter replay -c policy.yaml --html report.html /var/log/mail.log\n"
		"ehlo-milter replay --new new.yaml --fail-on 'newly_rejected_delivered>0' sessions.jsonl\n"
		"# With DNS, the same each time:\n"
		"ehlo-milter tape -c policy.yaml /var/log/mail.log > answers.tape\n"
		"ehlo-milter replay -c policy.yaml --dns tape:answers.tape /var/log/mail.log\n"
		"# In parts:\n"
		"ehlo-milter replay --partial monday.log > monday.part\n"
		"ehlo-milter replay --partial tuesday.log > tuesday.part\n"
		"ehlo-milter report --merge monday.part tuesday.part\n",
	.run = run,
};
