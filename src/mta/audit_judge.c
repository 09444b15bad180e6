/* SPDX-License-Identifier: BSD-2-Clause */
/* From replies to verdicts, point by point; nothing is asked here. */
#include "mta/audit_opinion.h"
#include "mta/lines.h"
#include "mta/support.h"

#include <string.h>

#define FOUND_BYTES 400

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
		const char *text = probe->reply.code == 0 ? probe->failure : reply_text(audit, ids[i]);
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
		.name = name, .asked = asked_of(audit, ids, count), .expected = "",
		.found = found_of(audit, ids, count), .verdict = opinion.verdict, .text = opinion.text,
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
	case MTA_SENDMAIL:
		return "INPUT_MAIL_FILTER(`ehlo-milter', ...) of mta-config sendmail; and is the daemon running?";
	case MTA_UNKNOWN:
	case MTA_OTHER:		break;
	}
	return "plug the milter in; and is the daemon running?";
}

static struct opinion judge_accept(unsigned code, enum greeted greeted)
{
	if (code / 100 == 2)
		return opinion_ok;
	if (greeted == GREETED_WELL)
		return opinion_finding("refused, though the policy accepts it: by the MTA itself, or another milter");
	return (struct opinion){ AUDIT_OK, "the MTA itself refuses it; the policy does not ask for that" };
}

static struct opinion judge_refusal(const struct audit_expected *expected, unsigned code)
{
	if (code / 100 == 2 && expected->exemption_unknown)
		return opinion_open("an exemption that cannot be decided from here may hold");
	if (code / 100 == 2)
		return opinion_finding("accepted, though the policy refuses it");
	return opinion_ok;
}

/* The reply to MAIL, or that to a greeting that was refused already. */
static struct opinion judge_mail(struct audit *audit, enum greeted greeted, enum probe_id greeting,
				 enum probe_id mail)
{
	const struct audit_expected *expected = &audit->expected[greeted];
	enum probe_id id = greeting != mail && reply_code(audit, greeting) / 100 == 5 ? greeting : mail;
	struct opinion opinion;

	if (expected->stage == STAGE_RCPT && expected->answer != ANSWER_ACCEPT)
		return (struct opinion){ AUDIT_UNSEEN, "answered at RCPT, which an audit does not reach" };
	if (expected->answer == ANSWER_TEMPFAIL && reply_code(audit, id) / 100 == 4 && reply_code(audit, id) != 421)
		return opinion_ok;
	if (reply_is_missing(audit, greeting, &opinion) || reply_is_missing(audit, id, &opinion) ||
	    reply_wants_more(reply_code(audit, id), &opinion))
		return opinion;
	if (expected->answer == ANSWER_ACCEPT || expected->answer == ANSWER_QUARANTINE)
		return judge_accept(reply_code(audit, id), greeted);
	return judge_refusal(expected, reply_code(audit, id));
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
	const enum probe_id *probes;
	size_t probe_count = command_probes(id, &probes);
	struct audit_point *point;

	if (value == VALUE_ABSENT)
		return;
	point = add_point(audit, arena_format(audit->arena, "commands.%s: %s", command_table[id].name,
					      command_value_word(value)),
			  probes, probe_count, judge_command(audit, id, value));
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
	struct opinion opinion = opinion_finding("the server takes nothing from this address");

	if (reply_code(audit, PROBE_BANNER) / 100 == 2 ||
	    (expected->stage == STAGE_CONNECT && expected->answer == ANSWER_REJECT))
		return;
	(void)reply_is_missing(audit, PROBE_BANNER, &opinion);
	(void)add_point(audit, "banner", ids, 1, opinion);
}

static void add_starttls_point(struct audit *audit)
{
	static const enum probe_id ids[] = { PROBE_STARTTLS };
	struct opinion opinion = opinion_finding("STARTTLS is refused: all of this was asked in the clear");

	if (!audit->request->starttls || audit->report->tls)
		return;
	(void)reply_is_missing(audit, PROBE_STARTTLS, &opinion);
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
