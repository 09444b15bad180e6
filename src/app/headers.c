/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes and recognises the headers of the action tag. */
#include "app/headers.h"

#include "core/checks/spf.h"
#include "spf/spf_header.h"

#include <string.h>
#include <strings.h>

bool headers_wanted(const struct policy *policy)
{
	return policy_has_action(policy, ACTION_TAG);
}

void headers_tag(const struct session *session, const struct judgement *judgement, struct buf *out)
{
	const struct listener *listener = judgement->choice.listener;

	buf_addf(out, "listener=%s", listener->name);
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		enum result result = judgement->decision.findings[i].result;

		if (!listener->checks[i].off &&
		    action_of(listener, checks[i], result, &judgement->facts) == ACTION_TAG)
			buf_addf(out, "; %s=%s", checks[i]->name, result_word(result));
	}
	for (size_t i = 0; i < listener->rule_count; i++)
		if (judgement->decision.rules[i] == TRI_YES && listener->rules[i].action == ACTION_TAG)
			buf_addf(out, "; rule=%s", listener->rules[i].name);
	buf_addf(out, "; id=%s.%u", session->id, session->transaction);
}

/* RFC 8601 2.7.3; NULL where there is nothing to say. */
static const char *iprev_word(enum result result)
{
	switch (result) {
	case RESULT_PASS:
	case RESULT_FAIL:
	case RESULT_TEMPERROR:	return result_word(result);
	case RESULT_NO_PTR:	return "permerror";
	default:		return NULL;
	}
}

/* A colon is no part of a token (RFC 2045 5.1), so an IPv6 address is quoted. */
static bool add_iprev(const struct session *session, const struct judgement *judgement, struct buf *out)
{
	const char *word = iprev_word(judgement->decision.findings[CHECK_IPREV].result);
	char address[IP_TEXT_BYTES];
	const char *quote;

	if (!word || judgement->choice.listener->checks[CHECK_IPREV].off ||
	    session->client.presence != PRESENCE_KNOWN)
		return false;
	ip_format(&session->client.value, address);
	quote = session->client.value.family == IP_V6 ? "\"" : "";
	buf_addf(out, ";\n\tiprev=%s policy.iprev=%s%s%s", word, quote, address, quote);
	return true;
}

/* How a check of SPF was evaluated, if its result goes to this header. */
static const struct spf_outcome *spf_for(const struct judgement *judgement, const struct check *check, unsigned header,
					 const struct spf_input **input_r)
{
	if (judgement->choice.listener->checks[check->id].words[SPF_HEADER] != header)
		return NULL;
	return engine_spf(judgement, check, input_r);
}

static bool add_spf(const struct judgement *judgement, const struct check *check, struct buf *out)
{
	const struct spf_input *input;
	const struct spf_outcome *outcome = spf_for(judgement, check, SPF_IN_AUTH_RESULTS, &input);
	struct buf result;
	bool added;

	if (!outcome)
		return false;
	buf_init(&result);
	added = spf_add_auth_result(&result, input, outcome);
	if (added)
		buf_addf(out, ";\n\t%s", result.text);
	buf_clear(&result);
	return added;
}

bool headers_auth_results(const struct policy *policy, const struct session *session,
			  const struct judgement *judgement, struct buf *out)
{
	bool added;

	if (!policy->server.authserv_id)
		return false;
	buf_add(out, policy->server.authserv_id);
	added = add_iprev(session, judgement, out);
	added = add_spf(judgement, checks[CHECK_SPF_HELO], out) || added;
	return add_spf(judgement, checks[CHECK_SPF_MAIL_FROM], out) || added;
}

bool headers_received_spf(const struct session *session, const struct judgement *judgement,
			  const struct check *check, struct buf *out)
{
	const struct spf_input *input;
	const struct spf_outcome *outcome = spf_for(judgement, check, SPF_IN_RECEIVED_SPF, &input);
	const char *receiver = session->host.presence == PRESENCE_KNOWN ? session->host.value : "unknown";

	return outcome && spf_add_received(out, input, outcome, receiver);
}

/* RFC 5322 3.2.2: white space and comments, which nest. */
static const char *skip_cfws(const char *at)
{
	unsigned depth = 0;

	for (; *at != '\0'; at++) {
		if (*at == '(')
			depth++;
		else if (*at == ')' && depth > 0)
			depth--;
		else if (depth > 0 && *at == '\\' && at[1] != '\0')
			at++;
		else if (depth == 0 && !strchr(" \t\r\n", *at))
			break;
	}
	return at;
}

/* The authserv-id, which may be quoted, compared without case (RFC 8601 2.5). */
static bool begins_with_id(const char *value, const char *id)
{
	const char *at = skip_cfws(value);
	size_t length = strlen(id);
	bool quoted = *at == '"';

	at += quoted;
	for (; length > 0; length--, id++, at++) {
		if (quoted && at[0] == '\\' && at[1] != '\0')
			at++;
		if (strncasecmp(at, id, 1) != 0)
			return false;
	}
	return *at == '\0' || strchr(quoted ? "\"" : " \t\r\n;(/", *at);
}

bool headers_are_forged(const struct policy *policy, const char *name, const char *value)
{
	if (strcasecmp(name, policy->server.tag_header) == 0)
		return true;
	return policy->server.authserv_id && strcasecmp(name, AUTH_RESULTS_HEADER) == 0 &&
	       begins_with_id(value, policy->server.authserv_id);
}
