/* SPDX-License-Identifier: BSD-2-Clause */
/* From the replies to what the MTA alone does, key by key. */
#include "mta/audit_opinion.h"
#include "mta/lines.h"
#include "mta/support.h"

#include <string.h>

/* What the policy refuses before MAIL the MTA repeats to every command: nothing of its own can be seen then. */
static bool is_hidden(const struct audit *audit, struct opinion *opinion_r)
{
	const struct audit_expected *expected = &audit->expected[GREETED_WELL];

	if (expected->answer == ANSWER_ACCEPT || expected->stage >= STAGE_MAIL)
		return false;
	*opinion_r = opinion_open("the policy refuses this address before MAIL, and that answers every command: use --bind "
			  "or --xclient with another");
	return true;
}

/* reply without the address that was asked about: some servers repeat it. */
static const char *without_echo(struct audit *audit, enum probe_id id)
{
	const char *asked = audit->probes[id].asked, *reply = reply_text(audit, id), *at;
	const char *argument = asked ? strchr(asked, ' ') : NULL;
	size_t length = argument ? strlen(++argument) : 0;

	at = length > 0 ? strcasestr(reply, argument) : NULL;
	if (!at)
		return reply;
	reply = arena_format(audit->arena, "%.*s%s", (int)(at - reply), reply, at + length);
	audit->no_memory = audit->no_memory || !reply;
	return reply ? reply : "";
}

static struct opinion judge_vrfy_hide(struct audit *audit)
{
	const char *known = without_echo(audit, PROBE_VRFY_KNOWN);

	for (enum probe_id id = PROBE_VRFY_KNOWN; id <= PROBE_VRFY_REMOTE; id++)
		if (reply_code(audit, id) != 252)
			return opinion_finding("VRFY is not answered by the same 252 for every address (RFC 5321 7.3)");
	if (strcmp(known, without_echo(audit, PROBE_VRFY_UNKNOWN)) != 0 ||
	    strcmp(known, without_echo(audit, PROBE_VRFY_REMOTE)) != 0)
		return opinion_finding("the replies to VRFY differ: they tell which addresses exist");
	return is_advertised(audit, "VRFY") ? opinion_finding("the keyword VRFY is advertised") : opinion_ok;
}

static struct opinion judge_vrfy_allow(struct audit *audit)
{
	if (reply_code(audit, PROBE_VRFY_KNOWN) / 100 != 2)
		return opinion_finding("VRFY of a known address is refused");
	if (strcmp(reply_text(audit, PROBE_VRFY_KNOWN), reply_text(audit, PROBE_VRFY_UNKNOWN)) == 0)
		return opinion_finding("VRFY answers the same for a known and an unknown address: it is hidden");
	return opinion_ok;
}

static struct opinion judge_vrfy(struct audit *audit, enum command_value value)
{
	struct opinion opinion;

	for (enum probe_id id = PROBE_VRFY_KNOWN; id <= PROBE_VRFY_REMOTE; id++)
		/* A temporary refusal of a foreign address is an answer, and a telling one. */
		if (reply_code(audit, id) / 100 != 4 && reply_is_missing(audit, id, &opinion))
			return opinion;
	if (reply_code(audit, PROBE_VRFY_KNOWN) == 421)
		return opinion_open("the server ended the session (421): ask again later");
	return value == VALUE_HIDE ? judge_vrfy_hide(audit) : judge_vrfy_allow(audit);
}

static struct opinion judge_expn(struct audit *audit, enum command_value value)
{
	struct opinion opinion;
	unsigned code = reply_code(audit, PROBE_EXPN);

	if (reply_is_missing(audit, PROBE_EXPN, &opinion))
		return opinion;
	if (value == VALUE_DISABLE)
		return code == 252 ? opinion_ok : opinion_finding("EXPN is not answered by 252 (RFC 5321 7.3)");
	return code == 250 || code == 251 ? opinion_ok : opinion_finding("EXPN of a known address is refused");
}

static struct opinion judge_etrn_domain(struct audit *audit)
{
	struct opinion opinion;

	if (reply_code(audit, PROBE_ETRN_OTHER) / 100 != 5)
		return opinion_finding("ETRN is done for a domain that etrn_domains does not name");
	/* 459 is the MTA's word that it has no queue of its own for that domain (RFC 1985 5.1). */
	if (reply_code(audit, PROBE_ETRN_ALLOWED) != 459 && reply_is_missing(audit, PROBE_ETRN_ALLOWED, &opinion))
		return opinion;
	return reply_code(audit, PROBE_ETRN_ALLOWED) / 100 == 5 ?
	       opinion_finding("ETRN is refused for a domain of etrn_domains") : opinion_ok;
}

static struct opinion judge_etrn(struct audit *audit, enum command_value value)
{
	bool advertised = is_advertised(audit, "ETRN");
	bool refused = reply_code(audit, PROBE_ETRN_OTHER) / 100 == 5;
	struct opinion opinion;

	if (reply_code(audit, PROBE_ETRN_OTHER) != 459 && reply_is_missing(audit, PROBE_ETRN_OTHER, &opinion))
		return opinion;
	if (value == VALUE_DOMAIN)
		return judge_etrn_domain(audit);
	if (refused && (value == VALUE_ALLOW || value == VALUE_SILENT))
		return opinion_finding("ETRN is refused");
	if (!refused && (value == VALUE_BLOCK || value == VALUE_DISABLE))
		return opinion_finding("ETRN is not refused");
	if (advertised && (value == VALUE_SILENT || value == VALUE_DISABLE))
		return opinion_finding("the keyword ETRN is advertised");
	return !advertised && (value == VALUE_ALLOW || value == VALUE_BLOCK) ?
	       opinion_finding("the keyword ETRN is not advertised") : opinion_ok;
}

/* Refused at once, or at MAIL where the policy itself would have accepted. */
static struct opinion judge_helo(struct audit *audit, enum command_value value)
{
	bool policy_accepts = audit->expected[GREETED_BY_HELO].answer == ANSWER_ACCEPT;
	bool refused = reply_code(audit, PROBE_HELO) / 100 == 5;
	struct opinion opinion;

	if (reply_is_missing(audit, PROBE_HELO, &opinion))
		return opinion;
	if (!refused && policy_accepts) {
		if (reply_is_missing(audit, PROBE_MAIL_HELO, &opinion) ||
		    reply_wants_more(reply_code(audit, PROBE_MAIL_HELO), &opinion))
			return opinion;
		refused = reply_code(audit, PROBE_MAIL_HELO) / 100 == 5;
	}
	if (value == VALUE_ALLOW)
		return refused ? opinion_finding("HELO is refused") : opinion_ok;
	if (!refused && !policy_accepts)
		return opinion_open("the policy refuses this session anyway: HELO cannot be seen alone");
	return refused ? opinion_ok : opinion_finding("HELO is not refused");
}

static struct opinion judge_ehlo(struct audit *audit, enum command_value value)
{
	bool refused = reply_code(audit, PROBE_EHLO) / 100 == 5;
	struct opinion opinion;

	if (reply_is_missing(audit, PROBE_EHLO, &opinion))
		return opinion;
	if (value == VALUE_ALLOW)
		return refused ? opinion_finding("EHLO is refused") : opinion_ok;
	return refused ? opinion_ok : opinion_finding("EHLO is not refused");
}

static struct opinion judge_line_endings(struct audit *audit, enum command_value value)
{
	bool refused = reply_code(audit, PROBE_BARE_LF) / 100 == 5;
	struct opinion opinion;

	if (audit->report->mta == MTA_SENDMAIL)
		return (struct opinion){ AUDIT_UNSEEN, "Sendmail looks at line endings in messages only" };
	if (!audit->request->bare_lf)
		return (struct opinion){ AUDIT_UNSEEN, "a bare LF is tried on hosts of our own only" };
	if (reply_is_missing(audit, PROBE_BARE_LF, &opinion) && reply_code(audit, PROBE_BARE_LF) != 421)
		return opinion;
	if (reply_code(audit, PROBE_BARE_LF) == 421)
		refused = true;
	if (value == VALUE_CRLF)
		return refused ? opinion_ok : opinion_finding("a bare LF ends a line");
	return refused ? opinion_finding("a bare LF is refused") : opinion_ok;
}

static struct opinion judge_extension(struct audit *audit, enum command_id id, enum command_value value)
{
	struct opinion opinion;

	if (reply_is_missing(audit, PROBE_EHLO, &opinion))
		return opinion;
	if (value == VALUE_TRUE)
		return is_advertised(audit, command_table[id].keyword) ?
		       opinion_ok : opinion_finding("it is not advertised");
	return is_advertised(audit, command_table[id].keyword) ? opinion_finding("it is advertised") : opinion_ok;
}

/* Which replies tell of a key. */
static const enum probe_id vrfy_probes[] = { PROBE_VRFY_KNOWN, PROBE_VRFY_UNKNOWN, PROBE_VRFY_REMOTE };
static const enum probe_id expn_probes[] = { PROBE_EXPN };
static const enum probe_id etrn_probes[] = { PROBE_ETRN_ALLOWED, PROBE_ETRN_OTHER };
static const enum probe_id helo_probes[] = { PROBE_HELO, PROBE_MAIL_HELO };
static const enum probe_id ehlo_probes[] = { PROBE_EHLO };
static const enum probe_id line_probes[] = { PROBE_BARE_LF };

/* A row: the replies, and how they are judged. */
struct key {
	const enum probe_id *probes;
	size_t probe_count;
	struct opinion (*judge)(struct audit *audit, enum command_value value);
};

#define KEY(probes, judge) { probes, sizeof probes / sizeof probes[0], judge }

static const struct key keys[COMMAND_COUNT] = {
	[COMMAND_VRFY] = KEY(vrfy_probes, judge_vrfy),
	[COMMAND_EXPN] = KEY(expn_probes, judge_expn),
	[COMMAND_ETRN] = KEY(etrn_probes, judge_etrn),
	[COMMAND_HELO] = KEY(helo_probes, judge_helo),
	[COMMAND_EHLO] = KEY(ehlo_probes, judge_ehlo),
	[COMMAND_LINE_ENDINGS] = KEY(line_probes, judge_line_endings),
};

size_t command_probes(enum command_id id, const enum probe_id **probes_r)
{
	const struct key *key = id >= COMMAND_FIRST_EXTENSION ? &keys[COMMAND_EHLO] : &keys[id];

	*probes_r = key->probes;
	return key->probe_count;
}

struct opinion judge_command(struct audit *audit, enum command_id id, enum command_value value)
{
	enum mta mta = audit->report->mta;
	struct opinion opinion;

	if (id == COMMAND_EIGHT_BIT_HEADERS)
		return (struct opinion){ AUDIT_UNSEEN, "it takes a message, and the milter does it" };
	if ((mta == MTA_POSTFIX || mta == MTA_SENDMAIL) && support_of(mta, id, value)->kind == SUPPORT_NEVER)
		return (struct opinion){ AUDIT_IMPOSSIBLE, support_of(mta, id, value)->text };
	if (is_hidden(audit, &opinion))
		return opinion;
	if (id >= COMMAND_FIRST_EXTENSION)
		return judge_extension(audit, id, value);
	return keys[id].judge(audit, value);
}
