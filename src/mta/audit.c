/* SPDX-License-Identifier: BSD-2-Clause */
/* An audit from end to end: ask, let the engine say what was to be expected, judge. */
#include "mta/audit.h"

#include "mta/audit_work.h"
#include "mta/lines.h"

#include <string.h>

/* The name that the server gives itself: macro j, most likely. */
static struct text own_name(struct audit *audit)
{
	const char *banner = audit->probes[PROBE_BANNER].reply.text;
	size_t length;

	if (!banner || strlen(banner) < 4)
		return (struct text){ .presence = PRESENCE_UNKNOWN };
	length = strcspn(banner + 4, " \n");
	banner = arena_strndup(audit->arena, banner + 4, length);
	return banner && length > 0 ? text_known(banner) : (struct text){ .presence = PRESENCE_UNKNOWN };
}

/* Postfix tells a milter the verb only by the marker. */
struct session audit_session(struct audit *audit, enum greeted greeted)
{
	const struct audit_request *request = audit->request;
	bool verb_told = audit->report->mta == MTA_SENDMAIL ||
			 request->listener->helo_marker == HELO_MARKER_TRAILING_DOT;
	struct session session = {
		.mta = audit->report->mta,
		.start_date = request->today,
		.client = { PRESENCE_KNOWN, audit->report->client },
		.client_port = { audit->client_port > 0 ? PRESENCE_KNOWN : PRESENCE_UNKNOWN, audit->client_port },
		.daemon_port = { PRESENCE_KNOWN, audit->peer_port },
		.daemon_addr = { PRESENCE_KNOWN, audit->peer },
		.interface_addr = { PRESENCE_KNOWN, audit->peer },
		.host = own_name(audit),
		.sender = text_known("<>"),
		.auth_user = text_none(),
		.tls_version = audit->report->tls ? text_known(audit->report->tls) : text_none(),
		.queue_id = text_none(),
		.recipient = text_none(),
	};

	if (request->xclient)
		session.client_name = text_none();
	if (greeted == GREETED_NOT) {
		session.ehlo = text_none();
		session.verb = VERB_NONE;
		return session;
	}
	session.ehlo = text_known(greeted == GREETED_BADLY ? "localpc" : request->ehlo);
	if (verb_told)
		session.verb = greeted == GREETED_BY_HELO || (greeted == GREETED_BADLY && audit->bad_by_helo) ?
			       VERB_HELO : VERB_EHLO;
	return session;
}

enum command_value audit_value(const struct audit *audit, enum command_id id)
{
	const struct audit_request *request = audit->request;
	const struct command_setting setting =
		commands_in_force(&request->listener->commands, &request->policy->commands, id);
	const struct facts facts = { .reverse_by_mta = true };
	const struct context context = {
		.session = &audit->session,
		.facts = &facts,
		.listener = request->listener->name,
		.stage = STAGE_MAIL,
	};

	return command_value_for(&setting, &context);
}

/* One that can be asked for by its name. */
static const char *etrn_domain(struct audit *audit)
{
	const struct audit_request *request = audit->request;
	const struct list *domains =
		commands_etrn_domains(&request->listener->commands, &request->policy->commands);
	struct list_source source;
	char domain[300];

	if (!domains || !list_domain_at(domains, 0, domain, &source))
		return NULL;
	if (domain[0] == '*')
		return arena_format(audit->arena, "ehlo-milter-audit%s", domain + 1);
	return arena_strdup(audit->arena, domain + (domain[0] == '.'));
}

static bool expect_all(struct audit *audit)
{
	for (enum greeted greeted = 0; greeted < GREETED_COUNT; greeted++) {
		const struct session session = audit_session(audit, greeted);

		if (!audit->request->expect(audit->request, &session, &audit->expected[greeted]))
			return false;
	}
	audit->report->exempt = audit->expected[GREETED_WELL].exempt;
	return true;
}

enum audit_outcome audit_run(const struct audit_request *request, struct arena *arena,
			     struct audit_report *report_r)
{
	struct audit audit = { .request = request, .arena = arena, .report = report_r, .last = &report_r->points };

	*report_r = (struct audit_report){ .mta = request->mta };
	audit.etrn_allowed = etrn_domain(&audit);
	if (!audit_ask(&audit))
		return report_r->error ? AUDIT_UNREACHABLE : AUDIT_NO_MEMORY;
	if (audit.no_memory || !expect_all(&audit))
		return AUDIT_NO_MEMORY;
	audit_judge(&audit);
	return audit.no_memory ? AUDIT_NO_MEMORY : AUDIT_DONE;
}
