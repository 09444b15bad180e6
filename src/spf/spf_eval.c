/* SPDX-License-Identifier: BSD-2-Clause */
/* check_host() of RFC 7208 4: the record, its directives in order, include and redirect. */
#include "spf/spf_eval.h"

#include <string.h>

static const struct reason no_name = { "no_name", "the domain does not exist", "RFC 7208 4.3" };
static const struct reason no_record = { "no_record", "the domain publishes no SPF record", "RFC 7208 4.5" };
static const struct reason malformed_domain = { "malformed_domain", "the domain is no name with two labels or more",
						"RFC 7208 4.3" };
static const struct reason record_found = { "record_found", "an SPF record", "RFC 7208 4.5" };
static const struct reason multiple_records = { "multiple_records", "the domain publishes several SPF records",
						"RFC 7208 4.5" };
static const struct reason matched = { "matched", "a mechanism matches", "RFC 7208 4.6.2" };
static const struct reason by_default = { "default", "no mechanism matches", "RFC 7208 4.7" };
static const struct reason always = { "always", "all matches every client", "RFC 7208 5.1" };
static const struct reason term_limit = { "term_limit", "more than ten terms ask DNS", "RFC 7208 4.6.4" };
static const struct reason included_pass = { "included_pass", "the included record passes the client",
					     "RFC 7208 5.2" };
static const struct reason included_not_pass = { "included_not_pass", "the included record does not pass the client",
						 "RFC 7208 5.2" };
static const struct reason included_none = { "included_none", "the included domain publishes no SPF record",
					     "RFC 7208 5.2" };
static const struct reason redirected = { "redirected", "another record decides", "RFC 7208 6.1" };
static const struct reason redirected_none = { "redirected_none",
					       "the domain of redirect= publishes no SPF record", "RFC 7208 6.1" };

enum spf_match spf_stop(struct spf_eval *eval, enum spf_result result, const struct reason *reason)
{
	eval->stopped = result;
	eval->reason = reason;
	if (result == SPF_PENDING)
		eval->ahead_terms = eval->terms;
	return SPF_STOP;
}

static void locate(struct spf_eval *eval, const struct spf_level *level, const char *text, size_t length)
{
	eval->record_domain = level->question;
	eval->at = text;
	eval->at_length = length;
}

/* Stops in level, at text. */
static enum spf_match stop_at(struct spf_eval *eval, const struct spf_level *level, enum spf_result result,
			      const struct reason *reason, const char *text, size_t length)
{
	locate(eval, level, text, length);
	return spf_stop(eval, result, reason);
}

/* --- the record (RFC 7208 4.4, 4.5, 4.6) --- */

static enum spf_match parse(struct spf_eval *eval, struct spf_level *level, const struct dns_record *found)
{
	struct spf_flaw flaw;

	switch (spf_record_parse(found->text.bytes, found->text.length, eval->arena, &level->record, &flaw)) {
	case SPF_PARSE_DONE:
		eval->reason = &record_found;
		return SPF_MATCH;
	case SPF_PARSE_FLAW:
		return stop_at(eval, level, SPF_PERMERROR, flaw.reason, flaw.term, flaw.length);
	case SPF_PARSE_NO_MEMORY:
		break;
	}
	eval->no_memory = true;
	return SPF_STOP;
}

/* SPF_NO_MATCH: there is none. */
static enum spf_match fetch(struct spf_eval *eval, struct spf_level *level, const struct dns_record **found_r)
{
	const struct dns_answer *answer;
	size_t count = 0;

	*found_r = NULL;
	locate(eval, level, "", 0);
	switch (spf_ask(eval, level->question, DNS_TXT, &answer)) {
	case SPF_FOUND:
		*found_r = spf_pick_record(answer, &count);
		break;
	case SPF_FOUND_NOTHING:
		eval->reason = answer->status == DNS_NXDOMAIN ? &no_name : &no_record;
		return SPF_NO_MATCH;
	case SPF_FOUND_ERROR:
		return spf_stop(eval, SPF_TEMPERROR, eval->reason);
	case SPF_FOUND_STOP:
		return SPF_STOP;
	}
	if (count > 1)
		return spf_stop(eval, SPF_PERMERROR, &multiple_records);
	eval->reason = &no_record;
	return count == 1 ? SPF_MATCH : SPF_NO_MATCH;
}

static enum spf_match read_record(struct spf_eval *eval, struct spf_level *level)
{
	struct spf_step *step = spf_step_begin(eval, SPF_STEP_RECORD, level, "", 0);
	const struct dns_record *found;
	enum spf_match match = fetch(eval, level, &found);

	if (found && step != &eval->spare)
		step->text = spf_printable(eval, found->text.bytes,
					   found->text.length < SPF_RECORD_OCTETS_MAX ? found->text.length :
						SPF_RECORD_OCTETS_MAX);
	if (match == SPF_MATCH) {
		match = parse(eval, level, found);
		if (match == SPF_STOP && eval->at_length > 0 && step != &eval->spare)
			step->flaw = spf_printable(eval, eval->at, eval->at_length);
	}
	spf_step_end(eval, step, match);
	return match;
}

/* --- directives (RFC 7208 4.6.2, 5) --- */

/* RFC 7208 5.2.  A target that cannot be asked for has no record. */
static enum spf_match match_include(struct spf_eval *eval, const struct spf_level *level, const struct spf_term *term,
				    const struct spf_name *target, struct spf_step *step)
{
	step->inner = spf_evaluate(eval, target, level->depth + 1);
	switch (step->inner) {
	case SPF_PASS:
		eval->reason = &included_pass;
		return SPF_MATCH;
	case SPF_FAIL:
	case SPF_SOFTFAIL:
	case SPF_NEUTRAL:
		eval->reason = &included_not_pass;
		return SPF_NO_MATCH;
	case SPF_NONE:
		return stop_at(eval, level, SPF_PERMERROR, &included_none, term->text, term->length);
	case SPF_PENDING:
	case SPF_UNKNOWN:
	case SPF_TEMPERROR:
	case SPF_PERMERROR:
		break;
	}
	return SPF_STOP;
}

static enum spf_match match_directive(struct spf_eval *eval, const struct spf_level *level,
				      const struct spf_term *term, struct spf_step *step)
{
	char text[DNS_NAME_BYTES];
	struct spf_name target;
	enum spf_match usable;

	if (term->mechanism == SPF_MECHANISM_ALL) {
		eval->reason = &always;
		return SPF_MATCH;
	}
	if (term->mechanism == SPF_MECHANISM_IP4 || term->mechanism == SPF_MECHANISM_IP6)
		return spf_match_term(eval, term, "");
	if (++eval->terms > SPF_TERMS_MAX)
		return spf_stop(eval, SPF_PERMERROR, &term_limit);
	eval->void_counted = false;
	usable = spf_target(eval, level, &term->domain, &target, text);
	if (usable == SPF_MATCH)
		spf_step_target(eval, step, text);
	if (usable == SPF_STOP)
		return SPF_STOP;
	if (term->mechanism == SPF_MECHANISM_INCLUDE)
		return match_include(eval, level, term, &target, step);
	return usable == SPF_MATCH ? spf_match_term(eval, term, text) : SPF_NO_MATCH;
}

static enum spf_result result_of(char qualifier)
{
	switch (qualifier) {
	case '-':
		return SPF_FAIL;
	case '~':
		return SPF_SOFTFAIL;
	case '?':
		return SPF_NEUTRAL;
	default:
		return SPF_PASS;
	}
}

static enum spf_match take_directive(struct spf_eval *eval, const struct spf_level *level,
				     const struct spf_term *term)
{
	struct spf_step *step = spf_step_begin(eval, SPF_STEP_DIRECTIVE, level, term->text, term->length);
	enum spf_match match;

	locate(eval, level, term->text, term->length);
	match = match_directive(eval, level, term, step);
	if (match == SPF_MATCH)
		step->result = result_of(term->qualifier);
	spf_step_end(eval, step, match);
	return eval->no_memory ? SPF_STOP : match;
}

/* --- redirect (RFC 7208 6.1) --- */

static bool is_stop(enum spf_result result)
{
	return result == SPF_PENDING || result == SPF_UNKNOWN || result == SPF_TEMPERROR || result == SPF_PERMERROR;
}

/* At the whole term, of which the domain-spec is the end. */
static void locate_redirect(struct spf_eval *eval, const struct spf_level *level)
{
	const struct spf_domain_spec *spec = &level->record.redirect;
	size_t name_length = sizeof "redirect=" - 1;

	locate(eval, level, spec->text - name_length, spec->length + name_length);
}

static enum spf_match follow(struct spf_eval *eval, const struct spf_level *level, struct spf_step *step)
{
	const struct spf_domain_spec *spec = &level->record.redirect;
	char text[DNS_NAME_BYTES];
	struct spf_name target;
	enum spf_match usable;

	if (++eval->terms > SPF_TERMS_MAX)
		return spf_stop(eval, SPF_PERMERROR, &term_limit);
	eval->void_counted = false;
	usable = spf_target(eval, level, spec, &target, text);
	if (usable == SPF_STOP)
		return SPF_STOP;
	if (usable == SPF_MATCH)
		spf_step_target(eval, step, text);
	step->inner = spf_evaluate(eval, &target, level->depth + 1);
	if (step->inner == SPF_NONE) {
		locate_redirect(eval, level);
		return spf_stop(eval, SPF_PERMERROR, &redirected_none);
	}
	return is_stop(step->inner) ? SPF_STOP : SPF_MATCH;
}

static enum spf_result redirect(struct spf_eval *eval, const struct spf_level *level)
{
	const struct spf_domain_spec *spec = &level->record.redirect;
	struct spf_step *step = spf_step_begin(eval, SPF_STEP_REDIRECT, level, spec->text, spec->length);
	const struct reason *reason;
	enum spf_match match;

	locate_redirect(eval, level);
	match = follow(eval, level, step);
	reason = eval->reason;
	if (match == SPF_MATCH) {
		eval->reason = &redirected;
		step->result = step->inner;
	}
	spf_step_end(eval, step, match);
	eval->reason = reason;
	return match == SPF_STOP ? eval->stopped : step->inner;
}

/* --- check_host() --- */

/* No directive has matched. */
static enum spf_result run_out(struct spf_eval *eval, const struct spf_level *level)
{
	if (level->record.redirect.length > 0)
		return redirect(eval, level);
	locate(eval, level, "default", sizeof "default" - 1);
	eval->reason = &by_default;
	return SPF_NEUTRAL;
}

static enum spf_result take_directives(struct spf_eval *eval, const struct spf_level *level)
{
	for (size_t i = 0; i < level->record.term_count; i++) {
		const struct spf_term *term = &level->record.terms[i];

		switch (take_directive(eval, level, term)) {
		case SPF_NO_MATCH:
			break;
		case SPF_STOP:
			if (eval->stopped == SPF_PENDING)
				spf_look_ahead(eval, level, i + 1);
			return eval->stopped;
		case SPF_MATCH:
			locate(eval, level, term->text, term->length);
			eval->reason = &matched;
			return result_of(term->qualifier);
		}
	}
	return run_out(eval, level);
}

enum spf_result spf_evaluate(struct spf_eval *eval, const struct spf_name *domain, unsigned depth)
{
	struct spf_level level = { .domain = domain, .depth = depth };
	char question[DNS_NAME_BYTES];

	if (!spf_name_question(domain, question) || !memchr(domain->bytes, '.', domain->length)) {
		eval->reason = &malformed_domain;
		return SPF_NONE;
	}
	level.question = arena_strdup(eval->arena, question);
	if (!level.question) {
		eval->no_memory = true;
		return eval->stopped;
	}
	switch (read_record(eval, &level)) {
	case SPF_NO_MATCH:
		return SPF_NONE;
	case SPF_STOP:
		return eval->stopped;
	case SPF_MATCH:
		break;
	}
	return take_directives(eval, &level);
}
