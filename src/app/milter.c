/* SPDX-License-Identifier: BSD-2-Clause */
/* libmilter's callbacks and set-up; what a session is answered, app/filter.c says. */
#include "app/milter.h"

#include "app/conn.h"
#include "app/filter.h"
#include "app/headers.h"
#include "app/meter.h"
#include "app/self_check.h"
#include "base/clock.h"
#include "base/log.h"

#include <libmilter/mfapi.h>

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#ifdef HAVE_MILTER_FD
enum { TAKES_FD = 1 };
#else
enum { TAKES_FD = 0 };
#endif

#define HEADER_ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS)
/*
 * Between commands, as libmilter has it by itself.  Sendmail bears an hour of silence, and a message may come slowly; what the MTA
 * asks once the limit is over finds nobody, and mail would pass unjudged where it is to pass without a milter.
 */
#define IDLE_LIMIT_S 7210

/* Set once by milter_open(), before any thread. */
static struct filter filter;
static unsigned long wanted_steps, wanted_actions;	/* SMFIP_*, SMFIF_* */

static _Atomic(const struct listen_spec *) listener;
static _Atomic unsigned long missing_actions;	/* of those that we want, what some session was not offered, which is told once */
/* Stands for the supervisor's own session, which is none of the MTA: answered, and neither counted nor recorded. */
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

/* Which callback comes first is the MTA's to say. */
static struct conn *conn_get(SMFICTX *ctx)
{
	const struct macros macros = macros_of(ctx);
	struct conn *conn = smfi_getpriv(ctx);

	if (conn)
		return conn;
	conn = filter_begin(&filter, &macros);
	if (smfi_setpriv(ctx, conn) != MI_SUCCESS)
		filter_end(&filter, &conn);
	return conn;
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

/* --- responses --- */

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

static sfsistat respond(SMFICTX *ctx, enum response response, struct reply *reply)
{
	switch (response) {
	case RESPONSE_NONE:     return SMFIS_NOREPLY;
	case RESPONSE_CONTINUE: return SMFIS_CONTINUE;
	case RESPONSE_ACCEPT:   return SMFIS_ACCEPT;
	case RESPONSE_REPLY:    return send_reply(ctx, reply);
	}
	return SMFIS_TEMPFAIL;
}

/* To a command whose time is measured. */
static sfsistat respond_to_step(SMFICTX *ctx, enum response response, struct reply *reply, enum meter_step step,
				int64_t begun_us)
{
	sfsistat status = respond(ctx, response, reply);

	meter_step(step, begun_us);
	return status;
}

/* --- callbacks --- */

static bool is_self_check(SMFICTX *ctx, const char *host, const _SOCK_ADDR *address)
{
	return !address && host && strcmp(host, SELF_CHECK_HOST) == 0 && !conn_is_valid(smfi_getpriv(ctx)) &&
	       smfi_setpriv(ctx, &self_check) == MI_SUCCESS;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
	int64_t begun_us = clock_monotonic_us();
	const struct macros macros = macros_of(ctx);
	enum response response;
	struct reply reply;
	struct conn *conn;

	if (is_self_check(ctx, host, address))
		return filter.answers_connect ? SMFIS_CONTINUE : SMFIS_NOREPLY;
	conn = conn_get(ctx);
	response = filter_connect(&filter, &conn, host, address, &macros, &reply);
	(void)smfi_setpriv(ctx, conn);
	return respond_to_step(ctx, response, &reply, STEP_CONNECT, begun_us);
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
	int64_t begun_us = clock_monotonic_us();
	struct conn *conn = conn_get(ctx);
	enum response response;
	struct reply reply;

	if (conn == &self_check)
		return SMFIS_CONTINUE;
	response = filter_helo(&filter, conn, name, get_macro(ctx, "{tls_version}"), &reply);
	return respond_to_step(ctx, response, &reply, STEP_HELO, begun_us);
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
	int64_t begun_us = clock_monotonic_us();
	const struct macros macros = macros_of(ctx);
	enum response response;
	struct reply reply;

	response = filter_mail(&filter, conn_get(ctx), argv, &macros, &reply);
	return respond_to_step(ctx, response, &reply, STEP_MAIL, begun_us);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
	int64_t begun_us = clock_monotonic_us();
	enum response response;
	struct reply reply;

	response = filter_rcpt(&filter, conn_get(ctx), argv, &reply);
	return respond_to_step(ctx, response, &reply, STEP_RCPT, begun_us);
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct reply reply;
	enum response response = filter_header(&filter, smfi_getpriv(ctx), name, value, &reply);

	return respond(ctx, response, &reply);
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

/* Said of each message, unless it is for want of an offer: libmilter knows what this session was offered. */
static void tell_failed(const struct conn *conn, unsigned long actions, const char *what)
{
	if (!(atomic_load(&missing_actions) & actions))
		log_error("libmilter did not %s message %s.%u", what, conn->session.id, conn->session.transaction);
}

static void change_headers(SMFICTX *ctx, const struct conn *conn)
{
	if (!remove_forged(ctx, conn))
		tell_failed(conn, HEADER_ACTIONS, "remove a forged header of");
	if (!add_header(ctx, filter.policy->server.tag_header, conn->tag) ||
	    !add_header(ctx, RECEIVED_SPF_HEADER, conn->received_spf[IDENTITY_MAIL_FROM]) ||
	    !add_header(ctx, RECEIVED_SPF_HEADER, conn->received_spf[IDENTITY_HELO]) ||
	    !add_header(ctx, AUTH_RESULTS_HEADER, conn->auth_results))
		tell_failed(conn, HEADER_ACTIONS, "add a header to");
}

static void quarantine(SMFICTX *ctx, const struct conn *conn)
{
	if (smfi_quarantine(ctx, (char *)conn->quarantine) != MI_SUCCESS)
		tell_failed(conn, SMFIF_QUARANTINE, "put into quarantine");
}

static sfsistat on_end(SMFICTX *ctx)
{
	struct conn *conn = smfi_getpriv(ctx);
	enum response response;
	struct reply reply;

	if (!conn_is_valid(conn))
		return SMFIS_CONTINUE;
	response = filter_end_of_message(conn, &reply);
	if (response == RESPONSE_REPLY)
		return send_reply(ctx, &reply);
	if (filter.writes_headers)
		change_headers(ctx, conn);
	if (conn->quarantine)
		quarantine(ctx, conn);
	return SMFIS_CONTINUE;
}

static sfsistat on_abort(SMFICTX *ctx)
{
	struct conn *conn = smfi_getpriv(ctx);

	if (conn_is_valid(conn))
		conn_abort(conn);
	return SMFIS_CONTINUE;
}

/* Comes without a session for health checks that connect and leave, and for our own wake_a_worker(). */
static sfsistat on_close(SMFICTX *ctx)
{
	struct conn *conn = smfi_getpriv(ctx);

	(void)smfi_setpriv(ctx, NULL);
	filter_end(&filter, &conn);
	return SMFIS_CONTINUE;
}

/* --- negotiation --- */

/* libmilter keeps these in a table of the process: they must be the same for every session. */
static unsigned long steps_of_policy(void)
{
	unsigned long steps = SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN;

	if (!filter.refuses_eight_bit)
		steps |= filter.writes_headers ? SMFIP_NR_HDR : SMFIP_NOHDRS;
	if (!policy_needs_rcpt(filter.policy))
		steps |= SMFIP_NORCPT;
	if (!filter.answers_connect)
		steps |= SMFIP_NR_CONN;
	return steps;
}

static unsigned long actions_of_policy(void)
{
	unsigned long actions = SMFIF_SETSYMLIST;

	if (filter.writes_headers)
		actions |= HEADER_ACTIONS;
	if (policy_has_action(filter.policy, ACTION_QUARANTINE))
		actions |= SMFIF_QUARANTINE;
	return actions;
}

/* Mostly there is one MTA behind the socket, which offers every session the same; but who looks whether we live may offer less. */
static void note_missing_actions(unsigned long missing)
{
	static atomic_flag told = ATOMIC_FLAG_INIT;

	(void)atomic_fetch_or(&missing_actions, missing);
	if (missing == 0 || atomic_flag_test_and_set(&told))
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
	before = umask(0777 & ~(mode_t)filter.policy->server.socket_mode);
	opened = smfi_opensocket(true);
	(void)umask(before);
	return opened == MI_SUCCESS;
}

/* What the library is given to listen on: the socket that is open, or the name of one. */
static bool set_connection(int listen_fd)
{
	static char connection[128];

	if (TAKES_FD)
		(void)snprintf(connection, sizeof connection, "fd:%d", listen_fd);
	else
		(void)snprintf(connection, sizeof connection, "%s", filter.policy->server.socket);
	return smfi_setconn(connection) == MI_SUCCESS;
}

bool milter_open(const struct policy *policy, struct dns *dns, struct recorder *recorder,
		 const struct listen_spec *spec, int listen_fd)
{
	const struct gather_plan plan = {
		.dns = dns,
		.before_wait = wake_a_worker,
		.out_of_time = meter_out_of_time,
	};
	const struct smfiDesc description = {
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

	filter_init(&filter, policy, &plan, recorder);
	wanted_steps = steps_of_policy();
	wanted_actions = actions_of_policy();
	milter_listens_on(spec);
	return set_connection(listen_fd) && smfi_register(description) == MI_SUCCESS &&
	       smfi_settimeout(IDLE_LIMIT_S) == MI_SUCCESS && open_socket();
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

const char *milter_library_version(char text_r[32])
{
	unsigned major, minor, patch;

	if (smfi_version(&major, &minor, &patch) != MI_SUCCESS)
		return "unknown";
	(void)snprintf(text_r, 32, "%u.%u.%u", major, minor, patch);
	return text_r;
}
