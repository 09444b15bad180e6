/* SPDX-License-Identifier: BSD-2-Clause */
/* What a reply says, apart from what it should say. */
#include "mta/audit_opinion.h"

#include <string.h>
#include <strings.h>

const struct opinion opinion_ok = { AUDIT_OK, "" };

struct opinion opinion_finding(const char *text)
{
	return (struct opinion){ AUDIT_FINDING, text };
}

struct opinion opinion_open(const char *text)
{
	return (struct opinion){ AUDIT_OPEN, text };
}

unsigned reply_code(const struct audit *audit, enum probe_id id)
{
	return audit->probes[id].reply.code;
}

const char *reply_text(const struct audit *audit, enum probe_id id)
{
	const char *text = audit->probes[id].reply.text;

	return text ? text : "";
}

bool reply_is_missing(const struct audit *audit, enum probe_id id, struct opinion *opinion_r)
{
	const struct probe *probe = &audit->probes[id];

	if (probe->reply.code / 100 == 4) {
		*opinion_r = probe->reply.code == 421 ?
			     opinion_open("the server ended the session (421): ask again later") :
			     opinion_open("put off for now (4xx), by greylisting perhaps: ask again later");
		return true;
	}
	if (probe->reply.code != 0)
		return false;
	if (probe->asked)
		*opinion_r = opinion_finding(probe->failure ? probe->failure : "no reply");
	else
		*opinion_r = opinion_open(probe->failure ? probe->failure : "not asked");
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

bool is_advertised(const struct audit *audit, const char *keyword)
{
	return lists(reply_text(audit, PROBE_EHLO), keyword) || lists(reply_text(audit, PROBE_EHLO_TLS), keyword);
}

bool reply_wants_more(unsigned code, struct opinion *opinion_r)
{
	if (code == 530)
		*opinion_r = opinion_open("the server wants STARTTLS or a login first: use --starttls");
	return code == 530;
}
