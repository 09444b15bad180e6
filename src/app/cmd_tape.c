/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tape: every question of DNS that a replay needs, asked once, its answer written down.  Some sessions are under way at a
 * time, so that the questions of one do not wait for the answers of another.
 */
#include "app/dns_rate.h"
#include "app/dns_source.h"
#include "app/engine.h"
#include "app/record_dns.h"
#include "app/replay_session.h"
#include "app/replay_setup.h"
#include "dns/hash.h"
#include "logs/index.h"
#include "logs/record_json.h"
#include "logs/record_tape.h"

#include <stdlib.h>
#include <string.h>

#define ASKING_MAX 32
#define PENDING_BYTES (64 << 10)

/* One transaction under one policy, whose questions are under way. */
struct asking {
	bool busy;
	const struct policy *policy;
	struct arena arena;		/* of all below */
	struct record record;		/* a copy: the log goes on */
	struct replay_session session;
	struct judgement judgement;
	struct dns *recorded;		/* what the record holds is not asked again; NULL: nothing */
	struct gather_plan plan;
	struct gather *gather;
};

struct taping {
	const struct replay_setup *setup;
	struct dns *dns;		/* who is asked: the network, behind the tape that is gone on with */
	struct asking askings[ASKING_MAX];	/* used in turn */
	size_t next;
	struct buf line;		/* of the record at hand */
	struct buf out;
	struct hash_key key;
	struct index written;		/* hashes of the questions that are on the tape */
	struct dns_rate rate;
	int status;
};

/* --- answers --- */

static bool is_new(struct taping *taping, const struct dns_item *item, bool *no_memory)
{
	uint64_t key = hash_keyed(&taping->key, item->name, strlen(item->name)) + (uint64_t)item->type;

	if (index_get(&taping->written, key) != 0)
		return false;
	*no_memory = *no_memory || !index_put(&taping->written, key, 1);
	return true;
}

/* false: out of memory. */
static bool write_answers(struct taping *taping, const struct answers *answers)
{
	bool no_memory = false;

	for (size_t i = 0; answers && i < answers->count; i++) {
		const struct dns_item *item = &answers->items[i];

		if (item->answer && item->source != DNS_FROM_TAPE && is_new(taping, item, &no_memory))
			dns_tape_write(&taping->out, item, 1);
	}
	return !no_memory && !taping->out.failed;
}

static bool print_pending(struct taping *taping)
{
	taping->status = taping->out.failed ? command_no_memory(&command_tape) :
					      command_print(taping->out.text, taping->out.length);
	taping->out.length = 0;
	return taping->status == EXIT_FINE;
}

/* --- a session under way --- */

static void clear(struct asking *asking)
{
	gather_free(&asking->gather);
	dns_free(&asking->recorded);
	arena_clear(&asking->arena);
	asking->busy = false;
}

/* Waits for its answers.  false: out of memory, or the tape cannot be written. */
static bool finish(struct taping *taping, struct asking *asking)
{
	const struct judgement *judgement = &asking->judgement;
	bool good;

	if (!asking->busy)
		return true;
	good = engine_judge_chosen(asking->policy, asking->gather, &asking->session.session, STAGE_MAIL,
				   &asking->arena, &asking->judgement) &&
	       write_answers(taping, judgement->facts.dns);
	if (good)
		dns_rate_keep(&taping->rate, judgement->facts.dns);
	clear(asking);
	if (!good)
		taping->status = command_no_memory(&command_tape);
	return good && (taping->out.length < PENDING_BYTES || print_pending(taping));
}

/* Begins the questions of a transaction of the record in taping->line, by one listener.  false: out of memory. */
static bool begin(struct taping *taping, struct asking *asking, const struct policy *policy, size_t tx, struct choice choice)
{
	asking->busy = true;
	asking->policy = policy;
	asking->plan = (struct gather_plan){ .thorough = true, .judge_all = true };
	if (record_read(taping->line.text, taping->line.length, &asking->arena, &asking->record) ||
	    !record_dns_open(&asking->record, RECORD_END, taping->dns, &asking->recorded))
		return false;
	asking->plan.dns = asking->recorded ? asking->recorded : taping->dns;
	replay_session_set(&asking->record, tx, &asking->session);
	asking->judgement.judge_all = true;
	asking->judgement.choice = choice;
	asking->gather = gather_new(&asking->plan);
	return asking->gather && engine_ask_ahead_chosen(policy, asking->gather, &asking->session.session, STAGE_MAIL,
							 &asking->arena, &asking->judgement.choice);
}

static bool ask_by(struct taping *taping, const struct policy *policy, size_t tx, struct choice choice)
{
	struct asking *asking = &taping->askings[taping->next];

	taping->next = (taping->next + 1) % ASKING_MAX;
	if (!finish(taping, asking))
		return false;
	if (begin(taping, asking, policy, tx, choice))
		return true;
	taping->status = command_no_memory(&command_tape);
	return false;
}

/* Where it is not known which listener is the right one, replay looks at what each would say that may be. */
static bool ask_by_others(struct taping *taping, const struct policy *policy, size_t tx, const struct session *session)
{
	const struct listener *listener = NULL;

	while ((listener = next_possible_listener(policy, session, listener)))
		if (!ask_by(taping, policy, tx, (struct choice){ .listener = listener }))
			return false;
	return true;
}

static bool ask(struct taping *taping, const struct policy *policy, const struct record *record, size_t tx)
{
	const char *listener = taping->setup->plan.listener;
	struct replay_session session;
	struct choice choice;

	if (listener)
		return ask_by(taping, policy, tx, (struct choice){ .listener = policy_find_listener(policy, listener) });
	replay_session_set(record, tx, &session);
	choice = choose_listener(policy, &session.session);
	return ask_by(taping, policy, tx, choice) &&
	       (!choice.unsure || ask_by_others(taping, policy, tx, &session.session));
}

static bool take(void *context, struct record *record, struct arena *arena)
{
	struct taping *taping = context;
	const struct replay_setup *setup = taping->setup;
	bool good = !replay_interrupted();

	(void)arena;
	if (!record_reaches_milter(record))
		return good;
	taping->line.length = 0;
	record_write(record, &taping->line);
	if (taping->line.failed) {
		taping->status = command_no_memory(&command_tape);
		return false;
	}
	for (size_t tx = 0; good && (tx == 0 || tx < record->tx_count); tx++) {
		good = ask(taping, setup->after, record, tx);
		if (good && setup->before)
			good = ask(taping, setup->before, record, tx);
	}
	return good;
}

/* --- the command --- */

/* Also when it was interrupted: of what was asked nothing is to be asked again. */
static int finish_all(struct taping *taping)
{
	for (size_t i = 0; i < ASKING_MAX; i++)
		if (taping->status != EXIT_FINE)
			clear(&taping->askings[i]);
		else
			(void)finish(taping, &taping->askings[(taping->next + i) % ASKING_MAX]);
	if (taping->status == EXIT_FINE)
		(void)print_pending(taping);
	return taping->status;
}

static int tape(struct replay_options *options, const struct replay_setup *setup, struct dns *dns, char **paths,
		size_t count)
{
	struct taping *taping = calloc(1, sizeof *taping);
	int status, end;

	if (!taping)
		return command_no_memory(&command_tape);
	taping->setup = setup;
	taping->dns = dns;
	hash_key_init(&taping->key);
	buf_init(&taping->line);
	buf_init(&taping->out);
	for (size_t i = 0; i < ASKING_MAX; i++)
		arena_init(&taping->askings[i].arena, NULL, 0, 8192);
	replay_interrupt_catch();
	status = log_reading_run(&command_tape, &options->log.reading, paths, count, take, taping);
	end = finish_all(taping);
	if (end != EXIT_FINE)
		status = end;
	else if (replay_interrupted())
		status = EXIT_INTERRUPTED;
	for (size_t i = 0; i < ASKING_MAX; i++)
		clear(&taping->askings[i]);
	index_clear(&taping->written);
	buf_clear(&taping->out);
	buf_clear(&taping->line);
	free(taping);
	return status;
}

/* The tape of --resume, with the network behind it; NULL without. */
static int open_resumed(const struct replay_options *options, const struct replay_setup *setup, struct dns **dns_r)
{
	struct buf source;
	int status;

	*dns_r = NULL;
	if (!options->resume)
		return EXIT_FINE;
	buf_init(&source);
	buf_addf(&source, "tape:%s", options->resume);
	status = source.failed ? command_no_memory(&command_tape) :
				 dns_source_open(setup->after, source.text, dns_r);
	buf_clear(&source);
	if (*dns_r)
		dns_tape_over(*dns_r, setup->dns);
	return status;
}

static int run(int argc, char **argv)
{
	struct replay_options options = { .dns = "live" };
	struct replay_setup setup;
	struct dns *resumed = NULL;
	int status;
	char **paths = command_options(&command_tape, argc, argv, &options, &status);

	if (paths)
		status = log_options_check(&command_tape, &options.log.reading);
	if (!paths || status != EXIT_FINE)
		return status;
	status = replay_setup_open(&command_tape, &options, &setup);
	if (status == EXIT_FINE)
		status = open_resumed(&options, &setup, &resumed);
	if (status == EXIT_FINE)
		status = tape(&options, &setup, resumed ? resumed : setup.dns, paths, command_argument_count(paths));
	dns_free(&resumed);
	replay_setup_close(&setup);
	return status;
}

static const struct command_option own_options[] = {
	{ .name = "resume", .value = "FILE",
	  .help = "a tape that was interrupted, or is of older logs: what is on it is not asked, and only what is new is written. An "
		  "error (TIMEOUT, SERVFAIL) stays what it is: take its line out of the tape to ask again",
	  .at = offsetof(struct replay_options, resume) },
	{ .name = NULL },
};

const struct command command_tape = {
	.name = "tape",
	.summary = "the answers of DNS that a replay needs",
	.options = { { .rows = policy_option }, JUDGE_OPTIONS, { .rows = own_options }, LOG_OPTIONS },
	.arguments = "LOG...",
	.argument_min = 1,
	.argument_max = -1,
	.about =
		"Asks every question of DNS that the replay of the logs needs, each once, at most 500 a second, and writes the "
		"answers as a tape, one a line: NAME TYPE STATUS [TTL RDATA]. replay --dns tape:FILE then needs no network and gives "
		"the same again and again. What the session records hold is not asked. The answers are those of today: names "
		"change.\n"
		"\n"
		"Interrupted (Ctrl-C), what was asked by then is on the tape, in whole lines; a second signal ends it at once.",
	.statuses = "0; 65 nothing could be read; 75 DNS cannot be asked; 130 interrupted",
	.examples =
		"ehlo-milter tape -c policy.yaml /var/log/mail.log > answers.tape\n"
		"ehlo-milter tape -c policy.yaml --resume answers.tape /var/log/mail.log >> answers.tape\n"
		"ehlo-milter replay -c policy.yaml --dns tape:answers.tape /var/log/mail.log\n",
	.run = run,
};
