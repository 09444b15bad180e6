/* SPDX-License-Identifier: BSD-2-Clause */
/* What is worked out of a session once, for all checks and expressions. */
#include "core/facts.h"

#include <string.h>

/*
 * The path without what says nothing: its angle brackets (session and command line give it with or without), a source route,
 * a dot behind the domain.  None of them must lead past a rule.
 */
static void copy_path(const char *raw, const struct mailbox *mailbox, char text_r[PATH_TEXT_BYTES])
{
	size_t length = strlen(raw);

	if (length >= 2 && raw[0] == '<' && raw[length - 1] == '>') {
		raw++;
		length -= 2;
	}
	if (mailbox->local_part) {
		length -= (size_t)(mailbox->local_part - raw);
		raw = mailbox->local_part;
	}
	if (mailbox->domain[0] != '\0' && raw[length - 1] == '.')
		length--;
	if (length >= PATH_TEXT_BYTES)
		length = PATH_TEXT_BYTES - 1;
	memcpy(text_r, raw, length);
	text_r[length] = '\0';
}

void facts_derive(const struct session *session, struct facts *facts_r)
{
	facts_r->dns = NULL;
	for (size_t i = 0; i < IDENTITY_COUNT; i++)
		facts_r->spf[i] = (struct finding){ RESULT_UNKNOWN, dns_reason(DNS_UNKNOWN) };
	facts_r->reverse_by_mta = true;
	facts_r->resolver_down = facts_r->judge_all = false;
	facts_r->sender.kind = MAILBOX_NO_DOMAIN;
	facts_r->sender.domain[0] = '\0';
	if (session->ehlo.presence == PRESENCE_KNOWN)
		ehlo_name_parse(session->ehlo.value, &facts_r->ehlo);
	if (session->sender.presence == PRESENCE_KNOWN) {
		mailbox_parse(session->sender.value, &facts_r->sender);
		copy_path(session->sender.value, &facts_r->sender, facts_r->sender_text);
	}
	if (session->recipient.presence == PRESENCE_KNOWN) {
		mailbox_parse(session->recipient.value, &facts_r->recipient);
		copy_path(session->recipient.value, &facts_r->recipient, facts_r->recipient_text);
	}
}
