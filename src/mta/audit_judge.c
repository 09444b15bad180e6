/* SPDX-License-Identifier: BSD-2-Clause */
/* From replies to verdicts, point by point; nothing is asked here. */
#include "mta/audit_work.h"
#include "mta/lines.h"
#include "mta/support.h"

#include <string.h>
#include <strings.h>

#define FOUND_BYTES 400

/* A verdict under way. */
struct opinion {
	enum audit_verdict verdict;
	const char *text;
};

static const struct opinion all_well = { AUDIT_OK, "" };

static struct opinion finding(const char *text)
{
	return (struct opinion){ AUDIT_FINDING, text };
}

static struct opinion open(const char *text)
{
	return (struct opinion){ AUDIT_OPEN, text };
}

/* --- replies --- */

static unsigned code_of(const struct audit *audit, enum probe_id id)
{
	return audit->probes[id].reply.code;
}

static const char *text_of(const struct audit *audit, enum probe_id id)
{
	const char *text = audit->probes[id].reply.text;

	return text ? text : "";
}

/* A silent or broken server is a finding; one that says "later", and what was not reached, is open. */
static bool is_missing(const struct audit *audit, enum probe_id id, struct opinion *opinion_r)
{
	const struct probe *probe = &audit->probes[id];

	if (probe->reply.code / 100 == 4) {
		*opinion_r = open(probe->reply.code == 421 ? "the server ended the session (421): ask again later" :
							     "put off for now (4xx), by greylisting perhaps: ask again later");
		return true;
	}
	if (probe->reply.code != 0)
		return false;
	if (probe->asked)
		*opinion_r = finding(probe->failure ? probe->failure : "no reply");
	else
		*opinion_r = open(probe->failure ? probe->failure : "not asked");
	return true;
}

/* One line of "250-NAME ..." among those of EHLO? */
static bool lists(const char *reply, const char *keyword)
{
	size_t length = strlen(keyword);

	for (const char *line = strchr(reply, '\n'); line; line = strchr(line + 1, '\n'))
		if (strlen(line) >= 5 && strncasecmp(line + 5, keyword, length) == 0 &&
		    strchr(" =\n", line[5 + length]))
			return true;
	return false;
}

/* In either greeting: STARTTLS goes and AUTH may come when the session is encrypted. */
static bool is_advertised(const struct audit *audit, const char *keyword)
{
	return lists(text_of(audit, PROBE_EHLO), keyword) || lists(text_of(audit, PROBE_EHLO_TLS), keyword);
}

/* --- points --- */

static const char *asked_of(struct audit *audit, const enum probe_id *ids, size_t count)
{
	const char *asked = "";

	for (size_t i = 0; i < count; i++)
		if (audit->probes[ids[i]].asked && asked)
			asked = arena_format(audit->arena, "%s%s%s", asked, asked[0] != '\0' ? " / " : "",
					     audit->probes[ids[i]].asked);
	return asked;
}

/* The first line of each reply; of an EHLO its code is enough. */
static const char *found_of(struct audit *audit, const enum probe_id *ids, size_t count)
{
	const char *found = "";

	for (size_t i = 0; i < count && found; i++) {
		const struct probe *probe = &audit->probes[ids[i]];
		const char *text = probe->reply.code == 0 ? probe->failure : text_of(audit, ids[i]);
		size_t length = text ? strcspn(text, "\n") : 0;

		if (probe->asked)
			found = arena_format(audit->arena, "%s%s%.*s", found, found[0] != '\0' ? " / " : "",
					     (int)(length < FOUND_BYTES ? length : FOUND_BYTES), text ? text : "");
	}
	return found;
}

static struct audit_point *add_point(struct audit *audit, const char *name, const enum probe_id *ids, size_t count,
				     struct opinion opinion)
{
	struct audit_point *point = arena_alloc(audit->arena, sizeof *point);

	if (!point) {
		audit->no_memory = true;
		return NULL;
	}
	*point = (struct audit_point){
		.name = name, .asked = asked_of(audit, ids, count), .expected = "", .found = found_of(audit, ids, count),
		.verdict = opinion.verdict, .text = opinion.text,
	};
	if (!name || !point->asked || !point->found || !point->text) {
		audit->no_memory = true;
		return NULL;
	}
	audit->report->finding_count += opinion.verdict == AUDIT_FINDING;
	audit->report->open_count += opinion.verdict == AUDIT_OPEN;
	*audit->last = point;
	audit->last = &point->next;
	return point;
}

/* --- what the milter is to do --- */

static const char *milter_mend(const struct audit *audit)
{
	switch (audit->report->mta) {
	case MTA_POSTFIX:	return "smtpd_milters = { ... } of mta-config postfix; and is the daemon running?";
	case MTA_SENDMAIL:	return "INPUT_MAIL_FILTER(`ehlo-milter', ...) of mta-config sendmail; and is the daemon running?";
	case MTA_UNKNOWN:
	case MTA_OTHER:		break;
	}
	return "plug the milter in; and is the daemon running?";
}

/* 530: TLS or a login is wanted first, whatever the policy says. */
static bool wants_more(unsigned code, struct opinion *opinion_r)
{
	if (code == 530)
		*opinion_r = open("the server wants STARTTLS or a login first: use --starttls");
	return code == 530;
}

static struct opinion judge_accept(unsigned code, enum greeted greeted)
{
	if (code / 100 == 2)
		return all_well;
	if (greeted == GREETED_WELL)
		return finding("refused, though the policy accepts it: by the MTA itself, or another milter");
	return (struct opinion){ AUDIT_OK, "the MTA itself refuses it; the policy does not ask for that" };
}

static struct opinion judge_refusal(const struct audit_expected *expected, unsigned code)
{
	if (code / 100 == 2 && expected->exemption_unknown)
		return open("an exemption that cannot be decided from here may hold");
	if (code / 100 == 2)
		return finding("accepted, though the policy refuses it");
	return all_well;
}

/* The reply to MAIL, or that to a greeting that was refused already. */
static struct opinion judge_mail(struct audit *audit, enum greeted greeted, enum probe_id greeting, enum probe_id mail)
{
	const struct audit_expected *expected = &audit->expected[greeted];
	enum probe_id id = greeting != mail && code_of(audit, greeting) / 100 == 5 ? greeting : mail;
	struct opinion opinion;

	if (expected->stage == STAGE_RCPT && expected->answer != ANSWER_ACCEPT)
		return (struct opinion){ AUDIT_UNSEEN, "answered at RCPT, which an audit does not reach" };
	if (expected->answer == ANSWER_TEMPFAIL && code_of(audit, id) / 100 == 4 && code_of(audit, id) != 421)
		return all_well;
	if (is_missing(audit, greeting, &opinion) || is_missing(audit, id, &opinion) ||
	    wants_more(code_of(audit, id), &opinion))
		return opinion;
	if (expected->answer == ANSWER_ACCEPT || expected->answer == ANSWER_QUARANTINE)
		return judge_accept(code_of(audit, id), greeted);
	return judge_refusal(expected, code_of(audit, id));
}

static void add_mail_point(struct audit *audit, const char *name, enum greeted greeted, enum probe_id greeting,
			   enum probe_id mail)
{
	const struct audit_expected *expected = &audit->expected[greeted];
	const enum probe_id ids[] = { greeting, mail };
	size_t first = greeting == mail;
	struct audit_point *point = add_point(audit, name, ids + first, 2 - first,
					      judge_mail(audit, greeted, greeting, mail));

	if (!point)
		return;
	point->expected = expected->reply[0] != '\0' ? arena_strdup(audit->arena, expected->reply) : "250";
	point->line = audit->request->listener->line;
	if (point->verdict == AUDIT_FINDING && expected->answer != ANSWER_ACCEPT)
		point->mend = milter_mend(audit);
	audit->no_memory = audit->no_memory || !point->expected;
}

/* --- what the MTA is to do --- */

/* What the policy refuses before MAIL the MTA repeats to every command: nothing of its own can be seen then. */
static bool is_hidden(const struct audit *audit, struct opinion *opinion_r)
{
	const struct audit_expected *expected = &audit->expected[GREETED_WELL];

	if (expected->answer == ANSWER_ACCEPT || expected->stage >= STAGE_MAIL)
		return false;
	*opinion_r = open("the policy refuses this address before MAIL, and that answers every command: use --bind or "
			  "--xclient with another");
	return true;
}

/* reply without the address that was asked about: some servers repeat it. */
static const char *without_echo(struct audit *audit, enum probe_id id)
{
	const char *asked = audit->probes[id].asked, *reply = text_of(audit, id), *at;
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
		if (code_of(audit, id) != 252)
			return finding("VRFY is not answered by the same 252 for every address (RFC 5321 7.3)");
	if (strcmp(known, without_echo(audit, PROBE_VRFY_UNKNOWN)) != 0 ||
	    strcmp(known, without_echo(audit, PROBE_VRFY_REMOTE)) != 0)
		return finding("the replies to VRFY differ: they tell which addresses exist");
	return is_advertised(audit, "VRFY") ? finding("the keyword VRFY is advertised") : all_well;
}

static struct opinion judge_vrfy_allow(struct audit *audit)
{
	if (code_of(audit, PROBE_VRFY_KNOWN) / 100 != 2)
		return finding("VRFY of a known address is refused");
	if (strcmp(text_of(audit, PROBE_VRFY_KNOWN), text_of(audit, PROBE_VRFY_UNKNOWN)) == 0)
		return finding("VRFY answers the same for a known and an unknown address: it is hidden");
	return all_well;
}

static struct opinion judge_vrfy(struct audit *audit, enum command_value value)
{
	struct opinion opinion;

	for (enum probe_id id = PROBE_VRFY_KNOWN; id <= PROBE_VRFY_REMOTE; id++)
		/* A temporary refusal of a foreign address is an answer, and a telling one. */
		if (code_of(audit, id) / 100 != 4 && is_missing(audit, id, &opinion))
			return opinion;
	if (code_of(audit, PROBE_VRFY_KNOWN) == 421)
		return open("the server ended the session (421): ask again later");
	return value == VALUE_HIDE ? judge_vrfy_hide(audit) : judge_vrfy_allow(audit);
}

static struct opinion judge_expn(struct audit *audit, enum command_value value)
{
	struct opinion opinion;
	unsigned code = code_of(audit, PROBE_EXPN);

	if (is_missing(audit, PROBE_EXPN, &opinion))
		return opinion;
	if (value == VALUE_DISABLE)
		return code == 252 ? all_well : finding("EXPN is not answered by 252 (RFC 5321 7.3)");
	return code == 250 || code == 251 ? all_well : finding("EXPN of a known address is refused");
}

static struct opinion judge_etrn_domain(struct audit *audit)
{
	struct opinion opinion;

	if (code_of(audit, PROBE_ETRN_OTHER) / 100 != 5)
		return finding("ETRN is done for a domain that etrn_domains does not name");
	/* 459 is the MTA's word that it has no queue of its own for that domain (RFC 1985 5.1). */
	if (code_of(audit, PROBE_ETRN_ALLOWED) != 459 && is_missing(audit, PROBE_ETRN_ALLOWED, &opinion))
		return opinion;
	return code_of(audit, PROBE_ETRN_ALLOWED) / 100 == 5 ?
	       finding("ETRN is refused for a domain of etrn_domains") : all_well;
}

static struct opinion judge_etrn(struct audit *audit, enum command_value value)
{
	bool advertised = is_advertised(audit, "ETRN");
	bool refused = code_of(audit, PROBE_ETRN_OTHER) / 100 == 5;
	struct opinion opinion;

	if (code_of(audit, PROBE_ETRN_OTHER) != 459 && is_missing(audit, PROBE_ETRN_OTHER, &opinion))
		return opinion;
	if (value == VALUE_DOMAIN)
		return judge_etrn_domain(audit);
	if (refused && (value == VALUE_ALLOW || value == VALUE_SILENT))
		return finding("ETRN is refused");
	if (!refused && (value == VALUE_BLOCK || value == VALUE_DISABLE))
		return finding("ETRN is not refused");
	if (advertised && (value == VALUE_SILENT || value == VALUE_DISABLE))
		return finding("the keyword ETRN is advertised");
	return !advertised && (value == VALUE_ALLOW || value == VALUE_BLOCK) ?
	       finding("the keyword ETRN is not advertised") : all_well;
}

/* Refused at once, or at MAIL where the policy itself would have accepted. */
static struct opinion judge_helo(struct audit *audit, enum command_value value)
{
	bool policy_accepts = audit->expected[GREETED_BY_HELO].answer == ANSWER_ACCEPT;
	bool refused = code_of(audit, PROBE_HELO) / 100 == 5;
	struct opinion opinion;

	if (is_missing(audit, PROBE_HELO, &opinion))
		return opinion;
	if (!refused && policy_accepts) {
		if (is_missing(audit, PROBE_MAIL_HELO, &opinion) || wants_more(code_of(audit, PROBE_MAIL_HELO), &opinion))
			return opinion;
		refused = code_of(audit, PROBE_MAIL_HELO) / 100 == 5;
	}
	if (value == VALUE_ALLOW)
		return refused ? finding("HELO is refused") : all_well;
	if (!refused && !policy_accepts)
		return open("the policy refuses this session anyway: HELO cannot be seen alone");
	return refused ? all_well : finding("HELO is not refused");
}

static struct opinion judge_ehlo(struct audit *audit, enum command_value value)
{
	bool refused = code_of(audit, PROBE_EHLO) / 100 == 5;
	struct opinion opinion;

	if (is_missing(audit, PROBE_EHLO, &opinion))
		return opinion;
	if (value == VALUE_ALLOW)
		return refused ? finding("EHLO is refused") : all_well;
	return refused ? all_well : finding("EHLO is not refused");
}

static struct opinion judge_line_endings(struct audit *audit, enum command_value value)
{
	bool refused = code_of(audit, PROBE_BARE_LF) / 100 == 5;
	struct opinion opinion;

	if (audit->report->mta == MTA_SENDMAIL)
		return (struct opinion){ AUDIT_UNSEEN, "Sendmail looks at line endings in messages only" };
	if (!audit->request->bare_lf)
		return (struct opinion){ AUDIT_UNSEEN, "a bare LF is tried on hosts of our own only" };
	if (is_missing(audit, PROBE_BARE_LF, &opinion) && code_of(audit, PROBE_BARE_LF) != 421)
		return opinion;
	if (code_of(audit, PROBE_BARE_LF) == 421)
		refused = true;
	if (value == VALUE_CRLF)
		return refused ? all_well : finding("a bare LF ends a line");
	return refused ? finding("a bare LF is refused") : all_well;
}

static struct opinion judge_extension(struct audit *audit, enum command_id id, enum command_value value)
{
	struct opinion opinion;

	if (is_missing(audit, PROBE_EHLO, &opinion))
		return opinion;
	if (value == VALUE_TRUE)
		return is_advertised(audit, command_table[id].keyword) ? all_well : finding("it is not advertised");
	return is_advertised(audit, command_table[id].keyword) ? finding("it is advertised") : all_well;
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

static struct opinion judge_command(struct audit *audit, enum command_id id, enum command_value value)
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

/* The lines that mta-config prints for this value. */
static const char *command_mend(const struct audit *audit, enum command_id id, enum command_value value)
{
	enum mta mta = audit->report->mta;

	if (mta != MTA_POSTFIX && mta != MTA_SENDMAIL)
		return NULL;
	return support_of(mta, id, value)->text;
}

static void add_command_point(struct audit *audit, enum command_id id)
{
	const struct audit_request *request = audit->request;
	const struct command_setting setting =
		commands_in_force(&request->listener->commands, &request->policy->commands, id);
	enum command_value value = audit_value(audit, id);
	const struct key *key = id >= COMMAND_FIRST_EXTENSION ? &keys[COMMAND_EHLO] : &keys[id];
	struct audit_point *point;

	if (value == VALUE_ABSENT)
		return;
	point = add_point(audit, arena_format(audit->arena, "commands.%s: %s", command_table[id].name,
					      command_value_word(value)),
			  key->probes, key->probe_count, judge_command(audit, id, value));
	if (!point)
		return;
	point->line = setting.line;
	if (point->verdict == AUDIT_FINDING)
		point->mend = command_mend(audit, id, value);
}

/* Only where there is something to say of it. */
static void add_banner_point(struct audit *audit)
{
	static const enum probe_id ids[] = { PROBE_BANNER };
	const struct audit_expected *expected = &audit->expected[GREETED_WELL];
	struct opinion opinion = finding("the server takes nothing from this address");

	if (code_of(audit, PROBE_BANNER) / 100 == 2 ||
	    (expected->stage == STAGE_CONNECT && expected->answer == ANSWER_REJECT))
		return;
	(void)is_missing(audit, PROBE_BANNER, &opinion);
	(void)add_point(audit, "banner", ids, 1, opinion);
}

static void add_starttls_point(struct audit *audit)
{
	static const enum probe_id ids[] = { PROBE_STARTTLS };
	struct opinion opinion = finding("STARTTLS is refused: all of this was asked in the clear");

	if (!audit->request->starttls || audit->report->tls)
		return;
	(void)is_missing(audit, PROBE_STARTTLS, &opinion);
	(void)add_point(audit, "starttls", ids, 1, opinion);
}

void audit_judge(struct audit *audit)
{
	/* Whether EHLO may be refused is a point of its own: the next greeting that was tried counts here. */
	bool by_helo = audit->probes[PROBE_HELO_INSTEAD].asked;

	add_banner_point(audit);
	add_starttls_point(audit);
	add_mail_point(audit, "no greeting", GREETED_NOT, PROBE_MAIL_UNGREETED, PROBE_MAIL_UNGREETED);
	add_mail_point(audit, "good greeting", by_helo ? GREETED_BY_HELO : GREETED_WELL,
		       by_helo ? PROBE_HELO_INSTEAD : PROBE_EHLO, PROBE_MAIL_GREETED);
	add_mail_point(audit, "bad greeting", GREETED_BADLY, PROBE_BAD_NAME, PROBE_MAIL_BAD_NAME);
	for (enum command_id id = 0; id < COMMAND_COUNT; id++)
		add_command_point(audit, id);
}
