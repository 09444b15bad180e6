/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes down what a session tells, callback by callback. */
#include "app/notes_work.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 1000
#define HELD_BYTES_MAX 24000	/* of greetings and transactions: some hundred of them */
#define DNS_COUNT_MAX 64
#define DNS_BYTES_MAX (16 * 1024)
#define DNS_ENTRY_BYTES 100	/* keys and numbers of an entry, beside its texts */
#define MACRO_BYTES_MAX 512
#define PATH_BYTES_MAX 2048	/* of a name or sender: what is longer is unknown, never cut */

struct notes *notes_new(const struct policy *policy, const struct session *session, int64_t started_us)
{
	struct notes *notes = calloc(1, sizeof *notes);

	if (!notes)
		return NULL;
	if (pthread_mutex_init(&notes->lock, NULL) != 0) {
		free(notes);
		return NULL;
	}
	arena_init(&notes->arena, NULL, 0, BLOCK_BYTES);
	notes->policy = policy;
	notes->started_us = started_us;
	notes->started_monotonic_us = clock_monotonic_us();
	notes->helo_end = &notes->helo;
	notes->tx_end = &notes->tx;
	notes->dns_end = &notes->dns;
	notes_connect(notes, session);
	return notes;
}

void notes_free(struct notes **notes)
{
	struct notes *n = *notes;

	if (!n)
		return;
	arena_clear(&n->arena);
	(void)pthread_mutex_destroy(&n->lock);
	free(n);
	*notes = NULL;
}

static int64_t since_start(const struct notes *notes)
{
	return clock_monotonic_us() - notes->started_monotonic_us;
}

/* A copy; what is too long, or finds no memory, is unknown. */
static struct text copy(struct notes *notes, const struct text *text, size_t max)
{
	struct text taken = { .presence = text->presence };

	if (text->presence != PRESENCE_KNOWN)
		return taken;
	taken.value = strlen(text->value) <= max ? arena_strdup(&notes->arena, text->value) : NULL;
	if (!taken.value) {
		taken.presence = PRESENCE_UNKNOWN;
		notes->cut++;
	}
	return taken;
}

/* --- the session --- */

void notes_connect(struct notes *notes, const struct session *session)
{
	struct session *kept = &notes->session;

	pthread_mutex_lock(&notes->lock);
	*kept = *session;
	kept->listener_service = copy(notes, &session->listener_service, MACRO_BYTES_MAX);
	kept->daemon_name = copy(notes, &session->daemon_name, MACRO_BYTES_MAX);
	kept->host = copy(notes, &session->host, MACRO_BYTES_MAX);
	kept->client_name = copy(notes, &session->client_name, MACRO_BYTES_MAX);
	kept->client_ptr = copy(notes, &session->client_ptr, MACRO_BYTES_MAX);
	kept->ehlo = kept->sender = kept->recipient = kept->queue_id = (struct text){ .presence = PRESENCE_UNKNOWN };
	kept->auth_user = kept->tls_version = kept->ehlo;
	notes->listener = choose_listener(notes->policy, kept).listener;
	pthread_mutex_unlock(&notes->lock);
}

/* Room for one greeting or transaction more?  Once there is none, none is taken: what is there is a begin without gaps. */
static bool take_room(struct notes *notes, size_t bytes)
{
	notes->full = notes->full || notes->held_bytes + bytes > HELD_BYTES_MAX;
	if (notes->full)
		notes->cut++;
	else
		notes->held_bytes += bytes;
	return !notes->full;
}

static size_t length_of(const struct text *text)
{
	return text->presence == PRESENCE_KNOWN ? strlen(text->value) : 0;
}

static void add_greeting(struct notes *notes, const struct session *session)
{
	struct note_helo *helo;

	if (!take_room(notes, sizeof *helo + length_of(&session->ehlo)))
		return;
	helo = arena_alloc(&notes->arena, sizeof *helo);
	if (!helo) {
		notes->full = true;
		notes->cut++;
		return;
	}
	helo->at_us = since_start(notes);
	helo->verb = session->verb;
	helo->name = copy(notes, &session->ehlo, PATH_BYTES_MAX);
	*notes->helo_end = helo;
	notes->helo_end = &helo->next;
	notes->helo_count++;
}

void notes_greeting(struct notes *notes, const struct session *session)
{
	pthread_mutex_lock(&notes->lock);
	notes->tx_last = NULL;
	add_greeting(notes, session);
	pthread_mutex_unlock(&notes->lock);
}

/* Sendmail says only now whether the last greeting was EHLO or HELO. */
static void complete_greeting(struct notes *notes, enum verb verb)
{
	struct note_helo *helo = notes->helo;

	while (helo && helo->next)
		helo = helo->next;
	if (helo && helo->verb == VERB_UNKNOWN && !notes->full && verb != VERB_NONE)
		helo->verb = verb;
}

/* A sender without its brackets, where they can be put back. */
static struct text copy_sender(struct notes *notes, const struct text *sender)
{
	struct text taken = copy(notes, sender, PATH_BYTES_MAX);
	size_t length = length_of(&taken);
	char *bare;

	if (length < 2 || taken.value[0] != '<' || taken.value[length - 1] != '>' || taken.value[1] == '<')
		return taken;
	bare = arena_strndup(&notes->arena, taken.value + 1, length - 2);
	return bare ? text_known(bare) : taken;
}

static void add_transaction(struct notes *notes, const struct session *session)
{
	size_t bytes = sizeof(struct note_tx) + length_of(&session->sender) + length_of(&session->queue_id) +
		       length_of(&session->auth_user) + length_of(&session->tls_version);
	struct note_tx *tx = take_room(notes, bytes) ? arena_alloc(&notes->arena, sizeof *tx) : NULL;

	notes->cut += notes->dns_cut;
	notes->dns_cut = 0;
	notes->tx_last = tx;
	if (!tx) {
		notes->full = true;
		return;
	}
	tx->at_us = since_start(notes);
	tx->sender = copy_sender(notes, &session->sender);
	tx->queue_id = copy(notes, &session->queue_id, MACRO_BYTES_MAX);
	tx->auth_user = copy(notes, &session->auth_user, MACRO_BYTES_MAX);
	tx->tls_version = copy(notes, &session->tls_version, MACRO_BYTES_MAX);
	*notes->tx_end = tx;
	notes->tx_end = &tx->next;
	notes->tx_count++;
}

void notes_transaction(struct notes *notes, const struct session *session)
{
	pthread_mutex_lock(&notes->lock);
	complete_greeting(notes, session->verb);
	add_transaction(notes, session);
	pthread_mutex_unlock(&notes->lock);
}

/* --- judgements --- */

static struct note_outcome take_outcome(struct notes *notes, const struct session *session,
					const struct judgement *judgement, const struct verdict *verdict)
{
	struct note_outcome outcome = { .answer = verdict->answer, .check = verdict->check, .rule = verdict->rule };
	char line[REPLY_TEXT_BYTES];
	struct reply reply;

	if (!verdict_reply_template(judgement->choice.listener, verdict))
		return outcome;
	engine_reply(judgement, session, verdict, &reply);
	reply_line(&reply, line);
	if (take_room(notes, strlen(line)))
		outcome.reply = arena_strdup(&notes->arena, line);
	return outcome;
}

/* What is answered later than stage is no answer yet. */
static const struct verdict *told_by(const struct verdict *verdict, enum stage stage)
{
	static const struct verdict accepted = { .answer = ANSWER_ACCEPT };

	return answer_refuses(verdict->answer) && verdict->stage > stage ? &accepted : verdict;
}

static void take_results(const struct judgement *judgement, enum stage stage, uint8_t results_r[CHECK_COUNT])
{
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		bool judged = !judgement->choice.listener->checks[i].off && checks[i]->stage <= stage;

		results_r[i] = judged ? (uint8_t)judgement->decision.findings[i].result : RESULT_ABSENT;
	}
}

/* Of several judgements of one transaction, one for each recipient, the strictest stands. */
static bool is_stricter(const struct note_judgement *there, const struct verdict *verdict, const struct verdict *would)
{
	if (!there->done || verdict->answer > there->outcome.answer)
		return true;
	return verdict->answer == there->outcome.answer && there->outcome.answer == ANSWER_ACCEPT &&
	       would->answer > (there->differs ? there->would.answer : ANSWER_ACCEPT);
}

static void take_judgement(struct notes *notes, const struct session *session, const struct judgement *judgement,
			   enum stage stage, struct note_judgement *there)
{
	const struct verdict *verdict = told_by(&judgement->decision.verdict, stage);
	const struct verdict *would = told_by(&judgement->decision.would, stage);

	if (!is_stricter(there, verdict, would))
		return;
	there->done = true;
	there->outcome = take_outcome(notes, session, judgement, verdict);
	there->differs = !verdict_equal(verdict, would) &&
			 (verdict->answer != would->answer || would->answer != ANSWER_ACCEPT);
	if (there->differs)
		there->would = take_outcome(notes, session, judgement, would);
	take_results(judgement, stage, there->results);
}

void notes_judgement(struct notes *notes, const struct session *session, const struct judgement *judgement,
		     enum stage stage)
{
	const struct decision *decision = &judgement->decision;

	pthread_mutex_lock(&notes->lock);
	notes->listener = judgement->choice.listener;
	if (stage >= STAGE_MAIL && notes->tx_last)
		take_judgement(notes, session, judgement, stage, &notes->tx_last->judgement);
	else if (stage < STAGE_MAIL && (answer_refuses(told_by(&decision->verdict, stage)->answer) ||
					answer_refuses(told_by(&decision->would, stage)->answer)))
		take_judgement(notes, session, judgement, stage, &notes->early);
	pthread_mutex_unlock(&notes->lock);
}

/* --- what DNS said --- */

static enum dns_status status_of(const struct dns_item *item)
{
	return item->answer ? item->answer->status : DNS_TIMEOUT;
}

static struct note_dns *find_dns(const struct notes *notes, const struct dns_item *item)
{
	struct note_dns *last = NULL;

	for (struct note_dns *dns = notes->dns; dns; dns = dns->next)
		if (dns->type == item->type && strcmp(dns->question, item->name) == 0)
			last = dns;
	return last;
}

static bool same_records(const struct note_dns *dns, const struct dns_item *item)
{
	char space[4096];
	struct buf text;

	if (dns->status != status_of(item) || dns->answer_count != (item->answer ? item->answer->count : 0))
		return false;
	for (size_t i = 0; i < dns->answer_count; i++) {
		buf_init_fixed(&text, space, sizeof space);
		dns_record_format(item->type, &item->answer->records[i], &text);
		if (strcmp(text.text, dns->answers[i]) != 0)
			return false;
	}
	return true;
}

/* The answers as text, of which the notes keep what fits.  False: they do not, or memory is out. */
static bool format_answers(struct notes *notes, const struct dns_item *item, struct note_dns *dns, size_t *bytes)
{
	struct buf text;

	for (size_t i = 0; i < dns->answer_count; i++) {
		buf_init(&text);
		dns_record_format(item->type, &item->answer->records[i], &text);
		*bytes += text.length + 3;
		dns->answers[i] = *bytes > DNS_BYTES_MAX || text.failed ? NULL :
				  arena_strdup(&notes->arena, text.text);
		buf_clear(&text);
		if (!dns->answers[i])
			return false;
	}
	return true;
}

static struct note_dns *make_dns(struct notes *notes, const struct dns_item *item)
{
	size_t count = item->answer ? item->answer->count : 0;
	size_t bytes = notes->dns_bytes + strlen(item->name) + DNS_ENTRY_BYTES;
	struct note_dns *dns = bytes > DNS_BYTES_MAX || notes->dns_count == DNS_COUNT_MAX ? NULL :
			       arena_alloc(&notes->arena, sizeof *dns + count * sizeof dns->answers[0]);

	if (!dns)
		return NULL;
	dns->answer_count = count;
	dns->question = arena_strdup(&notes->arena, item->name);
	if (!dns->question || !format_answers(notes, item, dns, &bytes))
		return NULL;
	notes->dns_bytes = bytes;
	dns->type = item->type;
	dns->status = status_of(item);
	dns->ttl_s = item->answer ? item->answer->ttl_s : 0;
	dns->took_us = item->took_us;
	dns->source = item->source;
	return dns;
}

/* False: it does not fit. */
static bool take_item(struct notes *notes, const struct dns_item *item)
{
	struct arena_mark before = arena_mark(&notes->arena);
	const struct note_dns *there = find_dns(notes, item);
	struct note_dns *dns;

	/* An answer that came after the time was over was none when it mattered. */
	if (there && (same_records(there, item) || there->tx == notes->tx_count))
		return true;
	dns = make_dns(notes, item);
	if (!dns) {
		arena_reset(&notes->arena, before);
		return false;
	}
	dns->later = there != NULL;
	dns->tx = notes->tx_count;
	*notes->dns_end = dns;
	notes->dns_end = &dns->next;
	notes->dns_count++;
	return true;
}

void notes_answers(struct notes *notes, const struct answers *answers, bool waited)
{
	unsigned cut = 0;

	pthread_mutex_lock(&notes->lock);
	/* Of a transaction that is not noted no answer is. */
	for (size_t i = 0; i < answers->count && !(notes->full && !notes->tx_last); i++) {
		const struct dns_item *item = &answers->items[i];

		/* What was not asked, by a limit or for being no name, says nothing about DNS. */
		if (item->answer ? item->answer->status != DNS_UNKNOWN && item->answer->status <= DNS_TIMEOUT : waited)
			cut += !take_item(notes, item);
	}
	/* Each judgement of a transaction looks at the same ones again. */
	if (cut > notes->dns_cut)
		notes->dns_cut = cut;
	pthread_mutex_unlock(&notes->lock);
}
