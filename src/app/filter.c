/* SPDX-License-Identifier: BSD-2-Clause */
/* From the steps of an SMTP session to what the MTA is answered; what the answer is, the engine says. */
#include "app/filter.h"

#include "app/eight_bit.h"
#include "app/engine.h"
#include "app/headers.h"
#include "app/judgement_tell.h"
#include "app/limits.h"
#include "app/message.h"
#include "app/meter.h"
#include "app/recorder.h"
#include "base/clock.h"
#include "base/log.h"

/*
 * Stand for sessions that are put off whatever they say: there is no room for them, or what was told of them is lost for
 * want of memory, and nothing can be judged by the rest.
 */
static struct conn no_room, no_memory;

void filter_init(struct filter *filter, const struct policy *policy, const struct gather_plan *plan,
		 struct recorder *recorder)
{
	*filter = (struct filter){
		.policy = policy,
		.plan = *plan,
		.recorder = recorder,
		/* What gets no answer Postfix holds back until the next command: too late for DNS to be asked ahead. */
		.answers_connect = policy_first_reply(policy) <= STAGE_CONNECT || plan->dns,
		.writes_headers = headers_wanted(policy),
		.refuses_eight_bit = eight_bit_wanted(policy),
	};
	filter->reads_messages = filter->writes_headers || policy_has_action(policy, ACTION_QUARANTINE);
}

/* --- the life of a session --- */

struct conn *filter_begin(const struct filter *filter, const struct macros *macros)
{
	struct conn *conn;

	/* Counted as long as it may use policy and DNS. */
	if (!limits_admit())
		return &no_room;
	conn = conn_new(macros, filter->plan.dns ? &filter->plan : NULL);
	if (!conn) {
		limits_leave();
		return &no_memory;
	}
	meter_session_begin();
	if (filter->recorder)
		conn->recording = recorder_begin(filter->recorder, &conn->session, conn->started_us);
	return conn;
}

static void leave_client(struct conn *conn)
{
	if (conn->client_counted)
		limits_leave_client(&conn->session.client);
	conn->client_counted = false;
}

/* What was asked ahead and never judged has its answer by now, or none. */
static void end_recording(struct recorder *recorder, struct conn *conn)
{
	if (conn->recording && conn->gather)
		notes_answers(conn->recording->notes, gather_answers(conn->gather), false);
	recorder_end(recorder, &conn->recording);
}

void filter_end(const struct filter *filter, struct conn **conn)
{
	if (conn_is_valid(*conn)) {
		leave_client(*conn);
		meter_session_end(filter->policy, &(*conn)->session, &(*conn)->meter);
		end_recording(filter->recorder, *conn);
		conn_free(conn);
		limits_leave();
	}
	*conn = NULL;
}

/* From now on it is put off, for the reason that instead stands for. */
static void give_up(const struct filter *filter, struct conn **conn, struct conn *instead)
{
	filter_end(filter, conn);
	*conn = instead;
}

/* --- sessions that are put off --- */

static enum response out_of_memory(struct reply *reply_r)
{
	*reply_r = (struct reply){ .code = "451", .enhanced = "4.3.0", .text = "Out of memory, try again" };
	log_error("out of memory: a session is put off");
	return RESPONSE_REPLY;
}

static enum response too_many_sessions(struct reply *reply_r)
{
	*reply_r = (struct reply){ .code = "451", .enhanced = "4.3.2", .text = "Too many sessions, try again" };
	return RESPONSE_REPLY;
}

static enum response put_off(const struct conn *conn, struct reply *reply_r)
{
	return conn == &no_room ? too_many_sessions(reply_r) : out_of_memory(reply_r);
}

/* --- judging --- */

static bool judge(const struct filter *filter, struct conn *conn, enum stage stage, struct judgement *judgement_r)
{
	if (!engine_judge(filter->policy, conn->gather, &conn->session, stage, &conn->arena, judgement_r))
		return false;
	judgement_tell(conn, judgement_r, stage);
	return true;
}

/* True: it is refused or put off, and that is due at stage. */
static bool refuse(const struct filter *filter, struct conn *conn, const struct judgement *judgement,
		   enum stage stage, struct reply *reply_r)
{
	const struct verdict *verdict = &judgement->decision.verdict;

	if (!answer_refuses(verdict->answer) || verdict->stage > stage)
		return false;
	judgement_tell_refused(filter->policy, conn, judgement);
	engine_reply(judgement, &conn->session, verdict, reply_r);
	return true;
}

/* The transaction, or this recipient of it; the message is still to come, and what it needs is kept for its end. */
static void let_pass(const struct filter *filter, struct conn *conn, const struct judgement *judgement,
		     enum stage stage)
{
	judgement_tell_accepted(filter->policy, conn, judgement);
	message_plan_quarantine(conn, &judgement->decision.verdict);
	if (filter->writes_headers)
		message_plan_headers(filter->policy, conn, judgement);
	eight_bit_judge(filter->policy, conn, judgement, stage);
}

static enum stage stage_of_reply(const struct filter *filter, const struct conn *conn)
{
	return choose_listener(filter->policy, &conn->session).listener->reply_at;
}

/* Where nothing is answered yet, DNS is asked and not waited for. */
static enum response ask_ahead(const struct filter *filter, struct conn *conn, enum stage stage, struct reply *reply_r)
{
	if (conn->gather && !engine_ask_ahead(filter->policy, conn->gather, &conn->session, stage, &conn->arena))
		return out_of_memory(reply_r);
	return RESPONSE_CONTINUE;
}

/* A reply before MAIL is stored by the MTA and repeated to the end of the session. */
static enum response answer_before_mail(const struct filter *filter, struct conn *conn, enum stage stage,
					struct reply *reply_r)
{
	struct judgement judgement;
	struct arena_mark before = arena_mark(&conn->arena);
	bool refused;

	if (stage_of_reply(filter, conn) > stage)
		return ask_ahead(filter, conn, stage, reply_r);
	conn->session.transaction = 0;
	conn->answer_logged = conn->meter.answer_counted = false;
	if (!judge(filter, conn, stage, &judgement))
		return out_of_memory(reply_r);
	refused = refuse(filter, conn, &judgement, stage, reply_r);
	arena_reset(&conn->arena, before);
	return refused ? RESPONSE_REPLY : RESPONSE_CONTINUE;
}

static int64_t dns_deadline_us(const struct filter *filter)
{
	return clock_monotonic_us() + filter->policy->dns.deadline_ms * INT64_C(1000);
}

/* When all is said and done: what else the record is to hold, within the time that DNS had anyway. */
static void record_all(const struct filter *filter, struct conn *conn, int64_t deadline_us)
{
	if (!conn->recording || !conn->gather)
		return;
	if (!engine_ask_all(filter->policy, conn->gather, &conn->session, STAGE_MAIL, deadline_us, &conn->arena))
		log_error("out of memory: a record lacks what DNS would have said");
	notes_answers(conn->recording->notes, gather_answers(conn->gather), true);
}

/* --- connect --- */

static void take_client(const struct filter *filter, struct conn **conn, const char *host,
			const struct sockaddr *address, const struct macros *macros)
{
	struct conn *c = *conn;

	leave_client(c);
	if (!conn_connect(c, host, address, macros)) {
		give_up(filter, conn, &no_memory);
	} else if (!limits_admit_client(&c->session.client, &c->client_counted)) {
		meter_outcome(&c->meter, OUTCOME_TEMPFAILED);
		give_up(filter, conn, &no_room);
	} else if (c->recording) {
		notes_connect(c->recording->notes, &c->session);
	}
}

enum response filter_connect(const struct filter *filter, struct conn **conn, const char *host,
			     const struct sockaddr *address, const struct macros *macros, struct reply *reply_r)
{
	if (conn_is_valid(*conn))
		take_client(filter, conn, host, address, macros);
	if (!filter->answers_connect)
		return RESPONSE_NONE;
	return conn_is_valid(*conn) ? answer_before_mail(filter, *conn, STAGE_CONNECT, reply_r) :
				      put_off(*conn, reply_r);
}

/* --- EHLO and HELO --- */

enum response filter_helo(const struct filter *filter, struct conn *conn, const char *name, const char *tls_version,
			  struct reply *reply_r)
{
	if (!conn_is_valid(conn) || !conn_greet(conn, filter->policy, name))
		return put_off(conn, reply_r);
	meter_greeting(&conn->meter, tls_version);
	if (conn->recording)
		notes_greeting(conn->recording->notes, &conn->session);
	return answer_before_mail(filter, conn, STAGE_EHLO, reply_r);
}

/* --- MAIL and RCPT --- */

static const char *path_of(char *const *argv)
{
	return argv && argv[0] ? argv[0] : "";
}

static enum response answer_mail(const struct filter *filter, struct conn *conn, const struct judgement *judgement,
				 struct reply *reply_r)
{
	if (refuse(filter, conn, judgement, STAGE_MAIL, reply_r))
		return RESPONSE_REPLY;
	let_pass(filter, conn, judgement, STAGE_MAIL);
	/* ACCEPT speaks for this message only, and spares the MTA a round trip at its end. */
	return filter->reads_messages || conn->eight_bit.listener ? RESPONSE_CONTINUE : RESPONSE_ACCEPT;
}

enum response filter_mail(const struct filter *filter, struct conn *conn, char *const *argv,
			  const struct macros *macros, struct reply *reply_r)
{
	struct judgement judgement;
	enum response response;
	int64_t deadline_us;

	if (!conn_is_valid(conn))
		return put_off(conn, reply_r);
	deadline_us = dns_deadline_us(filter);
	if (!conn_begin_transaction(conn, path_of(argv), macros))
		return out_of_memory(reply_r);
	meter_mail(&conn->meter, &conn->session);
	if (conn->recording)
		notes_transaction(conn->recording->notes, &conn->session);
	eight_bit_begin(conn, argv);
	if (stage_of_reply(filter, conn) == STAGE_RCPT) {
		meter_outcome(&conn->meter, OUTCOME_ACCEPTED);
		return ask_ahead(filter, conn, STAGE_MAIL, reply_r);
	}
	if (!judge(filter, conn, STAGE_MAIL, &judgement))
		return out_of_memory(reply_r);
	response = answer_mail(filter, conn, &judgement, reply_r);
	record_all(filter, conn, deadline_us);
	return response;
}

static enum response answer_rcpt(const struct filter *filter, struct conn *conn, const char *recipient,
				 struct reply *reply_r)
{
	struct judgement judgement;

	if (!conn_begin_recipient(conn, recipient) || !judge(filter, conn, STAGE_RCPT, &judgement))
		return out_of_memory(reply_r);
	if (refuse(filter, conn, &judgement, STAGE_RCPT, reply_r))
		return RESPONSE_REPLY;
	let_pass(filter, conn, &judgement, STAGE_RCPT);
	return RESPONSE_CONTINUE;
}

enum response filter_rcpt(const struct filter *filter, struct conn *conn, char *const *argv, struct reply *reply_r)
{
	struct arena_mark before;
	enum response response;
	int64_t deadline_us;

	if (!conn_is_valid(conn))
		return put_off(conn, reply_r);
	/* What MAIL was answered holds, whatever DNS has said since. */
	if (stage_of_reply(filter, conn) != STAGE_RCPT)
		return RESPONSE_CONTINUE;
	deadline_us = dns_deadline_us(filter);
	before = arena_mark(&conn->arena);
	response = answer_rcpt(filter, conn, path_of(argv), reply_r);
	conn_end_recipient(conn, before);
	record_all(filter, conn, deadline_us);
	return response;
}

/* --- the message --- */

enum response filter_header(const struct filter *filter, struct conn *conn, const char *name, const char *value,
			    struct reply *reply_r)
{
	bool valid = conn_is_valid(conn);

	if (valid && eight_bit_header(filter->policy, conn, name, value, reply_r)) {
		meter_outcome(&conn->meter, OUTCOME_REJECTED);
		return RESPONSE_REPLY;
	}
	if (valid && filter->writes_headers)
		message_note_header(filter->policy, conn, name, value);
	/* libmilter logs an error for each answer where none was agreed on. */
	return filter->writes_headers && !filter->refuses_eight_bit ? RESPONSE_NONE : RESPONSE_CONTINUE;
}

enum response filter_end_of_message(struct conn *conn, struct reply *reply_r)
{
	return conn->forged_lost ? out_of_memory(reply_r) : RESPONSE_CONTINUE;
}
