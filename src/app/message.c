/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps what the end of the message has to do until it is there. */
#include "app/message.h"

#include "app/headers.h"
#include "base/buf.h"
#include "base/log.h"

#include <string.h>
#include <strings.h>

#define HEADER_BYTES 4000

/*
 * What buf holds goes to *text_r, which is left alone when memory is out: a header is then missing, not the mail.  Of many
 * recipients mostly all leave the same.
 */
static void keep(struct conn *conn, const struct buf *buf, const char **text_r)
{
	const char *copy = *text_r;

	if (!copy || strcmp(copy, buf->text) != 0)
		copy = arena_strdup(&conn->message, buf->text);
	if (copy)
		*text_r = copy;
	else
		log_error("out of memory: a header is left out");
}

void message_plan_quarantine(struct conn *conn, const struct verdict *verdict)
{
	char space[HEADER_BYTES];
	struct buf buf;

	if (verdict->answer != ANSWER_QUARANTINE)
		return;
	buf_init_fixed(&buf, space, sizeof space);
	buf_addf(&buf, "ehlo-milter: %s (%s.%u)", verdict->rule ? verdict->rule->name : verdict->check->name,
		 conn->session.id, conn->session.transaction);
	keep(conn, &buf, &conn->quarantine);
}

void message_plan_headers(const struct policy *policy, struct conn *conn, const struct judgement *judgement)
{
	char space[HEADER_BYTES];
	struct buf buf;

	if (judgement->decision.tagged) {
		buf_init_fixed(&buf, space, sizeof space);
		headers_tag(&conn->session, judgement, &buf);
		keep(conn, &buf, &conn->tag);
	}
	buf_init_fixed(&buf, space, sizeof space);
	if (headers_auth_results(policy, &conn->session, judgement, &buf))
		keep(conn, &buf, &conn->auth_results);
	for (size_t i = 0; i < IDENTITY_COUNT; i++) {
		const struct check *check = checks[i == IDENTITY_HELO ? CHECK_SPF_HELO : CHECK_SPF_MAIL_FROM];

		buf_init_fixed(&buf, space, sizeof space);
		if (headers_received_spf(&conn->session, judgement, check, &buf))
			keep(conn, &buf, &conn->received_spf[i]);
	}
}

void message_note_header(const struct policy *policy, struct conn *conn, const char *name, const char *value)
{
	bool tag = strcasecmp(name, policy->server.tag_header) == 0;
	int *count = tag ? &conn->tag_headers : &conn->auth_headers;
	struct forged_header *forged;

	if (!tag && strcasecmp(name, AUTH_RESULTS_HEADER) != 0)
		return;
	(*count)++;
	if (!headers_are_forged(policy, name, value))
		return;
	forged = arena_alloc(&conn->message, sizeof *forged);
	if (!forged) {
		conn->forged_lost = true;
		return;
	}
	*forged = (struct forged_header){ tag ? policy->server.tag_header : AUTH_RESULTS_HEADER, *count, conn->forged };
	conn->forged = forged;
}
