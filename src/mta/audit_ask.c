/* SPDX-License-Identifier: BSD-2-Clause */
/* The dialogue of an audit: two connections, one after the other, at most twenty commands. */
#include "mta/audit_work.h"
#include "mta/lines.h"
#include "mta/tls.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define NOBODY "ehlo-milter-audit-nobody"
#define REMOTE "ehlo-milter-audit@remote.invalid"
#define OTHER_DOMAIN "ehlo-milter-audit.invalid"
#define BAD_NAME "localpc"

/* --- one command --- */

static bool may_ask(struct audit *audit, struct smtp_client *client, struct probe *probe)
{
	if (client->state != SMTP_FINE)
		probe->failure = smtp_state_text(client);
	else if (audit->report->command_count == AUDIT_COMMANDS_MAX)
		probe->failure = "not asked: twenty commands are the limit";
	else
		return true;
	return false;
}

static void ask_with(struct audit *audit, struct smtp_client *client, enum probe_id id, const char *line,
		     const char *ending)
{
	struct probe *probe = &audit->probes[id];

	if (!line) {
		audit->no_memory = true;
		return;
	}
	if (!may_ask(audit, client, probe))
		return;
	audit->report->command_count++;
	probe->asked = line;
	smtp_ask(client, line, ending, &probe->reply);
	if (probe->reply.code == 0)
		probe->failure = smtp_state_text(client);
}

static void ask(struct audit *audit, struct smtp_client *client, enum probe_id id, const char *line)
{
	ask_with(audit, client, id, line, "\r\n");
}

/* A command whose reply does not matter. */
static unsigned say(struct audit *audit, struct smtp_client *client, const char *line)
{
	struct smtp_reply reply = { .code = 0 };

	if (client->state != SMTP_FINE || audit->report->command_count == AUDIT_COMMANDS_MAX)
		return 0;
	audit->report->command_count++;
	smtp_ask(client, line, "\r\n", &reply);
	return reply.code;
}

static bool is_good(const struct audit *audit, enum probe_id id)
{
	return audit->probes[id].reply.code / 100 == 2;
}

/* --- opening --- */

static bool refuse(struct audit *audit, const char *error)
{
	audit->report->error = error;
	return false;
}

static bool encrypt(struct audit *audit, struct smtp_client *client)
{
	if (!smtp_begin_tls(client, audit->request->host))
		return false;
	audit->report->tls = arena_strdup(audit->arena, tls_version(client->tls));
	return true;
}

static bool connect_any(struct audit *audit, struct smtp_client *client)
{
	const struct audit_request *request = audit->request;
	const char *error = "no address";

	for (const struct addrinfo *a = request->addresses; a; a = a->ai_next) {
		if (smtp_connect(client, a->ai_addr, a->ai_addrlen, request->source, request->deadline_us,
				 audit->arena)) {
			audit->peer = client->peer;
			audit->peer_port = client->peer_port;
			audit->report->client = client->local;
			audit->client_port = client->local_port;
			if (!request->tls || encrypt(audit, client))
				return true;
		}
		error = client->error;
		smtp_close(client);
	}
	return refuse(audit, arena_format(audit->arena, "cannot connect: %s", error));
}

/* XCLIENT (Postfix): the session goes on as if it came from another address. */
static bool claim_address(struct audit *audit, struct smtp_client *client)
{
	const struct ip *ip = audit->request->xclient;
	char address[IP_TEXT_BYTES];
	struct smtp_reply reply;
	const char *line;

	ip_format(ip, address);
	line = arena_format(audit->arena, "XCLIENT ADDR=%s%s NAME=[UNAVAILABLE] REVERSE_NAME=[UNAVAILABLE]",
			    ip->family == IP_V6 ? "IPV6:" : "", address);
	if (!line)
		return refuse(audit, "out of memory");
	audit->report->command_count++;
	smtp_ask(client, line, "\r\n", &reply);
	audit->report->client = *ip;
	audit->client_port = 0;
	if (reply.code == 220)
		return true;
	if (reply.code == 0)
		return refuse(audit, arena_format(audit->arena, "XCLIENT: %s", smtp_state_text(client)));
	return refuse(audit,
		      arena_format(audit->arena, "XCLIENT is refused (%s); name the address of the audit in "
				   "smtpd_authorized_xclient_hosts", reply.text));
}

/* The banner, and the address that is claimed.  False: nothing can be asked on this connection at all. */
static bool open_session(struct audit *audit, struct smtp_client *client)
{
	struct probe *banner = &audit->probes[PROBE_BANNER];

	if (!connect_any(audit, client))
		return false;
	banner->asked = "(banner)";
	smtp_read_reply(client, &banner->reply);
	banner->failure = banner->reply.code == 0 ? smtp_state_text(client) : NULL;
	if (audit->request->xclient && banner->reply.code == 220 && !claim_address(audit, client)) {
		smtp_close(client);
		return false;
	}
	audit->session = audit_session(audit, GREETED_WELL);
	return true;
}

static void begin_tls(struct audit *audit, struct smtp_client *client)
{
	struct probe *probe = &audit->probes[PROBE_STARTTLS];

	ask(audit, client, PROBE_STARTTLS, "STARTTLS");
	if (probe->reply.code != 220)
		return;
	if (!encrypt(audit, client))
		*probe = (struct probe){ .asked = "STARTTLS", .failure = smtp_state_text(client) };
	audit->session = audit_session(audit, GREETED_WELL);
}

static void end_session(struct audit *audit, struct smtp_client *client, enum probe_id mail)
{
	if (is_good(audit, mail))
		(void)say(audit, client, "RSET");
	(void)say(audit, client, "QUIT");
	smtp_close(client);
}

/* --- which MTA --- */

/* The banner may be anybody's; the reply to EHLO is the program's own. */
static enum mta find_mta(const struct audit *audit)
{
	const char *banner = audit->probes[PROBE_BANNER].reply.text;
	const char *ehlo = audit->probes[PROBE_EHLO].reply.text;

	if (audit->request->mta != MTA_UNKNOWN)
		return audit->request->mta;
	if (banner && strcasestr(banner, "postfix"))
		return MTA_POSTFIX;
	if ((banner && strcasestr(banner, "sendmail")) || (ehlo && strstr(ehlo, "pleased to meet you")))
		return MTA_SENDMAIL;
	return MTA_OTHER;
}

/* --- the two connections --- */

static const char *unknown_address(struct audit *audit)
{
	const char *at = strchr(audit->request->known, '@');

	return at ? arena_format(audit->arena, "VRFY " NOBODY "%s", at) : "VRFY " NOBODY;
}

static void ask_commands(struct audit *audit, struct smtp_client *client)
{
	const char *known = audit->request->known;

	if (audit_value(audit, COMMAND_VRFY) != VALUE_ABSENT) {
		ask(audit, client, PROBE_VRFY_KNOWN, arena_format(audit->arena, "VRFY %s", known));
		ask(audit, client, PROBE_VRFY_UNKNOWN, unknown_address(audit));
		ask(audit, client, PROBE_VRFY_REMOTE, "VRFY " REMOTE);
	}
	if (audit_value(audit, COMMAND_EXPN) != VALUE_ABSENT)
		ask(audit, client, PROBE_EXPN, arena_format(audit->arena, "EXPN %s", known));
	if (audit_value(audit, COMMAND_ETRN) == VALUE_DOMAIN && audit->etrn_allowed)
		ask(audit, client, PROBE_ETRN_ALLOWED, arena_format(audit->arena, "ETRN %s", audit->etrn_allowed));
	if (audit_value(audit, COMMAND_ETRN) != VALUE_ABSENT)
		ask(audit, client, PROBE_ETRN_OTHER, "ETRN " OTHER_DOMAIN);
}

static bool first_session(struct audit *audit)
{
	const char *ehlo = arena_format(audit->arena, "EHLO %s", audit->request->ehlo);
	struct smtp_client client;

	if (!open_session(audit, &client))
		return false;
	/* A transaction that is begun here ends with the greeting (RFC 5321 4.1.4). */
	ask(audit, &client, PROBE_MAIL_UNGREETED, "MAIL FROM:<>");
	ask(audit, &client, PROBE_EHLO, ehlo);
	if (audit->request->starttls && is_good(audit, PROBE_EHLO)) {
		begin_tls(audit, &client);
		ask(audit, &client, PROBE_EHLO_TLS, ehlo);
	}
	if (audit->probes[PROBE_EHLO].reply.code / 100 == 5)
		ask(audit, &client, PROBE_HELO_INSTEAD,
		    arena_format(audit->arena, "HELO %s", audit->request->ehlo));
	ask_commands(audit, &client);
	ask(audit, &client, PROBE_MAIL_GREETED, "MAIL FROM:<>");
	end_session(audit, &client, PROBE_MAIL_GREETED);
	return true;
}

/* The server was reached once: what it does not let us ask again is open, no reason to say nothing. */
static void miss_second_session(struct audit *audit)
{
	for (enum probe_id id = PROBE_HELO; id < PROBE_COUNT; id++)
		audit->probes[id].failure = audit->report->error;
	audit->report->error = NULL;
}

/* HELO first: what is judged is the last greeting, and an answer before MAIL would stay. */
static void second_session(struct audit *audit)
{
	struct smtp_client client;

	if (!open_session(audit, &client)) {
		miss_second_session(audit);
		return;
	}
	audit->bad_by_helo = audit_value(audit, COMMAND_EHLO) == VALUE_REFUSE;
	if (audit->request->starttls && say(audit, &client, "EHLO localhost") == 250)
		begin_tls(audit, &client);
	ask(audit, &client, PROBE_HELO, arena_format(audit->arena, "HELO %s", audit->request->ehlo));
	if (is_good(audit, PROBE_HELO))
		ask(audit, &client, PROBE_MAIL_HELO, "MAIL FROM:<>");
	ask(audit, &client, PROBE_BAD_NAME,
	    arena_format(audit->arena, "%s " BAD_NAME, audit->bad_by_helo ? "HELO" : "EHLO"));
	if (is_good(audit, PROBE_BAD_NAME))
		ask(audit, &client, PROBE_MAIL_BAD_NAME, "MAIL FROM:<>");
	if (audit_value(audit, COMMAND_LINE_ENDINGS) != VALUE_ABSENT && audit->request->bare_lf)
		ask_with(audit, &client, PROBE_BARE_LF, "RSET", "\n");
	end_session(audit, &client, PROBE_MAIL_BAD_NAME);
}

bool audit_ask(struct audit *audit)
{
	if (!first_session(audit))
		return false;
	audit->report->mta = find_mta(audit);
	audit->session = audit_session(audit, GREETED_WELL);
	second_session(audit);
	return true;
}
