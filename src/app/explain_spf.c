/* SPDX-License-Identifier: BSD-2-Clause */
/* An evaluation of SPF for people: each record, each of its mechanisms with its look-ups, and what it led to. */
#include "app/explain_parts.h"

#include <string.h>

#define TEXT_MAX 300
#define EACH_LEVEL 2

/* --- one step --- */

static bool is_error(enum spf_result result)
{
	return result == SPF_TEMPERROR || result == SPF_PERMERROR || result == SPF_UNKNOWN;
}

/* "redirect=%{d2} (example.org)"; what a name was expanded to is told where it cannot be read in the text. */
static void add_term(const struct spf_step *step, struct buf *out)
{
	if (step->kind == SPF_STEP_REDIRECT)
		buf_add(out, "redirect=");
	buf_add_escaped(out, step->text, "", TEXT_MAX);
	if (!step->target || strcasestr(step->text, step->target))
		return;
	buf_add(out, " (");
	buf_add_escaped(out, step->target, "", TEXT_MAX);
	buf_add_char(out, ')');
}

/* ": match, softfail", ": no match", ": stopped, permerror". */
static void add_state(const struct spf_step *step, struct buf *out)
{
	static const char *const states[] = {
		[SPF_STEP_NO_MATCH] = "no match", [SPF_STEP_MATCH] = "match, ", [SPF_STEP_STOPPED] = "stopped, ",
	};

	buf_addf(out, ": %s", states[step->state]);
	if (step->state != SPF_STEP_NO_MATCH)
		buf_add(out, spf_result_word(step->result));
}

/* What stopped below an include or a redirect is told there. */
static void add_reason(const struct spf_step *step, const char *separator, struct buf *out)
{
	if (is_error(step->inner))
		return;
	buf_addf(out, "%s%s", separator, step->reason->text);
	if (step->state == SPF_STEP_NO_MATCH && step->inner != SPF_PENDING)
		buf_addf(out, " (%s)", spf_result_word(step->inner));
}

void explain_spf_step(const struct spf_step *step, struct buf *out)
{
	buf_add_escaped(out, step->domain, "", TEXT_MAX);
	if (step->kind != SPF_STEP_RECORD) {
		buf_add(out, ": ");
		add_term(step, out);
		add_state(step, out);
	} else if (step->text[0] != '\0') {
		buf_add(out, ": ");
		buf_add_escaped(out, step->text, "", 0);
	}
	if (step->kind == SPF_STEP_RECORD && step->state == SPF_STEP_STOPPED) {
		add_state(step, out);
		if (step->flaw)
			buf_add(out, " at ");
		buf_add_escaped(out, step->flaw ? step->flaw : "", "", TEXT_MAX);
	}
	for (const struct spf_question *q = step->questions; q; q = q->next) {
		buf_addf(out, "; asked %s ", dns_type_word(q->type));
		buf_add_escaped(out, q->name, "", TEXT_MAX);
		buf_addf(out, ": %s", dns_status_word(q->status));
	}
}

/* --- as text --- */

static void begin_line(struct buf *out, unsigned level)
{
	buf_addf(out, "%*s", EXPLAIN_BELOW + (int)level * EACH_LEVEL, "");
}

static void add_record(const struct spf_step *step, struct buf *out)
{
	begin_line(out, 2 * step->depth);
	buf_add_escaped(out, step->domain, "", TEXT_MAX);
	if (step->state == SPF_STEP_MATCH || step->flaw) {
		buf_add(out, ": ");
		buf_add_escaped(out, step->text, "", 0);
	}
	if (step->flaw) {
		buf_add_char(out, '\n');
		begin_line(out, 2 * step->depth + 1);
		buf_add_escaped(out, step->flaw, "", TEXT_MAX);
	}
	if (step->state == SPF_STEP_STOPPED)
		add_state(step, out);
	if (step->state != SPF_STEP_MATCH)
		add_reason(step, step->state == SPF_STEP_STOPPED ? ", " : ": ", out);
	buf_add_char(out, '\n');
}

static void add_directive(const struct spf_step *step, struct buf *out)
{
	begin_line(out, 2 * step->depth + 1);
	add_term(step, out);
	add_state(step, out);
	add_reason(step, ", ", out);
	buf_add_char(out, '\n');
}

/* A record that is there has been shown. */
static void add_questions(const struct explanation *e, const struct spf_step *step, struct buf *out)
{
	bool of_record = step->kind == SPF_STEP_RECORD;

	if (of_record && (step->state == SPF_STEP_MATCH || step->flaw))
		return;
	for (const struct spf_question *q = step->questions; q; q = q->next) {
		const struct dns_item *item = answers_find(e->judgement->facts.dns, q->name, q->type);

		if (!item)
			continue;
		begin_line(out, 2 * step->depth + (of_record ? 1 : 2));
		explain_question(item, out);
	}
}

/* An error that was passed over (RFC 7208 5.5) does not stop the evaluation, and yet its result may be that error. */
static const char *how(const struct spf_outcome *outcome)
{
	const struct spf_step *last = outcome->steps;

	if (!is_error(outcome->result))
		return "decided by ";
	while (last && last->next)
		last = last->next;
	return last && last->state == SPF_STEP_STOPPED ? "stopped at " : "left open by ";
}

/* Where the result comes from, and how near it is to the limits of RFC 7208 4.6.4. */
static void add_summary(const struct spf_outcome *outcome, struct buf *out)
{
	begin_line(out, 0);
	buf_add(out, how(outcome));
	if (strcmp(outcome->mechanism, "default") == 0) {
		buf_add(out, "the end of ");
	} else if (outcome->mechanism[0] != '\0') {
		buf_add_escaped(out, outcome->mechanism, "", TEXT_MAX);
		buf_add(out, " in ");
	}
	buf_add(out, "the record of ");
	buf_add_escaped(out, outcome->record_domain, "", TEXT_MAX);
	buf_add_char(out, '\n');
	begin_line(out, 0);
	buf_addf(out, "terms that ask DNS: %u of at most %d, in vain: %u of at most %d\n", outcome->term_count,
		 SPF_TERMS_MAX, outcome->void_count, SPF_VOIDS_MAX);
}

bool explain_spf(const struct explanation *e, const struct check *check, struct buf *out)
{
	const struct spf_input *input;
	const struct spf_outcome *outcome = engine_spf(e->judgement, check, &input);

	if (!outcome)
		return false;
	add_summary(outcome, out);
	for (const struct spf_step *step = outcome->steps; step; step = step->next) {
		if (step->kind == SPF_STEP_RECORD)
			add_record(step, out);
		else
			add_directive(step, out);
		add_questions(e, step, out);
	}
	if (outcome->steps_cut) {
		begin_line(out, 0);
		buf_add(out, "(further steps are left out)\n");
	}
	return true;
}
