/* SPDX-License-Identifier: BSD-2-Clause */
/* The exemption that would let one session pass, and as little else as possible. */
#include "app/explain_parts.h"

#include "base/clock.h"

#include <string.h>

#define EXEMPTION_DAYS 90

/* A condition that holds for this client alone, as YAML; false when nothing in the session names it. */
static bool add_narrow_condition(struct buf *out, const struct explanation *e)
{
	const struct session *session = e->session;
	char address[IP_TEXT_BYTES];

	if (session->client.presence == PRESENCE_KNOWN) {
		ip_format(&session->client.value, address);
		buf_addf(out, "    - if: 'client == %s'\n", address);
		return true;
	}
	/* Other names may hold quotes and control bytes. */
	if (session->ehlo.presence == PRESENCE_KNOWN && e->judgement->facts.ehlo.syntax == NAME_PASS) {
		buf_addf(out, "    - if: \"ehlo == '%s'\"\n", session->ehlo.value);
		return true;
	}
	return false;
}

/* Does what was found stand in the way of what the MTA is told, or of what it would be in mode enforce? */
static bool stops(const struct explanation *e, enum action action, const struct rollout *rollout)
{
	return action >= ACTION_QUARANTINE &&
	       (e->judgement->decision.verdict.answer == ANSWER_ACCEPT ||
		mode_in_force(e->policy, &e->judgement->choice, e->session, rollout) == MODE_ENFORCE);
}

static enum action check_action(const struct explanation *e, enum check_id id)
{
	const struct decision *decision = &e->judgement->decision;
	enum action action = explain_action(e, id);

	if (decision->findings[id].result == RESULT_TEMPERROR && action != ACTION_OFF &&
	    e->judgement->facts.resolver_down)
		return e->policy->dns.on_failure;
	return action;
}

/* All of them: the one that decided hides the others. */
static void add_skips(struct buf *out, const struct explanation *e)
{
	const struct listener *listener = e->judgement->choice.listener;
	const char *before = "";

	for (size_t id = 0; id < CHECK_COUNT; id++) {
		if (listener->checks[id].off ||
		    !stops(e, check_action(e, (enum check_id)id), &listener->checks[id].rollout))
			continue;
		buf_addf(out, "%s%s", before, checks[id]->name);
		before = ", ";
	}
	for (size_t i = 0; i < listener->rule_count; i++) {
		const struct rule *rule = &listener->rules[i];

		if (e->judgement->decision.rules[i] != TRI_YES || !stops(e, rule->action, &rule->rollout))
			continue;
		buf_addf(out, "%s%s", before, rule->name);
		before = ", ";
	}
}

/* Were checks left out because the verdict was decided?  They may refuse the session that is exempt from what decided it. */
static bool is_cut_short(const struct explanation *e)
{
	const struct finding *findings = e->judgement->decision.findings;

	for (size_t id = 0; id < CHECK_COUNT; id++)
		if (findings[id].reason && strcmp(findings[id].reason->word, "decided") == 0)
			return true;
	return false;
}

void explain_add_exemption(struct buf *out, const struct explanation *e)
{
	struct buf condition;
	char date[11];

	if (e->judgement->decision.would.answer == ANSWER_ACCEPT)
		return;
	buf_init(&condition);
	if (add_narrow_condition(&condition, e)) {
		date_format(e->session->start_date + EXEMPTION_DAYS, date);
		buf_addf(out, "to let just this pass, in listener %s%s:\n  exempt:\n%s      skip: [",
			 e->judgement->choice.listener->name,
			 is_cut_short(e) ? ", if DNS does not stop it too (see --all)" : "", condition.text);
		add_skips(out, e);
		buf_addf(out, "]\n      reason: say why\n      until: %s\n", date);
	}
	out->failed = out->failed || condition.failed;
	buf_clear(&condition);
}
