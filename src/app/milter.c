/* SPDX-License-Identifier: BSD-2-Clause */
/* Translates libmilter's callbacks to sessions, and verdicts to its answers; decides nothing. */
#include "app/milter.h"

#include "app/alarm_tell.h"
#include "app/conn.h"
#include "app/eight_bit.h"
#include "app/engine.h"
#include "app/headers.h"
#include "app/limits.h"
#include "app/logline.h"
#include "app/message.h"
#include "app/meter.h"
#include "app/recorder.h"
#include "app/self_check.h"
#include "base/clock.h"
#include "base/log.h"

#include <libmilter/mfapi.h>

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_MILTER_FD
enum { TAKES_FD = 1 };
#else
enum { TAKES_FD = 0 };
#endif

#define HEADER_ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS)
#define IDLE_LIMIT_S 600	/* between commands: longer than any MTA keeps a client waiting */

/* Set once by milter_open(), before any thread. */
static const struct policy *policy;
static struct gather_plan plan;
static bool asks_dns;
/* Taken out of the policy, which sessions that are put off do not keep. */
static bool connect_has_reply;
static int64_t dns_wait_us;
static struct recorder *recorder;	/* NULL: no session is recorded */
static bool writes_headers;
static bool refuses_eight_bit;	/* in headers, somewhere */
static bool reads_messages;	/* to their end: for headers or quarantine */
static unsigned long wanted_steps, wanted_actions;	/* SMFIP_*, SMFIF_* */
static _Atomic(const struct listen_spec *) listener;
static atomic_uint session_count;
static atomic_flag unsure_told = ATOMIC_FLAG_INIT;
static atomic_flag missing_told = ATOMIC_FLAG_INIT;
static _Atomic unsigned long missing_actions;	/* of those that we want, what the MTA does not offer */

/*
 * Stand for sessions that are put off whatever they say: there is no room for them, or what was told of them is lost for
 * want of memory, and nothing can be judged by the rest.
 */
static struct conn no_room, no_memory;
/* Stands for the supervisor's own, which is no session of the MTA: answered, and neither counted nor recorded. */
static struct conn self_check;

/* --- sessions --- */

static const char *get_macro(void *ctx, const char *name)
{
	return smfi_getsymval(ctx, (char *)name);
}

static struct macros macros_of(SMFICTX *ctx)
{
	return (struct macros){ .get = get_macro, .from = ctx };
}

/* NULL before the first callback of a session, and for a foreign pointer. */
static struct conn *conn_find(SMFICTX *ctx)
{
	struct conn *conn = smfi_getpriv(ctx);

	return conn_is_valid(conn) ? conn : NULL;
}

static bool is_put_off(SMFICTX *ctx)
{
	const struct conn *conn = smfi_getpriv(ctx);

	return conn == &no_room || conn == &no_memory;
}

static struct conn *conn_get(SMFICTX *ctx)
{
	struct conn *conn = conn_find(ctx);
	const struct macros macros = macros_of(ctx);

	if (conn || is_put_off(ctx) || smfi_getpriv(ctx) == &self_check)
		return conn;
	/* Counted as long as it may use policy and DNS. */
	if (!limits_admit(atomic_fetch_add(&session_count, 1))) {
		atomic_fetch_sub(&session_count, 1);
		(void)smfi_setpriv(ctx, &no_room);
		return NULL;
	}
	conn = conn_new(&macros, asks_dns ? &plan : NULL);
	if (conn && smfi_setpriv(ctx, conn) != MI_SUCCESS)
		conn_free(&conn);
	if (!conn) {
		atomic_fetch_sub(&session_count, 1);
		(void)smfi_setpriv(ctx, &no_memory);
		return NULL;
	}
	meter_session_begin();
	if (recorder)
		conn->recording = recorder_begin(recorder, &conn->session, conn->started_us);
	return conn;
}

static void leave_client(struct conn *conn)
{
	if (conn->client_counted)
		limits_leave_client(&conn->session.client);
	conn->client_counted = false;
}

/* What was asked ahead and never judged has its answer by now, or none. */
static void end_recording(struct conn *conn)
{
	if (conn->recording && conn->gather)
		notes_answers(conn->recording->notes, gather_answers(conn->gather), false);
	recorder_end(recorder, &conn->recording);
}

static void end_session(struct conn **conn)
{
	leave_client(*conn);
	meter_session_end(policy, &(*conn)->session, &(*conn)->meter);
	end_recording(*conn);
	conn_free(conn);
	atomic_fetch_sub(&session_count, 1);
}

/* From now on it is put off, for the reason that instead stands for. */
static void give_up(SMFICTX *ctx, struct conn **conn, struct conn *instead)
{
	end_session(conn);
	(void)smfi_setpriv(ctx, instead);
}

/*
 * Debian's libmilter serves sessions by a pool of threads, and may leave one without a thread while this one waits; a
 * connection of our own makes it look for another thread, which then serves that session too.
 */
static void wake_a_worker(void)
{
	const struct listen_spec *spec = atomic_load(&listener);

	if (spec)
		listen_kick(spec);
}

/* --- answers --- */

/* Each '%' twice: Sendmail takes the text as a format, Postfix halves them again. */
static void double_percent(const char *text, char doubled_r[2 * REPLY_LINE_MAX + 1])
{
	for (; *text != '\0'; text++) {
		*doubled_r++ = *text;
		if (*text == '%')
			*doubled_r++ = '%';
	}
	*doubled_r = '\0';
}

/* The class of the code and the returned value come from here and nowhere else. */
static sfsistat send_reply(SMFICTX *ctx, struct reply *reply)
{
	char text[2 * REPLY_LINE_MAX + 1];

	double_percent(reply->text, text);
	if (smfi_setreply(ctx, reply->code, reply->enhanced, text) != MI_SUCCESS)
		log_error("libmilter refused the reply %s %s", reply->code, reply->enhanced);
	return reply->code[0] == '4' ? SMFIS_TEMPFAIL : SMFIS_REJECT;
}

static sfsistat out_of_memory(SMFICTX *ctx)
{
	struct reply reply = { .code = "451", .enhanced = "4.3.0", .text = "Out of memory, try again" };

	log_error("out of memory: a session is put off");
	return send_reply(ctx, &reply);
}

static sfsistat too_many_sessions(SMFICTX *ctx)
{
	struct reply reply = { .code = "451", .enhanced = "4.3.2", .text = "Too many sessions, try again" };

	return send_reply(ctx, &reply);
}

/* Why there is no session, told in a way that brings the client back. */
static sfsistat put_off(SMFICTX *ctx)
{
	return smfi_getpriv(ctx) == &no_room ? too_many_sessions(ctx) : out_of_memory(ctx);
}


static void log_judgement(struct conn *conn, const struct judgement *judgement, bool answered)
{
	char space[LOG_LINE_BYTES];
	struct buf line;
	bool due = logline_due(judgement);
	bool *logged = answered ? &conn->answer_logged : &conn->accept_logged;

	if (*logged || !(due || log_wants(LOG_LEVEL_DEBUG)))
		return;
	*logged = true;
	buf_init_fixed(&line, space, sizeof space);
	logline_format(policy, &conn->session, judgement, &line);
	if (due)
		log_info("%s", line.text);
	else
		log_debug("%s", line.text);
}

/* Once for each process: every further session would say the same. */
static void tell_unsure(const struct judgement *judgement)
{
	if (!judgement->choice.unsure || atomic_flag_test_and_set(&unsure_told))
		return;
	log_warning("cannot tell which listener a session belongs to: a macro that 'match' needs is missing; "
		    "such sessions are only observed, by listener '%s'. Have the MTA send {daemon_name}, "
		    "{daemon_port}, {daemon_addr} and {service} at connect", judgement->choice.listener->name);
}

/* Answers what is due at stage; false: nothing is. */
static bool answer(SMFICTX *ctx, struct conn *conn, const struct judgement *judgement, enum stage stage,
		   sfsistat *status_r)
{
	const struct verdict *verdict = &judgement->decision.verdict;
	struct reply reply;

	if ((verdict->answer != ANSWER_TEMPFAIL && verdict->answer != ANSWER_REJECT) || verdict->stage > stage)
		return false;
	log_judgement(conn, judgement, true);
	meter_verdict(policy, &conn->meter, judgement, true);
	meter_outcome(&conn->meter, verdict->answer == ANSWER_REJECT ? OUTCOME_REJECTED : OUTCOME_TEMPFAILED);
	engine_reply(judgement, &conn->session, verdict, &reply);
	*status_r = send_reply(ctx, &reply);
	return true;
}

static void note_accept(struct conn *conn, const struct judgement *judgement)
{
	log_judgement(conn, judgement, false);
	meter_verdict(policy, &conn->meter, judgement, false);
	meter_outcome(&conn->meter, OUTCOME_ACCEPTED);
}

/* What was judged, and what DNS said, for the record. */
static void record_judgement(struct conn *conn, enum stage stage, const struct judgement *judgement)
{
	if (!conn->recording)
		return;
	notes_judgement(conn->recording->notes, &conn->session, judgement, stage);
	if (conn->gather)
		notes_answers(conn->recording->notes, judgement->facts.dns, true);
}

static bool judge(struct conn *conn, enum stage stage, struct judgement *judgement_r)
{
	if (!engine_judge(policy, conn->gather, &conn->session, stage, &conn->arena, judgement_r))
		return false;
	tell_unsure(judgement_r);
	alarms_log(&judgement_r->decision.alarms);
	record_judgement(conn, stage, judgement_r);
	return true;
}

static int64_t dns_deadline_us(void)
{
	return clock_monotonic_us() + dns_wait_us;
}

/* When all is said and done: what else the record is to hold, within the time that DNS had anyway. */
static void record_all(struct conn *conn, enum stage stage, int64_t deadline_us)
{
	if (!conn->recording || !conn->gather)
		return;
	if (!engine_ask_all(policy, conn->gather, &conn->session, stage, deadline_us, &conn->arena))
		log_error("out of memory: a record lacks what DNS would have said");
	notes_answers(conn->recording->notes, gather_answers(conn->gather), true);
}

/* Where nothing is answered yet, DNS is asked and not waited for. */
static sfsistat ask_ahead(SMFICTX *ctx, struct conn *conn, enum stage stage)
{
	if (conn->gather && !engine_ask_ahead(policy, conn->gather, &conn->session, stage, &conn->arena))
		return out_of_memory(ctx);
	return SMFIS_CONTINUE;
}

static bool answers_at_rcpt(const struct conn *conn)
{
	return choose_listener(policy, &conn->session).listener->reply_at == STAGE_RCPT;
}

/* A reply before MAIL is stored by the MTA and repeated to the end of the session. */
static sfsistat answer_early(SMFICTX *ctx, struct conn *conn, enum stage stage)
{
	struct judgement judgement;
	struct arena_mark before = arena_mark(&conn->arena);
	sfsistat status = SMFIS_CONTINUE;

	if (choose_listener(policy, &conn->session).listener->reply_at > stage)
		return ask_ahead(ctx, conn, stage);
	conn->session.transaction = 0;
	conn->answer_logged = conn->meter.answer_counted = false;
	if (!judge(conn, stage, &judgement))
		return out_of_memory(ctx);
	(void)answer(ctx, conn, &judgement, stage, &status);
	arena_reset(&conn->arena, before);
	return status;
}

/* --- callbacks --- */

static sfsistat take_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
	const struct macros macros = macros_of(ctx);
	struct conn *conn = conn_get(ctx);

	if (conn)
		leave_client(conn);
	if (conn && !conn_connect(conn, host, address, &macros))
		give_up(ctx, &conn, &no_memory);
	if (conn && !limits_admit_client(&conn->session.client, &conn->client_counted)) {
		meter_outcome(&conn->meter, OUTCOME_TEMPFAILED);
		give_up(ctx, &conn, &no_room);
	}
	if (conn && conn->recording)
		notes_connect(conn->recording->notes, &conn->session);
	if (!connect_has_reply)
		return SMFIS_NOREPLY;
	return conn ? answer_early(ctx, conn, STAGE_CONNECT) : put_off(ctx);
}

static bool is_self_check(SMFICTX *ctx, const char *host, const _SOCK_ADDR *address)
{
	return !address && host && strcmp(host, SELF_CHECK_HOST) == 0 && !conn_find(ctx) &&
	       smfi_setpriv(ctx, &self_check) == MI_SUCCESS;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
	int64_t begun_us = clock_monotonic_us();
	sfsistat status;

	if (is_self_check(ctx, host, address))
		return connect_has_reply ? SMFIS_CONTINUE : SMFIS_NOREPLY;
	status = take_connect(ctx, host, address);
	meter_step(STEP_CONNECT, begun_us);
	return status;
}

static sfsistat take_helo(SMFICTX *ctx, char *name)
{
	struct conn *conn = conn_get(ctx);

	if (!conn || !conn_greet(conn, policy, name))
		return put_off(ctx);
	meter_greeting(&conn->meter, get_macro(ctx, "{tls_version}"));
	if (conn->recording)
		notes_greeting(conn->recording->notes, &conn->session);
	return answer_early(ctx, conn, STAGE_EHLO);
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
	int64_t begun_us = clock_monotonic_us();
	sfsistat status;

	if (smfi_getpriv(ctx) == &self_check)
		return SMFIS_CONTINUE;
	status = take_helo(ctx, name);
	meter_step(STEP_HELO, begun_us);
	return status;
}

static void plan_end(struct conn *conn, const struct judgement *judgement)
{
	message_plan_quarantine(conn, &judgement->decision.verdict);
	if (writes_headers)
		message_plan_headers(policy, conn, judgement);
}

static sfsistat answer_mail(SMFICTX *ctx, struct conn *conn, const struct judgement *judgement)
{
	sfsistat status;

	if (answer(ctx, conn, judgement, STAGE_MAIL, &status))
		return status;
	note_accept(conn, judgement);
	plan_end(conn, judgement);
	eight_bit_judge(policy, conn, judgement, STAGE_MAIL);
	/* ACCEPT speaks for this message only, and spares the MTA a round trip at its end. */
	return reads_messages || conn->eight_bit.listener ? SMFIS_CONTINUE : SMFIS_ACCEPT;
}

static sfsistat take_mail(SMFICTX *ctx, char **argv)
{
	const struct macros macros = macros_of(ctx);
	int64_t deadline_us = dns_deadline_us();
	struct conn *conn = conn_get(ctx);
	struct judgement judgement;
	sfsistat status;

	if (!conn || !conn_begin_transaction(conn, argv && argv[0] ? argv[0] : "", &macros))
		return put_off(ctx);
	meter_mail(&conn->meter, &conn->session);
	if (conn->recording)
		notes_transaction(conn->recording->notes, &conn->session);
	eight_bit_begin(conn, argv);
	if (answers_at_rcpt(conn))
		return ask_ahead(ctx, conn, STAGE_MAIL);
	if (!judge(conn, STAGE_MAIL, &judgement))
		return put_off(ctx);
	status = answer_mail(ctx, conn, &judgement);
	record_all(conn, STAGE_MAIL, deadline_us);
	return status;
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
	int64_t begun_us = clock_monotonic_us();
	sfsistat status = take_mail(ctx, argv);

	meter_step(STEP_MAIL, begun_us);
	return status;
}

/* The recipient is there, and judged. */
static sfsistat answer_recipient(SMFICTX *ctx, struct conn *conn, const struct judgement *judgement)
{
	sfsistat status = SMFIS_CONTINUE;

	if (answer(ctx, conn, judgement, STAGE_RCPT, &status))
		return status;
	note_accept(conn, judgement);
	eight_bit_judge(policy, conn, judgement, STAGE_RCPT);
	plan_end(conn, judgement);
	return status;
}

static sfsistat take_rcpt(SMFICTX *ctx, char **argv)
{
	int64_t deadline_us = dns_deadline_us();
	struct conn *conn = conn_get(ctx);
	struct judgement judgement;
	struct arena_mark before;
	sfsistat status;

	if (!conn)
		return put_off(ctx);
	/* What MAIL was answered holds, whatever DNS has said since. */
	if (!answers_at_rcpt(conn))
		return SMFIS_CONTINUE;
	before = arena_mark(&conn->arena);
	if (conn_begin_recipient(conn, argv && argv[0] ? argv[0] : "") && judge(conn, STAGE_RCPT, &judgement))
		status = answer_recipient(ctx, conn, &judgement);
	else
		status = out_of_memory(ctx);
	conn_end_recipient(conn, before);
	record_all(conn, STAGE_MAIL, deadline_us);
	return status;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
	int64_t begun_us = clock_monotonic_us();
	sfsistat status = take_rcpt(ctx, argv);

	meter_step(STEP_RCPT, begun_us);
	return status;
}

/* libmilter logs an error for each answer where none was agreed on. */
static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct conn *conn = conn_find(ctx);
	struct reply reply;

	if (conn && eight_bit_header(policy, conn, name, value, &reply)) {
		meter_outcome(&conn->meter, OUTCOME_REJECTED);
		return send_reply(ctx, &reply);
	}
	if (writes_headers && conn)
		message_note_header(policy, conn, name, value);
	return writes_headers && !refuses_eight_bit ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

/* From the last one up: taking one out renumbers those behind it. */
static bool remove_forged(SMFICTX *ctx, const struct conn *conn)
{
	bool good = true;

	for (const struct forged_header *f = conn->forged; f; f = f->next)
		good = smfi_chgheader(ctx, (char *)f->name, f->index, NULL) == MI_SUCCESS && good;
	return good;
}

static bool add_header(SMFICTX *ctx, const char *name, const char *value)
{
	return !value || smfi_insheader(ctx, 0, (char *)name, (char *)value) == MI_SUCCESS;
}

static void change_headers(SMFICTX *ctx, const struct conn *conn)
{
	if (!remove_forged(ctx, conn))
		log_error("libmilter did not remove a forged header of message %s.%u", conn->session.id,
			  conn->session.transaction);
	if (!add_header(ctx, policy->server.tag_header, conn->tag) ||
	    !add_header(ctx, RECEIVED_SPF_HEADER, conn->received_spf[IDENTITY_MAIL_FROM]) ||
	    !add_header(ctx, RECEIVED_SPF_HEADER, conn->received_spf[IDENTITY_HELO]) ||
	    !add_header(ctx, AUTH_RESULTS_HEADER, conn->auth_results))
		log_error("libmilter did not add a header to message %s.%u", conn->session.id,
			  conn->session.transaction);
}

static sfsistat on_end(SMFICTX *ctx)
{
	unsigned long missing = atomic_load(&missing_actions);
	struct conn *conn = conn_find(ctx);

	if (!conn)
		return SMFIS_CONTINUE;
	if (conn->forged_lost)
		return out_of_memory(ctx);
	if (writes_headers && !(missing & HEADER_ACTIONS))
		change_headers(ctx, conn);
	if (conn->quarantine && !(missing & SMFIF_QUARANTINE) &&
	    smfi_quarantine(ctx, (char *)conn->quarantine) != MI_SUCCESS)
		log_error("libmilter did not put message %s.%u into quarantine", conn->session.id,
			  conn->session.transaction);
	return SMFIS_CONTINUE;
}

static sfsistat on_abort(SMFICTX *ctx)
{
	struct conn *conn = conn_find(ctx);

	if (conn)
		conn_abort(conn);
	return SMFIS_CONTINUE;
}

/* Comes without a session for health checks that connect and leave, and for our own wake_a_worker(). */
static sfsistat on_close(SMFICTX *ctx)
{
	struct conn *conn = conn_find(ctx);

	if (!conn)
		return SMFIS_CONTINUE;
	(void)smfi_setpriv(ctx, NULL);
	end_session(&conn);
	return SMFIS_CONTINUE;
}

/* --- negotiation --- */

/* libmilter keeps these in a table of the process: they must be the same for every session. */
static unsigned long steps_of_policy(void)
{
	unsigned long steps = SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN;

	if (!refuses_eight_bit)
		steps |= writes_headers ? SMFIP_NR_HDR : SMFIP_NOHDRS;
	if (!policy_needs_rcpt(policy))
		steps |= SMFIP_NORCPT;
	if (!connect_has_reply)
		steps |= SMFIP_NR_CONN;
	return steps;
}

static unsigned long actions_of_policy(void)
{
	unsigned long actions = SMFIF_SETSYMLIST;

	if (writes_headers)
		actions |= HEADER_ACTIONS;
	if (policy_has_action(policy, ACTION_QUARANTINE))
		actions |= SMFIF_QUARANTINE;
	return actions;
}

/* There is one MTA behind the socket, which offers every session the same. */
static void note_missing_actions(unsigned long missing)
{
	atomic_store(&missing_actions, missing);
	if (missing == 0 || atomic_flag_test_and_set(&missing_told))
		return;
	log_error("the MTA does not let a milter %s: what the policy says of that is not done",
		  missing & SMFIF_QUARANTINE ? "put mail into quarantine" : "change headers");
}

static void ask_for_macros(SMFICTX *ctx)
{
	static const struct {
		int stage;
		const char *macros;
	} lists[] = {
		{ SMFIM_CONNECT, "j v {daemon_name} {daemon_port} {daemon_addr} {if_addr} {client_resolve} "
				 "{client_ptr} {service}" },
		{ SMFIM_HELO, "{tls_version}" },
		{ SMFIM_ENVFROM, "i r {auth_authen} {tls_version}" },
		/* An empty list would mean the MTA's own, which costs Postfix a rewrite of each address. */
		{ SMFIM_ENVRCPT, "{none}" },
	};

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		if (smfi_setsymlist(ctx, lists[i].stage, (char *)lists[i].macros) != MI_SUCCESS)
			log_debug("libmilter refused the list of macros for stage %d", lists[i].stage);
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2,
			     unsigned long f3, unsigned long *actions_r, unsigned long *steps_r,
			     unsigned long *f2_r, unsigned long *f3_r)
{
	(void)f2;
	(void)f3;
	*actions_r = actions & wanted_actions;
	*steps_r = steps & wanted_steps;
	*f2_r = *f3_r = 0;
	note_missing_actions(wanted_actions & ~actions & ~(unsigned long)SMFIF_SETSYMLIST);
	if (*actions_r & SMFIF_SETSYMLIST)
		ask_for_macros(ctx);
	return SMFIS_CONTINUE;
}

/* --- the library as a whole --- */

/*
 * A libmilter that takes no descriptor must open the socket itself, by its own rules: the umask stands in for
 * server.socket_mode, and server.socket_group has no effect.
 */
static bool open_socket(void)
{
	mode_t before;
	int opened;

	if (TAKES_FD)
		return smfi_opensocket(false) == MI_SUCCESS;
	before = umask(0777 & ~(mode_t)policy->server.socket_mode);
	opened = smfi_opensocket(true);
	(void)umask(before);
	return opened == MI_SUCCESS;
}

bool milter_open(const struct policy *loaded, struct dns *dns, const struct listen_spec *spec, int listen_fd)
{
	static char connection[128];
	struct smfiDesc description = {
		.xxfi_name = (char *)"ehlo-milter",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_SETSYMLIST | SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eom = on_end,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate,
	};

	policy = loaded;
	plan = (struct gather_plan){ .dns = dns, .before_wait = wake_a_worker, .out_of_time = meter_out_of_time };
	asks_dns = dns != NULL;
	/* An event without reply is held back by Postfix until the next one: too late for DNS to be asked ahead. */
	connect_has_reply = policy_first_reply(policy) <= STAGE_CONNECT || asks_dns;
	dns_wait_us = (int64_t)policy->dns.deadline_ms * 1000;
	writes_headers = headers_wanted(policy);
	refuses_eight_bit = eight_bit_wanted(policy);
	reads_messages = writes_headers || policy_has_action(policy, ACTION_QUARANTINE);
	wanted_steps = steps_of_policy();
	wanted_actions = actions_of_policy();
	milter_listens_on(spec);
	if (TAKES_FD)
		(void)snprintf(connection, sizeof connection, "fd:%d", listen_fd);
	else
		(void)snprintf(connection, sizeof connection, "%s", policy->server.socket);
	return smfi_setconn(connection) == MI_SUCCESS && smfi_register(description) == MI_SUCCESS &&
	       smfi_settimeout(IDLE_LIMIT_S) == MI_SUCCESS && open_socket();
}

void milter_records_by(struct recorder *kept)
{
	recorder = kept;
}

void milter_listens_on(const struct listen_spec *spec)
{
	atomic_store(&listener, spec);
}

bool milter_takes_fd(void)
{
	return TAKES_FD;
}

bool milter_main(void)
{
	return smfi_main() == MI_SUCCESS;
}

void milter_stop(void)
{
	(void)smfi_stop();
}

unsigned milter_session_count(void)
{
	return atomic_load(&session_count);
}

const char *milter_library_version(char text_r[32])
{
	unsigned major, minor, patch;

	if (smfi_version(&major, &minor, &patch) != MI_SUCCESS)
		return "unknown";
	(void)snprintf(text_r, 32, "%u.%u.%u", major, minor, patch);
	return text_r;
}
