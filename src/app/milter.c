/* SPDX-License-Identifier: BSD-2-Clause */
/* Translates libmilter's callbacks to sessions, and verdicts to its answers; decides nothing. */
#include "app/milter.h"

#include "app/engine.h"
#include "app/logline.h"
#include "base/clock.h"
#include "base/log.h"

#include <libmilter/mfapi.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_MILTER_FD
enum { TAKES_FD = 1 };
#else
enum { TAKES_FD = 0 };
#endif

#define CONN_MAGIC 0x45484c4fU
#define FIRST_BYTES 400		/* enough for the strings of most sessions */
#define BLOCK_BYTES 2000
#define LOG_LINE_BYTES 2000
#define IDLE_LIMIT_S 600	/* between commands: longer than any MTA keeps a client waiting */

/*
 * What belongs to one SMTP session.  The arena is used as a stack: what belongs to a greeting goes with
 * the next greeting, what belongs to a transaction with the next MAIL; so memory does not grow with their number.
 */
struct conn {
	unsigned magic;
	unsigned transactions;
	bool accept_logged;		/* of this transaction */
	bool answer_logged;
	struct session session;
	struct arena arena;
	struct arena_mark connected;	/* what connect needed lies before it */
	struct arena_mark greeted;
	char first[FIRST_BYTES];
};

/* Set once by milter_open(), before any thread. */
static const struct policy *policy;
static atomic_uint session_count;
static atomic_flag unsure_told = ATOMIC_FLAG_INIT;

/* --- sessions --- */

static const char *macro(SMFICTX *ctx, const char *name)
{
	return smfi_getsymval(ctx, (char *)name);
}

/* A macro that is absent is unknown. */
static bool copy_text(struct arena *arena, const char *value, struct text *text_r)
{
	char *copy = value ? arena_strdup(arena, value) : NULL;

	text_r->presence = copy ? PRESENCE_KNOWN : PRESENCE_UNKNOWN;
	text_r->value = copy;
	return copy || !value;
}

/* For the macros whose absence at MAIL means that there is none. */
static bool copy_or_none(struct arena *arena, const char *value, struct text *text_r)
{
	if (value && value[0] != '\0')
		return copy_text(arena, value, text_r);
	*text_r = text_none();
	return true;
}

/* "IPv6:2001:db8::1" or without the tag; "unknown" and the like stay unknown. */
static struct address read_address(const char *value)
{
	struct address address = { .presence = PRESENCE_UNKNOWN };

	if (value && strncasecmp(value, "IPv6:", 5) == 0)
		value += 5;
	if (value && ip_parse(value, &address.value))
		address.presence = PRESENCE_KNOWN;
	return address;
}

static struct number read_port(const char *value)
{
	struct number number = { .presence = PRESENCE_UNKNOWN };
	size_t length = value ? strlen(value) : 0;

	if (length < 1 || length > 5 || strspn(value, "0123456789") != length)
		return number;
	for (; *value != '\0'; value++)
		number.value = number.value * 10 + (unsigned)(*value - '0');
	if (number.value <= 65535)
		number.presence = PRESENCE_KNOWN;
	return number;
}

/* Macro v: "Postfix 3.7.11", or Sendmail's version, "8.17.1.9". */
static enum mta read_mta(const char *version)
{
	if (!version || version[0] == '\0')
		return MTA_UNKNOWN;
	if (strncmp(version, "Postfix", 7) == 0)
		return MTA_POSTFIX;
	return version[0] >= '0' && version[0] <= '9' ? MTA_SENDMAIL : MTA_OTHER;
}

static bool read_connect_macros(SMFICTX *ctx, struct conn *conn)
{
	struct session *session = &conn->session;

	session->mta = read_mta(macro(ctx, "v"));
	session->daemon_addr = read_address(macro(ctx, "{daemon_addr}"));
	session->daemon_port = read_port(macro(ctx, "{daemon_port}"));
	session->interface_addr = read_address(macro(ctx, "{if_addr}"));
	return copy_text(&conn->arena, macro(ctx, "{daemon_name}"), &session->daemon_name) &&
	       copy_text(&conn->arena, macro(ctx, "{service}"), &session->listener_service) &&
	       copy_text(&conn->arena, macro(ctx, "j"), &session->host);
}

/* Of a session without CONNECT the client is unknown; macros may be there all the same. */
static struct conn *conn_new(SMFICTX *ctx)
{
	struct conn *conn = malloc(sizeof *conn);
	int64_t now_us = clock_realtime_us();

	if (!conn)
		return NULL;
	memset(conn, 0, offsetof(struct conn, first));
	conn->magic = CONN_MAGIC;
	arena_init(&conn->arena, conn->first, sizeof conn->first, BLOCK_BYTES);
	session_id_make(now_us, conn->session.id);
	conn->session.start_date = date_of_us(now_us);
	conn->session.ehlo = conn->session.sender = conn->session.recipient = text_none();
	conn->session.verb = VERB_NONE;
	if (!read_connect_macros(ctx, conn) || smfi_setpriv(ctx, conn) != MI_SUCCESS) {
		arena_clear(&conn->arena);
		free(conn);
		return NULL;
	}
	conn->connected = conn->greeted = arena_mark(&conn->arena);
	atomic_fetch_add(&session_count, 1);
	return conn;
}

/* NULL before the first callback of a session, and for a foreign pointer. */
static struct conn *conn_find(SMFICTX *ctx)
{
	struct conn *conn = smfi_getpriv(ctx);

	return conn && conn->magic == CONN_MAGIC ? conn : NULL;
}

static struct conn *conn_get(SMFICTX *ctx)
{
	struct conn *conn = conn_find(ctx);

	return conn ? conn : conn_new(ctx);
}

/* Did the mail come by SMTP at all?  Postfix gives what its sendmail command submits port 0. */
static bool is_local_submission(const struct session *session)
{
	if (session->daemon_port.presence == PRESENCE_KNOWN)
		return session->daemon_port.value == 0;
	return session->client.presence == PRESENCE_KNOWN && ip_is_loopback(&session->client.value) &&
	       session->client_port.presence == PRESENCE_KNOWN && session->client_port.value == 0;
}

/* The host argument is the confirmed name, or "[address]" or "unknown", also when DNS failed. */
static bool read_client_name(struct conn *conn, const char *host, const char *resolve)
{
	struct text *name = &conn->session.client_name;

	if (!host || host[0] == '\0')
		return true;
	if (host[0] != '[' && strcmp(host, "unknown") != 0)
		return copy_text(&conn->arena, host, name);
	if (!resolve || strcmp(resolve, "TEMP") != 0)
		*name = text_none();
	return true;
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

	if (verdict->answer == ANSWER_ACCEPT || verdict->stage > stage)
		return false;
	log_judgement(conn, judgement, true);
	engine_reply(judgement, &conn->session, verdict, &reply);
	*status_r = send_reply(ctx, &reply);
	return true;
}

static bool judge(struct conn *conn, enum stage stage, struct judgement *judgement_r)
{
	if (!engine_judge(policy, &conn->session, stage, &conn->arena, judgement_r))
		return false;
	tell_unsure(judgement_r);
	return true;
}

/* A reply before MAIL is stored by the MTA and repeated to the end of the session. */
static sfsistat answer_early(SMFICTX *ctx, struct conn *conn, enum stage stage)
{
	struct judgement judgement;
	struct arena_mark before = arena_mark(&conn->arena);
	sfsistat status = SMFIS_CONTINUE;

	if (policy_first_reply(policy) > stage)
		return SMFIS_CONTINUE;
	conn->session.transaction = 0;
	conn->answer_logged = false;
	if (!judge(conn, stage, &judgement))
		return out_of_memory(ctx);
	(void)answer(ctx, conn, &judgement, stage, &status);
	arena_reset(&conn->arena, before);
	return status;
}

/* --- callbacks --- */

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
	sfsistat nothing = policy_first_reply(policy) > STAGE_CONNECT ? SMFIS_NOREPLY : SMFIS_CONTINUE;
	struct conn *conn = conn_get(ctx);
	struct session *session;

	if (!conn)	/* MAIL comes back to it */
		return nothing == SMFIS_NOREPLY ? nothing : out_of_memory(ctx);
	session = &conn->session;
	session->client_port.presence = PRESENCE_UNKNOWN;
	session->client.presence = PRESENCE_NONE;
	if (ip_from_sockaddr(address, &session->client.value, &session->client_port.value))
		session->client.presence = session->client_port.presence = PRESENCE_KNOWN;
	if (!read_client_name(conn, host, macro(ctx, "{client_resolve}")))
		log_error("out of memory: the name of a client is lost");
	session->local_submission = is_local_submission(session);
	conn->connected = conn->greeted = arena_mark(&conn->arena);
	return nothing == SMFIS_NOREPLY ? nothing : answer_early(ctx, conn, STAGE_CONNECT);
}

/* With the marker a trailing dot means HELO, and is no part of the name. */
static enum verb take_marker(const struct session *session, char *name)
{
	size_t length = strlen(name);

	if (choose_listener(policy, session).listener->helo_marker != HELO_MARKER_TRAILING_DOT)
		return VERB_UNKNOWN;
	if (length == 0 || name[length - 1] != '.')
		return VERB_EHLO;
	name[length - 1] = '\0';
	return VERB_HELO;
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
	struct conn *conn = conn_get(ctx);
	char *copy;

	if (!conn)
		return out_of_memory(ctx);
	arena_reset(&conn->arena, conn->connected);
	conn->session.sender = conn->session.recipient = text_none();
	conn->session.ehlo = text_none();
	copy = arena_strdup(&conn->arena, name ? name : "");
	if (!copy) {
		conn->session.ehlo.presence = PRESENCE_UNKNOWN;
		return out_of_memory(ctx);
	}
	conn->session.verb = take_marker(&conn->session, copy);
	conn->session.ehlo = text_known(copy);
	conn->greeted = arena_mark(&conn->arena);
	return answer_early(ctx, conn, STAGE_EHLO);
}

/* Sendmail tells by macro r; it is set before the argument is checked, so only a greeting that was seen counts. */
static void read_verb(SMFICTX *ctx, struct session *session)
{
	const char *protocol = macro(ctx, "r");

	if (session->ehlo.presence != PRESENCE_KNOWN) {
		session->verb = session->ehlo.presence == PRESENCE_NONE ? VERB_NONE : VERB_UNKNOWN;
		return;
	}
	if (session->verb != VERB_UNKNOWN || session->mta == MTA_POSTFIX || !protocol)
		return;
	if (strncmp(protocol, "ESMTP", 5) == 0)
		session->verb = VERB_EHLO;
	else if (strcmp(protocol, "SMTP") == 0)
		session->verb = VERB_HELO;
}

static bool begin_transaction(SMFICTX *ctx, struct conn *conn, char **argv)
{
	struct session *session = &conn->session;
	enum verb by_marker = session->verb;
	const char *sender = argv && argv[0] ? argv[0] : "";

	arena_reset(&conn->arena, conn->greeted);
	session->transaction = ++conn->transactions;
	conn->accept_logged = conn->answer_logged = false;
	session->recipient = text_none();
	session->verb = by_marker;
	read_verb(ctx, session);
	return copy_text(&conn->arena, sender, &session->sender) &&
	       copy_or_none(&conn->arena, macro(ctx, "{auth_authen}"), &session->auth_user) &&
	       copy_or_none(&conn->arena, macro(ctx, "{tls_version}"), &session->tls_version) &&
	       copy_or_none(&conn->arena, macro(ctx, "i"), &session->queue_id);
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
	struct conn *conn = conn_get(ctx);
	struct judgement judgement;
	sfsistat status;

	if (!conn || !begin_transaction(ctx, conn, argv) || !judge(conn, STAGE_MAIL, &judgement))
		return out_of_memory(ctx);
	if (answer(ctx, conn, &judgement, STAGE_MAIL, &status))
		return status;
	if (judgement.decision.verdict.answer == ANSWER_ACCEPT)
		log_judgement(conn, &judgement, false);
	/* ACCEPT speaks for this message only, and spares the MTA a round trip at its end. */
	return judgement.choice.listener->reply_at == STAGE_RCPT ? SMFIS_CONTINUE : SMFIS_ACCEPT;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
	struct conn *conn = conn_get(ctx);
	struct arena_mark before;
	struct judgement judgement;
	sfsistat status = SMFIS_CONTINUE;

	if (!conn)
		return out_of_memory(ctx);
	before = arena_mark(&conn->arena);
	if (!copy_text(&conn->arena, argv && argv[0] ? argv[0] : "", &conn->session.recipient) ||
	    !judge(conn, STAGE_RCPT, &judgement))
		return out_of_memory(ctx);
	if (!always_delivered(judgement.choice.listener, &judgement.facts.recipient) &&
	    !answer(ctx, conn, &judgement, STAGE_RCPT, &status))
		log_judgement(conn, &judgement, false);
	conn->session.recipient = text_none();
	arena_reset(&conn->arena, before);
	return status;
}

static sfsistat on_abort(SMFICTX *ctx)
{
	struct conn *conn = conn_find(ctx);

	if (conn)
		conn->session.sender = conn->session.recipient = text_none();
	return SMFIS_CONTINUE;
}

/* Comes without a session for health checks that connect and leave. */
static sfsistat on_close(SMFICTX *ctx)
{
	struct conn *conn = conn_find(ctx);

	if (!conn)
		return SMFIS_CONTINUE;
	(void)smfi_setpriv(ctx, NULL);
	arena_clear(&conn->arena);
	conn->magic = 0;
	free(conn);
	atomic_fetch_sub(&session_count, 1);
	return SMFIS_CONTINUE;
}

/* --- negotiation --- */

/* libmilter keeps these in a table of the process: they must be the same for every session. */
static unsigned long wanted_steps(void)
{
	unsigned long steps = SMFIP_NODATA | SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN;

	if (!policy_needs_rcpt(policy))
		steps |= SMFIP_NORCPT;
	if (policy_first_reply(policy) > STAGE_CONNECT)
		steps |= SMFIP_NR_CONN;
	return steps;
}

static void ask_for_macros(SMFICTX *ctx)
{
	static const struct {
		int stage;
		const char *macros;
	} lists[] = {
		{ SMFIM_CONNECT, "j v {daemon_name} {daemon_port} {daemon_addr} {if_addr} {client_resolve} "
				 "{service}" },
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
	*actions_r = actions & SMFIF_SETSYMLIST;
	*steps_r = steps & wanted_steps();
	*f2_r = *f3_r = 0;
	if (*actions_r)
		ask_for_macros(ctx);
	return SMFIS_CONTINUE;
}

/* --- the library as a whole --- */

/*
 * A libmilter that takes no descriptor must open the socket itself, by its own rules: the umask stands in for
 * server.socket_mode, and server.socket_group has no effect.
 */
static bool open_socket(int listen_fd)
{
	mode_t before;
	int opened;

	if (TAKES_FD)
		return smfi_opensocket(false) == MI_SUCCESS;
	(void)close(listen_fd);
	before = umask(0777 & ~(mode_t)policy->server.socket_mode);
	opened = smfi_opensocket(true);
	(void)umask(before);
	return opened == MI_SUCCESS;
}

bool milter_open(const struct policy *loaded, int listen_fd)
{
	static char connection[128];
	struct smfiDesc description = {
		.xxfi_name = (char *)"ehlo-milter",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate,
	};

	policy = loaded;
	if (TAKES_FD)
		(void)snprintf(connection, sizeof connection, "fd:%d", listen_fd);
	else
		(void)snprintf(connection, sizeof connection, "%s", policy->server.socket);
	return smfi_setconn(connection) == MI_SUCCESS && smfi_register(description) == MI_SUCCESS &&
	       smfi_settimeout(IDLE_LIMIT_S) == MI_SUCCESS && open_socket(listen_fd);
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
