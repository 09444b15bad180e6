/* SPDX-License-Identifier: BSD-2-Clause */
/* A session of which commands and replies are seen. */
#include "logs/dialogue.h"

#include <string.h>

int64_t dialogue_tick(struct dialogue *dialogue, int64_t now_us)
{
	dialogue->last_t_us = now_us > dialogue->last_t_us ? now_us : dialogue->last_t_us + 1;
	return dialogue->last_t_us;
}

struct record_helo *dialogue_greeting(struct dialogue *dialogue, enum verb verb, struct text name, int64_t now_us)
{
	struct record *record = dialogue->record;
	struct record_helo *helo = record_grow(dialogue->arena, &record->helo, &record->helo_count, sizeof *helo);

	if (!helo) {
		dialogue->sink->no_memory = true;
		return NULL;
	}
	*helo = (struct record_helo){ .verb = verb,
				      .name = name,
				      .t_us = micros_known(dialogue_tick(dialogue, now_us)) };
	record->helo_presence = PRESENCE_KNOWN;
	return helo;
}

struct dialogue_tx *dialogue_new_tx(struct dialogue *dialogue, struct text sender, int64_t now_us)
{
	struct record *record = dialogue->record;
	struct record_tx *tx = record_grow(dialogue->arena, &record->tx, &record->tx_count, sizeof *tx);
	struct dialogue_tx *state =
		tx ? record_grow(dialogue->arena, &dialogue->txs, &dialogue->tx_count, sizeof *state) : NULL;

	if (!state) {
		record->tx_count = dialogue->tx_count;
		dialogue->sink->no_memory = true;
		return NULL;
	}
	record->tx_presence = PRESENCE_KNOWN;
	tx->sender = sender;
	tx->t_us = micros_known(dialogue_tick(dialogue, now_us));
	return state;
}

static struct dialogue_tx *current_tx(struct dialogue *dialogue)
{
	return dialogue->in_tx && dialogue->tx_count > 0 ? &dialogue->txs[dialogue->tx_count - 1] : NULL;
}

static struct record_tx *current_record_tx(struct dialogue *dialogue)
{
	return &dialogue->record->tx[dialogue->tx_count - 1];
}

static bool make_room(struct dialogue *dialogue)
{
	size_t capacity = dialogue->pending_capacity > 0 ? 2 * dialogue->pending_capacity : 4;
	struct pending *pending;

	if (dialogue->pending_count < dialogue->pending_capacity)
		return true;
	pending = arena_array(dialogue->arena, capacity, sizeof *pending);
	if (!pending)
		return false;
	if (dialogue->pending_count > 0)
		memcpy(pending, dialogue->pending, dialogue->pending_count * sizeof *pending);
	dialogue->pending = pending;
	dialogue->pending_capacity = capacity;
	return true;
}

static void remember(struct dialogue *dialogue, const struct smtp_command *command)
{
	struct pending *pending;

	if (!make_room(dialogue)) {
		dialogue->sink->no_memory = true;
		return;
	}
	pending = &dialogue->pending[dialogue->pending_count++];
	*pending = (struct pending){ .command = command->command };
	if (command->command == COUNTED_HELO || command->command == COUNTED_EHLO || command->has_path)
		pending->argument = sink_text(dialogue->sink, dialogue->arena, command->argument);
}

void dialogue_command(struct dialogue *dialogue, struct span text, int64_t now_us)
{
	struct smtp_command command;

	(void)now_us;
	dialogue->seen = true;
	if (dialogue->in_auth) {
		dialogue->in_auth = false;
		return;
	}
	/* What follows BDAT is its data, up to the reply. */
	if (dialogue->in_data || (dialogue->pending_count > dialogue->pending_first &&
				  dialogue->pending[dialogue->pending_count - 1].command == COUNTED_BDAT))
		return;
	smtp_command_parse(text, &command);
	dialogue->given[command.command]++;
	remember(dialogue, &command);
}

/* In effect, or refused while none is. */
static void greeted(struct dialogue *dialogue, const struct pending *pending, bool good, const struct text *reply,
		    int64_t now_us)
{
	if (good || !dialogue->greeted)
		(void)dialogue_greeting(dialogue, pending->command == COUNTED_EHLO ? VERB_EHLO : VERB_HELO,
					pending->argument, now_us);
	dialogue->greeted |= good;
	if (good)
		dialogue->in_tx = false;
	else
		dialogue->reply = *reply;
}

static void mailed(struct dialogue *dialogue, const struct pending *pending, bool good, const struct text *reply,
		   int64_t now_us)
{
	struct dialogue_tx *tx;

	if (pending->argument.presence != PRESENCE_KNOWN)
		return;
	/* "503 5.5.1 Error: nested MAIL command": the one before it goes on. */
	if (!good && (dialogue->in_tx || dialogue->partial) && reply->presence == PRESENCE_KNOWN && strncmp(reply->value, "503", 3) == 0)
		return;
	tx = dialogue_new_tx(dialogue, pending->argument, now_us);
	if (!tx)
		return;
	dialogue->in_tx = good;
	tx->refused_at_mail = !good;
	tx->tracked = true;
	current_record_tx(dialogue)->recipient_count = number_known(0);
	if (!good)
		tx->reply = *reply;
}

static void addressed(struct dialogue *dialogue, bool good, const struct text *reply)
{
	struct dialogue_tx *tx = current_tx(dialogue);

	if (!tx)
		return;
	if (good) {
		tx->taken = true;
		current_record_tx(dialogue)->recipient_count.value++;
	} else {
		tx->reply = *reply;
	}
}

/* "250 2.0.0 Ok: queued as 3FD76AA41F2", "250 2.0.0 6AM5HokQ006721 Message accepted for delivery" */
static struct text queue_id_of(struct dialogue *dialogue, struct span text)
{
	static const char queued[] = "queued as ", accepted[] = " Message accepted for delivery";
	const char *end = text.text + text.length,
		   *at = memmem(text.text, text.length, queued, sizeof queued - 1), *space;

	if (at) {
		at += sizeof queued - 1;
		space = memchr(at, ' ', (size_t)(end - at));
		return sink_text(dialogue->sink, dialogue->arena, span_between(at, space ? space : end));
	}
	at = memmem(text.text, text.length, accepted, sizeof accepted - 1);
	space = at ? memrchr(text.text, ' ', (size_t)(at - text.text)) : NULL;
	return space ? sink_text(dialogue->sink, dialogue->arena, span_between(space + 1, at)) :
		       (struct text){ .presence = PRESENCE_UNKNOWN };
}

static void message_answered(struct dialogue *dialogue, bool good, const struct text *reply, struct span text)
{
	struct dialogue_tx *tx = current_tx(dialogue);
	struct record_tx *shown;

	/* Without a recipient there is no message to refuse: "503 5.5.1 Need RCPT", "554 5.5.1 Error: no valid recipients" */
	if (!tx || (!good && !tx->taken))
		return;
	shown = current_record_tx(dialogue);
	if (good && shown->queue_id.presence == PRESENCE_UNKNOWN)
		shown->queue_id = queue_id_of(dialogue, text);
	if (good) {
		tx->taken = true;
	} else {
		tx->refused_at_end = true;
		tx->reply = *reply;
	}
	dialogue->in_tx = false;
}

static void apply(struct dialogue *dialogue, const struct pending *pending, struct span text, int64_t now_us)
{
	bool good = text.text[0] == '2' || text.text[0] == '3';
	struct text reply = { .presence = PRESENCE_UNKNOWN };

	if (!good)
		reply = sink_text(dialogue->sink, dialogue->arena, text);
	switch (pending->command) {
	case COUNTED_HELO:
	case COUNTED_EHLO: greeted(dialogue, pending, good, &reply, now_us); break;
	case COUNTED_MAIL: mailed(dialogue, pending, good, &reply, now_us); break;
	case COUNTED_RCPT: addressed(dialogue, good, &reply); break;
	case COUNTED_DATA:
	case COUNTED_BDAT: message_answered(dialogue, good, &reply, text); break;
	case COUNTED_RSET: dialogue->in_tx = false; break;
	case COUNTED_STARTTLS:
		if (good && dialogue->record->tls_presence == PRESENCE_UNKNOWN)
			dialogue->record->tls_presence = PRESENCE_KNOWN;
		break;
	case COUNTED_AUTH:
		dialogue->authenticated |= good;
		dialogue->given[COUNTED_AUTH_FAILED] += !good;
		break;
	case COUNTED_QUIT: dialogue->ended = true; break;
	default: break;
	}
}

/* Takes the oldest command out. */
static struct pending answered(struct dialogue *dialogue)
{
	struct pending pending = dialogue->pending[dialogue->pending_first++];

	if (dialogue->pending_first == dialogue->pending_count)
		dialogue->pending_first = dialogue->pending_count = 0;
	return pending;
}

static bool is_code(struct span text, const char *code)
{
	return text.length >= 3 && memcmp(text.text, code, 3) == 0;
}

void dialogue_reply(struct dialogue *dialogue, struct span text, int64_t now_us)
{
	struct pending pending;

	while (text.length > 0 && strchr("\r\n ", text.text[text.length - 1]))
		text.length--;
	/* Only the last line of a reply counts. */
	if (text.length < 3 || text.text[0] < '2' || text.text[0] > '5' || text.text[1] < '0' ||
	    text.text[1] > '9' || text.text[2] < '0' || text.text[2] > '9' ||
	    (text.length > 3 && text.text[3] == '-'))
		return;
	dialogue->ended |= is_code(text, "421");
	if (dialogue->pending_first == dialogue->pending_count) {
		/* The server's greeting; what it says unasked later is its good-bye. */
		if (!dialogue->seen && !dialogue->partial && (text.text[0] == '4' || text.text[0] == '5'))
			dialogue->reply = sink_text(dialogue->sink, dialogue->arena, text);
		dialogue->seen = true;
		return;
	}
	if (is_code(text, "334")) {
		dialogue->in_auth = true;
		return;
	}
	if (is_code(text, "354") && !dialogue->in_data) {
		dialogue->in_data = true;
		return;
	}
	dialogue->in_data = dialogue->in_auth = false;
	pending = answered(dialogue);
	/* RFC 3463 4.4.x: the connection was lost, which is no answer to the client. */
	if (SPAN_BEGINS(text, "421 4.4.") && pending.command != COUNTED_EHLO && pending.command != COUNTED_HELO)
		return;
	apply(dialogue, &pending, text, now_us);
}

/* Nobody knows what became of the last transaction. */
static void leave_open(struct dialogue *dialogue)
{
	if (dialogue->tx_count == 0)
		return;
	dialogue->txs[dialogue->tx_count - 1].uncounted = true;
	current_record_tx(dialogue)->recipient_count.presence = PRESENCE_UNKNOWN;
}

void dialogue_lost(struct dialogue *dialogue)
{
	leave_open(dialogue);
	dialogue->pending_first = dialogue->pending_count = 0;
	dialogue->in_data = dialogue->in_auth = dialogue->in_tx = false;
	dialogue->seen = dialogue->partial = true;
}

/* Is it not told what its client was answered? */
static bool is_open(const struct dialogue_tx *tx)
{
	bool replied = tx->reply.presence == PRESENCE_KNOWN;

	if (tx->refused_at_mail || tx->refused_at_end)
		return false;
	/* Of a message on hold perhaps only some recipients were refused. */
	return tx->held ? tx->uncounted && replied : tx->uncounted || (tx->unanswered && !replied);
}

static void complete_verdicts(struct dialogue *dialogue, bool whole)
{
	struct record *record = dialogue->record;
	struct record_verdict *verdict;

	if (dialogue->reply.presence == PRESENCE_KNOWN || dialogue->action.presence == PRESENCE_KNOWN) {
		verdict = record_add_verdict(record, dialogue->arena);
		if (verdict)
			verdict->outcome = record_refused(&dialogue->reply);
		if (verdict && verdict->outcome.action.presence == PRESENCE_UNKNOWN)
			verdict->outcome.action = dialogue->action;
	}
	for (size_t i = 0; i < dialogue->tx_count; i++) {
		struct dialogue_tx *tx = &dialogue->txs[i];
		bool refused = tx->reply.presence == PRESENCE_KNOWN &&
			       (tx->refused_at_mail || tx->refused_at_end || !tx->taken);

		/* It may go on. */
		if (!whole && dialogue->in_tx && i + 1 == dialogue->tx_count)
			leave_open(dialogue);
		if (is_open(tx))
			continue;
		verdict = record_add_verdict(record, dialogue->arena);
		if (!verdict)
			break;
		verdict->tx = number_known((unsigned)i);
		verdict->outcome = refused ? record_refused(&tx->reply) : record_taken(tx->held);
		if (refused || (tx->tracked && !tx->taken))
			record->tx[i].delivered = flag_known(false);
	}
}

/* What a whole dialogue does not show was not there. */
static void complete_absent(struct dialogue *dialogue)
{
	struct record *record = dialogue->record;

	for (int i = 0; i < COUNTED_TOTAL; i++)
		record->commands[i] = number_known(dialogue->given[i]);
	if (record->helo_presence == PRESENCE_UNKNOWN)
		record->helo_presence = PRESENCE_NONE;
	if (record->tx_presence == PRESENCE_UNKNOWN)
		record->tx_presence = PRESENCE_NONE;
	if (record->verdicts_presence == PRESENCE_UNKNOWN)
		record->verdicts_presence = PRESENCE_NONE;
	if (!dialogue->authenticated && record->sasl_username.presence == PRESENCE_UNKNOWN)
		record->sasl_username = text_none();
}

/* A command that was given and never answered took no effect; a greeting was given all the same. */
static void complete_pending(struct dialogue *dialogue)
{
	for (size_t i = dialogue->pending_first; i < dialogue->pending_count; i++) {
		const struct pending *pending = &dialogue->pending[i];

		if (!dialogue->greeted && (pending->command == COUNTED_HELO || pending->command == COUNTED_EHLO))
			(void)dialogue_greeting(dialogue, pending->command == COUNTED_EHLO ? VERB_EHLO : VERB_HELO,
						pending->argument, dialogue->last_t_us);
	}
}

void dialogue_complete(struct dialogue *dialogue, bool whole)
{
	complete_pending(dialogue);
	complete_verdicts(dialogue, whole);
	if (whole)
		complete_absent(dialogue);
}
